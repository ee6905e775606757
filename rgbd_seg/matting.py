"""From a coarse probability that a pixel is the person to its soft coverage (alpha) at the picture's own resolution."""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8, check_color, describe
from rgbd_seg.errors import FrameError
from rgbd_seg.options import check_range


@dataclass(frozen=True, kw_only=True)
class MattingOptions:
    """How alpha is refined."""

    band: float = 1.5  # half width of the uncertain band beyond the doubtful pixels, in pixels of the probability

    def __post_init__(self) -> None:
        check_range("band", self.band, 0.0, 16.0)


def refine_alpha(
    color: UInt8, probability: Float32, *, depth: Float32 | None = None, options: MattingOptions | None = None
) -> Float32:
    """Alpha at the resolution of ``color``.

    Args:
        color: (H, W, 3) RGB, sRGB-encoded.
        probability: (h, w) in [0, 1], the same field of view, at most as large as ``color``.
        depth: metres, any size, the same field of view, NaN = not measured.
    Returns:
        (H, W) float32 in [0, 1].
    Raises:
        FrameError: an array is not of that form.
    """
    check_color(color)
    if probability.dtype != np.float32 or probability.ndim != 2 or probability.size == 0:
        raise FrameError(f"probability is {describe(probability)}; expected an (h, w) float32 array")
    height, width = color.shape[:2]
    scale = min(1.0, 768 / max(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    guide = cv2.resize(color, small, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(np.clip(probability, 0, 1), small, interpolation=cv2.INTER_LINEAR)
    smooth = cv2.ximgproc.guidedFilter(guide, coarse, 6, (0.01 * 255) ** 2)
    sharp = np.clip((smooth - 0.1) / 0.8, 0, 1)
    sharp = np.where((coarse == 0) | (coarse == 1), np.where(np.abs(sharp - coarse) < 0.2, coarse, sharp), sharp)
    alpha: Float32 = cv2.resize(sharp.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(alpha, 0, 1)
