"""Loops over what a camera clipped, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def find_clipped(color: UInt8, step: int, least: tuple[int, int, int], clipped: UInt8, share: Float32) -> None:
    """Pixels of which a channel is at its end and the colour nearly white, and their share of every cell.

    A saturated colour at its end is rather bright cloth than a lamp.

    Args:
        color: (H, W, 3). step: pixels to a cell.
        least: of any channel, of green, and of red and blue.
        clipped: (H, W) takes 255 or 0. share: (h, w).
    """
    height, width = clipped.shape
    most, green, others = least
    for j in range(share.shape[0]):
        share[j] = 0
        for y in range(j * step, min((j + 1) * step, height)):
            clipped[y] = 0
            for x in range(width):
                if color[y, x, 1] < green:
                    continue
                r, g, b = color[y, x, 0], color[y, x, 1], color[y, x, 2]
                if min(r, b) >= others and max(max(r, g), b) >= most:
                    clipped[y, x] = 255
                    share[j, x // step] += np.float32(1)
        rows = min((j + 1) * step, height) - j * step
        for i in range(share.shape[1]):
            share[j, i] /= np.float32(rows * (min((i + 1) * step, width) - i * step))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def spread_codes(codes: UInt8, step: int, clipped: UInt8) -> None:
    """To every clipped pixel the code of its cell."""
    for j in range(codes.shape[0]):
        for y in range(j * step, min((j + 1) * step, clipped.shape[0])):
            for x in range(clipped.shape[1]):
                if clipped[y, x]:
                    clipped[y, x] = codes[j, x // step]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def luminance(color: UInt8, weights: Float32, decode: Float32, out: Float32) -> None:
    """(h, w) linear light of sRGB, weighted."""
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            red, green, blue = decode[color[y, x, 0]], decode[color[y, x, 1]], decode[color[y, x, 2]]
            out[y, x] = weights[0] * red + weights[1] * green + weights[2] * blue
