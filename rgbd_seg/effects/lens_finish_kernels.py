"""Loops that draw what is nearly in focus at full resolution, put the subject in, and encode, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Bool, Float32, Int32, UInt8
from rgbd_seg.effects.lens_sheet_kernels import NEAR_APART, NOTHING, between, light_of, load_patch, sample, split_pixel
from rgbd_seg.effects.lens_tile_kernels import COLUMNS, ROWS, draw_slices, enlarge, over

_WHITE = np.float32(65535)
_LEAST = np.float32(1e-3)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def finish_tiles(
    picture: UInt8,
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    maps: Float32,
    step: int,
    decode: Float32,
    encode: UInt8,
    row: int,
    mode: int,
    margin: float,
    nodes: Float32,
    kernels: Float32,
    runs: Int32,
    spacing: float,
    sharp: Bool,
    far: Float32,
    near: Float32,
    keep_sharp: bool,
    out: UInt8,
    light: Float32,
) -> None:
    """One row of tiles of the result.

    Args:
        picture: (H, W, 3) sRGB, given back where nothing is drawn; empty for linear light.
        color: the same, or linear light, that is drawn.
        sharp: tiles that hold something drawn at full resolution.
        far, near: (layers, 4, h, w) what was drawn at half the resolution behind and before that; the second layer
            is what stands before the subject. (layers, 4, 0, 0) if nothing was.
        keep_sharp: the subject is put in as it is.
        out: (H, W, 3) takes sRGB, or ``light``: linear light; the other is empty.
    """
    height, width = alpha.shape
    reach = kernels.shape[4] // 2
    layers = 2 if mode == NEAR_APART else 1
    sheets = 1 if mode == 0 else 2
    patch = np.empty((sheets, 6, ROWS + 2 * reach, COLUMNS + 2 * reach), np.float32)
    drawn, before = np.empty((2, 4, ROWS, COLUMNS), np.float32), np.empty((4, ROWS, COLUMNS), np.float32)
    top = row * ROWS
    rows = min(ROWS, height - top)
    for column in range(sharp.shape[1]):
        left = column * COLUMNS
        columns = min(COLUMNS, width - left)
        least, most = _alpha_range(alpha, top, left, rows, columns)
        inside = keep_sharp and least >= 1
        if inside and layers == 1:
            _keep(picture, color, decode, top, left, rows, columns, out, light)
            continue
        active = sharp[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].any()
        if active:
            load_patch(
                color, gain, alpha, foreground, maps, step, decode, (top - reach, left - reach), mode, margin, patch
            )
        for layer in range(layers):
            if far.shape[2] > 0:
                enlarge(far[layer], (top, left), rows, drawn[layer])
            else:
                drawn[layer] = 0
            if active:
                shown = patch[layer : layer + 1] if layers == 2 else patch
                draw_slices(shown, (reach, reach), (top, left), rows, nodes, kernels, runs, spacing, drawn[layer])
            if near.shape[2] > 0:
                enlarge(near[layer], (top, left), rows, before)
                over(before, drawn[layer], rows)
        _unreached(color, decode, top, left, rows, columns, drawn[0])
        if keep_sharp and most >= NOTHING:
            _put_subject(color, gain, alpha, foreground, maps, step, decode, top, left, rows, columns, drawn[0])
        if most >= NOTHING and maps.shape[0] > 9:
            _add_unexplained(alpha, maps, step, top, left, rows, columns, drawn[0])
        if layers == 2:
            over(drawn[1], drawn[0], rows)
        if light.shape[0] > 0:
            for y in range(rows):
                for x in range(columns):
                    for c in range(3):
                        light[top + y, left + x, c] = drawn[0, c, y, x]
        else:
            _encode(drawn[0], encode, top, left, rows, columns, out)
            if keep_sharp and most >= 1:
                _restore(picture, alpha, drawn[1, 3], layers == 2, top, left, rows, columns, out)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _alpha_range(alpha: Float32, top: int, left: int, rows: int, columns: int) -> tuple[np.float32, np.float32]:
    least, most = np.float32(1), np.float32(0)
    for y in range(top, top + rows):
        line = alpha[y, left : left + columns]
        for x in range(columns):
            least, most = min(least, line[x]), max(most, line[x])
    return least, most


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _keep(
    picture: UInt8,
    color: UInt8 | Float32,
    decode: Float32,
    top: int,
    left: int,
    rows: int,
    columns: int,
    out: UInt8,
    light: Float32,
) -> None:
    for y in range(top, top + rows):
        for x in range(left, left + columns):
            for c in range(3):
                if light.shape[0] > 0:
                    light[y, x, c] = light_of(color[y, x, c], decode)
                else:
                    out[y, x, c] = picture[y, x, c]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _unreached(
    color: UInt8 | Float32, decode: Float32, top: int, left: int, rows: int, columns: int, drawn: Float32
) -> None:
    """Divide out what no slice reached, and where none did, take the picture as it is."""
    for y in range(rows):
        lowest = np.float32(1)
        red, green, blue, cover = drawn[0, y], drawn[1, y], drawn[2, y], drawn[3, y]
        for x in range(columns):
            lowest = min(lowest, cover[x])
        if lowest > np.float32(0.9999):
            continue
        for x in range(columns):
            gain = np.float32(1) / max(cover[x], _LEAST)
            red[x] *= gain
            green[x] *= gain
            blue[x] *= gain
        if lowest <= _LEAST:
            for x in range(columns):
                if cover[x] <= _LEAST:
                    for c in range(3):
                        drawn[c, y, x] = light_of(color[top + y, left + x, c], decode)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _put_subject(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    maps: Float32,
    step: int,
    decode: Float32,
    top: int,
    left: int,
    rows: int,
    columns: int,
    drawn: Float32,
) -> None:
    one = np.float32(1)
    pixel = np.empty(9, np.float32)
    for y in range(rows):
        v = top + y
        j, f = between(v, step, maps.shape[1])
        for x in range(columns):
            a = alpha[v, left + x]
            if a < NOTHING:
                continue
            if a >= one and foreground.shape[0] == 0:
                for c in range(3):
                    drawn[c, y, x] = light_of(color[v, left + x, c], decode)
                continue
            i, g = between(left + x, step, maps.shape[2])
            split_pixel(color, gain, foreground, maps, decode, v, left + x, a, (j, f, i, g), pixel)
            for c in range(3):
                drawn[c, y, x] = drawn[c, y, x] * (one - a) + pixel[4 + c]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add_unexplained(
    alpha: Float32, maps: Float32, step: int, top: int, left: int, rows: int, columns: int, drawn: Float32
) -> None:
    """What mixed pixels show of the background beyond what was filled in, see ``unexplained_light``."""
    one = np.float32(1)
    for y in range(rows):
        j, f = between(top + y, step, maps.shape[1])
        for x in range(columns):
            a = alpha[top + y, left + x]
            if a < NOTHING or a >= one:
                continue
            i, g = between(left + x, step, maps.shape[2])
            for c in range(3):
                drawn[c, y, x] += (one - a) * sample(maps[9 + c], j, f, i, g)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _encode(drawn: Float32, encode: UInt8, top: int, left: int, rows: int, columns: int, out: UInt8) -> None:
    zero, half = np.float32(0), np.float32(0.5)
    for y in range(rows):
        for c in range(3):
            line = drawn[c, y]
            for x in range(columns):
                out[top + y, left + x, c] = encode[np.uint16(min(max(line[x], zero), _WHITE) + half)]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _restore(
    picture: UInt8,
    alpha: Float32,
    before: Float32,
    any_before: bool,
    top: int,
    left: int,
    rows: int,
    columns: int,
    out: UInt8,
) -> None:
    """The picture's own pixels where the subject is all there is."""
    for y in range(rows):
        for x in range(columns):
            if alpha[top + y, left + x] >= 1 and not (any_before and before[y, x] > 0):
                for c in range(3):
                    out[top + y, left + x, c] = picture[top + y, left + x, c]
