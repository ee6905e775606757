"""Smooth depth maps from sparse or coarse measurements, as phones make them with the help of colour."""

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.training.synthetic.sensors.noise import smooth_noise

_SAME_SURFACE = 0.06  # relative difference of inverse depth over which a dot no longer speaks for a pixel


def displaced(values: Float32, pixels: float, smoothness: float, rng: np.random.Generator) -> Float32:
    """``values`` moved by a random field of about ``pixels``, alike over ``smoothness`` pixels."""
    if pixels == 0:
        return values
    v, u = np.indices(values.shape, np.float32)
    du, dv = (np.float32(pixels) * smooth_noise(rng, values.shape, smoothness) for _ in range(2))
    return np.asarray(cv2.remap(values, u + du, v + dv, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE), np.float32)


def grown_from_dots(depth: Float32, known: Bool, guide: Float32, spacing: float) -> Float32:
    """A whole map from ``depth`` where ``known``; a dot speaks for pixels around it whose ``guide`` is like its own.

    A normalised bilateral filter in inverse depth. Where no dot fits, those that fit least badly speak: what is
    thinner than the dots are apart takes the depth of what is around it.

    Args:
        depth: (h, w) metres.
        guide: (h, w) inverse depth as the network would guess it from the picture.
    """
    v, u = np.nonzero(known)
    inverse = 1 / np.maximum(depth[v, u], 1e-3)
    own, sure = guide[v, u], _far_from_edges(guide)[v, u]
    total = np.zeros(depth.shape, np.float32)
    weight = np.full(depth.shape, 1e-20, np.float32)
    reach = int(np.ceil(2 * spacing))
    offset = np.arange(-reach, reach + 1, dtype=np.float32)
    near = np.exp(-(offset[:, None] ** 2 + offset[None] ** 2) / (2 * (0.6 * spacing) ** 2)).astype(np.float32)
    for row, column, (value, like, trust) in zip(
        v.tolist(), u.tolist(), np.stack([inverse, own, sure], axis=1).tolist(), strict=True
    ):
        top, left = max(row - reach, 0), max(column - reach, 0)
        area = slice(top, row + reach + 1), slice(left, column + reach + 1)
        there = guide[area]
        kernel = near[top - row + reach :, left - column + reach :][: there.shape[0], : there.shape[1]]
        difference = (there - like) / (_SAME_SURFACE * max(like, 0.05))
        square = np.square(difference)
        speaks = kernel * trust * (np.exp(np.float32(-0.5) * square) + np.float32(1e-3) / np.square(1 + square))
        total[area] += speaks * value
        weight[area] += speaks
    empty = weight <= 1e-19
    result = np.where(empty, np.median(inverse) if len(inverse) else np.float32(0.2), total / weight)
    return np.asarray(1 / np.maximum(result, 1e-3), np.float32)


def _far_from_edges(guide: Float32) -> Float32:
    """(h, w) 1 inside surfaces; little within two pixels of their edges, where a dot may belong to either side."""
    steep = cv2.morphologyEx(guide, cv2.MORPH_GRADIENT, np.ones((5, 5))) > _SAME_SURFACE * np.maximum(guide, 0.05) * 3
    return np.where(steep, np.float32(1e-3), np.float32(1)).astype(np.float32)
