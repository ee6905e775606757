"""Loops that halve the resolution of sheets, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32
from rgbd_seg.effects.inner_loop import inner_loop
from rgbd_seg.effects.scratch_kernels import float_rows

_LEAST = np.float32(1e-6)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def pool_cells(fine: Float32, rows: tuple[int, int], start: float, slope: float, is_far: bool, out: Float32) -> None:
    """Sheets at half the resolution of ``fine``, as far as they are drawn there."""
    height, width = fine.shape[2:]
    sums = float_rows(7, width + 1)  # as in _careful_cell
    for s in range(fine.shape[0]):
        for j in range(rows[0], rows[1]):
            sums[:] = 0
            _add_row(fine[s], 2 * j, start, slope, sums)
            _add_row(fine[s], min(2 * j + 1, height - 1), start, slope, sums)
            if width % 2:
                sums[:, width] = sums[:, width - 1]
            _add_pairs(sums, is_far, out[s, :, j])


@inner_loop(fastmath=True)
def _add_row(fine: Float32, y: int, start: float, slope: float, sums: Float32) -> None:
    zero, one, quarter = np.float32(0), np.float32(1), np.float32(0.25)
    red, green, blue, cover, coc, clear = fine[0, y], fine[1, y], fine[2, y], fine[3, y], fine[4, y], fine[5, y]
    for x in range(red.size):
        part = quarter * min(max((coc[x] - start) * slope, zero), one)
        covers = part * cover[x]
        sums[0, x] += part * red[x]
        sums[1, x] += part * green[x]
        sums[2, x] += part * blue[x]
        sums[3, x] += covers
        sums[4, x] += covers * coc[x]
        sums[5, x] += quarter * clear[x]
        sums[6, x] += quarter * (clear[x] + cover[x])


@inner_loop(fastmath=True)
def _add_pairs(sums: Float32, is_far: bool, out: Float32) -> None:
    for i in range(out.shape[1]):
        x = 2 * i
        cover = sums[3, x] + sums[3, x + 1]
        for c in range(3):
            out[c, i] = sums[c, x] + sums[c, x + 1]
        out[3, i] = cover
        out[4, i] = (sums[4, x] + sums[4, x + 1]) / max(cover, _LEAST)
        out[5, i] = sums[5, x] + sums[5, x + 1] if is_far else sums[6, x] + sums[6, x + 1] - cover
