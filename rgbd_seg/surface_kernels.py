"""Compiled loops that draw a block of one smooth surface row by row, with vector instructions."""

from typing import Any

import numpy as np
from numba import njit

from rgbd_seg.lens_kernels import INNER, SAFE_MATH
from rgbd_seg.registration_layout import (
    ACROSS,
    BASE,
    BLOCK,
    HALF,
    LINE,
    LONGEST,
    MISMATCH,
    NOTHING,
    ONE,
    ZERO,
    U,
    V,
    Z,
)

_STEEPEST = np.float32(0.1)  # rows steeper than this are drawn patch by patch


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def draw_smooth(
    r: Any, h: Any, a: Any, b: Any, s: Any, columns: Any, step: Any, top: int, bottom: int, out: Any
) -> Any:
    """Draw a block of one smooth surface seen in nearly straight rows; False, and nothing drawn, if it is not one.

    ``h``, ``a`` and ``b`` say where in the ring ``r`` the block, the one above and the one below are.
    """
    if not _is_smooth(r, h, a, b, step):
        return False
    u0, v0 = np.uintp(U), np.uintp(V)
    end = np.uintp(BLOCK - 1)
    origin, v_first, v_last = r[h + u0], r[h + v0], r[h + v0 + end]
    length = r[h + u0 + end] - origin
    slope = (v_last - v_first) / length
    edge_top, edge_bottom = HALF * (r[a + v0] + v_first), HALF * (r[b + v0] + v_first)
    slope_top = (HALF * (r[a + v0 + end] + v_last) - edge_top) / length
    slope_bottom = (HALF * (r[b + v0 + end] + v_last) - edge_bottom) / length
    if not max(abs(slope), abs(slope_top), abs(slope_bottom)) < _STEEPEST:
        return False
    left = int(np.ceil(HALF * (r[h + u0 - np.uintp(1)] + origin)))
    right = int(np.ceil(HALF * (r[h + u0 + end] + r[h + u0 + end + np.uintp(1)])))
    width = out.shape[1]
    if right - left > LONGEST or width < BLOCK:
        return False
    if not _is_straight(r, h, a, b, origin, edge_top, slope_top, edge_bottom, slope_bottom):
        return False
    first, last = max(0, left), min(width, right)
    if first >= last:
        return True
    near, far = np.float32(first) - origin, np.float32(last) - origin
    row_first = max(top, int(np.ceil(edge_top + min(slope_top * near, slope_top * far) - MISMATCH)))
    row_last = min(bottom, int(np.floor(edge_bottom + max(slope_bottom * near, slope_bottom * far) + MISMATCH)) + 1)
    if row_first >= row_last:
        return True
    down = _downward(r, a, b)
    _fill_line(r, h, s, columns, left, right, slope * down)
    for row in range(row_first, row_last):
        at = np.float32(row)
        drop = down * (at - v_first)
        above, below = at - edge_top + MISMATCH, at - edge_bottom - MISMATCH
        this = np.uintp(row)
        for chunk in range(first, last, BLOCK):
            start = min(chunk, width - BLOCK)
            # The line has spare blocks of +inf around it, since a chunk may begin before it and end after it.
            line = np.uintp(LINE + BLOCK + start - left)
            offset = np.float32(start) - origin
            _draw_chunk(s, line, this, np.uintp(start), drop, out, offset, above, slope_top, below, slope_bottom)
    return True


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH | {"reassoc"}, **INNER)  # type: ignore[untyped-decorator]
def _is_smooth(r: Any, h: Any, a: Any, b: Any, step: Any) -> Any:
    """True if the block and its neighbours are one surface, drawn from left to right and top to bottom."""
    breaks = ZERO
    for k in range(BLOCK):
        z = r[h + np.uintp(Z + k)]
        u = r[h + np.uintp(U + k)]
        limit = step * z
        good = (
            (abs(r[h + np.uintp(Z + k - 1)] - z) <= limit)
            & (abs(r[h + np.uintp(Z + k + 1)] - z) <= limit)
            & (abs(r[a + np.uintp(Z + k)] - z) <= limit)
            & (abs(r[b + np.uintp(Z + k)] - z) <= limit)
            & (r[h + np.uintp(U + k + 1)] > u)
            & (u > r[h + np.uintp(U + k - 1)])
            & (r[b + np.uintp(V + k)] > r[a + np.uintp(V + k)])
        )
        breaks += ZERO if good else ONE
    return breaks == ZERO


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH | {"reassoc"}, **INNER)  # type: ignore[untyped-decorator]
def _is_straight(
    r: Any, h: Any, a: Any, b: Any, origin: Any, edge_top: Any, slope_top: Any, edge_bottom: Any, slope_bottom: Any
) -> Any:
    """True if the upper and lower edge of the row stay within MISMATCH of straight lines."""
    breaks = ZERO
    for k in range(BLOCK):
        along = r[h + np.uintp(U + k)] - origin
        v = r[h + np.uintp(V + k)]
        off_top = HALF * (r[a + np.uintp(V + k)] + v) - edge_top - slope_top * along
        off_bottom = HALF * (r[b + np.uintp(V + k)] + v) - edge_bottom - slope_bottom * along
        good = (abs(off_top) <= MISMATCH) & (abs(off_bottom) <= MISMATCH)
        breaks += ZERO if good else ONE
    return breaks == ZERO


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH | {"reassoc"}, **INNER)  # type: ignore[untyped-decorator]
def _downward(r: Any, a: Any, b: Any) -> Any:
    """Depth gradient of a block down the picture."""
    change, run = ZERO, ZERO
    for k in range(BLOCK):
        change += r[b + np.uintp(Z + k)] - r[a + np.uintp(Z + k)]
        run += r[b + np.uintp(V + k)] - r[a + np.uintp(V + k)]
    return change / run


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _draw_chunk(
    s: Any, line: Any, row: Any, at: Any, drop: Any, out: Any, offset: Any, above: Any, slope_top: Any, below: Any,
    slope_bottom: Any,
) -> None:  # fmt: skip
    """BLOCK columns of one colour row from column ``at``, between the depth row's upper and lower edge."""
    for k in range(BLOCK):
        along = offset + np.float32(k)
        depth = s[line + np.uintp(k)] + drop
        inside = (above >= slope_top * along) & (below < slope_bottom * along)
        old = out[row, at + np.uintp(k)]
        out[row, at + np.uintp(k)] = depth if inside & (depth < old) else old


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _fill_line(r: Any, h: Any, s: Any, columns: Any, left: int, right: int, lean: Any) -> None:
    """Depth along the row for the colour columns ``left`` … ``right - 1``, at the height of its first pixel."""
    origin, corner = np.float32(left), r[h + np.uintp(U)]
    for k in range(BLOCK):
        run = r[h + np.uintp(U + k + 1)] - r[h + np.uintp(U + k - 1)]
        across = (r[h + np.uintp(Z + k + 1)] - r[h + np.uintp(Z + k - 1)]) / run
        u = r[h + np.uintp(U + k)]
        s[BASE + k] = r[h + np.uintp(Z + k)] + (origin - u) * across - (origin - corner) * lean
        s[ACROSS + k] = across - lean
    for k in range(BLOCK):
        edge = HALF * (r[h + np.uintp(U + k - 1)] + r[h + np.uintp(U + k)])
        columns[k] = np.int32(np.ceil(edge)) - np.int32(left)
    widest = 0
    for k in range(BLOCK - 1):
        widest = max(widest, columns[k + 1] - columns[k])
    edge = HALF * (r[h + np.uintp(U + BLOCK - 1)] + r[h + np.uintp(U + BLOCK)])
    widest = max(widest, int(np.ceil(edge)) - left - columns[BLOCK - 1])
    line = np.uintp(LINE + BLOCK)
    # Each pixel writes as many columns as the widest needs; what it wrote too much, its successors overwrite.
    if widest <= 3:
        for k in range(BLOCK):
            column = np.uintp(columns[k])
            across = s[ACROSS + k]
            depth = s[BASE + k] + across * np.float32(columns[k])
            s[line + column] = depth
            s[line + column + np.uintp(1)] = depth + across
            s[line + column + np.uintp(2)] = depth + across + across
    else:
        for k in range(BLOCK):
            column = np.uintp(columns[k])
            for more in range(widest):
                s[line + column + np.uintp(more)] = s[BASE + k] + s[ACROSS + k] * np.float32(columns[k] + more)
    for k in range(BLOCK):
        s[LINE + k] = NOTHING
    line += np.uintp(right - left)
    for k in range(BLOCK):
        s[line + np.uintp(k)] = NOTHING
