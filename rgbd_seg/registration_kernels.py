"""Compiled loops that move depth pixels into the colour picture, one band of colour rows at a time.

A depth pixel is a small patch of surface: it covers the colour pixels from half-way to each neighbour on the
same surface, and half its own footprint where the neighbour is a hole or another surface. Patches of one surface
therefore tile without pin-holes, and nothing is drawn between surfaces. Nearest wins by a plain minimum, so the
result does not depend on order or threads.

A block of pixels on one smooth surface is drawn row-wise (`surface_kernels`), any other pixel by pixel
(`patch_kernels`). "Nothing here" is +inf throughout.
"""

from typing import Any

import numpy as np
from numba import njit

from rgbd_seg.lens_kernels import INNER, SAFE_MATH, project
from rgbd_seg.patch_kernels import draw_patches
from rgbd_seg.projection_kernels import project_row, record
from rgbd_seg.registration_layout import (
    BLOCK,
    GROUP,
    NOTHING,
    RECORD,
    SCRATCH,
)
from rgbd_seg.surface_kernels import draw_smooth

_NEAREST = np.float32(1e-3)  # metres in front of the colour camera


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def tile_bounds(
    raw: Any, metres: Any, corners: Any, move: Any, kind: Any, terms: Any, radial: Any, footprints: Any, width: int
) -> Any:
    """Colour rows that each tile of GROUP × BLOCK depth pixels can reach: (groups, blocks, 2), empty = (inf, -inf)."""
    groups, blocks = corners.shape[0] - 1, corners.shape[1] - 1
    depth_height, depth_width = raw.shape
    bounds = np.empty((groups, blocks, 2), np.float32)
    for group in range(groups):
        for block in range(blocks):
            low, high = 65535, 0
            start, count = block * BLOCK, min(BLOCK, depth_width - block * BLOCK)
            for j in range(group * GROUP, min(depth_height, group * GROUP + GROUP)):
                row = raw[j, start : start + count]
                nearest, farthest = np.uint16(65535), np.uint16(0)
                for k in range(count):
                    nearest = min(nearest, np.uint16(row[k] - np.uint16(1)))  # a hole becomes 65535
                    farthest = max(farthest, row[k])
                low, high = min(low, int(nearest)), max(high, int(farthest))
            bounds[group, block, 0], bounds[group, block, 1] = NOTHING, -NOTHING
            if high > 0:
                near, far = np.float32(low + 1) * metres, np.float32(high) * metres
                u0, u1, v0, v1 = _reach(corners, group, block, near, far, move, kind, terms, radial)
                spare = np.float32(3) + np.float32(3) * footprints[group, block, 0]
                if u1 > -spare and u0 < width + spare:
                    spare = np.float32(3) + np.float32(3) * footprints[group, block, 1]
                    bounds[group, block, 0], bounds[group, block, 1] = v0 - spare, v1 + spare
    return bounds


@njit(nogil=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _reach(
    corners: Any, group: Any, block: Any, near: Any, far: Any, move: Any, kind: Any, terms: Any, radial: Any
) -> Any:
    """Smallest and largest colour column and row of a tile's corners at two depths; all if one has no picture."""
    u0, u1, v0, v1 = NOTHING, -NOTHING, NOTHING, -NOTHING
    for corner in range(8):
        ray = corners[group + (corner & 1), block + ((corner >> 1) & 1)]
        depth = near if corner < 4 else far
        z = depth * ray[2] + move[2]
        if not z > _NEAREST:
            return -NOTHING, NOTHING, -NOTHING, NOTHING
        u, v = project((depth * ray[0] + move[0]) / z, (depth * ray[1] + move[1]) / z, kind, terms, radial)
        if not abs(u) + abs(v) < np.float32(1e6):
            return -NOTHING, NOTHING, -NOTHING, NOTHING
        u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
    return u0, u1, v0, v1


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def draw_band(
    raw: Any,
    metres: Any,
    step: Any,
    directions: Any,
    rays: Any,
    move: Any,
    kind: Any,
    terms: Any,
    radial: Any,
    footprints: Any,
    bounds: Any,
    first: int,
    last: int,
    out: Any,
) -> None:
    """Nearest surface of colour rows ``first`` … ``last - 1`` into ``out``; +inf where there is none.

    Args:
        raw: (h, w) uint16, turned so that its rows run along the colour picture's rows.
        step: largest relative change of depth between neighbours of one surface.
        directions: (3, 3) ray of depth pixel (i, j) = [0] + i [1] + j [2], colour frame; used if ``rays`` is empty.
        rays: (3, h, w) the same as a table, for a depth camera with lens distortion; NaN = no ray.
        footprints: (groups, blocks, 3) half width, half height and slope of a depth pixel in colour pixels.
    """
    blocks = bounds.shape[1]
    ring = np.full(3 * (blocks + 2) * RECORD, NOTHING, np.float32)  # three depth rows, an empty block on either side
    scratch = np.zeros(SCRATCH, np.float32)
    columns = np.zeros(BLOCK, np.int32)
    depths = np.zeros(BLOCK, np.uint16)
    out[first:last] = NOTHING
    height, groups = raw.shape[0], bounds.shape[0]
    needed = np.empty((groups + 2, 2), np.int64)  # first and last block of each group, an empty one on either side
    needed[:, 0], needed[:, 1] = blocks, -1
    begin, end = height, -1
    for group in range(groups):
        for block in range(blocks):
            if _touches(bounds, group, block, first, last):
                needed[group + 1, 0] = min(needed[group + 1, 0], block)
                needed[group + 1, 1] = block
                begin, end = min(begin, group * GROUP), min(height, group * GROUP + GROUP)
    for j in range(begin - 1, end + 1):
        # Row j is also the neighbour of rows j - 1 and j + 1, which may be of another group.
        before, after = (j - 1) // GROUP + 1, min((j + 1) // GROUP, groups) + 1
        low = min(needed[before, 0], needed[after, 0])
        high = max(needed[before, 1], needed[after, 1])
        if low <= high:
            begin_block = max(low - 1, 0)
            project_row(
                raw, j, begin_block, min(high + 2, blocks), metres, directions, rays, move, kind, terms, radial,
                scratch, depths, ring, record(j, begin_block, blocks),
            )  # fmt: skip
        group = (j - 1) // GROUP
        if j - 1 < begin:
            continue
        for block in range(needed[group + 1, 0], needed[group + 1, 1] + 1):
            if _touches(bounds, group, block, first, last):
                a, h, b = record(j - 2, block, blocks), record(j - 1, block, blocks), record(j, block, blocks)
                if not draw_smooth(ring, h, a, b, scratch, columns, step, first, last, out):
                    draw_patches(ring, h, a, b, scratch, step, move[2], footprints, group, block, first, last, out)


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _touches(bounds: Any, group: Any, block: Any, top: Any, bottom: Any) -> Any:
    return bounds[group, block, 0] < bottom and bounds[group, block, 1] > top
