"""GenICam time-of-flight cameras – Basler blaze, LUCID Helios – through ``harvesters`` and a GenTL producer."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rgbd_devices.address import Address
from rgbd_devices.backend import load_backend
from rgbd_devices.driver import Device, Driver
from rgbd_devices.drivers.genicam_frames import GenicamFrames
from rgbd_devices.drivers.genicam_nodes import GenicamNodes
from rgbd_devices.drivers.sdk_errors import told
from rgbd_devices.images import Image
from rgbd_devices.profiles import Profiles
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import BackendMissingError, DeviceError, DeviceNotFoundError, StreamClosedError

_PRODUCERS_VARIABLE = "GENICAM_GENTL64_PATH"  # where makers' installers tell their producers' folders

LoadSdk = Callable[[], Any]


class GenicamDevice(Device):
    """One camera. It has no colour: colour is its infrared in grey."""

    def __init__(self, serial: str, producers: Sequence[Path], load: LoadSdk) -> None:
        """The camera with this serial number, else the first.

        Args:
            producers: ``.cti`` files.
            load: returns ``harvesters.core``.
        """
        self._serial = serial
        self._producers = producers
        self._load = load
        self._harvester: Any = None
        self._acquirer: Any = None

    def open(self) -> DeviceInfo:
        """Find the camera and take it.

        Raises:
            BackendMissingError: ``harvesters`` is not installed.
            DeviceNotFoundError: it is not there.
            DeviceError: it is busy, or not a camera that measures depth.
        """
        self.close()
        self._harvester = harvester_of(self._load(), self._producers)
        try:
            there = {str(info.property_dict.get("serial_number")): info for info in self._harvester.device_info_list}
            if not there or (self._serial and self._serial not in there):
                raise DeviceNotFoundError(
                    f"no GenICam camera {self._serial or 'at all'}; there: {', '.join(there) or 'none'}. Check power "
                    "and network, and that its address is in this machine's subnet"
                )
            self._serial = self._serial or next(iter(there))
            info = described(there[self._serial])
            self._acquirer = self._harvester.create({"serial_number": self._serial})
            self._nodes = GenicamNodes(self._acquirer.remote_device.node_map)
        except Exception as error:  # GenTL producers raise types of their own
            self.close()
            if isinstance(error, DeviceError):
                raise
            raise told(error, f"cannot open GenICam {self._serial}".rstrip()) from error
        return info

    @property
    def capabilities(self) -> Capabilities:
        """Depth with brightness and confidence."""
        return Capabilities(
            color=False,
            infrared=True,
            confidence=self._nodes.has_component("Confidence"),
            temperature=self._nodes.has("DeviceTemperature"),
        )

    def profiles(self) -> Sequence[StreamProfile]:
        """The one the camera is set to."""
        width, height, rate = self._nodes.size_and_rate()
        return [
            StreamProfile(stream=stream, width=width, height=height, rate=rate, format=pixel_format)
            for stream, pixel_format in (("depth", "coord3d_c16"), ("infrared", "mono16"))
        ]

    def start(self, profiles: Profiles) -> Calibration:
        """Choose depth, brightness and confidence, and stream.

        Raises:
            DeviceError: it refuses, or does not tell what a calibration needs.
        """
        if self._acquirer is None:
            raise StreamClosedError(f"GenICam {self._serial} is closed; open it first")
        try:
            self._nodes.choose_components()
            calibration = self._nodes.calibration()
            self._frames = GenicamFrames(self._nodes)
            self._acquirer.start()
        except Exception as error:
            if isinstance(error, DeviceError):
                raise
            raise told(error, f"GenICam {self._serial} does not stream") from error
        return calibration

    def grab(self, timeout: float) -> Sequence[Image]:
        """The next buffer: depth, brightness and confidence of one exposure.

        Raises:
            DeviceDisconnectedError: it went away.
        """
        try:
            buffer = self._acquirer.try_fetch(timeout=timeout)
            if buffer is None:
                return ()
            try:
                return self._frames.images(buffer)
            finally:
                buffer.queue()  # its memory goes back to the producer
        except Exception as error:
            if isinstance(error, (DeviceError, ValueError)):
                raise
            raise told(error, f"GenICam {self._serial} stopped") from error

    def stop(self) -> None:
        """End the stream."""
        self._quietly("stop")

    def close(self) -> None:
        """Let go of the camera and of the producers."""
        self._quietly("stop")
        self._quietly("destroy")
        harvester, self._harvester, self._acquirer = self._harvester, None, None
        if harvester is not None:
            harvester.reset()

    def _quietly(self, step: str) -> None:
        if self._acquirer is not None:
            try:
                getattr(self._acquirer, step)()
            except Exception:  # noqa: BLE001 - it is gone already
                return


class GenicamDriver(Driver):
    """Address: ``serial[?producer=/opt/…/producer.cti]``; without ``producer`` those that the system tells."""

    name = "genicam"

    def __init__(self, load: LoadSdk | None = None) -> None:
        """``load`` returns ``harvesters.core``; None: the installed one."""
        self._load = load or _load

    def list(self) -> Sequence[DeviceInfo]:
        """The cameras that the system's producers see."""
        harvester = harvester_of(self._load(), installed_producers())
        try:
            return [described(info) for info in harvester.device_info_list]
        finally:
            harvester.reset()

    def device(self, address: str) -> Device:
        """The camera with this serial number."""
        parsed = Address.parse(address, {"producer": ""})
        producer = parsed.options["producer"]
        return GenicamDevice(parsed.place, [Path(producer)] if producer else installed_producers(), self._load)


def installed_producers() -> list[Path]:
    """The ``.cti`` files in the folders that GENICAM_GENTL64_PATH names."""
    folders = filter(None, os.environ.get(_PRODUCERS_VARIABLE, "").split(os.pathsep))
    return sorted(path for folder in folders for path in Path(folder).glob("*.cti"))


def harvester_of(core: Any, producers: Sequence[Path]) -> Any:
    """A ``Harvester`` that has looked for cameras; reset it after use.

    Raises:
        BackendMissingError: there is no producer, or it does not load.
    """
    if not producers:
        raise BackendMissingError(
            f"no GenTL producer is installed: {_PRODUCERS_VARIABLE} names no folder with a .cti file; install the "
            "maker's package (Basler pylon with blaze, LUCID Arena SDK)"
        )
    harvester = core.Harvester()
    try:
        for path in producers:
            harvester.add_file(str(path), check_existence=True, check_validity=True)
        harvester.update()
    except Exception as error:
        harvester.reset()
        raise BackendMissingError(f"the GenTL producer {path} does not load: {error}") from error
    return harvester


def described(info: Any) -> DeviceInfo:
    """Our description of a ``harvesters.core.DeviceInfo``."""
    told_of = info.property_dict
    name = " ".join(str(told_of.get(key) or "") for key in ("vendor", "model")).strip()
    return DeviceInfo(
        driver="genicam",
        serial=str(told_of.get("serial_number") or ""),
        name=name or "GenICam camera",
        firmware=str(told_of.get("version") or ""),
        connection=str(told_of.get("tl_type") or ""),
    )


def _load() -> Any:
    return load_backend("harvesters.core", package="harvesters", extra="genicam")


driver = GenicamDriver()
