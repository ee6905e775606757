"""Loop over mixed pixels, compiled. See ``unexplained_light``."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Int32, UInt8
from rgbd_seg.effects.lens_sheet_kernels import FAINT, NOTHING, STEP, between, light_of, line_between, subject_light
from rgbd_seg.effects.scratch_kernels import float_rows

_SURE = np.float32(0.05)  # share of background in a pixel, below which it tells ever less of it
_ONE = np.float32(1)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def unexplained_cells(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    maps: Float32,
    index: Int32,
    share: Float32,
    step: int,
    decode: Float32,
    rows: tuple[int, int],
    out: Float32,
) -> None:
    """In cells of ``step`` pixels, mean light by which mixed pixels differ from subject over filled background.

    Args:
        index, share: for every column, the maps' cell before it, and the way to the next one.
        rows: of cells, from the first to before the second. out: (4, h, w) that light, as of the background that is
            seen, and the share of the cell that is mixed.
    """
    height, width = alpha.shape
    lines = float_rows(6, maps.shape[2] + 1)
    for j in range(rows[0], rows[1]):
        out[:, j] = 0
        bottom = min((j + 1) * step, height)
        for y in range(j * step, bottom):
            ready = False
            for x in range(width):
                a = alpha[y, x]
                if a < NOTHING or a >= _ONE:
                    continue
                if not ready:
                    ready = True
                    k, f = between(y + np.float32(0.5), step, maps.shape[1])
                    for p in range(6):
                        line_between(maps[p], k, f, lines[p])
                n, g, i = index[x], share[x], x // step
                rest, faint = _ONE - a, min(a / FAINT, _ONE)
                scale = min(rest / _SURE, _ONE) / rest
                brighter = _ONE + STEP * np.float32(gain[y, x]) if gain.shape[0] > 0 else _ONE
                for c in range(3):
                    light = np.float32(brighter * light_of(color[y, x, c], decode))
                    behind = lines[c, n] + g * (lines[c, n + 1] - lines[c, n])
                    if foreground.shape[0] > 0:
                        own = a * decode[foreground[y, x, c]]
                    else:
                        around = lines[3 + c, n] + g * (lines[3 + c, n + 1] - lines[3 + c, n])
                        own = subject_light(light, behind, around, a)
                    out[c, j, i] += scale * (light - own - rest * (light + faint * (behind - light)))
                out[3, j, i] += _ONE
        for i in range(out.shape[2]):
            if out[3, j, i] > 0:
                for c in range(3):
                    out[c, j, i] /= out[3, j, i]
                out[3, j, i] /= np.float32((bottom - j * step) * (min((i + 1) * step, width) - i * step))
