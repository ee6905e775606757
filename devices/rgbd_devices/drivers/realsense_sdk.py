"""The ``pyrealsense2`` module, loaded so that it needs nothing from the system."""

from typing import Any

from rgbd_devices.backend import load_backend
from rgbd_seg.libusb import preload_libusb


def load_realsense() -> Any:
    """``pyrealsense2``; it wants the system's libusb-1.0, which the package ``libusb-package`` carries too.

    Raises:
        BackendMissingError: it is not installed.
    """
    preload_libusb()
    return load_backend("pyrealsense2", package="pyrealsense2", extra="realsense")
