"""Loop over mixed pixels, compiled. See ``unexplained_light``."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.lens_sheet_kernels import NOTHING, STEP, between, light_of, split_pixel

_SURE = np.float32(0.05)  # share of background in a pixel, below which it tells ever less of it


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def unexplained_cells(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    maps: Float32,
    step: int,
    decode: Float32,
    rows: tuple[int, int],
    out: Float32,
) -> None:
    """In cells of ``step`` pixels, mean light by which mixed pixels differ from subject over filled background.

    Args:
        rows: of cells, from the first to before the second. out: (4, h, w) that light, as of the background that is
            seen, and the share of the cell that is mixed.
    """
    height, width = alpha.shape
    pixel = np.empty(9, np.float32)
    one = np.float32(1)
    for j in range(rows[0], rows[1]):
        out[:, j] = 0
        for y in range(j * step, min((j + 1) * step, height)):
            low, f = between(y, step, maps.shape[1])
            for x in range(width):
                a = alpha[y, x]
                if a < NOTHING or a >= one:
                    continue
                left, g = between(x, step, maps.shape[2])
                split_pixel(color, gain, foreground, maps, decode, y, x, a, (low, f, left, g), pixel)
                rest = one - a
                brighter = one + STEP * np.float32(gain[y, x]) if gain.shape[0] > 0 else one
                scale = min(rest / _SURE, one) / rest
                i = x // step
                for c in range(3):
                    light = brighter * light_of(color[y, x, c], decode)
                    out[c, j, i] += scale * (light - pixel[4 + c] - rest * pixel[c])
                out[3, j, i] += one
        for i in range(out.shape[2]):
            if out[3, j, i] > 0:
                for c in range(3):
                    out[c, j, i] /= out[3, j, i]
                area = (min((j + 1) * step, height) - j * step) * (min((i + 1) * step, width) - i * step)
                out[3, j, i] /= area
