"""Compiled loops of the depth histogram: pixels into (row, column, depth) cells and back."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def gather(
    level: Float32, subject: Float32, weight: Float32, cell: int, grid_height: int, grid_width: int, bins: int
) -> tuple[Float32, Float32]:
    """Histograms of depth of the subject and of everything else, one per cell of ``cell`` × ``cell`` pixels.

    Args:
        level: (h, w) position on the depth axis in [0, bins − 1], NaN = not measured.
        subject: (h, w) probability of the subject in [0, 1]; the rest counts as everything else.
        weight: (h, w) how much a pixel counts.
    Returns:
        Two (grid_height, grid_width, bins) arrays of summed weights, shared linearly by the two nearest bins.
    """
    inside = np.zeros((grid_height, grid_width, bins), np.float32)
    outside = np.zeros((grid_height, grid_width, bins), np.float32)
    height, width = level.shape
    for y in range(height):
        for x in range(width):
            position = level[y, x]
            if np.isnan(position):
                continue
            low = min(int(position), bins - 2)
            upper = position - low
            lower = np.float32(1) - upper
            own = subject[y, x] * weight[y, x]
            other = weight[y, x] - own
            row, column = y // cell, x // cell
            inside[row, column, low] += lower * own
            inside[row, column, low + 1] += upper * own
            outside[row, column, low] += lower * other
            outside[row, column, low + 1] += upper * other
    return inside, outside


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def spread(grid: Float32, level: Float32, cell: int) -> Float32:
    """``grid`` (grid_height, grid_width, bins) read at every pixel, linear in all three axes; NaN stays."""
    height, width = level.shape
    grid_height, grid_width, bins = grid.shape
    values = np.full((height, width), np.nan, np.float32)
    scale = np.float32(1 / cell)
    half = np.float32(0.5)
    for y in range(height):
        v = min(max((np.float32(y) + half) * scale - half, np.float32(0)), np.float32(grid_height - 1))
        top = int(v)
        below = min(top + 1, grid_height - 1)
        dv = v - np.float32(top)
        for x in range(width):
            position = level[y, x]
            if np.isnan(position):
                continue
            u = min(max((np.float32(x) + half) * scale - half, np.float32(0)), np.float32(grid_width - 1))
            left = int(u)
            right = min(left + 1, grid_width - 1)
            du = u - np.float32(left)
            low = min(int(position), bins - 2)
            dq = position - np.float32(low)
            near = (grid[top, left, low] * (1 - du) + grid[top, right, low] * du) * (1 - dv) + (
                grid[below, left, low] * (1 - du) + grid[below, right, low] * du
            ) * dv
            high = low + 1
            far = (grid[top, left, high] * (1 - du) + grid[top, right, high] * du) * (1 - dv) + (
                grid[below, left, high] * (1 - du) + grid[below, right, high] * du
            ) * dv
            values[y, x] = near * (1 - dq) + far * dq
    return values
