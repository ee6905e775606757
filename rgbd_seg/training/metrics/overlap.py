"""Errors of single pixels, and the overlap of the masks."""

import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.training.metrics.pair import checked


def sad(alpha: Float32, truth: Float32, scored: Bool | None = None) -> float:
    """Sum of absolute differences in thousands of pixels (Rhemann et al., CVPR 2009), over the whole picture.

    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    alpha, truth, scored = checked(alpha, truth, scored)
    return float(np.abs(alpha - truth)[scored].sum(dtype=np.float64)) / 1000


def mse(alpha: Float32, truth: Float32, scored: Bool | None = None) -> float:
    """Mean squared error, over the whole picture; 0 where nothing is scored.

    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    alpha, truth, scored = checked(alpha, truth, scored)
    squared = ((alpha - truth)[scored]) ** 2
    return float(squared.mean(dtype=np.float64)) if squared.size else 0.0


def iou(alpha: Float32, truth: Float32, scored: Bool | None = None, *, threshold: float = 0.5) -> float:
    """Intersection over union of the masks ``alpha > threshold`` and ``truth > 0.5``; 1 if both are empty.

    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    alpha, truth, scored = checked(alpha, truth, scored)
    here, there = (alpha > threshold) & scored, (truth > 0.5) & scored
    union = int(np.count_nonzero(here | there))
    return int(np.count_nonzero(here & there)) / union if union else 1.0
