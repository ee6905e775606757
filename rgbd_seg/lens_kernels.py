"""Compiled projection of single points; see `lens_tables` for the layout of the tables."""

from typing import Any

import numpy as np
from numba import njit

from rgbd_seg.lens_tables import (
    CENTER_X,
    CENTER_Y,
    CX,
    CY,
    FX,
    FY,
    K1,
    LIMIT,
    P1,
    PINHOLE,
    RATIONAL,
    S1,
    STEPS,
    TILT,
    TILTED,
)

# NaN and infinity carry meaning in these kernels, so the fastmath flags that deny them stay off.
SAFE_MATH = {"contract", "arcp", "nsz"}
# For what only compiled code calls: the wrappers for other callers take long to compile.
INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def rational_pixel(x: Any, y: Any, t: Any) -> Any:
    """Brown–Conrady without sensor tilt: ideal normalised (x, y) → pixel (u, v)."""
    r2 = x * x + y * y
    top = np.float32(1) + r2 * (t[K1] + r2 * (t[K1 + 1] + r2 * t[K1 + 2]))
    bottom = np.float32(1) + r2 * (t[K1 + 3] + r2 * (t[K1 + 4] + r2 * t[K1 + 5]))
    radial = top / bottom
    xy2 = np.float32(2) * x * y
    p1, p2 = t[P1], t[P1 + 1]
    xd = x * radial + p1 * xy2 + p2 * (r2 + np.float32(2) * x * x) + r2 * (t[S1] + r2 * t[S1 + 1])
    yd = y * radial + p1 * (r2 + np.float32(2) * y * y) + p2 * xy2 + r2 * (t[S1 + 2] + r2 * t[S1 + 3])
    return t[FX] * xd + t[CX], t[FY] * yd + t[CY]


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def table_pixel(x: Any, y: Any, t: Any, radial: Any) -> Any:
    """Any lens by its radial table: ideal normalised (x, y), inside the lens's domain → pixel (u, v)."""
    dx = x - t[CENTER_X]
    dy = y - t[CENTER_Y]
    r2 = dx * dx + dy * dy
    position = min(r2, t[LIMIT]) * t[STEPS]
    index = np.uintp(position)
    fraction = position - np.float32(index)
    factor = radial[index] + fraction * (radial[index + np.uintp(1)] - radial[index])
    xy2 = np.float32(2) * dx * dy
    p1, p2 = t[P1], t[P1 + 1]
    xd = t[CENTER_X] + dx * factor + p1 * xy2 + p2 * (r2 + np.float32(2) * dx * dx) + r2 * (t[S1] + r2 * t[S1 + 1])
    yd = t[CENTER_Y] + dy * factor + p1 * (r2 + np.float32(2) * dy * dy) + p2 * xy2 + r2 * (t[S1 + 2] + r2 * t[S1 + 3])
    if t[TILTED] != 0:
        w = t[TILT + 6] * xd + t[TILT + 7] * yd + t[TILT + 8]
        xd, yd = (
            (t[TILT] * xd + t[TILT + 1] * yd + t[TILT + 2]) / w,
            (t[TILT + 3] * xd + t[TILT + 4] * yd + t[TILT + 5]) / w,
        )
    return t[FX] * xd + t[CX], t[FY] * yd + t[CY]


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def in_domain(x: Any, y: Any, t: Any) -> Any:
    """True where the lens is one-to-one; False for NaN."""
    dx = x - t[CENTER_X]
    dy = y - t[CENTER_Y]
    return dx * dx + dy * dy <= t[LIMIT]


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def project(x: Any, y: Any, kind: Any, t: Any, radial: Any) -> Any:
    """Ideal normalised (x, y) → pixel (u, v); NaN outside the lens's domain."""
    if kind == PINHOLE:
        return t[FX] * x + t[CX], t[FY] * y + t[CY]
    if not in_domain(x, y, t):
        return np.float32(np.nan), np.float32(np.nan)
    if kind == RATIONAL:
        return rational_pixel(x, y, t)
    return table_pixel(x, y, t, radial)
