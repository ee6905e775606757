"""Loop over the steps of the background's depth, compiled.

Depth is coarser than colour, and a mean of near and far is neither: at a step it would be in focus. There, pixels
or cells of 2×2 take the circle of confusion of the side whose colour they have.
"""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Int32, UInt8
from rgbd_seg.effects.inner_loop import inner_loop
from rgbd_seg.effects.lens_sheet_kernels import FAINT, between, light_of
from rgbd_seg.effects.scratch_kernels import floats

_COLOR_SCALE = np.float32(1 / (2 * 16.0**2))  # of square roots of light (0…256): colours so far apart differ
_NONE = np.float32(np.nan)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def match_cells(
    color: UInt8 | Float32,
    alpha: Float32,
    maps: Float32,
    roots: Float32,
    index: Int32,
    share: Float32,
    step: int,
    hop: int,
    decode: Float32,
    rows: tuple[int, int],
    out: Float32,
) -> None:
    """For pixels, or cells of 2×2, at a step, the background's circle of confusion; NaN for all others.

    Args:
        maps: see ``lens_sheet_kernels``. roots: square roots of the first three.
        index, share: for every column of ``out``, the maps' cell before it, and the way to the next one.
        hop: 1 for pixels, 2 for cells. rows: first and end, of cells. out: (h, w).
    """
    height, width = alpha.shape
    roots_here = floats(3)
    for j in range(rows[0], rows[1]):
        v, below = hop * j, min(hop * j + hop - 1, height - 1)
        k, f = between(hop * (j + np.float32(0.5)), step, maps.shape[1])
        under = min(k + 1, maps.shape[1] - 1)
        for i in range(out.shape[1]):
            out[j, i] = _NONE
            n, u, right = index[i], hop * i, min(hop * i + hop - 1, width - 1)
            beside = min(n + 1, maps.shape[2] - 1)
            if maps[8, k, n] + maps[8, k, beside] + maps[8, under, n] + maps[8, under, beside] <= 0:
                continue
            if min(min(alpha[v, u], alpha[v, right]), min(alpha[below, u], alpha[below, right])) > FAINT:
                continue
            for c in range(3):
                light = light_of(color[v, u, c], decode) + light_of(color[v, right, c], decode)
                light += light_of(color[below, u, c], decode) + light_of(color[below, right, c], decode)
                roots_here[c] = np.sqrt(np.float32(0.25) * light)
            out[j, i] = _matched(maps[6], roots, roots_here, k + f, n + share[i])


@inner_loop(fastmath=True)
def _matched(coc: Float32, roots: Float32, here: Float32, v: np.float32, u: np.float32) -> np.float32:
    """Of 5×5 cells of the maps: the mean of the near or of the far ones, whichever are more like the colour."""
    j, i = int(v + np.float32(0.5)), int(u + np.float32(0.5))
    top, bottom = max(j - 2, 0), min(j + 3, coc.shape[0])
    left, right = max(i - 2, 0), min(i + 3, coc.shape[1])
    low = high = coc[top, left]
    for y in range(top, bottom):
        for x in range(left, right):
            low, high = min(low, coc[y, x]), max(high, coc[y, x])
    middle, scale = np.float32(0.5) * (low + high), np.float32(1) / (np.float32(0.5) * (high - low) + np.float32(1e-6))
    near = far = near_clear = far_clear = near_sum = far_sum = np.float32(1e-12)
    for y in range(top, bottom):
        for x in range(left, right):
            c = coc[y, x]
            away = (np.float32(y) - v) ** 2 + (np.float32(x) - u) ** 2
            red, green, blue = roots[0, y, x] - here[0], roots[1, y, x] - here[1], roots[2, y, x] - here[2]
            part = (c - middle) * scale
            clear = part * part * part * part  # cells that are a mean themselves say little
            unlike = away * np.float32(0.25) + (red * red + green * green + blue * blue) * _COLOR_SCALE
            bell = np.float32(1) / (np.float32(1) + unlike * np.float32(1 / 32))
            bell *= bell
            bell *= bell
            bell *= bell
            bell *= bell
            bell *= bell  # exp(−unlike), nearly
            like = clear * (bell + np.float32(1e-9))
            clear = clear / (np.float32(1) + away)
            if c < middle:
                near, near_clear, near_sum = near + like, near_clear + clear, near_sum + clear * c
            else:
                far, far_clear, far_sum = far + like, far_clear + clear, far_sum + clear * c
    return near_sum / near_clear if near > far else far_sum / far_clear
