"""How well the mask's outline is met."""

import math

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.training.metrics.pair import checked

TOLERANCE = 0.008  # of the picture's diagonal, at least one pixel (F. Perazzi et al., DAVIS, CVPR 2016)


def boundary_f(alpha: Float32, truth: Float32, scored: Bool | None = None, *, tolerance: float = TOLERANCE) -> float:
    """F-measure of the outlines of the masks at 0.5: harmonic mean of the shares that lie near the other outline.

    Args:
        tolerance: how near, as a share of the picture's diagonal.
    Returns:
        In [0, 1]; 1 if neither mask has an outline, 0 if only one has.
    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    alpha, truth, scored = checked(alpha, truth, scored)
    here, there = _outline(alpha > 0.5) & scored, _outline(truth > 0.5) & scored
    if not here.any() or not there.any():
        return float(here.any() == there.any())
    reach = max(1.0, math.ceil(tolerance * math.hypot(*truth.shape)))
    precision, recall = _near(here, there, reach), _near(there, here, reach)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _outline(mask: Bool) -> Bool:
    """The mask's pixels that touch something else; the picture's edge is no outline."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
    outline: Bool = mask & ~inner
    return outline


def _near(points: Bool, others: Bool, reach: float) -> float:
    distance = cv2.distanceTransform((~others).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float(np.count_nonzero(distance[points] <= reach) / np.count_nonzero(points))
