"""Loop that takes mean light of what is all background and what is all subject, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.lens_sheet_kernels import light_of
from rgbd_seg.effects.scratch_kernels import float_rows, floats


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
    sums, count = float_rows(2, 3), floats(2)
    hop = 2 if step >= 4 else 1  # a quarter of many pixels has the same mean
    for j in range(rows[0], rows[1]):
        for i in range(weight.shape[2]):
            sums[:] = 0
            count[:] = 0
            bottom, right = min((j + 1) * step, height), min((i + 1) * step, width)
            area = np.float32(0)
            for y in range(j * step, bottom, hop):
                for x in range(i * step, right, hop):
                    area += 1
                    a = alpha[y, x]
                    if a <= np.float32(0.004) or a >= np.float32(0.95):
                        s = 1 if a >= np.float32(0.95) else 0
                        count[s] += 1
                        for c in range(3):
                            sums[s, c] += light_of(color[y, x, c], decode)
            for s in range(2):
                weight[s, j, i] = count[s] / area
                for c in range(3):
                    out[s, c, j, i] = sums[s, c] / max(count[s], np.float32(1))
