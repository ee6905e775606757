"""Compiled loops that move depth pixels into the colour picture, one band of colour rows at a time.

A depth pixel is a small patch of surface: it covers the colour pixels from half-way to each neighbour on the
same surface, and half its own footprint where the neighbour is a hole or another surface. Patches of one surface
therefore tile without pin-holes, and nothing is drawn between surfaces. Nearest wins by a plain minimum, so the
result does not depend on order or threads.

Depth rows are projected in blocks. A block that lies on one smooth surface is drawn row-wise with vector
instructions (`_draw_smooth`); the others pixel by pixel (`_draw_patches`). "Nothing here" is +inf throughout.
"""

from typing import Any

import numpy as np
from numba import njit

from rgbd_seg.lens_kernels import SAFE_MATH, in_domain, project, rational_pixel, table_pixel
from rgbd_seg.lens_tables import CX, CY, FX, FY, LIMIT, PINHOLE, RATIONAL

BLOCK = 32  # depth pixels handled together along a row
GROUP = 16  # depth rows that share their bounds
_NEAREST = np.float32(1e-3)  # metres in front of the colour camera
_MISMATCH = np.float32(0.1)  # px; smooth blocks may deviate this far from straight rows, and patches overlap by it
_STEEPEST = np.float32(0.1)  # rows steeper than this are drawn patch by patch
_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0), np.float32(1)
_NOTHING = np.float32(np.inf)

# Vector instructions come only where the compiler can prove that arrays do not overlap and knows the trip count.
# So a block of projected pixels is one record (u, v, z, each with room for its left and right neighbour) in one flat
# ring, working memory is one flat array cut at constants, and loops run over whole blocks.
_PITCH = BLOCK + 16
_U, _V, _Z = 8, _PITCH + 8, 2 * _PITCH + 8
_RECORD = 3 * _PITCH
_RAYS = 0
_ACROSS, _BASE = 3 * BLOCK, 4 * BLOCK
_LEFT, _RIGHT, _TOP, _BOTTOM, _DOWN, _SLOPE = 5 * BLOCK, 6 * BLOCK, 7 * BLOCK, 8 * BLOCK, 9 * BLOCK, 10 * BLOCK
_LINE = 11 * BLOCK
_LONGEST = 512  # colour columns of a block drawn row-wise
_SCRATCH = _LINE + 2 * _LONGEST + 4 * BLOCK


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SAFE_MATH)
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
                low, high = min(low, np.int64(nearest)), max(high, np.int64(farthest))
            bounds[group, block, 0], bounds[group, block, 1] = _NOTHING, -_NOTHING
            if high > 0:
                near, far = np.float32(low + 1) * metres, np.float32(high) * metres
                u0, u1, v0, v1 = _reach(corners, group, block, near, far, move, kind, terms, radial)
                spare = np.float32(3) + np.float32(3) * footprints[group, block, 0]
                if u1 > -spare and u0 < width + spare:
                    spare = np.float32(3) + np.float32(3) * footprints[group, block, 1]
                    bounds[group, block, 0], bounds[group, block, 1] = v0 - spare, v1 + spare
    return bounds


