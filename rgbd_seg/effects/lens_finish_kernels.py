"""Loops that put the subject in and encode, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Int32, UInt8, UInt16
from rgbd_seg.effects.inner_loop import inner_loop
from rgbd_seg.effects.lens_sheet_kernels import NOTHING, STEP, between, light_of, line_between, subject_light
from rgbd_seg.effects.lens_tile_kernels import enlarge_row
from rgbd_seg.effects.scratch_kernels import float_rows

_WHITE = np.float32(65535)
_LEAST = np.float32(1e-3)
_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def finish_rows(
    picture: UInt8,
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    maps: Float32,
    index: Int32,
    share: Float32,
    step: int,
    decode: Float32,
    encode: UInt8,
    first: int,
    end: int,
    keep_sharp: bool,
    behind: Float32,
    drawn: Float32,
    out: UInt8,
    light: Float32,
) -> None:
    """Rows of the result, from ``first`` to before ``end``.

    Args:
        picture: (H, W, 3) sRGB, given back where nothing is drawn; empty for linear light.
        color: the same, or linear light, that is drawn.
        index, share: for every column, the maps' cell before it, and the way to the next one.
        keep_sharp: the subject is put in as it is.
        drawn: (layers, 4, rows, W) light and cover of these rows, changed; the second layer is what stands before the
            subject. (layers, 4, 0, W) if ``behind``, (layers, 4, h, w) of half the resolution, is all there is.
        out: (H, W, 3) takes sRGB, or ``light``: linear light; the other is empty.
    """
    lines = float_rows(12, maps.shape[2] + 1)
    whole = np.empty(alpha.shape[1], np.bool_)
    codes = np.empty((3, alpha.shape[1]), np.uint16)
    enlarged = np.empty((drawn.shape[0], 4, 1, behind.shape[3] * 2), np.float32)
    for v in range(first, end):
        if drawn.shape[2] > 0:
            row = drawn[:, :, v - first]
        else:
            for layer in range(drawn.shape[0]):
                enlarge_row(behind[layer], v, enlarged[layer, :, 0])
            row = enlarged[:, :, 0]
        _divide(color[v], decode, row[0])
        if _is_mixed(alpha[v]):
            j, f = between(v + _HALF, step, maps.shape[1])
            for p in range(9 if foreground.shape[0] > 0 or not keep_sharp else 0, 12):
                line_between(maps[p], j, f, lines[p])
            _mix(color, gain, alpha, foreground, decode, v, lines, index, share, keep_sharp, row[0])
        for x in range(whole.size):
            whole[x] = keep_sharp and alpha[v, x] >= _ONE
        if row.shape[0] == 2:
            for x in range(whole.size):
                left = _ONE - row[1, 3, x]
                for c in range(3):
                    under = row[0, c, x]
                    if whole[x] and foreground.shape[0] > 0:
                        under = decode[foreground[v, x, c]]
                    elif whole[x]:
                        under = light_of(color[v, x, c], decode)
                    row[0, c, x] = under * left + row[1, c, x]
                whole[x] &= left >= _ONE
        if light.shape[0] > 0:
            for x in range(whole.size):
                for c in range(3):
                    light[v, x, c] = light_of(color[v, x, c], decode) if whole[x] else row[0, c, x]
            continue
        _round(row[0], codes)
        for x in range(whole.size):
            if whole[x]:
                for c in range(3):
                    out[v, x, c] = picture[v, x, c]
            else:
                for c in range(3):
                    out[v, x, c] = encode[codes[c, x]]


@inner_loop(fastmath=True)
def _round(light: Float32, codes: UInt16) -> None:
    for c in range(3):
        line, target = light[c], codes[c]
        for x in range(target.size):
            target[x] = np.uint16(min(max(line[x], _ZERO), _WHITE) + _HALF)


@inner_loop(fastmath=True)
def _is_mixed(alpha: Float32) -> bool:
    """Whether any pixel is neither all background nor all subject."""
    count = 0
    for x in range(alpha.size):
        count += (alpha[x] >= NOTHING) & (alpha[x] < _ONE)
    return count > 0


@inner_loop()
def _divide(color: UInt8 | Float32, decode: Float32, drawn: Float32) -> None:
    """Divide out what no slice reached in a row (4, W), and where none did, take the picture as it is."""
    lowest = _ONE
    red, green, blue, cover = drawn[0], drawn[1], drawn[2], drawn[3]
    for x in range(color.shape[0]):
        lowest = min(lowest, cover[x])
    if lowest > np.float32(0.9999):
        return
    for x in range(color.shape[0]):
        gain = _ONE / max(cover[x], _LEAST)
        red[x] *= gain
        green[x] *= gain
        blue[x] *= gain
    if lowest <= _LEAST:
        for x in range(color.shape[0]):
            if cover[x] <= _LEAST:
                for c in range(3):
                    drawn[c, x] = light_of(color[x, c], decode)


@inner_loop()
def _mix(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    decode: Float32,
    v: int,
    lines: Float32,
    index: Int32,
    share: Float32,
    keep_sharp: bool,
    drawn: Float32,
) -> None:
    """Mixed pixels of a row: the subject over what was drawn, and what they show of the background beyond what was
    filled in, see ``unexplained_light``."""
    for x in range(index.size):
        a = alpha[v, x]
        if a < NOTHING or a >= _ONE:
            continue
        i, g = index[x], share[x]
        for c in range(3):
            beyond = lines[9 + c, i] + g * (lines[9 + c, i + 1] - lines[9 + c, i])
            if not keep_sharp:
                drawn[c, x] += (_ONE - a) * beyond
                continue
            if foreground.shape[0] > 0:
                own = a * decode[foreground[v, x, c]]
            else:
                brighter = _ONE + STEP * np.float32(gain[v, x]) if gain.shape[0] > 0 else _ONE
                behind = lines[c, i] + g * (lines[c, i + 1] - lines[c, i])
                around = lines[3 + c, i] + g * (lines[3 + c, i + 1] - lines[3 + c, i])
                own = subject_light(np.float32(brighter * light_of(color[v, x, c], decode)), behind, around, a)
            drawn[c, x] = (_ONE - a) * (drawn[c, x] + beyond) + own
