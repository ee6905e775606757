"""Camera drivers for rgbd_seg: one contract, hardware, recordings and a synthetic camera alike.

The names below are loaded when first used, so that listing commands stay quick.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rgbd_devices.camera import DeviceCamera
    from rgbd_devices.camera_options import CameraOptions
    from rgbd_devices.depth_filters import DepthFilter, DepthFilterOptions
    from rgbd_devices.driver import Device, Driver
    from rgbd_devices.images import ColorImage, DepthImage
    from rgbd_devices.profiles import Profiles
    from rgbd_devices.registry import list_cameras, open_camera
    from rgbd_devices.synthetic import Faults, SyntheticDevice, SyntheticOptions

_HOME = {
    "CameraOptions": "camera_options",
    "ColorImage": "images",
    "DepthFilter": "depth_filters",
    "DepthFilterOptions": "depth_filters",
    "DepthImage": "images",
    "Device": "driver",
    "DeviceCamera": "camera",
    "Driver": "driver",
    "Faults": "synthetic",
    "Profiles": "profiles",
    "SyntheticDevice": "synthetic",
    "SyntheticOptions": "synthetic",
    "list_cameras": "registry",
    "open_camera": "registry",
}

__all__ = [
    "CameraOptions",
    "ColorImage",
    "DepthFilter",
    "DepthFilterOptions",
    "DepthImage",
    "Device",
    "DeviceCamera",
    "Driver",
    "Faults",
    "Profiles",
    "SyntheticDevice",
    "SyntheticOptions",
    "list_cameras",
    "open_camera",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'rgbd_devices' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"rgbd_devices.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
