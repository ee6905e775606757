"""What cameras deliver and what is computed from it."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8, UInt16, check_color, check_coverage, describe
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import FrameError


@dataclass(frozen=True)
class Timestamp:
    """A moment on a named clock (``device`` or ``host``), or 0 on ``still`` for photos."""

    nanoseconds: int
    clock: str = "host"


STILL = Timestamp(0, "still")

_ROUNDING = 1e-4  # how far outside [0, 1] interpolation may leave a value


@dataclass(frozen=True, kw_only=True, eq=False)
class RawFrame:
    """Colour and depth as two cameras delivered them, each in its own grid."""

    color: UInt8  # (H, W, 3) RGB
    raw_depth: UInt16  # (h, w) sensor units, 0 = not measured
    calibration: Calibration
    confidence: Float32 | None = None  # (h, w) in [0, 1], depth camera's grid
    color_timestamp: Timestamp = STILL
    depth_timestamp: Timestamp = STILL

    def __post_init__(self) -> None:
        check_color(self.color)
        raw = self.raw_depth
        if not isinstance(raw, np.ndarray) or raw.dtype != np.uint16 or raw.ndim != 2:
            raise FrameError(f"raw_depth is {describe(self.raw_depth)}; expected an (h, w) uint16 array")
        if self.confidence is not None:
            check_coverage(self.confidence, self.raw_depth.shape, "confidence", slack=_ROUNDING)


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameSet(RawFrame):
    """All that a camera delivered of one moment. It owns its memory: it may be kept as long as wanted."""

    infrared: UInt16 | None = None  # (h, w) brightness in the depth camera's grid, no unit
    color_sequence: int | None = None  # as the camera counts its pictures; a gap is a picture that never came
    depth_sequence: int | None = None
    temperature: float | None = None  # of the depth sensor, °C
    arrival: Timestamp = STILL  # when the last of its pictures reached this machine, ``host`` clock
    session: int = 0  # reconnections before this frame; clocks and sequence numbers may start anew with each

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.infrared is not None and (
            self.infrared.dtype != np.uint16 or self.infrared.shape != self.raw_depth.shape
        ):
            raise FrameError(
                f"infrared is {describe(self.infrared)}; expected uint16 of raw_depth's shape {self.raw_depth.shape}"
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class RgbdFrame:
    """Colour, and depth as the colour camera would have measured it.

    ``depth`` may have fewer pixels than ``color`` (a phone's 12 MP picture with 0.4 MP depth): both then
    cover the same field of view, edge to edge. ``intrinsics`` are those of ``color``.
    """

    color: UInt8  # (H, W, 3) RGB
    depth: Float32 | None = None  # (h, w) z-depth in metres, NaN = not measured
    confidence: Float32 | None = None  # (h, w) in [0, 1]
    shadow: Bool | None = None  # (h, w) True where the depth camera is blind
    intrinsics: Intrinsics | None = None
    timestamp: Timestamp = STILL
    depth_is_metric: bool = True  # False: ordered and smooth, but scale and offset unknown (Apple "relative")

    def __post_init__(self) -> None:
        check_color(self.color)
        if self.depth is None:
            if self.confidence is not None or self.shadow is not None:
                raise FrameError("confidence or shadow given without depth; expected depth too")
        else:
            _check_depth(self.depth)
            if self.confidence is not None:
                check_coverage(self.confidence, self.depth.shape, "confidence", slack=_ROUNDING)
            if self.shadow is not None and (self.shadow.dtype != np.bool_ or self.shadow.shape != self.depth.shape):
                raise FrameError(f"shadow is {describe(self.shadow)}; expected bool of shape {self.depth.shape}")
        if self.intrinsics is not None and self.intrinsics.size != self.color.shape[:2]:
            raise FrameError(
                f"intrinsics are for {self.intrinsics.width}×{self.intrinsics.height}, the picture is "
                f"{self.color.shape[1]}×{self.color.shape[0]}; use intrinsics.resized()"
            )

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the colour picture."""
        return self.color.shape[0], self.color.shape[1]


@dataclass(frozen=True, kw_only=True, eq=False)
class Segmentation:
    """What a segmenter says of a picture, at its own resolution and the same field of view."""

    value: Float32  # (h, w) S_in, how much of the pixel is subject, in [0, 1]
    probability: Float32  # (h, w) I1, that the pixel is the subject, in [0, 1]
    people: Float32 | None = None  # (h, w) that it is a person at any depth, where the segmenter tells
    held: Float32 | None = None  # (h, w) that it is something the subject holds, where the segmenter tells

    def __post_init__(self) -> None:
        for name in ("value", "probability", "people", "held"):
            if (values := getattr(self, name)) is not None:
                check_coverage(values, self.value.shape, name, slack=_ROUNDING)


@dataclass(frozen=True, kw_only=True, eq=False)
class AlphaMatte:
    """The subject's soft coverage of every pixel of one picture."""

    alpha: Float32  # (H, W) in [0, 1]
    timestamp: Timestamp = STILL  # of the frame it was computed from
    foreground: UInt8 | None = None  # (H, W, 3) sRGB, the subject's own colour without the old background

    def __post_init__(self) -> None:
        if not isinstance(self.alpha, np.ndarray) or self.alpha.ndim != 2:
            raise FrameError(f"alpha is {describe(self.alpha)}; expected (H, W) float32")
        check_coverage(self.alpha, self.alpha.shape, "alpha")
        if self.foreground is not None:
            check_color(self.foreground, "foreground")
            if self.foreground.shape[:2] != self.alpha.shape:
                raise FrameError(
                    f"foreground is {describe(self.foreground)}; expected the size of alpha {self.alpha.shape}"
                )


def check_pair(frame: RgbdFrame, matte: AlphaMatte) -> None:
    """Refuse to draw with a matte of another moment or another size.

    Raises:
        FrameError: ``matte`` was not computed from ``frame``.
    """
    if matte.alpha.shape != frame.size:
        raise FrameError(f"alpha is {describe(matte.alpha)}; expected the picture's size {frame.size}")
    if matte.timestamp != frame.timestamp:
        raise FrameError(
            f"the matte is of {matte.timestamp}, the frame of {frame.timestamp}; "
            "composite the frame that the matte came from"
        )


def _check_depth(depth: Float32) -> None:
    if not isinstance(depth, np.ndarray) or depth.dtype != np.float32 or depth.ndim != 2 or depth.size == 0:
        raise FrameError(f"depth is {describe(depth)}; expected an (H, W) float32 array of metres")
    with np.errstate(invalid="ignore"):
        bad = int(np.count_nonzero(depth <= 0)) + int(np.count_nonzero(np.isinf(depth)))
    if bad:
        raise FrameError(
            f"depth has {bad} pixels that are zero, negative or infinite; "
            "expected metres above 0, NaN where not measured (rgbd_seg.frames.measured marks them)"
        )


def measured(depth: Float32) -> Float32:
    """A copy with zero, negative and infinite depth marked as not measured (NaN)."""
    with np.errstate(invalid="ignore"):
        keep = (depth > 0) & np.isfinite(depth)
    return np.where(keep, depth, np.nan).astype(np.float32)
