"""Smooth filling of holes in one pass down and one pass up a pyramid (Gortler et al., The Lumigraph, 1996)."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.effects.push_pull_kernels import fill_level


def fill(values: Float32, weight: Float32) -> Float32:
    """``values`` where they are trusted, and between them a smooth continuation that takes nothing else in.

    Args:
        values: (c, h, w), finite where weight is above 0, anything elsewhere.
        weight: (h, w) in [0, 1], how far each value is trusted.
    Returns:
        (c, h, w). Zeros if nothing is trusted.
    """
    level = np.empty((len(values) + 1, *weight.shape), np.float32)
    with np.errstate(invalid="ignore"):
        np.multiply(values, weight, out=level[:-1])
    cv2.patchNaNs(level[:-1].reshape(1, -1), 0)  # many times quicker than to choose by weight
    level[-1] = weight
    fill_level(level)
    return level[:-1]
