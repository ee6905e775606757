"""Depth as networks see it: inverse, and free of scale and offset, so that relative disparity is as good as metres."""

import numpy as np

from rgbd_seg.arrays import Float32

_NEAREST, _FARTHEST = 98.0, 2.0  # percentiles that become 1 and 0
_LEAST = 16  # measured pixels; fewer count as none


def normalised_inverse_depth(depth: Float32) -> tuple[Float32, Float32]:
    """Inverse depth, 0 at the farthest and 1 at the nearest 2 % of what was measured, and where it was measured.

    Args:
        depth: (h, w) metres or relative, NaN = not measured.
    Returns:
        (h, w) in [0, 1], 0 where not measured; (h, w) 1 where measured, else 0. Both 0 everywhere if next to nothing
        was measured or all of it is at one distance.
    """
    valid = np.isfinite(depth)
    inverse = np.zeros(depth.shape, np.float32)
    if np.count_nonzero(valid) < _LEAST:
        return inverse, inverse.copy()
    near = 1 / depth[valid]
    low, high = np.percentile(near, (_FARTHEST, _NEAREST))
    if high - low <= 1e-6 * max(abs(high), 1e-6):
        return inverse, inverse.copy()
    inverse[valid] = np.clip((near - low) / (high - low), 0, 1)
    return inverse, valid.astype(np.float32)
