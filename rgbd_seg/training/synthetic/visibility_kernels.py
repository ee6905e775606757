"""Which points of a picture share their shadows, the smoothing of shadows, and the depth of pixels, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Int32

PER_PIXEL = 6  # points of one pixel that may each have their own shadow
_NONE = -1


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
    height = len(table) // width
    total = np.zeros(values.shape[1], np.float32)
    for i in range(len(pixel)):
        y, x = pixel[i] // width, pixel[i] % width
        weight = np.float32(0)
        total[:] = 0
        for dy in range(-2, 3):
            for dx in range(-2, 3):
                if not (0 <= y + dy < height and 0 <= x + dx < width):
                    continue
                # Of a neighbour's points, the one on the same surface: behind glass it is not the first.
                for slot in range(PER_PIXEL):
                    j = i if dy == 0 and dx == 0 else table[(y + dy) * width + x + dx, slot]
                    if j < 0:
                        break
                    off = np.float32(0)
                    turned = np.float32(0)
                    for k in range(3):
                        off += (position[j, k] - position[i, k]) * normal[i, k]
                        turned += normal[i, k] * normal[j, k]
                    if abs(off) > reach[i] or turned < np.float32(0.7):
                        continue
                    w = np.float32(0.5 if abs(dy) == 2 else 1) * np.float32(0.5 if abs(dx) == 2 else 1)
                    weight += w
                    for c in range(values.shape[1]):
                        total[c] += w * values[j, c]
                    break
        for c in range(values.shape[1]):
            out[i, c] = total[c] / weight


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
