"""Loops over the texels of skin, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Int32


@njit(cache=True, nogil=True, error_model="numpy", fastmath=True)  # type: ignore[untyped-decorator]
def grained(tone: Float32, coarse: Float32, patches: Float32, fine: float, grain: Float32, picture: Float32) -> None:
    """Fill picture (h, w, 3) with tone · exp(coarse · patches + fine · grain).

    Args:
        tone, coarse: (3,) by colour.
        patches, grain: (h, w).
    """
    red, green, blue = tone[0], tone[1], tone[2]
    coarse_red, coarse_green, coarse_blue = coarse[0], coarse[1], coarse[2]
    for row in range(picture.shape[0]):
        for column in range(picture.shape[1]):
            spot, even = patches[row, column], np.float32(fine) * grain[row, column]
            picture[row, column, 0] = red * _power(coarse_red * spot + even)
            picture[row, column, 1] = green * _power(coarse_green * spot + even)
            picture[row, column, 2] = blue * _power(coarse_blue * spot + even)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=True, inline="always")  # type: ignore[untyped-decorator]
def _power(x: float) -> np.float32:
    """exp(x) for the few tenths that occur, true to 1e-4."""
    one: np.float32 = np.float32(1)
    return one + x * (one + np.float32(0.5) * x * (one + np.float32(1 / 3) * x))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def paint(triangles: Int32, uv: Float32, values: Float32, canvas: Float32) -> None:
    """Paint values (corners,), in [0, 1], into canvas (s, s): barycentric over every triangle and a little beyond.

    Args:
        triangles: (m, 3) corners; later ones lie on top.
        uv: (corners, 2) from the canvas' lower left corner, 0 … 1.
    """
    size = len(canvas)
    for i in range(len(triangles)):
        a, b, c = triangles[i, 0], triangles[i, 1], triangles[i, 2]
        if max(values[a], values[b], values[c]) <= 0:
            continue
        ax, bx, cx = (uv[a, 0] * size - 0.5, uv[b, 0] * size - 0.5, uv[c, 0] * size - 0.5)
        ay, by, cy = (size - 0.5 - uv[a, 1] * size, size - 0.5 - uv[b, 1] * size, size - 0.5 - uv[c, 1] * size)
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-9:
            continue
        for y in range(max(int(np.floor(min(ay, by, cy))) - 1, 0), min(int(np.ceil(max(ay, by, cy))) + 2, size)):
            for x in range(max(int(np.floor(min(ax, bx, cx))) - 1, 0), min(int(np.ceil(max(ax, bx, cx))) + 2, size)):
                v = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
                w = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
                if v > -0.15 and w > -0.15 and v + w < 1.15:
                    value = values[a] + v * (values[b] - values[a]) + w * (values[c] - values[a])
                    canvas[y, x] = min(max(value, 0.0), 1.0)
