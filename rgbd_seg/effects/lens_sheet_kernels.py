"""Loops that take a picture apart into sheets: what lies behind the subject, the subject, and things before it.

A sheet is (6, h, w) float32: light times cover (0–2), cover (3), circle of confusion (4), and what of each pixel
neither covers nor hides anything (5). The maps that pixels are taken apart with are (9, h, w) of lower resolution:
light of the background (0–2) and of the subject (3–5) to fill in, circle of confusion of the background (6) and of
the subject (7), and where the background's depth has a step (8).
"""

import numpy as np
from numba import njit, types
from numba.extending import overload

from rgbd_seg.arrays import Float32, Int32, UInt8
from rgbd_seg.effects.highlights import STEP as _STEP
from rgbd_seg.effects.inner_loop import inner_loop
from rgbd_seg.effects.lens_tile_kernels import COLUMNS
from rgbd_seg.effects.scratch_kernels import float_rows, floats

# How a pixel is shared among sheets.
PLAIN = 0  # all of it is background; the subject is not drawn through the lens
NEAR_APART = 1  # the same, but what stands before the subject is a second sheet
WITH_SUBJECT = 2  # the subject is a second sheet

NOTHING = np.float32(1.5 / 255)  # mattes of 8 bits are seldom quite 0 where there is no subject
STEP = np.float32(_STEP)
FAINT = np.float32(0.1)  # alpha up to which a pixel's own colour still tells of the background
_DOUBT = np.float32(0.3)  # in the filled colours, against the picture's own, in mixed pixels
_ZERO, _ONE = np.float32(0), np.float32(1)


def light_of(value: float, decode: Float32) -> float:
    """Linear light of a value of the picture: by the table if it is sRGB, else as it is."""
    raise NotImplementedError


@overload(light_of, inline="always")
def _light_of(value, decode):  # type: ignore[no-untyped-def]  # numba compares annotations
    if isinstance(value, types.Integer):
        return lambda value, decode: decode[value]
    return lambda value, decode: value


@inner_loop()
def between(centre: float, step: int, cells: int) -> tuple[int, np.float32]:
    """In a line of cells of ``step`` pixels, the one before a point, and the way from its middle to the next one's.

    Args:
        centre: pixels from the picture's edge.
    """
    at = min(max(np.float32(centre / step) - np.float32(0.5), _ZERO), np.float32(cells - 1))
    index = max(min(int(at), cells - 2), 0)
    return index, np.float32(at - index)


@inner_loop(fastmath=True)
def line_between(plane: Float32, j: int, f: np.float32, out: Float32) -> None:
    """A row of a low-resolution map between two of its rows; the last value twice."""
    above, below = plane[j], plane[min(j + 1, plane.shape[0] - 1)]
    for i in range(above.size):
        out[i] = above[i] + f * (below[i] - above[i])
    out[above.size] = out[above.size - 1]


@inner_loop()
def subject_light(light: np.float32, behind: np.float32, around: np.float32, a: np.float32) -> np.float32:
    """αF of a mixed pixel: the F that explains C = αF + (1 − α)B, but near the subject's colour around it where α
    says little."""
    unexplained = light - a * around - (_ONE - a) * behind
    own = around + a * unexplained / (a * a + _DOUBT * (_ONE - a))
    return np.float32(a * max(own, _ZERO))


