"""The bounded queue between a camera's thread and its reader."""

import threading
import time
from collections import deque

from rgbd_seg.errors import RgbdSegError
from rgbd_seg.frames import FrameSet


class FrameQueue:
    """Holds frame sets in order; when it is full the oldest goes and is counted, or the camera waits."""

    def __init__(self, size: int, *, block: bool) -> None:
        self._size, self._block = size, block
        self._frames: deque[FrameSet] = deque()
        self._changed = threading.Condition()
        self._end: RgbdSegError | None = None
        self._abandoned = False
        self._received = self._delivered = self._dropped = 0

    def counts(self) -> tuple[int, int, int, int]:
        """Frame sets received, delivered, dropped, and waiting now; the first is the sum of the others."""
        with self._changed:
            return self._received, self._delivered, self._dropped, len(self._frames)

    def put(self, frame: FrameSet) -> None:
        """Append; returns at once, or – when blocking – as soon as there is room or the queue is closed."""
        with self._changed:
            self._received += 1
            while self._block and len(self._frames) >= self._size and self._end is None:
                self._changed.wait()
            if self._end is not None:
                self._dropped += 1
                return
            if len(self._frames) >= self._size:
                self._frames.popleft()
                self._dropped += 1
            self._frames.append(frame)
            self._changed.notify_all()

    def get(self, timeout: float) -> FrameSet | None:
        """The oldest frame set; None if none came within ``timeout`` seconds.

        Raises:
            RgbdSegError: what `finish` or `abandon` gave, once there is nothing left to deliver.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                if self._frames and not self._abandoned:
                    self._delivered += 1
                    frame = self._frames.popleft()
                    self._changed.notify_all()
                    return frame
                if self._end is not None:
                    # A new object each time: raising one error twice would pile up its traceback.
                    raise type(self._end)(*self._end.args) from self._end.__cause__
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)

    def finish(self, error: RgbdSegError) -> None:
        """Nothing more will come: what is queued is delivered, then ``error`` is raised."""
        with self._changed:
            self._end = self._end or error
            self._changed.notify_all()

    def abandon(self, error: RgbdSegError) -> None:
        """Deliver nothing more, from now on: ``error`` is raised."""
        with self._changed:
            self._end, self._abandoned = error, True
            self._changed.notify_all()
