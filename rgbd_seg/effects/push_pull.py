"""Smooth filling of holes in one pass down and one pass up a pyramid (Gortler et al., The Lumigraph, 1996)."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32


def fill(values: Float32, weight: Float32) -> Float32:
    """``values`` where they are trusted, and between them a smooth continuation that takes nothing else in.

    Args:
        values: (c, h, w), finite where weight is above 0, anything elsewhere.
        weight: (h, w) in [0, 1], how far each value is trusted.
    Returns:
        (c, h, w). Zeros if nothing is trusted.
    """
    weight = weight.astype(np.float32)
    trusted = np.where(weight > 0, values * weight, np.float32(0)).astype(np.float32)
    levels = [(trusted, weight)]
    while max(levels[-1][1].shape) > 1:
        levels.append(_coarser(*levels[-1]))
    trusted, weight = levels[-1]
    filled = trusted / np.maximum(weight, np.float32(1e-6))
    for trusted, weight in reversed(levels[:-1]):
        size = weight.shape[1], weight.shape[0]
        rest = 1 - weight
        beneath = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in filled]
        filled = np.stack([mine + rest * under for mine, under in zip(trusted, beneath, strict=True)])
    return np.asarray(filled, np.float32)


def _coarser(trusted: Float32, weight: Float32) -> tuple[Float32, Float32]:
    small, small_weight = np.stack([cv2.pyrDown(plane) for plane in trusted]), np.asarray(cv2.pyrDown(weight))
    # A cell with some trusted pixels knows nearly as much as one full of them.
    gain = np.minimum(1, 3 * small_weight) / np.maximum(small_weight, 1e-12)
    return (small * gain).astype(np.float32), (small_weight * gain).astype(np.float32)
