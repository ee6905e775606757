"""Loop that takes mean light of what is all background and what is all subject, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.lens_sheet_kernels import light_of

_NONE, _ALL = np.float32(0.004), np.float32(0.95)  # alpha of what is all background, and of what is all subject


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def mean_cells(
    color: UInt8 | Float32,
    alpha: Float32,
    decode: Float32,
    step: int,
    rows: tuple[int, int],
    out: Float32,
    weight: Float32,
) -> None:
    """In cells of ``step`` pixels, the mean light of pixels that are all background (0) and all subject (1).

    Args:
        rows: first and end of the rows of cells. out: (2, 3, h, w); weight: (2, h, w) the share of each cell that
            such pixels have.
    """
    height, width = alpha.shape
    zero, one = np.float32(0), np.float32(1)
    hop = 2 if step >= 4 else 1  # a quarter of many pixels has the same mean
    for j in range(rows[0], rows[1]):
        for i in range(weight.shape[2]):
            bottom, right = min((j + 1) * step, height), min((i + 1) * step, width)
            red = green = blue = count = own_red = own_green = own_blue = own_count = area = zero
            for y in range(j * step, bottom, hop):
                for x in range(i * step, right, hop):
                    area += one
                    a = alpha[y, x]
                    if a <= _NONE:
                        count += one
                        red += light_of(color[y, x, 0], decode)
                        green += light_of(color[y, x, 1], decode)
                        blue += light_of(color[y, x, 2], decode)
                    elif a >= _ALL:
                        own_count += one
                        own_red += light_of(color[y, x, 0], decode)
                        own_green += light_of(color[y, x, 1], decode)
                        own_blue += light_of(color[y, x, 2], decode)
            weight[0, j, i], weight[1, j, i] = count / area, own_count / area
            count, own_count = one / max(count, one), one / max(own_count, one)
            out[0, 0, j, i], out[0, 1, j, i], out[0, 2, j, i] = red * count, green * count, blue * count
            out[1, 0, j, i], out[1, 1, j, i] = own_red * own_count, own_green * own_count
            out[1, 2, j, i] = own_blue * own_count