@njit(nogil=True, error_model="numpy", fastmath=SAFE_MATH)
def _reach(
    corners: Any, group: Any, block: Any, near: Any, far: Any, move: Any, kind: Any, terms: Any, radial: Any
) -> Any:
    """Smallest and largest colour column and row of a tile's corners at two depths; everything if one has no picture."""
    u0, u1, v0, v1 = _NOTHING, -_NOTHING, _NOTHING, -_NOTHING
    for corner in range(8):
        ray = corners[group + (corner & 1), block + ((corner >> 1) & 1)]
        depth = near if corner < 4 else far
        z = depth * ray[2] + move[2]
        if not z > _NEAREST:
            return -_NOTHING, _NOTHING, -_NOTHING, _NOTHING
        u, v = project((depth * ray[0] + move[0]) / z, (depth * ray[1] + move[1]) / z, kind, terms, radial)
        if not abs(u) + abs(v) < np.float32(1e6):
            return -_NOTHING, _NOTHING, -_NOTHING, _NOTHING
        u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
    return u0, u1, v0, v1


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SAFE_MATH)
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
        directions: (3, 3) ray of depth pixel (i, j) = [0] + i [1] + j [2] in the colour frame; used if ``rays`` is empty.
        rays: (3, h, w) the same as a table, for a depth camera with lens distortion; NaN = no ray.
        footprints: (groups, blocks, 3) half width, half height and slope of a depth pixel in colour pixels.
    """
    blocks = bounds.shape[1]
    ring = np.full(3 * (blocks + 2) * _RECORD, _NOTHING, np.float32)  # three depth rows, an empty block on either side
    scratch = np.zeros(_SCRATCH, np.float32)
    columns = np.zeros(BLOCK, np.int32)
    depths = np.zeros(BLOCK, np.uint16)
    out[first:last] = _NOTHING
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
            _project_row(
                raw, j, begin_block, min(high + 2, blocks), metres, directions, rays, move, kind, terms, radial,
                scratch, depths, ring, _record(j, begin_block, blocks),
            )  # fmt: skip
        group = (j - 1) // GROUP
        if j - 1 < begin:
            continue
        for block in range(needed[group + 1, 0], needed[group + 1, 1] + 1):
            if _touches(bounds, group, block, first, last):
                a, h, b = _record(j - 2, block, blocks), _record(j - 1, block, blocks), _record(j, block, blocks)
                if not _draw_smooth(ring, h, a, b, scratch, columns, step, first, last, out):
                    _draw_patches(ring, h, a, b, scratch, step, move[2], footprints, group, block, first, last, out)


@njit(forceinline=True)
def _record(j: Any, block: Any, blocks: Any) -> Any:
    """Where the ring holds a block of depth row ``j``."""
    return np.uintp((((j + 3) % 3) * (blocks + 2) + block + 1) * _RECORD)


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)
def _touches(bounds: Any, group: Any, block: Any, top: Any, bottom: Any) -> Any:
    return bounds[group, block, 0] < bottom and bounds[group, block, 1] > top


@njit(nogil=True, error_model="numpy", fastmath=SAFE_MATH)
def _project_row(
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
        fx, fy, cx, cy = _ONE, _ONE, _ZERO, _ZERO
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
                scratch[_RAYS + k] = ox + np.float32(k) * dx
                scratch[_RAYS + BLOCK + k] = oy + np.float32(k) * dy
                scratch[_RAYS + 2 * BLOCK + k] = oz + np.float32(k) * dz
        for k in range(BLOCK):
            depth = np.float32(depths[k]) * metres
            zc = depth * scratch[_RAYS + 2 * BLOCK + k] + tz
            measured = (depth > _ZERO) & (zc > _NEAREST)
            inverse = _ONE / (zc if measured else _ONE)
            x = (depth * scratch[_RAYS + k] + tx) * inverse if measured else _ZERO
            y = (depth * scratch[_RAYS + BLOCK + k] + ty) * inverse if measured else _ZERO
            ring[at + np.uintp(_U + k)] = x * fx + cx
            ring[at + np.uintp(_V + k)] = y * fy + cy
            ring[at + np.uintp(_Z + k)] = zc if measured else _NOTHING
        if kind != PINHOLE:
            _bend_block(kind, terms, radial, ring, at)
        # Neighbouring records keep a copy of the pixel next to them.
        for axis in (_U, _V, _Z):
            ring[at + np.uintp(_RECORD + axis - 1)] = ring[at + np.uintp(axis + BLOCK - 1)]
            ring[at - np.uintp(_RECORD - axis - BLOCK)] = ring[at + np.uintp(axis)]
        at += np.uintp(_RECORD)


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)
def _first_ray(directions: Any, j: Any, start: Any) -> Any:
    return (
        np.float32(directions[0, 0] + j * directions[2, 0] + start * directions[1, 0]),
        np.float32(directions[0, 1] + j * directions[2, 1] + start * directions[1, 1]),
        np.float32(directions[0, 2] + j * directions[2, 2] + start * directions[1, 2]),
    )


@njit(forceinline=True)
def _copy_depths(row: Any, start: Any, count: Any, depths: Any) -> None:
    at = np.uintp(start)
    if count == BLOCK:
        for k in range(BLOCK):
            depths[k] = row[at + np.uintp(k)]
    else:
        depths[:] = 0
        for k in range(count):
            depths[k] = row[at + np.uintp(k)]


@njit(forceinline=True)
def _copy_rays(rays: Any, j: Any, start: Any, count: Any, scratch: Any) -> None:
    for axis in range(3):
        to = np.uintp(_RAYS + axis * BLOCK)
        for k in range(count):
            scratch[to + np.uintp(k)] = rays[axis, j, start + k]


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)
def _bend_block(kind: Any, terms: Any, radial: Any, ring: Any, at: Any) -> None:
    if kind == RATIONAL:
        lens = (
            terms[0], terms[1], terms[2], terms[3], terms[4], terms[5], terms[6], terms[7], terms[8], terms[9],
            terms[10], terms[11], terms[12], terms[13], terms[14], terms[15], terms[16], terms[17],
        )  # fmt: skip
        limit = terms[LIMIT]
        for k in range(BLOCK):
            x, y = ring[at + np.uintp(_U + k)], ring[at + np.uintp(_V + k)]
            z = ring[at + np.uintp(_Z + k)]
            u, v = rational_pixel(x, y, lens)
            ring[at + np.uintp(_U + k)] = u
            ring[at + np.uintp(_V + k)] = v
            ring[at + np.uintp(_Z + k)] = z if x * x + y * y <= limit else _NOTHING
        return
    for k in range(BLOCK):
        x, y = ring[at + np.uintp(_U + k)], ring[at + np.uintp(_V + k)]
        u, v = table_pixel(x, y, terms, radial)
        ring[at + np.uintp(_U + k)] = u
        ring[at + np.uintp(_V + k)] = v
        if not in_domain(x, y, terms):
            ring[at + np.uintp(_Z + k)] = _NOTHING


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH | {"reassoc"})
def _is_smooth(r: Any, h: Any, a: Any, b: Any, step: Any) -> bool:
    """True if the block and its neighbours are one surface, drawn from left to right and top to bottom."""
    breaks = _ZERO
    for k in range(BLOCK):
        z = r[h + np.uintp(_Z + k)]
        u = r[h + np.uintp(_U + k)]
        limit = step * z
        good = (
            (abs(r[h + np.uintp(_Z + k - 1)] - z) <= limit)
            & (abs(r[h + np.uintp(_Z + k + 1)] - z) <= limit)
            & (abs(r[a + np.uintp(_Z + k)] - z) <= limit)
            & (abs(r[b + np.uintp(_Z + k)] - z) <= limit)
            & (r[h + np.uintp(_U + k + 1)] > u)
            & (u > r[h + np.uintp(_U + k - 1)])
            & (r[b + np.uintp(_V + k)] > r[a + np.uintp(_V + k)])
        )
        breaks += _ZERO if good else _ONE
    return breaks == _ZERO


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH | {"reassoc"})
def _is_straight(
    r: Any, h: Any, a: Any, b: Any, origin: Any, edge_top: Any, slope_top: Any, edge_bottom: Any, slope_bottom: Any
) -> bool:
    """True if the upper and lower edge of the row stay within _MISMATCH of straight lines."""
    breaks = _ZERO
    for k in range(BLOCK):
        along = r[h + np.uintp(_U + k)] - origin
        v = r[h + np.uintp(_V + k)]
        off_top = _HALF * (r[a + np.uintp(_V + k)] + v) - edge_top - slope_top * along
        off_bottom = _HALF * (r[b + np.uintp(_V + k)] + v) - edge_bottom - slope_bottom * along
        good = (abs(off_top) <= _MISMATCH) & (abs(off_bottom) <= _MISMATCH)
        breaks += _ZERO if good else _ONE
    return breaks == _ZERO


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH | {"reassoc"})
def _downward(r: Any, a: Any, b: Any) -> Any:
    """Depth gradient of a block down the picture."""
    change, run = _ZERO, _ZERO
    for k in range(BLOCK):
        change += r[b + np.uintp(_Z + k)] - r[a + np.uintp(_Z + k)]
        run += r[b + np.uintp(_V + k)] - r[a + np.uintp(_V + k)]
    return change / run


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)
def _draw_smooth(
    r: Any, h: Any, a: Any, b: Any, s: Any, columns: Any, step: Any, top: int, bottom: int, out: Any
) -> bool:
    """Draw a block of one smooth surface seen in nearly straight rows; False, and nothing drawn, if it is not one.

    ``h``, ``a`` and ``b`` say where in the ring ``r`` the block, the one above and the one below are.
    """
    if not _is_smooth(r, h, a, b, step):
        return False
    u0, v0 = np.uintp(_U), np.uintp(_V)
    end = np.uintp(BLOCK - 1)
    origin, v_first, v_last = r[h + u0], r[h + v0], r[h + v0 + end]
    length = r[h + u0 + end] - origin
    slope = (v_last - v_first) / length
    edge_top, edge_bottom = _HALF * (r[a + v0] + v_first), _HALF * (r[b + v0] + v_first)
    slope_top = (_HALF * (r[a + v0 + end] + v_last) - edge_top) / length
    slope_bottom = (_HALF * (r[b + v0 + end] + v_last) - edge_bottom) / length
    if not max(abs(slope), abs(slope_top), abs(slope_bottom)) < _STEEPEST:
        return False
    left = int(np.ceil(_HALF * (r[h + u0 - np.uintp(1)] + origin)))
    right = int(np.ceil(_HALF * (r[h + u0 + end] + r[h + u0 + end + np.uintp(1)])))
    width = out.shape[1]
    if right - left > _LONGEST or width < BLOCK:
        return False
    if not _is_straight(r, h, a, b, origin, edge_top, slope_top, edge_bottom, slope_bottom):
        return False
    first, last = max(0, left), min(width, right)
    if first >= last:
        return True
    near, far = np.float32(first) - origin, np.float32(last) - origin
    row_first = max(top, int(np.ceil(edge_top + min(slope_top * near, slope_top * far) - _MISMATCH)))
    row_last = min(bottom, int(np.floor(edge_bottom + max(slope_bottom * near, slope_bottom * far) + _MISMATCH)) + 1)
    if row_first >= row_last:
        return True
    down = _downward(r, a, b)
    _fill_line(r, h, s, columns, left, right, slope * down)
    for row in range(row_first, row_last):
        at = np.float32(row)
        drop = down * (at - v_first)
        above, below = at - edge_top + _MISMATCH, at - edge_bottom - _MISMATCH
        this = np.uintp(row)
        for chunk in range(first, last, BLOCK):
            start = min(chunk, width - BLOCK)
            # The line has spare blocks of +inf around it, since a chunk may begin before it and end after it.
            line = np.uintp(_LINE + BLOCK + start - left)
            offset = np.float32(start) - origin
            _draw_chunk(s, line, this, np.uintp(start), drop, out, offset, above, slope_top, below, slope_bottom)
    return True


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)
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


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)
def _fill_line(r: Any, h: Any, s: Any, columns: Any, left: int, right: int, lean: Any) -> None:
    """Depth along the row for the colour columns ``left`` … ``right - 1``, at the height of its first pixel."""
    origin, corner = np.float32(left), r[h + np.uintp(_U)]
    for k in range(BLOCK):
        run = r[h + np.uintp(_U + k + 1)] - r[h + np.uintp(_U + k - 1)]
        across = (r[h + np.uintp(_Z + k + 1)] - r[h + np.uintp(_Z + k - 1)]) / run
        u = r[h + np.uintp(_U + k)]
        s[_BASE + k] = r[h + np.uintp(_Z + k)] + (origin - u) * across - (origin - corner) * lean
        s[_ACROSS + k] = across - lean
    for k in range(BLOCK):
        edge = _HALF * (r[h + np.uintp(_U + k - 1)] + r[h + np.uintp(_U + k)])
        columns[k] = np.int32(np.ceil(edge)) - np.int32(left)
    widest = 0
    for k in range(BLOCK - 1):
        widest = max(widest, columns[k + 1] - columns[k])
    edge = _HALF * (r[h + np.uintp(_U + BLOCK - 1)] + r[h + np.uintp(_U + BLOCK)])
    widest = max(widest, int(np.ceil(edge)) - left - columns[BLOCK - 1])
    line = np.uintp(_LINE + BLOCK)
    # Each pixel writes as many columns as the widest needs; what it wrote too much, its successors overwrite.
    if widest <= 3:
        for k in range(BLOCK):
            column = np.uintp(columns[k])
            across = s[_ACROSS + k]
            depth = s[_BASE + k] + across * np.float32(columns[k])
            s[line + column] = depth
            s[line + column + np.uintp(1)] = depth + across
            s[line + column + np.uintp(2)] = depth + across + across
    else:
        for k in range(BLOCK):
            column = np.uintp(columns[k])
            for more in range(widest):
                s[line + column + np.uintp(more)] = s[_BASE + k] + s[_ACROSS + k] * np.float32(columns[k] + more)
    for k in range(BLOCK):
        s[_LINE + k] = _NOTHING
    line += np.uintp(right - left)
    for k in range(BLOCK):
        s[line + np.uintp(k)] = _NOTHING


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)
def _draw_patches(
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
        z = r[h + np.uintp(_Z + k)]
        if not z < _NOTHING:
            continue
        u, v, slope = r[h + np.uintp(_U + k)], r[h + np.uintp(_V + k)], s[_SLOPE + k]
        first = np.int32(np.ceil(max(u - s[_LEFT + k], _ZERO)))
        last = np.int32(np.ceil(min(u + s[_RIGHT + k], width)))
        for column in range(first, last):
            offset = np.float32(column) - u
            center = v + slope * offset
            row_first = np.int32(np.ceil(max(center - s[_TOP + k], np.float32(top))))
            row_last = np.int32(np.ceil(min(center + s[_BOTTOM + k], np.float32(bottom))))
            depth = z + s[_ACROSS + k] * offset - s[_DOWN + k] * center
            at = np.uintp(column)
            for row in range(row_first, row_last):
                here = depth + s[_DOWN + k] * np.float32(row)
                this = np.uintp(row)
                old = out[this, at]
                out[this, at] = here if here < old else old


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)
def _row_extents(r: Any, h: Any, s: Any, step: Any, tz: Any, half: Any, steady: Any) -> None:
    """How far each patch reaches to the left and right, its depth gradient, and the slope of its row."""
    for k in range(BLOCK):
        u, v, z = r[h + np.uintp(_U + k)], r[h + np.uintp(_V + k)], r[h + np.uintp(_Z + k)]
        ul, vl, zl = r[h + np.uintp(_U + k - 1)], r[h + np.uintp(_V + k - 1)], r[h + np.uintp(_Z + k - 1)]
        ur, vr, zr = r[h + np.uintp(_U + k + 1)], r[h + np.uintp(_V + k + 1)], r[h + np.uintp(_Z + k + 1)]
        joined_left = (abs(zl - z) <= step * z) & (abs(zl - z) <= step * zl)
        joined_right = (abs(zr - z) <= step * z) & (abs(zr - z) <= step * zr)
        size = half * (z - tz) / z  # half a pixel's footprint at this distance
        s[_LEFT + k] = _HALF * (u - ul) + _MISMATCH if joined_left else size
        s[_RIGHT + k] = _HALF * (ur - u) + _MISMATCH if joined_right else size
        run = (ur if joined_right else u) - (ul if joined_left else u)
        change = (zr if joined_right else z) - (zl if joined_left else z)
        rise = vr - vl
        usable = run > _HALF * size
        inverse = _ONE / (run if usable else _ONE)
        s[_ACROSS + k] = change * inverse if usable else _ZERO
        s[_SLOPE + k] = rise * inverse if usable & joined_left & joined_right else steady


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH)
def _column_extents(r: Any, h: Any, a: Any, b: Any, s: Any, step: Any, tz: Any, half: Any) -> None:
    """How far each patch reaches up and down at a fixed colour column, and its depth gradient."""
    for k in range(BLOCK):
        u, v, z = r[h + np.uintp(_U + k)], r[h + np.uintp(_V + k)], r[h + np.uintp(_Z + k)]
        za, zb = r[a + np.uintp(_Z + k)], r[b + np.uintp(_Z + k)]
        rise = (v - r[a + np.uintp(_V + k)]) - s[_SLOPE + k] * (u - r[a + np.uintp(_U + k)])
        fall = (r[b + np.uintp(_V + k)] - v) - s[_SLOPE + k] * (r[b + np.uintp(_U + k)] - u)
        joined_above = (abs(za - z) <= step * z) & (abs(za - z) <= step * za)
        joined_below = (abs(zb - z) <= step * z) & (abs(zb - z) <= step * zb)
        size = half * (z - tz) / z
        s[_TOP + k] = _HALF * rise + _MISMATCH if joined_above else size
        s[_BOTTOM + k] = _HALF * fall + _MISMATCH if joined_below else size
        run = (rise if joined_above else _ZERO) + (fall if joined_below else _ZERO)
        change = (z - za if joined_above else _ZERO) + (zb - z if joined_below else _ZERO)
        usable = run > _HALF * size
        s[_DOWN + k] = change / (run if usable else _ONE) if usable else _ZERO
