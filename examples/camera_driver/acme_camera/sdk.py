"""Stands for a maker's SDK: a camera that sees a ball before a wall.

Like many SDKs it hands out its own buffers, fills them again, speaks BGR and millimetres, and has errors of its own.
"""

import time

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, RATE = 320, 240, 30
FOCAL_LENGTH = 300.0
BASELINE = 0.02
SERIALS = ("AC0001",)


class AcmeError(Exception):
    """What the SDK raises when something fails."""


class Camera:
    """A handle of one camera."""

    def __init__(self, serial: str) -> None:
        if serial not in SERIALS:
            raise AcmeError(f"no camera {serial}")
        self._bgr: NDArray[np.uint8] = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        self._depth: NDArray[np.uint16] = np.zeros((HEIGHT, WIDTH), np.uint16)
        self._v, self._u = np.mgrid[:HEIGHT, :WIDTH]
        self._start, self._number = time.monotonic(), 0

    def wait(self, milliseconds: int) -> tuple[NDArray[np.uint8], NDArray[np.uint16], int, int] | None:
        """BGR, depth in mm, microseconds, frame number; None if nothing came. The buffers are filled again."""
        now = time.monotonic() - self._start
        due = max(self._number, int(now * RATE)) / RATE
        if due - now > milliseconds / 1000:
            time.sleep(milliseconds / 1000)
            return None
        time.sleep(max(due - now, 0))
        self._number = round(due * RATE) + 1
        x = WIDTH / 2 + 80 * np.sin(due)
        ball = (self._u - x) ** 2 + (self._v - HEIGHT / 2) ** 2 < 50**2
        self._depth[:] = np.where(ball, 900, 2400)
        self._depth[:, :8] = 0  # the projector does not reach there
        self._bgr[:] = np.where(ball[..., None], (40, 80, 220), (90, 110, 60))
        return self._bgr, self._depth, round(due * 1e6), self._number

    def release(self) -> None:
        """Let go of the camera."""
