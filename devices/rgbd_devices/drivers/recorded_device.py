"""What all recordings have in common as cameras: frames come when asked for, and end."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rgbd_devices.driver import Device
from rgbd_devices.images import Grabbed, RecordedPair
from rgbd_seg.devices import DeviceInfo
from rgbd_seg.errors import StreamClosedError


class RecordedDevice(Device):
    """Base of playback devices; a subclass opens the file and hands `begin` its frame sets."""

    limits_opening = False

    def __init__(self, path: Path, *, speed: float = 0.0) -> None:
        """Open nothing yet.

        Args:
            path: of the file or folder.
            speed: 1 keeps the pace of the recording, 2 twice that; 0 is as fast as frames are read.
        """
        self.path = path
        self._speed = speed
        self._frames: Iterator[Sequence[Grabbed]] | None = None
        self._next: Sequence[Grabbed] = ()
        self._start: tuple[int, int] | None = None  # of the session in the recording and in the playback; nanoseconds
        self._session = 0  # as recorded

    def described(self, name: str, firmware: str = "") -> DeviceInfo:
        """The entry of this recording in a list of cameras."""
        return DeviceInfo(driver="play", serial=str(self.path), name=name, firmware=firmware, connection="file")

    def begin(self, frames: Iterator[Sequence[Grabbed]]) -> None:
        """Start playing ``frames``."""
        self._frames, self._next, self._start = frames, (), None

    def grab(self, timeout: float) -> Sequence[Grabbed]:
        """The next frame set, at its time.

        Raises:
            StreamClosedError: the recording is over.
        """
        if self._frames is None:
            raise StreamClosedError(f"{self.path} is not playing; start it first")
        if not self._next:
            self._next = next(self._frames, ())
        if not self._next:
            raise StreamClosedError(self.ending())
        if not self._is_due(self._next[0], timeout):
            return ()
        images, self._next = self._next, ()
        return images

    def ending(self) -> str:
        """What is said when the frames are over."""
        return f"the recording {self.path} is over"

    def close(self) -> None:
        """Stop playing."""
        self._frames, self._next = None, ()

    def _is_due(self, came: Grabbed, timeout: float) -> bool:
        if self._speed <= 0:
            return True
        session, recorded = _moment(came)
        if self._start is None or session != self._session:
            self._start, self._session = (recorded, time.monotonic_ns()), session
        due = self._start[1] + (recorded - self._start[0]) / self._speed
        wait = (due - time.monotonic_ns()) / 1e9
        time.sleep(min(max(wait, 0.0), timeout))
        return wait <= timeout


def _moment(came: Grabbed) -> tuple[int, int]:
    """Session and time in its nanoseconds."""
    if isinstance(came, RecordedPair):
        return came.session, came.color.timestamp.nanoseconds
    return 0, came.timestamp.nanoseconds
