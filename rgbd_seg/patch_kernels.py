"""Compiled loops that draw depth pixels one by one, where a block is broken by edges and holes.

A depth pixel is a small patch of surface: it reaches half-way to each neighbour on the same surface, and half its own
footprint where the neighbour is a hole or another surface.
"""

from typing import Any

import numpy as np
from numba import njit

from rgbd_seg.lens_kernels import INNER, SAFE_MATH
from rgbd_seg.registration_layout import (
    ACROSS,
    BLOCK,
    BOTTOM,
    DOWN,
    HALF,
    LEFT,
    MISMATCH,
    NOTHING,
    ONE,
    RIGHT,
    SLOPE,
    TOP,
    ZERO,
    U,
    V,
    Z,
)


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def draw_patches(
    r: Any,
    h: Any,
    a: Any,
    b: Any,
    s: Any,
    step: Any,
    tz: Any,
    footprints: Any,
    group: int,
    block: int,
    top: int,
    bottom: int,
    out: Any,
) -> None:
    _row_extents(r, h, s, step, tz, footprints[group, block, 0], footprints[group, block, 2])
    _column_extents(r, h, a, b, s, step, tz, footprints[group, block, 1])
    width = np.float32(out.shape[1])
    for k in range(BLOCK):
        z = r[h + np.uintp(Z + k)]
        if not z < NOTHING:
            continue
        u, v, slope = r[h + np.uintp(U + k)], r[h + np.uintp(V + k)], s[SLOPE + k]
        first = np.int32(np.ceil(max(u - s[LEFT + k], ZERO)))
        last = np.int32(np.ceil(min(u + s[RIGHT + k], width)))
        for column in range(first, last):
            offset = np.float32(column) - u
            center = v + slope * offset
            row_first = np.int32(np.ceil(max(center - s[TOP + k], np.float32(top))))
            row_last = np.int32(np.ceil(min(center + s[BOTTOM + k], np.float32(bottom))))
            depth = z + s[ACROSS + k] * offset - s[DOWN + k] * center
            at = np.uintp(column)
            for row in range(row_first, row_last):
                here = depth + s[DOWN + k] * np.float32(row)
                this = np.uintp(row)
                old = out[this, at]
                out[this, at] = here if here < old else old


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _row_extents(r: Any, h: Any, s: Any, step: Any, tz: Any, half: Any, steady: Any) -> None:
    """How far each patch reaches to the left and right, its depth gradient, and the slope of its row."""
    for k in range(BLOCK):
        u, z = r[h + np.uintp(U + k)], r[h + np.uintp(Z + k)]
        ul, vl, zl = r[h + np.uintp(U + k - 1)], r[h + np.uintp(V + k - 1)], r[h + np.uintp(Z + k - 1)]
        ur, vr, zr = r[h + np.uintp(U + k + 1)], r[h + np.uintp(V + k + 1)], r[h + np.uintp(Z + k + 1)]
        joined_left = (abs(zl - z) <= step * z) & (abs(zl - z) <= step * zl)
        joined_right = (abs(zr - z) <= step * z) & (abs(zr - z) <= step * zr)
        size = half * (z - tz) / z  # half a pixel's footprint at this distance
        s[LEFT + k] = HALF * (u - ul) + MISMATCH if joined_left else size
        s[RIGHT + k] = HALF * (ur - u) + MISMATCH if joined_right else size
        run = (ur if joined_right else u) - (ul if joined_left else u)
        change = (zr if joined_right else z) - (zl if joined_left else z)
        rise = vr - vl
        usable = run > HALF * size
        inverse = ONE / (run if usable else ONE)
        s[ACROSS + k] = change * inverse if usable else ZERO
        s[SLOPE + k] = rise * inverse if usable & joined_left & joined_right else steady


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _column_extents(r: Any, h: Any, a: Any, b: Any, s: Any, step: Any, tz: Any, half: Any) -> None:
    """How far each patch reaches up and down at a fixed colour column, and its depth gradient."""
    for k in range(BLOCK):
        u, v, z = r[h + np.uintp(U + k)], r[h + np.uintp(V + k)], r[h + np.uintp(Z + k)]
        za, zb = r[a + np.uintp(Z + k)], r[b + np.uintp(Z + k)]
        rise = (v - r[a + np.uintp(V + k)]) - s[SLOPE + k] * (u - r[a + np.uintp(U + k)])
        fall = (r[b + np.uintp(V + k)] - v) - s[SLOPE + k] * (r[b + np.uintp(U + k)] - u)
        joined_above = (abs(za - z) <= step * z) & (abs(za - z) <= step * za)
        joined_below = (abs(zb - z) <= step * z) & (abs(zb - z) <= step * zb)
        size = half * (z - tz) / z
        s[TOP + k] = HALF * rise + MISMATCH if joined_above else size
        s[BOTTOM + k] = HALF * fall + MISMATCH if joined_below else size
        run = (rise if joined_above else ZERO) + (fall if joined_below else ZERO)
        change = (z - za if joined_above else ZERO) + (zb - z if joined_below else ZERO)
        usable = run > HALF * size
        s[DOWN + k] = change / (run if usable else ONE) if usable else ZERO
