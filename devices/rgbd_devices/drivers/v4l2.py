"""V4L2 and UVC cameras: colour webcams, and depth cameras that send Z16 or Y16."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from rgbd_devices.address import Address
from rgbd_devices.driver import Device, Driver
from rgbd_devices.drivers.pixel_formats import to_uint16
from rgbd_devices.drivers.video_capture import OpenCapture, VideoCapture, open_v4l2
from rgbd_devices.images import ColorImage, DepthImage, Image
from rgbd_devices.profiles import Profiles
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import CalibrationMismatchError, ConfigError, StreamClosedError
from rgbd_seg.transform import RigidTransform

_OPTIONS = {"depth": "", "calibration": "", "fov": "65", "format": "mjpeg", "depth_format": "z16"}
_COLOR_SIZES = ((1280, 720), (640, 480), (1920, 1080), (848, 480), (640, 360), (320, 240))
_DEPTH_SIZES = ((640, 480), (848, 480), (1280, 720), (640, 360), (480, 270), (424, 240), (320, 240))
_RATES = (30.0, 15.0, 60.0)
_SYSTEM = Path("/sys/class/video4linux")
_MILLIMETRE = 0.001


class V4l2Device(Device):
    """A colour camera, a depth camera, or both."""

    def __init__(self, address: Address, open_capture: OpenCapture) -> None:
        """See `V4l2Driver` for the address; ``open_capture`` stands for ``cv2.VideoCapture``.

        Raises:
            ConfigError: no camera is named.
        """
        self._color, self._depth = _device_file(address.place), _device_file(address.options["depth"])
        if not self._color and not self._depth:
            self._color = "/dev/video0"
        self._address = address
        self._open_capture = open_capture
        self._captures: dict[str, VideoCapture] = {}

    def open(self) -> DeviceInfo:
        """Read the calibration; cameras are opened by `start`, which knows the size to ask for.

        Raises:
            CalibrationFileError: the calibration file is missing or damaged.
        """
        path = self._address.options["calibration"]
        self._calibration = Calibration.load(Path(path)) if path else None
        serial = self._address.place or f"?depth={self._depth}"
        return DeviceInfo(driver="v4l2", serial=serial, name=_name(self._color or self._depth), connection="V4L2")

    @property
    def capabilities(self) -> Capabilities:
        """Of the named cameras."""
        return Capabilities(color=bool(self._color), depth=bool(self._depth))

    def profiles(self) -> Sequence[StreamProfile]:
        """Usual sizes, that of the calibration first; whether the camera has them, `start` finds out."""
        found: list[StreamProfile] = []
        for stream, path, sizes, form in (
            ("color", self._color, _COLOR_SIZES, self._address.options["format"]),
            ("depth", self._depth, _DEPTH_SIZES, self._address.options["depth_format"]),
        ):
            if path:
                found += [
                    StreamProfile(stream=stream, width=width, height=height, rate=rate, format=form)
                    for rate in _RATES
                    for width, height in self._calibrated_first(stream, sizes)
                ]
        return found

    def start(self, profiles: Profiles) -> Calibration:
        """Open the cameras.

        Raises:
            CalibrationMismatchError: the calibration file is for another picture size.
            ConfigError: a camera does not take its profile.
            DeviceError: a camera is busy or not permitted.
            DeviceNotFoundError: a camera is not there.
        """
        self.close()
        calibration = self._calibration_for(profiles)
        for path, profile in ((self._color, profiles.color), (self._depth, profiles.depth)):
            if path and profile is not None:
                self._captures[profile.stream] = VideoCapture(path, profile, self._open_capture)
        self._depth_size = calibration.depth.size
        return calibration

    def grab(self, timeout: float) -> Sequence[Image]:
        """The next picture of the camera that runs slower, and what the other has sent meanwhile.

        Raises:
            DeviceDisconnectedError: a camera went away.
        """
        if not self._captures:
            raise StreamClosedError(f"{self._color or self._depth} does not stream; start it first")
        images: list[Image] = []
        for capture_name, capture in self._captures.items():
            picture = capture.read(timeout if not images else 0.0)
            while picture is not None:
                if capture_name == "color":
                    color = np.asarray(cv2.cvtColor(picture.data, cv2.COLOR_BGR2RGB))
                    images.append(ColorImage(color=color, timestamp=picture.timestamp, sequence=picture.sequence))
                else:
                    raw = to_uint16(picture.data, self._depth_size)
                    images.append(DepthImage(raw_depth=raw, timestamp=picture.timestamp, sequence=picture.sequence))
                picture = capture.read(0.0)
        return images

    def stop(self) -> None:
        """Close the cameras."""
        self.close()

    def close(self) -> None:
        """Close the cameras."""
        captures, self._captures = self._captures, {}
        for capture in captures.values():
            capture.close()

    def _calibrated_first(self, stream: str, sizes: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
        if self._calibration is None:
            return list(sizes)
        camera = self._calibration.color if stream == "color" else self._calibration.depth
        return list(dict.fromkeys([(camera.width, camera.height), *sizes]))

    def _calibration_for(self, profiles: Profiles) -> Calibration:
        color, depth = profiles.color or profiles.depth, profiles.depth or profiles.color
        if color is None or depth is None:
            raise ConfigError("neither colour nor depth was chosen; expected at least one")
        if self._calibration is None:
            degrees = self._address.number("fov")
            return Calibration(
                color=Intrinsics.from_field_of_view(color.width, color.height, degrees),
                depth=Intrinsics.from_field_of_view(depth.width, depth.height, degrees),
                T_color_depth=RigidTransform.identity(),
                metres_per_unit=_MILLIMETRE,
            )
        for name, profile, size in (
            ("color", profiles.color, self._calibration.color.size),
            ("depth", profiles.depth, self._calibration.depth.size),
        ):
            if profile is not None and profile.size != size:
                raise CalibrationMismatchError(
                    f"{self._address.options['calibration']} is for {name} {size[1]}x{size[0]}, the camera shall "
                    f"stream {profile}; choose that size, or calibrate this one"
                )
        return self._calibration


class V4l2Driver(Driver):
    """Address: ``/dev/video0[?depth=/dev/video2&calibration=camera.json&fov=65&format=mjpeg&depth_format=z16]``.

    Without a calibration the cameras count as pinholes of ``fov`` degrees that see the same, with depth in millimetres.
    """

    name = "v4l2"

    def __init__(self, open_capture: OpenCapture | None = None) -> None:
        """``open_capture`` stands for ``cv2.VideoCapture``."""
        self._open_capture = open_capture or open_v4l2

    def list(self) -> Sequence[DeviceInfo]:
        """The cameras that the kernel knows; a camera's second node, with no pictures, is left out."""
        found = []
        for node in sorted(_SYSTEM.glob("video*")) if _SYSTEM.is_dir() else []:
            index = node / "index"
            if index.is_file() and index.read_text().strip() != "0":
                continue
            path = f"/dev/{node.name}"
            found.append(DeviceInfo(driver=self.name, serial=path, name=_name(path), connection="V4L2"))
        return found

    def device(self, address: str) -> Device:
        """The camera with this device file or number."""
        return V4l2Device(Address.parse(address, _OPTIONS), self._open_capture)


def _device_file(text: str) -> str:
    return f"/dev/video{text}" if text.isdigit() else text


def _name(path: str) -> str:
    file = _SYSTEM / Path(path).resolve().name / "name"
    return file.read_text().strip() if file.is_file() else Path(path).name


driver = V4l2Driver()
