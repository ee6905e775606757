"""A video file as pictures at any moment, for what is shown behind the subject."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from rgbd_seg.arrays import UInt8
from rgbd_seg.errors import FrameError
from rgbd_seg.io.size_limit import MAX_PIXELS, check_pixels

SUFFIXES = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".gif")

_RATE = 30.0  # frames per second, where a file does not say
_ROUNDING = 1e-6  # seconds


class VideoFile:
    """Pictures of a video file by their time; after the last one it begins again, or stays.

    Read forwards it decodes each picture once. A phone's rotation is undone: pictures are upright.
    """

    def __init__(self, path: Path, *, loop: bool = True) -> None:
        """
        Raises:
            FrameError: the file is missing, no video, or damaged before its first picture.
        """
        self._path, self._loop = Path(path), loop
        self._capture = _opened(self._path)
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.rate = rate if 0 < rate < 1000 else _RATE  # frames per second, nominal
        self._length: float | None = None  # seconds of one round; not known before its end was seen
        # On the caller's clock: when this round began, when the picture was first shown, when the next one will be.
        self._round = self._since = 0.0
        self._next: float | None = None
        self._picture: UInt8 = np.zeros((1, 1, 3), np.uint8)
        self._rewind(0.0)

    def at(self, seconds: float) -> UInt8:
        """(H, W, 3) the picture that is shown ``seconds`` after the start.

        Raises:
            FrameError: the file can no longer be read.
        """
        if seconds < self._since:
            self._rewind(0.0)
        if self._loop and self._length is not None and seconds >= self._round + 2 * self._length:
            rounds = int((seconds - self._round) / self._length)
            self._rewind(self._round + rounds * self._length)
        while self._next is not None and self._next <= seconds + _ROUNDING:
            self._picture, self._since = self._decoded(), self._next
            self._next = self._following()
        return self._picture

    def close(self) -> None:
        """Give the file back."""
        self._capture.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rewind(self, start: float) -> None:
        """The first picture is shown from ``start`` on, on the caller's clock."""
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
        if not self._capture.grab():
            raise self._broken()
        self._round = self._since = start
        self._picture = self._decoded()
        self._next = self._following()

    def _following(self) -> float | None:
        """Grab the next picture: when it is to be shown, on the caller's clock. None: there is no other."""
        if self._capture.grab():
            told = self._round + float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1e3
            return told if told > self._since else self._since + 1.0 / self.rate
        if not self._loop:
            return None
        end = self._since + 1 / self.rate
        self._length, self._round = end - self._round, end
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
        if not self._capture.grab():
            raise self._broken()
        return end

    def _decoded(self) -> UInt8:
        done, picture = self._capture.retrieve()
        if not done or picture is None:
            raise self._broken()
        check_pixels(picture.shape[1], picture.shape[0], self._path.name, MAX_PIXELS)
        color = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB if picture.ndim == 3 else cv2.COLOR_GRAY2RGB)
        return np.asarray(color, np.uint8)

    def _broken(self) -> FrameError:
        return FrameError(f"{self._path.name} cannot be decoded as video; expected {_expected()}")


def is_video(path: Path) -> bool:
    """True if the name's ending is a video's."""
    return Path(path).suffix.lower() in SUFFIXES


def _expected() -> str:
    return f"a whole {', '.join(SUFFIXES)} file in a codec that FFmpeg knows: convert it to H.264 MP4"


def _opened(path: Path) -> cv2.VideoCapture:
    if not path.is_file():
        raise FrameError(f"there is no video file {path}; expected a file")
    with _quiet():
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise FrameError(f"{path.name} cannot be decoded as video; expected {_expected()}")
    return capture


@contextmanager
def _quiet() -> Iterator[None]:
    """OpenCV and FFmpeg print why they cannot open a file; here that becomes an error."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # read by OpenCV at its first video
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
