"""Two colour cameras side by side as a depth camera."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from rgbd_devices.address import Address
from rgbd_devices.driver import Device, Driver
from rgbd_devices.drivers.stereo_matching import StereoMatcher, StereoOptions
from rgbd_devices.drivers.video_capture import OpenCapture, Picture, VideoCapture, open_v4l2
from rgbd_devices.images import ColorImage, DepthImage, Image
from rgbd_devices.profiles import Profiles
from rgbd_seg.arrays import UInt8
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import ConfigError, StreamClosedError

_OPTIONS = {"calibration": "", "disparities": "64", "downscale": "2", "rate": "30", "format": "mjpeg", "difference": ""}


class StereoDevice(Device):
    """Depth is matched here; colour is the left camera's picture."""

    def __init__(self, left: str, right: str, address: Address, open_capture: OpenCapture) -> None:
        """See `StereoDriver` for the address."""
        self._paths = left, right
        self._address = address
        self._open_capture = open_capture
        self._captures: tuple[VideoCapture, VideoCapture] | None = None

    def open(self) -> DeviceInfo:
        """Read the calibration of the pair.

        Raises:
            CalibrationError: it is missing, damaged, or no horizontal pair.
        """
        self._rig = Calibration.load(Path(self._address.options["calibration"]))
        options = StereoOptions(
            disparities=int(self._address.number("disparities")), downscale=int(self._address.number("downscale"))
        )
        self._matcher = StereoMatcher(self._rig, options)
        given = self._address.options["difference"]
        milliseconds = self._address.number("difference") if given else 500 / self._address.number("rate")
        self._most_difference = milliseconds * 1e6  # nanoseconds
        return DeviceInfo(driver="stereo", serial=",".join(self._paths), name="stereo pair", connection="V4L2")

    @property
    def capabilities(self) -> Capabilities:
        """Colour, depth and how sure it is."""
        return Capabilities(confidence=True)

    def profiles(self) -> Sequence[StreamProfile]:
        """Of the calibrated size."""
        color, depth = self._rig.color, self._matcher.calibration.depth
        rate, form = self._address.number("rate"), self._address.options["format"]
        return [
            StreamProfile(stream="color", width=color.width, height=color.height, rate=rate, format=form),
            StreamProfile(stream="depth", width=depth.width, height=depth.height, rate=rate),
        ]

    def start(self, profiles: Profiles) -> Calibration:
        """Open both cameras.

        Raises:
            ConfigError: a camera does not take the profile.
            DeviceError: a camera is busy or not permitted.
            DeviceNotFoundError: a camera is not there.
        """
        self.close()
        profile = profiles.color
        if profile is None:
            raise ConfigError("a stereo pair needs its colour profile; choose one")
        left = VideoCapture(self._paths[0], profile, self._open_capture)
        try:
            self._captures = left, VideoCapture(self._paths[1], profile, self._open_capture)
        except BaseException:
            left.close()
            raise
        self._waiting: tuple[deque[Picture], deque[Picture]] = deque(), deque()
        return self._matcher.calibration

    def grab(self, timeout: float) -> Sequence[Image]:
        """The next pair of pictures of one moment, matched.

        Raises:
            DeviceDisconnectedError: a camera went away.
        """
        if self._captures is None:
            raise StreamClosedError(f"the stereo pair {self._paths[0]} does not stream; start it first")
        for capture, waiting in zip(self._captures, self._waiting, strict=True):
            picture = capture.read(0.0 if waiting else timeout / 2)
            while picture is not None:
                waiting.append(picture)
                picture = capture.read(0.0)
        pair = self._next_pair()
        return () if pair is None else self._matched(*pair)

    def stop(self) -> None:
        """Close both cameras."""
        self.close()

    def close(self) -> None:
        """Close both cameras."""
        captures, self._captures = self._captures, None
        for capture in captures or ():
            capture.close()

    def _next_pair(self) -> tuple[Picture, Picture] | None:
        """The newest two of one moment; the camera's frame numbers tell what was passed over."""
        left, right = self._waiting
        found = None
        while left and right:
            difference = left[0].timestamp.nanoseconds - right[0].timestamp.nanoseconds
            if abs(difference) <= self._most_difference:
                found = left.popleft(), right.popleft()
            elif difference < 0:
                left.popleft()
            else:
                right.popleft()
        return found

    def _matched(self, left: Picture, right: Picture) -> Sequence[Image]:
        color, other = _rgb(left), _rgb(right)
        depth, confidence = self._matcher.match(color, other)
        return (
            ColorImage(color=color, timestamp=left.timestamp, sequence=left.sequence),
            DepthImage(raw_depth=depth, confidence=confidence, timestamp=left.timestamp, sequence=left.sequence),
        )


class StereoDriver(Driver):
    """Address: ``/dev/video0,/dev/video2?calibration=pair.json[&disparities=64&downscale=2&rate=30&difference=16]``.

    The calibration's ``color`` camera is the left one, its ``depth`` camera the right one. ``difference`` is what may
    lie between left and right, in ms; half a frame unless given, for cameras that run free. What moves in that time is
    measured wrongly: cameras with a common trigger are better, and take 1.
    """

    name = "stereo"

    def __init__(self, open_capture: OpenCapture | None = None) -> None:
        """``open_capture`` stands for ``cv2.VideoCapture``."""
        self._open_capture = open_capture or open_v4l2

    def list(self) -> Sequence[DeviceInfo]:
        """None: which cameras are a pair, only the user knows."""
        return []

    def device(self, address: str) -> Device:
        """The pair.

        Raises:
            ConfigError: not two cameras and a calibration.
        """
        parsed = Address.parse(address, _OPTIONS)
        paths = parsed.place.split(",")
        if len(paths) != 2 or not all(paths) or not parsed.options["calibration"]:
            raise ConfigError(
                f"the address is stereo:{address}; expected two cameras and their calibration, as in "
                "stereo:/dev/video0,/dev/video2?calibration=pair.json"
            )
        return StereoDevice(paths[0], paths[1], parsed, self._open_capture)


def _rgb(picture: Picture) -> UInt8:
    return np.asarray(cv2.cvtColor(picture.data, cv2.COLOR_BGR2RGB))


driver = StereoDriver()
