"""The shape of a point out of focus."""

import numpy as np

from rgbd_seg.arrays import Float32

_FINE = 16  # samples per pixel and axis, for a smooth rim


def disc(diameter: float) -> Float32:
    """(2n+1, 2n+1) weights of a disc, summing to 1; pixels on the rim count by the area inside."""
    radius = diameter / 2
    reach = int(np.ceil(max(radius - 0.5, 0)))
    side = 2 * reach + 1
    at = (np.arange(side * _FINE) + 0.5) / _FINE - side / 2
    inside = np.hypot(at[:, None], at[None]) <= max(radius, 1 / _FINE)
    weights = inside.reshape(side, _FINE, side, _FINE).mean(axis=(1, 3))
    return np.asarray(weights / weights.sum(), np.float32)


def gaussian(diameter: float) -> Float32:
    """(2n+1, 2n+1) weights of a Gaussian that spreads light as far as a disc of this diameter, summing to 1."""
    sigma = max(diameter / 4, 1e-3)  # standard deviation of a disc along one axis
    reach = int(np.ceil(3 * sigma))
    line = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = np.outer(line, line)
    return np.asarray(weights / weights.sum(), np.float32)
