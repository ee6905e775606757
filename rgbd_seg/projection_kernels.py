"""Compiled loops that move depth pixels into the colour camera: one row of blocks at a time."""

from typing import Any

import numpy as np
from numba import njit

from rgbd_seg.lens_kernels import INNER, SAFE_MATH, in_domain, rational_pixel, table_pixel
from rgbd_seg.lens_tables import CX, CY, FX, FY, LIMIT, PINHOLE, RATIONAL
from rgbd_seg.registration_layout import (
    BLOCK,
    NOTHING,
    ONE,
    RAYS,
    RECORD,
    ZERO,
    U,
    V,
    Z,
)

_NEAREST = np.float32(1e-3)  # metres in front of the colour camera


@njit(forceinline=True, **INNER)  # type: ignore[untyped-decorator]
def record(j: Any, block: Any, blocks: Any) -> Any:
    """Where the ring holds a block of depth row ``j``."""
    return np.uintp((((j + 3) % 3) * (blocks + 2) + block + 1) * RECORD)


@njit(nogil=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def project_row(
    raw: Any, j: int, first: int, last: int, metres: Any, directions: Any, rays: Any, move: Any, kind: Any, terms: Any,
    radial: Any, scratch: Any, depths: Any, ring: Any, at: Any,
) -> None:  # fmt: skip
    """Blocks ``first`` … ``last - 1`` of depth row ``j`` into the ring, the first of them at ``at``."""
    inside = 0 <= j < raw.shape[0]
    row = raw[np.uintp(max(0, min(j, raw.shape[0] - 1)))]
    tx, ty, tz = move[0], move[1], move[2]
    if kind == PINHOLE:
        fx, fy, cx, cy = terms[FX], terms[FY], terms[CX], terms[CY]
    else:
        fx, fy, cx, cy = ONE, ONE, ZERO, ZERO
    dx, dy, dz = np.float32(directions[1, 0]), np.float32(directions[1, 1]), np.float32(directions[1, 2])
    for block in range(first, last):
        start = block * BLOCK
        count = min(BLOCK, raw.shape[1] - start) if inside else 0
        _copy_depths(row, start, count, depths)
        if rays.shape[1] > 0:
            _copy_rays(rays, j, start, count, scratch)
        else:
            ox, oy, oz = _first_ray(directions, j, start)
            for k in range(BLOCK):
                scratch[RAYS + k] = ox + np.float32(k) * dx
                scratch[RAYS + BLOCK + k] = oy + np.float32(k) * dy
                scratch[RAYS + 2 * BLOCK + k] = oz + np.float32(k) * dz
        for k in range(BLOCK):
            depth = np.float32(depths[k]) * metres
            zc = depth * scratch[RAYS + 2 * BLOCK + k] + tz
            measured = (depth > ZERO) & (zc > _NEAREST)
            inverse = ONE / (zc if measured else ONE)
            x = (depth * scratch[RAYS + k] + tx) * inverse if measured else ZERO
            y = (depth * scratch[RAYS + BLOCK + k] + ty) * inverse if measured else ZERO
            ring[at + np.uintp(U + k)] = x * fx + cx
            ring[at + np.uintp(V + k)] = y * fy + cy
            ring[at + np.uintp(Z + k)] = zc if measured else NOTHING
        if kind != PINHOLE:
            _bend_block(kind, terms, radial, ring, at)
        # Neighbouring records keep a copy of the pixel next to them.
        for axis in (U, V, Z):
            ring[at + np.uintp(RECORD + axis - 1)] = ring[at + np.uintp(axis + BLOCK - 1)]
            ring[at - np.uintp(RECORD - axis - BLOCK)] = ring[at + np.uintp(axis)]
        at += np.uintp(RECORD)


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _first_ray(directions: Any, j: Any, start: Any) -> Any:
    return (
        np.float32(directions[0, 0] + j * directions[2, 0] + start * directions[1, 0]),
        np.float32(directions[0, 1] + j * directions[2, 1] + start * directions[1, 1]),
        np.float32(directions[0, 2] + j * directions[2, 2] + start * directions[1, 2]),
    )


@njit(forceinline=True, **INNER)  # type: ignore[untyped-decorator]
def _copy_depths(row: Any, start: Any, count: Any, depths: Any) -> None:
    at = np.uintp(start)
    if count == BLOCK:
        for k in range(BLOCK):
            depths[k] = row[at + np.uintp(k)]
    else:
        depths[:] = 0
        for k in range(count):
            depths[k] = row[at + np.uintp(k)]


@njit(forceinline=True, **INNER)  # type: ignore[untyped-decorator]
def _copy_rays(rays: Any, j: Any, start: Any, count: Any, scratch: Any) -> None:
    for axis in range(3):
        to = np.uintp(RAYS + axis * BLOCK)
        for k in range(count):
            scratch[to + np.uintp(k)] = rays[axis, j, start + k]


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _bend_block(kind: Any, terms: Any, radial: Any, ring: Any, at: Any) -> None:
    if kind == RATIONAL:
        lens = (
            terms[0], terms[1], terms[2], terms[3], terms[4], terms[5], terms[6], terms[7], terms[8], terms[9],
            terms[10], terms[11], terms[12], terms[13], terms[14], terms[15], terms[16], terms[17],
        )  # fmt: skip
        limit = terms[LIMIT]
        for k in range(BLOCK):
            x, y = ring[at + np.uintp(U + k)], ring[at + np.uintp(V + k)]
            z = ring[at + np.uintp(Z + k)]
            u, v = rational_pixel(x, y, lens)
            ring[at + np.uintp(U + k)] = u
            ring[at + np.uintp(V + k)] = v
            ring[at + np.uintp(Z + k)] = z if x * x + y * y <= limit else NOTHING
        return
    for k in range(BLOCK):
        x, y = ring[at + np.uintp(U + k)], ring[at + np.uintp(V + k)]
        u, v = table_pixel(x, y, terms, radial)
        ring[at + np.uintp(U + k)] = u
        ring[at + np.uintp(V + k)] = v
        if not in_domain(x, y, terms):
            ring[at + np.uintp(Z + k)] = NOTHING
