"""Is this picture of the board worth keeping? Sharp, still, and unlike those already kept."""

import cv2
import numpy as np

from rgbd_calibration.views import Corners
from rgbd_seg.arrays import UInt8

_PATCH = 7  # pixels to each side of a corner
_MOST_CORNERS = 40
_LOW_CONTRAST = 20.0  # grey levels; below, a corner says nothing about sharpness


def blur_px(gray: UInt8, corners: Corners) -> float:
    """How blurred the board's edges are: the σ of a Gaussian that would blur them so, in pixels.

    A step of height h blurred by σ has the slope h / (σ √(2π)) at its steepest; the median over corners counts.

    Returns:
        σ in pixels; infinity where no corner has contrast.
    """
    step = max(1, len(corners) // _MOST_CORNERS)
    found = []
    for u, v in np.round(corners.pixels[::step]).astype(int):
        patch = gray[max(v - _PATCH, 0) : v + _PATCH + 1, max(u - _PATCH, 0) : u + _PATCH + 1].astype(np.float32)
        if min(patch.shape) < _PATCH:
            continue
        low, high = np.percentile(patch, (3, 97))
        if high - low < _LOW_CONTRAST:
            continue
        dx, dy = (cv2.Sobel(patch, cv2.CV_32F, x, 1 - x, scale=1 / 8) for x in (1, 0))
        slope = float(np.percentile(np.hypot(dx, dy), 97))
        found.append((high - low) / (slope * np.sqrt(2 * np.pi)))
    return float(np.median(found)) if found else float("inf")


def moved_px(before: Corners | None, now: Corners, *, share: float = 0.5) -> float:
    """How far the corners seen in both have moved, pixels; infinity where none is.

    Args:
        share: 0.5 is the median way; 0.95 nearly the longest, which also notices a tilt about the middle.
    """
    if before is None:
        return float("inf")
    _, first, second = np.intersect1d(before.ids, now.ids, return_indices=True)
    if not len(first):
        return float("inf")
    return float(np.quantile(np.linalg.norm(before.pixels[first] - now.pixels[second], axis=1), share))
