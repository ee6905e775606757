"""The seams of the system: what a segmenter and a camera must do to be plugged in."""

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import CameraState, CameraStatistics, Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.frames import FrameSet, RawFrame, RgbdFrame, Segmentation


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


@runtime_checkable
class LiveCamera(Camera, Protocol):
    """A camera that streams: what `rgbd_devices` gives for every driver, and a vendor's own may be too."""

    @property
    def info(self) -> DeviceInfo:
        """Which camera it is; known once started."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it has; known once started."""
        ...

    @property
    def state(self) -> CameraState:
        """Where it is in its life, now."""
        ...

    @property
    def statistics(self) -> CameraStatistics:
        """What was received, paired, dropped and lost so far."""
        ...

    def profiles(self) -> Sequence[StreamProfile]:
        """The streams it delivers now; known once started."""
        ...

    def start(self) -> None:
        """Open it and stream; entering it as a context does the same.

        Raises:
            DeviceError: not there, busy, not permitted, or its package is missing.
            ConfigError: it has no such stream profile.
        """
        ...

    def stop(self) -> None:
        """Close it, within two seconds; it may be started again."""
        ...

    def read(self, timeout: float = 1.0) -> FrameSet:
        """The next frame set; it owns its memory.

        Raises:
            DeviceTimeoutError: nothing arrived within ``timeout`` seconds, for instance while it reconnects.
            DeviceDisconnectedError: the camera is lost and was given up.
            StreamClosedError: it was stopped, or the recording is over.
        """
        ...


@runtime_checkable
class CameraDriver(Protocol):
    """What an entry point of the group ``rgbd_seg.cameras`` names."""

    @property
    def name(self) -> str:
        """The entry point's name, such as ``realsense``."""
        ...

    def list(self) -> Sequence[DeviceInfo]:
        """The cameras that are there now; none is opened.

        Raises:
            BackendMissingError: the maker's package is not installed.
        """
        ...

    def __call__(self, address: str = "") -> Camera:
        """A camera, not yet opened: the one with this serial number (or file, or other address), else the first."""
        ...
