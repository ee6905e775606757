"""A UVC or other V4L2 camera through OpenCV, read by a thread of its own: OpenCV's ``read`` cannot be interrupted."""

import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rgbd_devices.udev_rules import udev_rules
from rgbd_seg.devices import StreamProfile
from rgbd_seg.errors import ConfigError, DeviceDisconnectedError, DeviceError, DeviceNotFoundError
from rgbd_seg.frames import Timestamp

_QUEUE = 4
_PATIENCE = 1.0  # seconds; a camera that hangs must not hang the program
_RAW_FORMATS = ("z16", "y16")

OpenCapture = Callable[[str], Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """What the camera sent."""

    data: NDArray[np.uint8] | NDArray[np.uint16]  # BGR, or as sent for depth formats
    timestamp: Timestamp
    sequence: int


class VideoCapture:
    """One open camera that streams."""

    def __init__(self, path: str, profile: StreamProfile, open_capture: OpenCapture) -> None:
        """Open and set the profile.

        Raises:
            ConfigError: the camera does not take the profile.
            DeviceError: it is busy or not permitted.
            DeviceNotFoundError: it is not there.
        """
        self._path = path
        self._capture = open_capture(path)
        if not self._capture.isOpened():
            raise DeviceError(f"cannot open {path}: another program uses the camera, or it does not stream; close it")
        self._set(profile)
        self._pictures: queue.Queue[Picture | None] = queue.Queue(_QUEUE)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"capture {path}", daemon=True)
        self._thread.start()

    def read(self, timeout: float) -> Picture | None:
        """The next picture, or None.

        Raises:
            DeviceDisconnectedError: the camera went away.
        """
        try:
            picture = self._pictures.get(timeout=timeout) if timeout > 0 else self._pictures.get_nowait()
        except queue.Empty:
            return None
        if picture is None:
            raise DeviceDisconnectedError(f"{self._path} stopped sending; check the cable, then plug it in again")
        return picture

    def close(self) -> None:
        """Stop; a camera that hangs is left to its thread."""
        self._over.set()
        self._thread.join(_PATIENCE)

    def _set(self, profile: StreamProfile) -> None:
        import cv2

        capture = self._capture
        if profile.format:
            code = "MJPG" if profile.format == "mjpeg" else profile.format.upper().ljust(4)
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*code))
        if profile.format in _RAW_FORMATS:
            capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, profile.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, profile.height)
        capture.set(cv2.CAP_PROP_FPS, profile.rate)
        got = round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        if got != (profile.width, profile.height):
            capture.release()
            raise ConfigError(
                f"{self._path} does not stream {profile}; it offers {got[0]}x{got[1]}. "
                f"`v4l2-ctl -d {self._path} --list-formats-ext` lists all"
            )

    def _run(self) -> None:
        number = 0
        while not self._over.is_set():
            came, data = self._capture.read()
            if not came:
                self._put(None)
                break
            number += 1
            self._put(Picture(data=data, timestamp=self._stamp(), sequence=number))
        self._capture.release()

    def _put(self, picture: Picture | None) -> None:
        if self._pictures.full():
            with suppress(queue.Empty):  # the reader was quicker
                self._pictures.get_nowait()  # the oldest; the gap in the numbers tells
        self._pictures.put_nowait(picture)

    def _stamp(self) -> Timestamp:
        import cv2

        # V4L2 stamps pictures with the kernel's monotonic clock, which is the host clock here; 0: it does not.
        now, taken = time.monotonic_ns(), round(self._capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
        return Timestamp(taken if 0 < taken <= now else now, "host")


def open_v4l2(path: str) -> Any:
    """``cv2.VideoCapture`` of a device file.

    Raises:
        DeviceError: the user may not read it.
        DeviceNotFoundError: it is not there.
    """
    import cv2

    file = Path(path)
    if not file.exists():
        there = ", ".join(sorted(str(found) for found in Path("/dev").glob("video*"))) or "none"
        raise DeviceNotFoundError(f"there is no camera {path}; there: {there}. Check the cable")
    if not os.access(path, os.R_OK | os.W_OK):
        raise DeviceError(
            f"you may not use {path}; join the group `video` (sudo usermod -aG video $USER) and log in again, or "
            f"install {udev_rules()} as its first lines say"
        )
    return cv2.VideoCapture(path, cv2.CAP_V4L2)
