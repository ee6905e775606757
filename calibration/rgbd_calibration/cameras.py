"""Cameras by name, through the entry points that drivers declare."""

import importlib.metadata
from collections.abc import Callable
from typing import Any

from rgbd_seg.errors import BackendMissingError, DeviceNotFoundError
from rgbd_seg.protocols import Camera, LiveCamera

GROUP = "rgbd_seg.cameras"


def open_camera(name: str) -> Camera:
    """The camera that a driver offers as ``name``; what follows a colon (a serial, a file) goes to the driver.

    Raises:
        DeviceNotFoundError: no driver offers it.
        BackendMissingError: the driver's own package is not installed.
    """
    kind, _, address = name.partition(":")
    offered = {entry.name: entry for entry in importlib.metadata.entry_points(group=GROUP)}
    if kind not in offered:
        known = ", ".join(sorted(offered)) or "none"
        raise DeviceNotFoundError(
            f"no driver offers a camera {kind!r}; installed: {known}. Or capture to a folder with the camera's own "
            "software and give it to `rgbd-calibrate solve`"
        )
    try:
        driver: Callable[..., Any] = offered[kind].load()
    except ImportError as error:
        raise BackendMissingError(f"the driver of {kind!r} needs a package that is missing: {error}") from error
    camera: Camera = driver(address) if address else driver()
    return camera


def has_depth(camera: Camera) -> bool:
    """Whether an opened camera has depth; a frame of one without holds zeros, like one that is broken."""
    return camera.capabilities.depth if isinstance(camera, LiveCamera) else True
