"""The seams of the system: what a segmenter and a camera must do to be plugged in."""

from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from rgbd_seg.calibration import Calibration
from rgbd_seg.frames import RawFrame, RgbdFrame, Segmentation


@runtime_checkable
class Segmenter(Protocol):
    """Finds the person in a picture."""

    @property
    def name(self) -> str:
        """How the user names it, such as ``depth-layers`` or ``mediapipe-selfie``."""
        ...

    @property
    def needs_depth(self) -> bool:
        """True if it cannot work without depth."""
        ...

    def segment(self, frame: RgbdFrame) -> Segmentation:
        """Segmentation value and probability, at the segmenter's own resolution.

        Raises:
            FrameError: the frame lacks what this segmenter needs.
        """
        ...


@runtime_checkable
class Camera(Protocol):
    """A source of colour and depth; hardware, recording or synthetic alike.

    Found through the entry-point group ``rgbd_seg.cameras``.
    """

    def calibration(self) -> Calibration:
        """Of the streams as they are delivered."""
        ...

    def read(self, timeout: float = 1.0) -> RawFrame:
        """The next frame; it owns its memory.

        Raises:
            DeviceTimeoutError: nothing arrived within ``timeout`` seconds.
            StreamClosedError: the camera was stopped.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
