"""Finished pictures in a window."""

import os
import sys
from types import TracebackType
from typing import Self

import cv2

from rgbd_seg.arrays import UInt8
from rgbd_seg.errors import BackendMissingError
from rgbd_seg.frames import Timestamp

_TITLE = "rgbd-seg live (q to stop)"
_ESCAPE = 27
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
_NO_WINDOW = "no window can be shown: no display, or an OpenCV without windows; use --output FILE.mp4"


class Window:
    """Shows the newest picture until ``q`` is pressed."""

    def __init__(self) -> None:
        """Raises:
        BackendMissingError: there is no display.
        """
        # Asked first, because Qt ends the whole process where it finds none.
        if sys.platform == "linux" and not any(map(os.environ.get, _DISPLAYS)):
            raise BackendMissingError(_NO_WINDOW)

    def write(self, picture: UInt8, timestamp: Timestamp) -> bool:
        """Show it; False once the user wants to stop.

        Raises:
            BackendMissingError: there is no display, or OpenCV was built without windows.
        """
        try:
            cv2.imshow(_TITLE, picture[..., ::-1])
            return cv2.waitKey(1) & 0xFF not in (ord("q"), _ESCAPE)
        except cv2.error as error:
            raise BackendMissingError(_NO_WINDOW) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            cv2.destroyAllWindows()
