"""A stand-in for ``cv2.VideoCapture`` at the border between OpenCV and the drivers."""

import math
import threading
import time
from collections.abc import Callable

import cv2
import numpy as np

Draw = Callable[[int, tuple[int, int]], np.ndarray]


class FakeCapture:
    """Sends what ``draw`` returns (BGR, or raw bytes), at ``rate``, in sizes it knows; the number 0 hangs forever."""

    def __init__(
        self, draw: Draw, *, sizes: tuple[tuple[int, int], ...] = ((64, 48),), rate: float = 60.0, opens: bool = True
    ) -> None:
        self.draw, self.sizes, self.rate, self.opens = draw, sizes, rate, opens
        self.values: dict[int, float] = {cv2.CAP_PROP_FRAME_WIDTH: sizes[0][0], cv2.CAP_PROP_FRAME_HEIGHT: sizes[0][1]}
        self.number = 0
        self.gone = False
        self.hangs = threading.Event()
        self.released = threading.Event()
        self._taken = 0.0
        self._due = math.ceil(time.monotonic() * rate) / rate  # all in step, as with a common trigger

    def isOpened(self) -> bool:  # noqa: N802
        return self.opens

    def set(self, field: int, value: float) -> bool:
        self.values[field] = value
        return True

    def get(self, field: int) -> float:
        if field == cv2.CAP_PROP_POS_MSEC:
            return self._taken * 1e3
        asked = int(self.values[cv2.CAP_PROP_FRAME_WIDTH]), int(self.values[cv2.CAP_PROP_FRAME_HEIGHT])
        width, height = asked if asked in self.sizes else self.sizes[0]
        return {cv2.CAP_PROP_FRAME_WIDTH: width, cv2.CAP_PROP_FRAME_HEIGHT: height}.get(
            field, self.values.get(field, 0)
        )

    def read(self) -> tuple[bool, np.ndarray | None]:
        if self.hangs.is_set():
            time.sleep(5)
        self._due += 1 / self.rate
        time.sleep(max(0.0, self._due - time.monotonic()))
        if self.gone:
            return False, None
        self.number += 1
        self._taken = self._due
        size = round(self.get(cv2.CAP_PROP_FRAME_WIDTH)), round(self.get(cv2.CAP_PROP_FRAME_HEIGHT))
        return True, self.draw(self.number, size)

    def release(self) -> None:
        self.released.set()
