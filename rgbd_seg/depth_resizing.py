"""The grid on which depth and colour meet, and how maps get there without mixing holes into measured depth."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32


def bounded_size(size: tuple[int, int], longer_side: int) -> tuple[int, int]:
    """(h, w) with the proportions of ``size``, its longer side at most ``longer_side``."""
    scale = min(1.0, longer_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def shrunk_depth(depth: Float32, size: tuple[int, int]) -> Float32:
    """Mean depth of the measured part of each new pixel; NaN where less than half of it was measured."""
    if depth.shape == size:
        return depth
    stride = min(depth.shape[0] // (2 * size[0]), depth.shape[1] // (2 * size[1]))
    if stride > 1:  # twice as many samples as needed are enough for the mean
        first = stride // 2
        depth = np.ascontiguousarray(depth[first::stride, first::stride])
    known = np.isfinite(depth)
    method = cv2.INTER_AREA if size[0] < depth.shape[0] else cv2.INTER_LINEAR
    share = cv2.resize(known.astype(np.float32), (size[1], size[0]), interpolation=method)
    total = cv2.resize(np.where(known, depth, np.float32(0)), (size[1], size[0]), interpolation=method)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(share >= 0.5, total / share, np.nan).astype(np.float32)


def resized_map(values: Float32, size: tuple[int, int]) -> Float32:
    """Values in [0, 1] at ``size`` (h, w), edge to edge."""
    shrinks = size[0] < values.shape[0] and size[1] < values.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized: Float32 = cv2.resize(values, (size[1], size[0]), interpolation=method)
    return np.clip(resized, 0, 1)
