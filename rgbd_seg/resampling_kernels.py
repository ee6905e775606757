"""Compiled resampling of depth that knows holes and edges."""

from typing import Any

import numpy as np
from numba import njit

from rgbd_seg.lens_kernels import SAFE_MATH

_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def tent_band(depth: Any, step: Any, first: int, last: int, out: Any) -> None:
    """Rows ``first`` … ``last - 1`` of ``out``: tent-weighted mean of the surface that each pixel lies on.

    The tent spans two source pixels when growing (bilinear) and two target pixels when shrinking. The surface is
    that of the measured sample with the most weight; samples that differ from it by more than ``step`` (relative)
    or are missing do not count. NaN where less than half of the weight was measured.
    """
    height, width = depth.shape
    scale_y, scale_x = np.float32(height / out.shape[0]), np.float32(width / out.shape[1])
    reach_y, reach_x = max(_ONE, scale_y), max(_ONE, scale_x)
    for row in range(first, last):
        v = (np.float32(row) + _HALF) * scale_y - _HALF
        top, bottom = int(np.floor(v - reach_y)) + 1, int(np.ceil(v + reach_y)) - 1
        grows = reach_x == _ONE and reach_y == _ONE and top >= 0 and bottom == top + 1 and bottom < height
        y0, y1 = max(top, 0), min(bottom, height - 1)
        for column in range(out.shape[1]):
            u = (np.float32(column) + _HALF) * scale_x - _HALF
            left, right = int(np.floor(u - reach_x)) + 1, int(np.ceil(u + reach_x)) - 1
            if grows and left >= 0 and right == left + 1 and right < width:
                a, b, c, d = depth[y0, left], depth[y0, right], depth[y1, left], depth[y1, right]
                low = min(min(a, b), min(c, d))
                complete = a > _ZERO and b > _ZERO and c > _ZERO and d > _ZERO
                if complete and max(max(a, b), max(c, d)) - low <= step * low:
                    wx = u - np.float32(left)
                    upper, lower = a + wx * (b - a), c + wx * (d - c)
                    out[row, column] = upper + (v - np.float32(top)) * (lower - upper)
                    continue
            surface, heaviest, measured, everything = _ZERO, _ZERO, _ZERO, _ZERO
            for j in range(top, bottom + 1):
                wy = _ONE - abs(np.float32(j) - v) / reach_y
                y = np.uintp(min(max(j, 0), height - 1))
                for i in range(left, right + 1):
                    weight = wy * (_ONE - abs(np.float32(i) - u) / reach_x)
                    z = depth[y, np.uintp(min(max(i, 0), width - 1))]
                    everything += weight
                    if z > _ZERO:
                        measured += weight
                        if weight > heaviest:
                            heaviest, surface = weight, z
            if not measured >= _HALF * everything:
                out[row, column] = np.nan
                continue
            total, weights = _ZERO, _ZERO
            for j in range(top, bottom + 1):
                wy = _ONE - abs(np.float32(j) - v) / reach_y
                y = np.uintp(min(max(j, 0), height - 1))
                for i in range(left, right + 1):
                    z = depth[y, np.uintp(min(max(i, 0), width - 1))]
                    if abs(z - surface) <= step * surface:
                        weight = wy * (_ONE - abs(np.float32(i) - u) / reach_x)
                        total += weight * z
                        weights += weight
            out[row, column] = total / weights
