"""The ``pyrealsense2`` module, loaded so that it needs nothing from the system."""

import contextlib
import ctypes
from typing import Any

from rgbd_devices.backend import load_backend


def load_realsense() -> Any:
    """``pyrealsense2``; it wants the system's libusb-1.0, which the package ``libusb-package`` carries too.

    Raises:
        BackendMissingError: it is not installed.
    """
    with contextlib.suppress(ImportError, OSError):
        import libusb_package

        ctypes.CDLL(str(libusb_package.get_library_path()), mode=ctypes.RTLD_GLOBAL)
    return load_backend("pyrealsense2", package="pyrealsense2", extra="realsense")
