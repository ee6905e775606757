"""RealSense D400, D500 and L515 through ``pyrealsense2``."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from rgbd_devices.driver import Device, Driver
from rgbd_devices.drivers.realsense_frames import RealsenseFrames
from rgbd_devices.drivers.realsense_sdk import load_realsense
from rgbd_devices.drivers.realsense_streams import RealsenseStreams
from rgbd_devices.drivers.sdk_errors import told
from rgbd_devices.drivers.thermometer import Thermometer
from rgbd_devices.images import Image
from rgbd_devices.profiles import Profiles
from rgbd_devices.udev_rules import udev_rules
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import DeviceDisconnectedError, DeviceNotFoundError, StreamClosedError

_QUEUE = 8  # frames between the SDK and `grab`, which comes at once; a gap in the numbers tells what was lost

Find = Callable[[], Sequence[Any]]


class RealsenseDevice(Device):
    """One camera. Pairing is not the SDK's: each sensor's frames are taken as they come."""

    def __init__(self, serial: str, find: Find) -> None:
        """The camera with this serial number among those that ``find`` returns (``rs.device``), else the first."""
        self._serial = serial
        self._find = find
        self._device: Any = None
        self._streams: RealsenseStreams | None = None
        self._queue: Any = None
        self._capabilities = Capabilities()

    def open(self) -> DeviceInfo:
        """Find the camera and ask what it has.

        Raises:
            BackendMissingError: ``pyrealsense2`` is not installed.
            DeviceNotFoundError: it is not plugged in.
            DeviceError: it is busy or not permitted.
        """
        self.close()
        rs = load_realsense()
        try:
            infos = [(device, described(rs, device)) for device in self._find()]
            chosen = [pair for pair in infos if self._serial in ("", pair[1].serial)]
            if not chosen:
                there = ", ".join(info.serial for _, info in infos) or "none"
                raise DeviceNotFoundError(
                    f"no RealSense camera {self._serial or 'at all'}; plugged in: {there}. Check the cable and, on "
                    f"Linux, that {udev_rules()} is installed as its first lines say"
                )
            self._device, info = chosen[0]
            self._streams = streams = RealsenseStreams(rs, self._device)
            self._capabilities = Capabilities(
                color=streams.offers("color"),
                depth=streams.offers("depth"),
                infrared=streams.offers("infrared"),
                temperature=streams.has_temperature,
            )
        except RuntimeError as error:
            if isinstance(error, DeviceNotFoundError):
                raise
            raise told(error, f"cannot open RealSense {self._serial}".rstrip()) from error
        self._serial = info.serial  # after a loss the same camera comes back, not another one
        return info

    @property
    def capabilities(self) -> Capabilities:
        """Of this model; since the start, of what ran."""
        return self._capabilities

    def profiles(self) -> Sequence[StreamProfile]:
        """All that can be decoded."""
        return self._open_streams().profiles

    def start(self, profiles: Profiles) -> Calibration:
        """Stream.

        Raises:
            CalibrationError: the camera tells a lens model that cannot be expressed.
            DeviceError: it refuses, as when the profiles need more than USB 2 carries.
        """
        rs, streams = load_realsense(), self._open_streams()
        try:
            calibration = streams.calibration(profiles)
            self._queue = rs.frame_queue(_QUEUE)
            self._capabilities = replace(self._capabilities, infrared=profiles.infrared is not None)
            self._frames = RealsenseFrames(rs, infrared=self._capabilities.infrared)
            self._thermometer = Thermometer(streams.temperature)
            streams.start(profiles, self._queue)
        except RuntimeError as error:
            raise told(error, f"RealSense {self._serial} does not stream {_names(profiles)}") from error
        return calibration

    def grab(self, timeout: float) -> Sequence[Image]:
        """The next frame of either sensor, and what else has come.

        Raises:
            DeviceDisconnectedError: it was unplugged.
        """
        if self._queue is None:
            raise StreamClosedError(f"RealSense {self._serial} does not stream; start it first")
        images: list[Image] = []
        try:
            came, frame = self._queue.try_wait_for_frame(max(1, round(timeout * 1e3)))
            if not came and not self._device.is_connected():
                raise DeviceDisconnectedError(f"RealSense {self._serial} was unplugged; plug it in again")
            while came:
                images += self._frames.images(frame, self._thermometer.celsius())
                frame = self._queue.poll_for_frame()
                came = bool(frame)
        except RuntimeError as error:
            if isinstance(error, DeviceDisconnectedError):
                raise
            raise told(error, f"RealSense {self._serial} stopped") from error
        return images

    def stop(self) -> None:
        """End the streams."""
        if self._streams is not None:
            self._streams.stop()
        self._queue = None

    def close(self) -> None:
        """Let go of the camera."""
        self.stop()
        self._streams, self._device = None, None

    def _open_streams(self) -> RealsenseStreams:
        if self._streams is None:
            raise StreamClosedError(f"RealSense {self._serial} is closed; open it first")
        return self._streams


class RealsenseDriver(Driver):
    """Address: a serial number, or nothing for the first camera."""

    name = "realsense"

    def __init__(self, find: Find | None = None) -> None:
        """``find`` returns the ``rs.device`` that are there; None: those that are plugged in."""
        self._find = find or _plugged_in

    def list(self) -> Sequence[DeviceInfo]:
        """The cameras that are plugged in."""
        rs = load_realsense()
        try:
            return [described(rs, device) for device in self._find()]
        except RuntimeError as error:
            raise told(error, "cannot list RealSense cameras") from error

    def device(self, address: str) -> Device:
        """The camera with this serial number."""
        return RealsenseDevice(address.strip(), self._find)


def described(rs: Any, device: Any) -> DeviceInfo:
    """Our description of an ``rs.device``."""
    usb = _told(rs, device, "usb_type_descriptor")
    return DeviceInfo(
        driver="realsense",
        serial=_told(rs, device, "serial_number"),
        name=_told(rs, device, "name") or "RealSense",
        firmware=_told(rs, device, "firmware_version"),
        connection=f"USB {usb}" if usb else "",
    )


def _told(rs: Any, device: Any, name: str) -> str:
    field = getattr(rs.camera_info, name)
    return str(device.get_info(field)) if device.supports(field) else ""


def _plugged_in() -> Sequence[Any]:
    return [*load_realsense().context().query_devices()]


def _names(profiles: Profiles) -> str:
    return " + ".join(map(str, profiles.chosen))


driver = RealsenseDriver()
