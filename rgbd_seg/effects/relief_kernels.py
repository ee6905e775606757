"""Slopes of a measured surface, and the shadow it casts on itself, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def shrink_depth(depth: Float32, size: tuple[int, int], top: int, left: int, out: Float32) -> None:
    """Mean of the measured samples of every cell; NaN where there is none. A cell takes at most 4 × 4 samples.

    Args:
        size: (height, width) of the grid of cells over all of ``depth``.
        top, left: where in it ``out`` begins.
    """
    for y in range(out.shape[0]):
        upper = (top + y) * depth.shape[0] // size[0]
        lower = max((top + y + 1) * depth.shape[0] // size[0], upper + 1)
        step_y = max((lower - upper) // 4, 1)
        for x in range(out.shape[1]):
            first = (left + x) * depth.shape[1] // size[1]
            last = max((left + x + 1) * depth.shape[1] // size[1], first + 1)
            step_x = max((last - first) // 4, 1)
            total, count = 0.0, 0
            for v in range(upper, lower, step_y):
                for u in range(first, last, step_x):
                    value = depth[v, u]
                    if value == value:
                        total += value
                        count += 1
            out[y, x] = total / count if count else np.nan


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def depth_noise(depth: Float32, inside: Float32, noise: Float32) -> int:
    """|second differences| along rows within the subject, relative to depth; returns how many were written."""
    count = 0
    for y in range(depth.shape[0]):
        for x in range(1, depth.shape[1] - 1):
            if inside[y, x] < 0.9 or inside[y, x - 1] < 0.9 or inside[y, x + 1] < 0.9:
                continue
            bend = depth[y, x - 1] - 2 * depth[y, x] + depth[y, x + 1]
            if bend == bend:
                noise[count] = abs(bend) / depth[y, x]
                count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def surface_slopes(
    depth: Float32, inside: Float32, focal: float, most: float, noise: float, slopes: Float32, squares: Float32
) -> None:
    """Slopes dz/dx and dz/dy with their weights, between neighbours that lie on one surface.

    Where depth jumps, a hand before a chest, there is no slope to know: the pair has no weight, and the surfaces on
    both sides keep theirs.

    Args:
        depth: (h, w) metres, NaN = not measured. inside: (h, w) weight, 0 near the subject's edge.
        focal: length in pixels of this grid. most: steepest slope taken for one surface.
        noise: of a difference of two neighbours, relative to depth.
        slopes: (h, w, 4): weight · dz/dx, its weight, weight · dz/dy, its weight; written.
        squares: (h, w, 2): weight · squares of the two; written.
    """
    height, width = depth.shape
    slopes[:] = 0
    squares[:] = 0
    limit = most / focal + 3.5 * noise
    for y in range(height):
        for x in range(width):
            here = depth[y, x]
            if inside[y, x] <= 0 or here != here:
                continue
            if x + 1 < width and inside[y, x + 1] > 0:
                difference = (depth[y, x + 1] - here) / here
                if abs(difference) < limit:
                    weight = min(inside[y, x], inside[y, x + 1])
                    slopes[y, x, 0] = weight * difference * focal
                    slopes[y, x, 1] = weight
                    squares[y, x, 0] = weight * (difference * focal) ** 2
            if y + 1 < height and inside[y + 1, x] > 0:
                difference = (depth[y + 1, x] - here) / here
                if abs(difference) < limit:
                    weight = min(inside[y, x], inside[y + 1, x])
                    slopes[y, x, 2] = weight * difference * focal
                    slopes[y, x, 3] = weight
                    squares[y, x, 1] = weight * (difference * focal) ** 2


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def cast_shadow(
    height: Float32,
    inside: Float32,
    across: float,
    down: float,
    rise: float,
    width: float,
    reach: float,
    shadow: Float32,
) -> None:
    """How much of the lamp the subject hides from itself, by walking from every pixel towards it.

    Args:
        height: (h, w) towards the camera, in pixels. inside: (h, w) alpha.
        across, down: of a unit step in the picture towards the lamp. rise: of the light ray over one step.
        width: of the penumbra, per pixel of distance. reach: pixels.
        shadow: (h, w) in [0, 1]; written.
    """
    rows, columns = height.shape
    for y in range(rows):
        for x in range(columns):
            shadow[y, x] = 0
            if inside[y, x] < 0.05:
                continue
            most, along = 0.0, 1.5
            while along < reach and most < 1:
                u, v = x + along * across, y + along * down
                if u < 0 or v < 0 or u > columns - 1 or v > rows - 1:
                    break
                i, j = int(u + 0.5), int(v + 0.5)
                if inside[j, i] > 0.5:
                    above = height[j, i] - height[y, x] - rise * along - 0.6
                    most = max(most, above / (width * along + 1.0))
                along *= 1.12
                along += 0.4
            shadow[y, x] = min(most, 1.0)
