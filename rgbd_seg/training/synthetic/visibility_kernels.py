"""Which points of a picture share their shadows, the smoothing of shadows, and the depth of pixels, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Bool, Float32, Int32

PER_PIXEL = 6  # points of one pixel that may each have their own shadow
_NONE = -1
_ENOUGH = 6  # neighbours that must agree before a point is not traced


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def assign(
    pixel: Int32,
    distance: Float32,
    surface: Int32,
    table: Int32,
    point_of: Int32,
    kept_distance: Float32,
    kept_surface: Int32,
    kept_index: Int32,
    count: int,
) -> int:
    """Give every sighting the point whose shadow it takes; near ones on the same surface and pixel share one.

    Args:
        table: (pixels, PER_PIXEL) points of each pixel, -1 = free.
        kept_distance, kept_surface, kept_index: of the points so far, filled from ``count`` on.
    Returns:
        The number of points.
    """
    for i in range(len(pixel)):
        if surface[i] < 0:
            point_of[i] = _NONE
            continue
        found = _NONE
        slot = 0
        while slot < PER_PIXEL:
            point = table[pixel[i], slot]
            if point == _NONE:
                break
            far = abs(kept_distance[point] - distance[i]) > np.float32(0.02) * distance[i]
            if kept_surface[point] == surface[i] and not far:
                found = point
                break
            slot += 1
        if found == _NONE and slot == PER_PIXEL:
            found = table[pixel[i], PER_PIXEL - 1]
        if found == _NONE:
            found = count
            table[pixel[i], slot] = count
            kept_distance[count], kept_surface[count], kept_index[count] = distance[i], surface[i], i
            count += 1
        point_of[i] = found
    return count


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def chequered(pixel: Int32, table: Int32, width: int, first: Int32, later: Int32) -> int:
    """Split points: ``first`` those on black squares of a chequerboard of pixels and all of pixels that have several.

    Returns:
        How many are first; the other ones are ``later``.
    """
    count = 0
    for i in range(len(pixel)):
        y, x = pixel[i] // width, pixel[i] % width
        if (y + x) % 2 == 0 or table[pixel[i], 1] != _NONE:
            first[count] = i
            count += 1
        else:
            later[i - count] = i
    return count


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def undecided(pixel: Int32, later: Int32, table: Int32, width: int, channel: int, values: Float32, rest: Int32) -> int:
    """Give ``later`` points the value that all first ones within two pixels have; the ``rest`` must be traced.

    Args:
        values: (points, c) 0 or 1; of first points they are known.
    Returns:
        The number of the rest.
    """
    height = len(table) // width
    count = 0
    for i in later:
        y, x = pixel[i] // width, pixel[i] % width
        known, lit = 0, 0
        for v in range(max(y - 2, 0), min(y + 3, height)):
            for u in range(max(x - 2, 0), min(x + 3, width)):
                place = v * width + u
                if (v + u) % 2 != 0 and table[place, 1] == _NONE:
                    continue
                for slot in range(PER_PIXEL):
                    j = table[place, slot]
                    if j < 0:
                        break
                    known += 1
                    if values[j, channel] > 0:
                        lit += 1
        values[i, channel] = 1 if lit > 0 else 0
        if known < _ENOUGH or 0 < lit < known:
            rest[count] = i
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def smooth(
    pixel: Int32,
    position: Float32,
    normal: Float32,
    reach: Float32,
    table: Int32,
    width: int,
    values: Float32,
    out: Float32,
) -> None:
    """Average (points, c) values with those of the pixels around that lie on the same surface.

    The window has period four with half weights at its ends, as the pattern of the light samples has.

    Args:
        reach: (points,) how far off the tangent plane a neighbour may be, metres.
    """
    height, channels = len(table) // width, values.shape[1]
    even, rows = _even_rows(position, normal, reach, table, width, values)
    total = np.zeros(channels, np.float32)
    for i in range(len(pixel)):
        p = pixel[i]
        if even[p]:
            for c in range(channels):
                sides = rows[p - 2 * width, c] + rows[p + 2 * width, c]
                inner = rows[p - width, c] + rows[p, c] + rows[p + width, c]
                out[i, c] = (inner + np.float32(0.5) * sides) * np.float32(1 / 16)
            continue
        y, x = p // width, p % width
        nx, ny, nz = normal[i, 0], normal[i, 1], normal[i, 2]
        plane = position[i, 0] * nx + position[i, 1] * ny + position[i, 2] * nz
        weight = np.float32(0)
        total[:] = 0
        for v in range(max(y - 2, 0), min(y + 3, height)):
            across = np.float32(0.5) if abs(v - y) == 2 else np.float32(1)
            for u in range(max(x - 2, 0), min(x + 3, width)):
                # Of a neighbour's points, the one on the same surface: behind glass it is not the first.
                for slot in range(PER_PIXEL):
                    j = i if v == y and u == x else table[v * width + u, slot]
                    if j < 0:
                        break
                    off = position[j, 0] * nx + position[j, 1] * ny + position[j, 2] * nz - plane
                    turned = normal[j, 0] * nx + normal[j, 1] * ny + normal[j, 2] * nz
                    if abs(off) > reach[i] or turned < np.float32(0.7):
                        continue
                    w = across * (np.float32(0.5) if abs(u - x) == 2 else np.float32(1))
                    weight += w
                    for c in range(channels):
                        total[c] += w * values[j, c]
                    break
        for c in range(channels):
            out[i, c] = total[c] / weight


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _even_rows(
    position: Float32, normal: Float32, reach: Float32, table: Int32, width: int, values: Float32
) -> tuple[Bool, Float32]:
    """(pixels,) where all that lies within two pixels is one surface, and (pixels, c) the sums along its rows.

    Every pixel there is joined to the middle by at most four steps from pixel to pixel, none of which turns by more
    than 10° or leaves the plane by more than a quarter of the reach: there sums by rows, then columns, are enough.
    """
    height, channels = len(table) // width, values.shape[1]
    beside, below = np.zeros(len(table), np.bool_), np.zeros(len(table), np.bool_)
    for p in range(len(table) - 1):
        if table[p, 0] >= 0 and table[p, 1] < 0:
            beside[p] = _joined(table[p, 0], table[p + 1, 0], table[p + 1, 1], position, normal, reach)
            if p + width < len(table):
                q = p + width
                below[p] = _joined(table[p, 0], table[q, 0], table[q, 1], position, normal, reach)
    row = np.zeros(len(table), np.bool_)
    rows = np.empty((len(table), channels), np.float32)
    for y in range(height):
        for x in range(2, width - 2):
            p = y * width + x
            if beside[p - 2] and beside[p - 1] and beside[p] and beside[p + 1]:
                row[p] = True
                for c in range(channels):
                    sides = values[table[p - 2, 0], c] + values[table[p + 2, 0], c]
                    inner = values[table[p - 1, 0], c] + values[table[p, 0], c] + values[table[p + 1, 0], c]
                    rows[p, c] = inner + np.float32(0.5) * sides
    even = np.zeros(len(table), np.bool_)
    for p in range(2 * width, len(table) - 2 * width):
        joined = below[p - 2 * width] and below[p - width] and below[p] and below[p + width]
        if joined and row[p - 2 * width] and row[p - width] and row[p] and row[p + width] and row[p + 2 * width]:
            even[p] = True
    return even, rows


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _joined(i: int, j: int, more: int, position: Float32, normal: Float32, reach: Float32) -> bool:
    """Whether points ``i`` and ``j`` of neighbouring pixels lie on one even surface; ``more``: j's pixel has others."""
    if j < 0 or more >= 0:
        return False
    nx, ny, nz = normal[i, 0], normal[i, 1], normal[i, 2]
    x, y, z = position[j, 0] - position[i, 0], position[j, 1] - position[i, 1], position[j, 2] - position[i, 2]
    turned = normal[j, 0] * nx + normal[j, 1] * ny + normal[j, 2] * nz
    off, back = x * nx + y * ny + z * nz, x * normal[j, 0] + y * normal[j, 1] + z * normal[j, 2]
    limit = np.float32(0.25) * min(reach[i], reach[j])
    even: bool = turned > np.float32(0.985) and abs(off) < limit and abs(back) < limit
    return even


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def lower_median(pixel: Int32, depth: Float32, most: int, out: Float32) -> None:
    """Fill out (pixels,) with the lower median of every pixel's depths, at most ``most`` of them; inf where none."""
    sorted_depth = np.empty((len(out), most), np.float32)
    count = np.zeros(len(out), np.int32)
    for i in range(len(pixel)):
        p = pixel[i]
        place = count[p]
        if place == most:
            continue
        while place > 0 and sorted_depth[p, place - 1] > depth[i]:
            sorted_depth[p, place] = sorted_depth[p, place - 1]
            place -= 1
        sorted_depth[p, place] = depth[i]
        count[p] += 1
    for p in range(len(out)):
        out[p] = sorted_depth[p, (count[p] - 1) // 2] if count[p] else np.inf


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def towards_viewer(
    chosen: Int32, rays: Float32, facing: Float32, distance: Float32, triangle: Int32, first_hair: int,
    normal: Float32, reach: Float32,
) -> None:  # fmt: skip
    """Fill the normals (p, 3) of points made from the chosen sightings, and how far off neighbours may lie (p,)."""
    for at in range(len(chosen)):
        i = chosen[at]
        hair = triangle[i] >= first_hair
        x, y, z = rays[i, 3], rays[i, 4], rays[i, 5]
        scale = np.float32(-1) / np.sqrt(x * x + y * y + z * z)
        turned = x * facing[i, 0] + y * facing[i, 1] + z * facing[i, 2] > 0
        for k in range(3):
            normal[at, k] = rays[i, 3 + k] * scale if hair else -facing[i, k] if turned else facing[i, k]
        reach[at] = np.float32(0.006) * (np.float32(1) + distance[i]) + (np.float32(0.03) if hair else np.float32(0))
