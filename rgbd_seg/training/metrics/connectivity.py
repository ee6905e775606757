"""The connectivity error of the matting literature."""

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.training.metrics.pair import checked

_STEPS = np.arange(1, 11, dtype=np.float32) / 10
_THETA = 0.15  # a pixel this much above its connected level still counts as connected


def conn(alpha: Float32, truth: Float32, scored: Bool | None = None) -> float:
    """Σ |φ(α) − φ(truth)| / 1000 with θ = 0.15, p = 1, levels 0.1 apart.

    φ is 1 for a pixel that hangs together, at its own level, with the largest region Ω which both mattes share, and
    falls with the distance between its level and the highest at which it does (Rhemann et al., CVPR 2009;
    4-connected, as in the code that the field uses).

    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    alpha, truth, scored = checked(alpha, truth, scored)
    level = _connected_level(np.minimum(alpha, truth))
    difference = np.abs(_phi(truth, level) - _phi(alpha, level))
    return float(difference[scored].sum(dtype=np.float64)) / 1000


def _connected_level(shared: Float32) -> Float32:
    """The last level before a pixel leaves the largest region above it; 1 if it never does."""
    level = np.ones_like(shared)
    left = np.zeros(shared.shape, np.bool_)
    for step in _STEPS:
        out = ~_largest_region(shared >= step) & ~left
        level[out] = step - np.float32(0.1)
        left |= out
    return level


def _largest_region(mask: Bool) -> Bool:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    area = stats[1:, cv2.CC_STAT_AREA]
    largest: Bool = labels == 1 + int(np.argmax(area)) if area.size else np.zeros_like(mask)
    return largest


def _phi(alpha: Float32, level: Float32) -> Float32:
    above = alpha - level
    phi: Float32 = 1 - above * (above >= _THETA)
    return phi
