"""Loops of the skin finder, compiled. They run on a small picture, in one thread."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Float64, UInt8


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "arcp"})  # type: ignore[untyped-decorator]
def tone_features(
    small: UInt8,
    certain: Float32,
    row_weight: Float32,
    log_light: Float32,
    prior: Float32,
    features: Float32,
    candidates: Float32,
    prior_of: Float32,
) -> None:
    """Two log ratios and luminance of every pixel, and how likely a pixel of that hue is skin before any is seen.

    Args:
        small: (h, w, 3). certain: (h, w) weight of pixels that are surely the subject.
        row_weight: (h,). log_light: (256,) log2 of linear light.
        prior: centre R/G, G/B; spread towards grey and towards brown; stops.
        features: (h, w, 3), candidates, prior_of: (h, w); written.
    """
    for y in range(small.shape[0]):
        for x in range(small.shape[1]):
            red, green, blue = log_light[small[y, x, 0]], log_light[small[y, x, 1]], log_light[small[y, x, 2]]
            first, second = red - green, green - blue
            a = (first - prior[0]) / (prior[2] if first < prior[0] else prior[3])
            b = (second - prior[1]) / (prior[2] if second < prior[1] else prior[3])
            away = a * a + b * b
            hue = np.exp(np.float32(-0.5) * away) if away < 30 else np.float32(0)
            features[y, x, 0] = first
            features[y, x, 1] = second
            features[y, x, 2] = np.float32(0.3) * red + np.float32(0.6) * green + np.float32(0.1) * blue
            prior_of[y, x] = hue
            candidates[y, x] = hue * certain[y, x] * row_weight[y]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def tone_moments(
    features: Float32,
    candidates: Float32,
    step: int,
    mean: Float64,
    precision: Float64,
    first: bool,
    total: Float64,
    moments: Float64,
    products: Float64,
) -> None:
    """Weighted sums of the features of candidates near ``mean``; every ``step``-th pixel both ways.

    In the first round nearness is luminance alone: hair of skin's hue is darker than the skin beside it, if anything,
    so the search starts from what is bright.
    """
    total[0] = 0.0
    moments[:] = 0.0
    products[:] = 0.0
    for y in range(0, features.shape[0], step):
        for x in range(0, features.shape[1], step):
            weight = float(candidates[y, x])
            if weight < 1e-4:
                continue
            a, b, c = features[y, x, 0] - mean[0], features[y, x, 1] - mean[1], features[y, x, 2] - mean[2]
            if first:
                weight *= 2.0 ** min(max(c, -2.0), 1.0)
            else:
                weight *= _near(a, b, c, precision)
            total[0] += weight
            moments[0] += weight * a
            moments[1] += weight * b
            moments[2] += weight * c
            products[0, 0] += weight * a * a
            products[0, 1] += weight * a * b
            products[0, 2] += weight * a * c
            products[1, 1] += weight * b * b
            products[1, 2] += weight * b * c
            products[2, 2] += weight * c * c


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def tone_likelihood(
    features: Float32, prior_of: Float32, mean: Float64, precision: Float64, likelihood: Float32
) -> None:
    """How near every pixel is to this person's tone; written to ``likelihood`` (h, w)."""
    for y in range(features.shape[0]):
        for x in range(features.shape[1]):
            if prior_of[y, x] < 1e-3:
                likelihood[y, x] = 0
                continue
            a, b, c = features[y, x, 0] - mean[0], features[y, x, 1] - mean[1], features[y, x, 2] - mean[2]
            likelihood[y, x] = _near(a, b, c, precision) * min(1.0, 5.0 * prior_of[y, x])


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _near(a: float, b: float, c: float, precision: Float64) -> float:
    """1 within two standard deviations, then a Gaussian's fall."""
    distance = (
        precision[0, 0] * a * a
        + precision[1, 1] * b * b
        + precision[2, 2] * c * c
        + 2.0 * (precision[0, 1] * a * b + precision[0, 2] * a * c + precision[1, 2] * b * c)
    )
    if distance <= 4.0:
        return 1.0
    if distance > 40.0:
        return 0.0
    near: float = np.exp(-0.5 * (distance - 4.0))
    return near
