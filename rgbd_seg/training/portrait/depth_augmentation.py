"""Depth as bad as cameras give it; not measured is NaN throughout."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32

_NEAR_RELATIVE = 0.012  # noise of z at 1 m, relative, 1 σ at most


def spoiled(rng: np.random.Generator, depth: Float32, misregistration_px: float) -> Float32:
    """Shifted, noisy, with holes, coarse, or bent as relative disparity is.

    Args:
        depth: (s, s) metres.
        misregistration_px: largest shift, pixels of this map.
    """
    if rng.random() < 0.6:
        depth = _shifted(rng, depth, misregistration_px)
    if rng.random() < 0.35:
        depth = _coarse(rng, depth)
    if rng.random() < 0.7:
        depth = _noisy(rng, depth)
    if rng.random() < 0.5:
        depth = _holed(rng, depth)
    if rng.random() < 0.3:  # another curve of distance: relative disparity, a wrong offset
        depth = np.asarray(depth ** np.float32(np.exp(rng.normal(0, 0.25))), np.float32)
    return depth


def _shifted(rng: np.random.Generator, depth: Float32, most: float) -> Float32:
    x, y = rng.uniform(-1, 1, 2) * most * rng.random()
    height, width = depth.shape
    matrix = np.array([[1, 0, x], [0, 1, y]])
    return np.asarray(
        cv2.warpAffine(depth, matrix, (width, height), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    )


def _coarse(rng: np.random.Generator, depth: Float32) -> Float32:
    height, width = depth.shape
    share = rng.uniform(0.15, 0.6)
    small = cv2.resize(depth, None, fx=share, fy=share, interpolation=cv2.INTER_NEAREST)
    kind = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(small, (width, height), interpolation=kind))


def _noisy(rng: np.random.Generator, depth: Float32) -> Float32:
    size = depth.shape
    fine = rng.standard_normal(size, np.float32)
    patchy = cv2.GaussianBlur(rng.standard_normal(size, np.float32), (0, 0), 2.0) * 7
    sigma = np.float32(_NEAR_RELATIVE * rng.random())
    noisy = depth * (1 + sigma * depth * (fine + patchy) / 1.4)
    return np.asarray(np.maximum(noisy, 0.05), np.float32)


def _holed(rng: np.random.Generator, depth: Float32) -> Float32:
    """Blobs, edges that were not measured, or a missing strip."""
    height, width = depth.shape
    holes = np.zeros(depth.shape, bool)
    if rng.random() < 0.7:
        blobs = cv2.GaussianBlur(rng.standard_normal(depth.shape, np.float32), (0, 0), float(rng.uniform(1.5, 7)))
        holes |= blobs > blobs.std() * rng.uniform(-0.5, 2.5)  # of a normal distribution: from 1 % to 70 %
    if rng.random() < 0.5:
        filled = np.nan_to_num(depth, nan=0.0)
        edge = cv2.morphologyEx(filled, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0.08 * filled
        holes |= edge & (rng.random(depth.shape) < rng.uniform(0.3, 1))
    if rng.random() < 0.1:
        holes[:, : int(rng.uniform(0.02, 0.15) * width)] = True
    if rng.random() < 0.05:
        holes[int(rng.uniform(0.5, 0.9) * height) :] = True
    return np.where(holes, np.float32(np.nan), depth).astype(np.float32)
