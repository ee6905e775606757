"""Smooth filling of holes in one pass down and one pass up a pyramid (Gortler et al., The Lumigraph, 1996)."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32


def fill(values: Float32, weight: Float32) -> Float32:
    """``values`` where they are trusted, and between them a smooth continuation that takes nothing else in.

    Args:
        values: (h, w, c), finite where weight is above 0, anything elsewhere.
        weight: (h, w) in [0, 1], how far each value is trusted.
    Returns:
        (h, w, c). Zeros if nothing is trusted.
    """
    trusted = np.where(weight[..., None] > 0, values * weight[..., None], 0).astype(np.float32)
    levels = [(trusted, weight.astype(np.float32))]
    while max(levels[-1][1].shape) > 1:
        levels.append(_coarser(*levels[-1]))
    trusted, weight = levels[-1]
    filled = trusted / np.maximum(weight, 1e-6)[..., None]
    for trusted, weight in reversed(levels[:-1]):
        size = weight.shape[1], weight.shape[0]
        beneath = cv2.resize(filled, size, interpolation=cv2.INTER_LINEAR).reshape(trusted.shape)
        filled = trusted + (1 - weight)[..., None] * beneath
    return np.asarray(filled, np.float32)


def _coarser(trusted: Float32, weight: Float32) -> tuple[Float32, Float32]:
    half = (weight.shape[0] + 1) // 2, (weight.shape[1] + 1) // 2
    small = np.asarray(cv2.pyrDown(trusted), np.float32).reshape(*half, trusted.shape[2])
    small_weight = np.asarray(cv2.pyrDown(weight), np.float32).reshape(half)
    # A cell with some trusted pixels knows nearly as much as one full of them.
    gain = np.minimum(1, 3 * small_weight) / np.maximum(small_weight, 1e-12)
    return small * gain[..., None], small_weight * gain