@inner_loop()
def split_pixel(
    color: UInt8 | Float32,
    gain: UInt8,
    foreground: UInt8,
    decode: Float32,
    v: int,
    u: int,
    a: np.float32,
    around: Float32,
    mode: int,
    margin: np.float32,
    sheets: Float32,
) -> None:
    """One pixel as (sheets, 6).

    Args:
        gain: how many steps brighter than in ``color``, or empty. foreground: the subject's own colours, or empty.
        a: its alpha. around: the maps at its place (0–7), and the background's circle of confusion that goes with its
            colour (8).
    """
    back, mine = around[8] if a <= FAINT else max(around[6], around[7]), around[7]  # what the subject hides is behind
    brighter = _ONE + STEP * np.float32(gain[v, u]) if gain.shape[0] > 0 else _ONE
    faint = min(a / FAINT, _ONE)
    excess = (mine - back) / margin - _ONE
    near = (_ONE - a) * min(max(excess, _ZERO), _ONE) if mode == NEAR_APART else _ZERO  # clearly before the subject
    for c in range(3):
        light = np.float32(brighter * light_of(color[v, u, c], decode))
        behind = light + faint * (around[c] - light)
        sheets[0, c] = (_ONE - near) * behind
        if mode == NEAR_APART:
            sheets[1, c] = near * behind
        elif mode == WITH_SUBJECT:
            if foreground.shape[0] > 0:
                sheets[1, c] = a * decode[foreground[v, u, c]]
            elif a >= _ONE:
                sheets[1, c] = light
            else:
                sheets[1, c] = subject_light(light, around[c], around[3 + c], a)
    sheets[0, 3], sheets[0, 4], sheets[0, 5] = _ONE - near, back, _ZERO
    if mode == NEAR_APART:
        sheets[1, 3], sheets[1, 4], sheets[1, 5] = near, back, _ONE - near
    elif mode == WITH_SUBJECT:
        sheets[1, 3], sheets[1, 4], sheets[1, 5] = a, mine, _ONE - a


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def load_band(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    maps: Float32,
    matched: Float32,
    hop: int,
    index: Int32,
    share: Float32,
    step: int,
    decode: Float32,
    first: int,
    reach: int,
    state: UInt8,
    mode: int,
    margin: np.float32,
    out: Float32,
) -> None:
    """Rows of the picture from ``first`` on as sheets (sheets, 6, rows, W), where a tile or its surroundings need them.

    Args:
        matched: of cells of ``hop`` pixels, the circle of confusion by colour, NaN where the maps know it; or empty.
        index, share: of every column, the cell of the maps before it, and the way to the next one.
        reach: pixels around a tile that it needs. state: 2 for a tile that is drawn.
    """
    width = alpha.shape[1]
    lines, around = float_rows(8, maps.shape[2] + 1), floats(9)
    shared = float_rows(2, 6)
    for y in range(out.shape[2]):
        v = first + y
        j, f = between(v + np.float32(0.5), step, maps.shape[1])
        for p in range(8):
            line_between(maps[p], j, f, lines[p])
        done = 0
        for tile in range(state.size):
            if state[tile] != 2:
                continue
            begin, end = max(tile * COLUMNS - reach, done), min((tile + 1) * COLUMNS + reach, width)
            done = max(end, done)
            if mode == PLAIN:
                _plain_row(color, gain, alpha, matched, hop, decode, v, lines, index, share, begin, end, out[0, :, y])
                continue
            for u in range(begin, end):
                i, g = index[u], share[u]
                for p in range(8):
                    around[p] = lines[p, i] + g * (lines[p, i + 1] - lines[p, i])
                around[8] = around[6]
                if matched.shape[0] > 0 and not np.isnan(matched[v // hop, u // hop]):
                    around[8] = matched[v // hop, u // hop]
                a = alpha[v, u] if alpha[v, u] >= NOTHING else _ZERO
                split_pixel(color, gain, foreground, decode, v, u, a, around, mode, margin, shared)
                for s in range(out.shape[0]):
                    for p in range(6):
                        out[s, p, y, u] = shared[s, p]


@inner_loop()
def _plain_row(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    matched: Float32,
    hop: int,
    decode: Float32,
    v: int,
    lines: Float32,
    index: Int32,
    share: Float32,
    begin: int,
    end: int,
    sheet: Float32,
) -> None:
    """Columns of a row (6, W) as ``split_pixel`` takes them apart where all is background, several times faster."""
    red, green, blue, cover, middle, clear = sheet[0], sheet[1], sheet[2], sheet[3], sheet[4], sheet[5]
    coc = lines[6]
    for u in range(begin, end):
        middle[u] = coc[index[u]] + share[u] * (coc[index[u] + 1] - coc[index[u]])
        cover[u], clear[u] = _ONE, _ZERO
    for u in range(begin, end):
        a = alpha[v, u]
        brighter = _ONE + STEP * np.float32(gain[v, u]) if gain.shape[0] > 0 else _ONE
        r = np.float32(brighter * light_of(color[v, u, 0], decode))
        g = np.float32(brighter * light_of(color[v, u, 1], decode))
        b = np.float32(brighter * light_of(color[v, u, 2], decode))
        if a <= FAINT and matched.shape[0] > 0 and not np.isnan(matched[v // hop, u // hop]):
            middle[u] = matched[v // hop, u // hop]
        if a >= NOTHING:
            i, f, faint = index[u], share[u], min(a / FAINT, _ONE)
            if a > FAINT:
                middle[u] = max(middle[u], lines[7, i] + f * (lines[7, i + 1] - lines[7, i]))
            r += faint * (lines[0, i] + f * (lines[0, i + 1] - lines[0, i]) - r)
            g += faint * (lines[1, i] + f * (lines[1, i + 1] - lines[1, i]) - g)
            b += faint * (lines[2, i] + f * (lines[2, i + 1] - lines[2, i]) - b)
        red[u], green[u], blue[u] = r, g, b
