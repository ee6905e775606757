"""Flicker: changes that the truth does not make."""

import math

import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.training.metrics.pair import checked


def dtssd(before: tuple[Float32, Float32], now: tuple[Float32, Float32], scored: Bool | None = None) -> float:
    """Root mean square of (Δα − Δtruth) between two frames, times 100.

    M. Erofeev et al., "Perceptually Motivated Benchmark for Video Matting", BMVC 2015; the factor as in the video
    matting literature since.

    Args:
        before: alpha and truth of the earlier frame.
        now: alpha and truth of this frame.
    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    alpha_before, truth_before, _ = checked(*before, scored)
    alpha, truth, where = checked(*now, scored)
    checked(alpha, truth_before, None)
    change = ((alpha - alpha_before) - (truth - truth_before))[where]
    return 100 * math.sqrt(float((change**2).mean(dtype=np.float64))) if change.size else 0.0
