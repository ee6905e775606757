"""Backgrounds that move: a video, or pictures one after the other."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from rgbd_seg.arrays import UInt8, check_color
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import Timestamp
from rgbd_seg.options import check_range


class MovingPicture(Protocol):
    """Anything that has a picture at any moment, such as `rgbd_seg.io.video.VideoFile`."""

    def at(self, seconds: float) -> UInt8:
        """(h, w, 3) the picture that is shown ``seconds`` after the start."""
        ...


class PictureSequence:
    """Pictures in a list or from an iterator, at an even pace.

    A list or array begins again after its last picture; so does nothing that can be read only once: its last picture
    stays.
    """

    def __init__(self, pictures: Iterable[UInt8], *, rate: float = 30.0, loop: bool = True) -> None:
        """``rate``: pictures per second.

        Raises:
            ConfigError: the rate is not 0.001 to 1000.
            FrameError: there is no picture, or the first is none.
        """
        check_range("rate", rate, 1e-3, 1e3)
        self._list = pictures if isinstance(pictures, (Sequence, np.ndarray)) else None
        self._rest = iter(pictures)
        self._rate, self._loop = rate, loop
        self._shown, self._picture = 0, self._following()
        if self._picture is None:
            raise FrameError("the background has no pictures; expected at least one")

    def at(self, seconds: float) -> UInt8:
        """(h, w, 3) the picture that is shown ``seconds`` after the start.

        Raises:
            FrameError: the next picture is none.
        """
        number = max(0, int(seconds * self._rate + 1e-6))
        if self._list is not None:
            last = len(self._list) - 1
            return check_color(self._list[number % (last + 1) if self._loop else min(number, last)], "background")
        while self._shown < number and (following := self._following()) is not None:
            self._picture, self._shown = following, self._shown + 1
        assert self._picture is not None
        return self._picture

    def _following(self) -> UInt8 | None:
        picture = next(self._rest, None)
        return None if picture is None else check_color(picture, "background")


class VideoBackground:
    """A moving picture that starts with the first frame it is put behind, and keeps time with them."""

    def __init__(self, pictures: MovingPicture) -> None:
        self._pictures = pictures
        self._start: Timestamp | None = None

    def picture(self, moment: Timestamp) -> UInt8:
        """(h, w, 3) what is shown behind the frame of ``moment``.

        It begins anew where the frames' clock does, as after a camera was plugged in again.
        """
        start = self._start
        if start is None or start.clock != moment.clock or moment.nanoseconds < start.nanoseconds:
            start = self._start = moment
        return self._pictures.at((moment.nanoseconds - start.nanoseconds) * 1e-9)
