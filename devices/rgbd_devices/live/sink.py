"""Where finished pictures go."""

from types import TracebackType
from typing import Protocol, Self

from rgbd_seg.arrays import UInt8
from rgbd_seg.frames import Timestamp


class Sink(Protocol):
    """Takes pictures in order."""

    def write(self, picture: UInt8, timestamp: Timestamp) -> bool:
        """(H, W, 3) RGB; False when no more is wanted.

        Raises:
            OutputError: it cannot be written.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
