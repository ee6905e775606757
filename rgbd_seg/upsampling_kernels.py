"""Compiled colour-guided interpolation of depth. A hole is 0 here."""

from typing import Any

import numpy as np
from numba import njit

from rgbd_seg.lens_kernels import SAFE_MATH

_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def _likeness(a: Any, i: Any, j: Any, r: Any, g: Any, b: Any, scale: Any) -> Any:
    """How alike two colours are: 1 if equal, falling with the fourth power of their distance."""
    dr, dg, db = np.float32(a[j, i, 0]) - r, np.float32(a[j, i, 1]) - g, np.float32(a[j, i, 2]) - b
    apart = _ONE + (dr * dr + dg * dg + db * db) * scale
    return _ONE / (apart * apart)


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def _two_surfaces(z: Any, weight: Any, split: Any, near: Any, far: Any) -> Any:
    """Adds a sample to the nearer or the farther surface: each is (sum of weights, sum of weighted depths)."""
    if z <= split:
        return (near[0] + weight, near[1] + weight * z), far
    return near, (far[0] + weight, far[1] + weight * z)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def guided_band(
    coarse: Any, coarse_color: Any, color: Any, radius: int, scale: Any, step: Any, only_holes: bool, first: int,
    last: int, out: Any,
) -> None:  # fmt: skip
    """Rows of joint bilateral upsampling that chooses a surface instead of averaging two.

    Every coarse sample within ``radius`` votes with its nearness times the likeness of its colour to the fine
    pixel's. Votes are split into a nearer and a farther surface at their range's middle; if the two are more than
    ``step`` (relative) apart, the one with more votes wins, else all are averaged.

    Kopf et al., "Joint Bilateral Upsampling", 2007, with a choice of mode. With ``only_holes`` measured samples
    are kept, and ``coarse`` and ``out`` are of one size.
    """
    height, width = coarse.shape
    scale_y, scale_x = np.float32(height / out.shape[0]), np.float32(width / out.shape[1])
    spread = _ONE / (np.float32(radius) * np.float32(radius) * np.float32(0.5) + _HALF)
    for row in range(first, last):
        v = (np.float32(row) + _HALF) * scale_y - _HALF
        middle_y = int(np.floor(v + _HALF))
        top, bottom = max(0, middle_y - radius), min(height - 1, middle_y + radius)
        for column in range(out.shape[1]):
            u = (np.float32(column) + _HALF) * scale_x - _HALF
            middle_x = int(np.floor(u + _HALF))
            left, right = max(0, middle_x - radius), min(width - 1, middle_x + radius)
            center = coarse[min(max(middle_y, 0), height - 1), min(max(middle_x, 0), width - 1)]
            if only_holes == (center > _ZERO):
                out[row, column] = center
                continue
            low, high = np.float32(np.inf), _ZERO
            for j in range(top, bottom + 1):
                for i in range(left, right + 1):
                    z = coarse[j, i]
                    if z > _ZERO:
                        low, high = min(low, z), max(high, z)
            if not high > _ZERO:
                out[row, column] = _ZERO
                continue
            split = _HALF * (low + high) if high - low > step * low else high
            r, g, b = (
                np.float32(color[row, column, 0]), np.float32(color[row, column, 1]), np.float32(color[row, column, 2])
            )  # fmt: skip
            near, far = (_ZERO, _ZERO), (_ZERO, _ZERO)
            for j in range(top, bottom + 1):
                dy = (np.float32(j) - v) * (np.float32(j) - v)
                for i in range(left, right + 1):
                    z = coarse[j, i]
                    if z > _ZERO:
                        apart = (dy + (np.float32(i) - u) * (np.float32(i) - u)) * spread
                        close = _ONE / (_ONE + apart * apart)
                        weight = close * _likeness(coarse_color, i, j, r, g, b, scale)
                        near, far = _two_surfaces(z, weight, split, near, far)
            chosen = near if near[0] >= far[0] else far
            out[row, column] = chosen[1] / chosen[0]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def final_band(
    coarse: Any, coarse_color: Any, color: Any, scale: Any, step: Any, first: int, last: int, out: Any
) -> None:
    """Rows of bilinear interpolation; across an edge, of the surface whose colours are like the pixel's. 0 → NaN."""
    height, width = coarse.shape
    scale_y, scale_x = np.float32(height / out.shape[0]), np.float32(width / out.shape[1])
    for row in range(first, last):
        v = (np.float32(row) + _HALF) * scale_y - _HALF
        j = int(np.floor(v))
        wy = v - np.float32(j)
        j0, j1 = min(max(j, 0), height - 1), min(max(j + 1, 0), height - 1)
        for column in range(out.shape[1]):
            u = (np.float32(column) + _HALF) * scale_x - _HALF
            i = int(np.floor(u))
            wx = u - np.float32(i)
            i0, i1 = min(max(i, 0), width - 1), min(max(i + 1, 0), width - 1)
            a, b, c, d = coarse[j0, i0], coarse[j0, i1], coarse[j1, i0], coarse[j1, i1]
            low, high = min(min(a, b), min(c, d)), max(max(a, b), max(c, d))
            if high - low <= step * low:
                upper, lower = a + wx * (b - a), c + wx * (d - c)
                out[row, column] = upper + wy * (lower - upper) if low > _ZERO else np.float32(np.nan)
                continue
            out[row, column] = _chosen(
                coarse, coarse_color, color, row, column, i0, i1, j0, j1, wx, wy, scale, step, high
            )


@njit(nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def _chosen(
    coarse: Any, coarse_color: Any, color: Any, row: int, column: int, i0: int, i1: int, j0: int, j1: int, wx: Any,
    wy: Any, scale: Any, step: Any, high: Any,
) -> Any:  # fmt: skip
    """Depth at an edge: holes are a third side, that wins like the others by weight and colour."""
    r, g, b = (np.float32(color[row, column, 0]), np.float32(color[row, column, 1]), np.float32(color[row, column, 2]))
    low = high
    for j in (j0, j1):
        for i in (i0, i1):
            z = coarse[j, i]
            low = min(low, z) if z > _ZERO else low
    split = _HALF * (low + high) if high - low > step * low else high
    near, far, hole = (_ZERO, _ZERO), (_ZERO, _ZERO), _ZERO
    for corner in range(4):
        i, j = (i1 if corner & 1 else i0), (j1 if corner & 2 else j0)
        share = (wx if corner & 1 else _ONE - wx) * (wy if corner & 2 else _ONE - wy) + np.float32(0.02)
        weight = share * _likeness(coarse_color, i, j, r, g, b, scale)
        z = coarse[j, i]
        if z > _ZERO:
            near, far = _two_surfaces(z, weight, split, near, far)
        else:
            hole += weight
    chosen = near if near[0] >= far[0] else far
    return chosen[1] / chosen[0] if chosen[0] >= hole else np.float32(np.nan)
