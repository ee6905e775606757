"""Drivers and cameras by name, serial number, URI or file."""

import importlib.metadata
from pathlib import Path
from typing import Any

from rgbd_devices.camera import DeviceCamera
from rgbd_devices.camera_options import CameraOptions
from rgbd_devices.driver import Device, Driver
from rgbd_devices.state_log import StateListener
from rgbd_seg.devices import DeviceInfo
from rgbd_seg.errors import BackendMissingError, DeviceError, DeviceNotFoundError

GROUP = "rgbd_seg.cameras"
PLAYBACK = "play"


def driver_names() -> tuple[str, ...]:
    """Names of all installed drivers, whether or not their makers' packages are there."""
    return tuple(sorted({entry.name for entry in importlib.metadata.entry_points(group=GROUP)}))


def find_driver(name: str) -> Driver:
    """The driver that is declared as ``name``.

    Raises:
        DeviceNotFoundError: there is none.
        BackendMissingError: it needs a package that is not installed.
        DeviceError: what is declared is no driver.
    """
    entry = next(iter(importlib.metadata.entry_points(group=GROUP, name=name)), None)
    if entry is None:
        raise DeviceNotFoundError(f"no driver is called {name!r}; installed: {', '.join(driver_names()) or 'none'}")
    try:
        driver: Any = entry.load()
    except ImportError as error:
        raise BackendMissingError(f"the driver {name!r} ({entry.value}) cannot be loaded: {error}") from error
    except AttributeError as error:
        raise DeviceError(f"the driver {name!r} is declared as {entry.value}, which does not exist: {error}") from error
    if not isinstance(driver, Driver):
        raise DeviceError(
            f"the driver {name!r} ({entry.value}) is {type(driver).__name__}; expected an instance of "
            "rgbd_devices.driver.Driver"
        )
    return driver


def list_cameras() -> tuple[list[DeviceInfo], dict[str, str]]:
    """Every camera that is there now, and of each driver that could not look, the reason."""
    found: list[DeviceInfo] = []
    silent: dict[str, str] = {}
    for name in driver_names():
        try:
            found += find_driver(name).list()
        except DeviceError as error:
            silent[name] = str(error)
    return found, silent


def find_device(text: str) -> Device:
    """The device that ``text`` means: ``driver``, ``driver:address``, a serial number, a model's name or a recording.

    Raises:
        DeviceNotFoundError: nothing is called so.
        BackendMissingError: its driver needs a package that is not installed.
        ConfigError: the address is not of the driver's form.
    """
    name, _, address = text.partition(":")
    if name in driver_names():
        return find_driver(name).device(address)
    if Path(text.partition("?")[0]).exists():
        return find_driver(PLAYBACK).device(text)
    cameras, silent = list_cameras()
    matches = [info for info in cameras if info.serial == text] or [
        info for info in cameras if info.name.casefold() == text.casefold()
    ]
    if len(matches) == 1:
        return find_driver(matches[0].driver).device(matches[0].serial)
    if matches:
        several = ", ".join(info.uri for info in matches)
        raise DeviceNotFoundError(f"{text!r} means several cameras: {several}; choose one of these")
    here = ", ".join(info.uri for info in cameras if info.driver != "synthetic") or "no hardware camera"
    unknown = f"; drivers that could not look: {', '.join(silent)}" if silent else ""
    raise DeviceNotFoundError(
        f"no camera, driver or recording is called {text!r}; found: {here}; drivers: {', '.join(driver_names())}"
        f"{unknown}"
    )


def open_camera(
    name: str,
    options: CameraOptions | None = None,
    *,
    color: str | None = None,
    depth: str | None = None,
    infrared: str | None = None,
    on_state: StateListener | None = None,
) -> DeviceCamera:
    """A camera ready to start, by driver, URI (``driver:address``), serial number, model name or recording.

    ``color``, ``depth``, ``infrared`` choose stream profiles, as ``1280x720@30``.

    Raises:
        DeviceNotFoundError: nothing is called so.
        BackendMissingError: its driver needs a package that is not installed.
        ConfigError: the address is not of the driver's form.
    """
    return DeviceCamera(find_device(name), options, color=color, depth=depth, infrared=infrared, on_state=on_state)
