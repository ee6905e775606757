"""Compiled depth filters. A hole is 0 here: it differs from every depth by more than any tolerance."""

from typing import Any

import numpy as np
from numba import njit

from rgbd_seg.lens_kernels import SAFE_MATH

_ZERO, _ONE = np.float32(0), np.float32(1)
_NAN = np.float32(np.nan)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def smooth_band(padded: Any, kernel: Any, tolerance: Any, first: int, last: int, out: Any) -> None:
    """Rows of a bilateral normalised convolution.

    Weights are ``kernel`` in the picture and Tukey's biweight ``(1 − (Δ/c)²)²`` in depth, with the cut-off ``c`` =
    ``tolerance`` · z, so nothing beyond the cut-off has any influence.

    Args:
        padded: (h + 2r, w + 2r) depth, 0 = hole, with a border of 0.
        kernel: (2r + 1, 2r + 1).
    """
    radius = kernel.shape[0] // 2
    width = out.shape[1]
    total, weights = np.empty(width, np.float32), np.empty(width, np.float32)
    for row in range(first, last):
        total[:] = _ZERO
        weights[:] = _ZERO
        center = padded[row + radius, radius : radius + width]
        for dy in range(2 * radius + 1):
            for dx in range(2 * radius + 1):
                near = kernel[dy, dx]
                if near > _ZERO:
                    _add_tap(center, padded[row + dy, dx : dx + width], near, tolerance, total, weights)
        for k in range(width):
            out[row, k] = center[k] + total[k] / weights[k] if center[k] > _ZERO else _NAN


@njit(nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def _add_tap(center: Any, other: Any, near: Any, tolerance: Any, total: Any, weights: Any) -> None:
    for k in range(center.shape[0]):
        change = other[k] - center[k]
        share = change / (tolerance * center[k] + np.float32(1e-12))
        rest = max(_ONE - share * share, _ZERO)
        weight = near * rest * rest
        total[k] += weight * change
        weights[k] += weight


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def flying_band(padded: Any, step: Any, first: int, last: int, out: Any) -> None:
    """Rows of depth without samples that hang between two surfaces.

    ``padded`` has a border of 3 holes. A sample flies if, along a row, column or diagonal, a surface that is nearer
    ends one or two pixels to one side of it and one that is farther begins on the other side, and it is on neither.
    A surface that is merely steep goes on at the same rate beyond, and so does not count as ending there.
    """
    for row in range(first, last):
        for column in range(out.shape[1]):
            z = padded[row + 3, column + 3]
            if not z > _ZERO:
                out[row, column] = _NAN
                continue
            flies = False
            if _all_near(padded, row + 3, column + 3, step * z):
                out[row, column] = z  # something differs beside every sample that flies
                continue
            for axis in range(4):
                dy = 0 if axis == 0 else 1
                dx = 0 if axis == 1 else (-1 if axis == 3 else 1)
                flies = flies or _between(padded, row + 3, column + 3, dy, dx, z, step)
            out[row, column] = _NAN if flies else z


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def _all_near(padded: Any, y: int, x: int, limit: Any) -> Any:
    z, far = padded[y, x], 0
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            far += abs(padded[y + dy, x + dx] - z) > limit
    return far == 0


@njit(nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def _between(padded: Any, y: int, x: int, dy: int, dx: int, z: Any, step: Any) -> Any:
    for before, after in ((1, 1), (1, 2), (2, 1)):
        a, b = padded[y - before * dy, x - before * dx], padded[y + after * dy, x + after * dx]
        near, far = min(a, b), max(a, b)
        if not near > _ZERO or not near < z * (_ONE - step) or not far > z * (_ONE + step):
            continue
        beyond_a = padded[y - (before + 1) * dy, x - (before + 1) * dx]
        beyond_b = padded[y + (after + 1) * dy, x + (after + 1) * dx]
        flat_a = not beyond_a > _ZERO or abs(beyond_a - a) <= step * a
        flat_b = not beyond_b > _ZERO or abs(beyond_b - b) <= step * b
        # With holes beyond both, nothing tells a mixed sample from the end of a steep surface.
        if flat_a and flat_b and max(beyond_a, beyond_b) > _ZERO:
            return True
    return False
