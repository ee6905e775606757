"""Loops that bring sheets to half the resolution, a quarter, and so on, compiled.

To a level comes only what is far enough out of focus to be drawn there, weighted by a ramp of its circle of
confusion, so that the mean of a coarse pixel is never one of sharp and blurred, or of near and far.
"""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Bool, Float32, Int32, UInt8
from rgbd_seg.effects.inner_loop import inner_loop
from rgbd_seg.effects.lens_sheet_kernels import (
    FAINT,
    NEAR_APART,
    NOTHING,
    PLAIN,
    STEP,
    WITH_SUBJECT,
    between,
    light_of,
    line_between,
    split_pixel,
)
from rgbd_seg.effects.lens_tile_kernels import COLUMNS, ROWS
from rgbd_seg.effects.scratch_kernels import float_rows, floats

BLOCK = 8  # cells, down and across, that are marked as seen together
_CLEAR, _OPAQUE, _MIXED = 0, 1, 2  # kinds of cells
_LEAST, _LITTLE = np.float32(1e-6), np.float32(1e-4)
_STEEP = 0.03  # of a ramp per pixel


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def load_cells(
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
    rows: tuple[int, int],
    reach: int,
    mode: int,
    margin: np.float32,
    ramps: Float32,
    far: Float32,
    near: Float32,
    sharp: Bool,
    seen: Bool,
) -> None:
    """The sheets at half the resolution, as far as they are drawn there.

    Args:
        matched: circles of confusion by colour, of cells of ``hop`` pixels, see ``lens_match_kernels``, or empty.
        index, share: for every column of cells, the maps' cell before it, and the way to the next one.
        rows: first and end of the rows of cells. reach: pixels that light of the full resolution is spread by.
        ramps: (2, 2) circle of confusion at which the far and the near sheets begin, and slope to all.
        far, near: (sheets, 6, h, w), or (sheets, 6, 0, 0) if nothing is drawn so.
        sharp: takes True for every tile of the full resolution that what is not drawn here spreads to.
        seen: takes True for every block of cells in which the subject does not cover everything.
    """
    height = alpha.shape[0]
    cells = index.size
    lines, light = float_rows(12, maps.shape[2] + 1), float_rows(3, cells)
    coc, kind = floats(cells), np.empty(cells, np.uint8)
    around, shared, sums = floats(13), float_rows(2, 6), np.empty((2, 2, 7), np.float32)
    steep = np.float32(_STEEP * step) / max(abs(ramps[0, 1]), abs(ramps[1, 1]), _LEAST)
    for j in range(rows[0], rows[1]):
        v, below = 2 * j, min(2 * j + 1, height - 1)
        k, f = between(np.float32(2 * j + 1), step, maps.shape[1])
        for p in range(9):
            if step == 2:
                _line_of_means(maps[p], j, lines[11], lines[p])
            else:
                line_between(maps[p], k, f, lines[p])
        for y in range(2):
            at, g = between(v + y + np.float32(0.5), step, maps.shape[1])
            line_between(maps[6], at, g, lines[9 + y])
        _steepness(maps[6, max(k - 1, 0)], maps[6, k], maps[6, min(k + 1, maps.shape[1] - 1)], lines[11])
        _sort_cells(alpha[v], alpha[below], gain, v, lines, index, share, steep, step, mode, margin, ramps, coc, kind)
        if matched.shape[0] > 0:
            _take_matched(matched, hop, j, coc, kind)
        _light_row(color, decode, v, lines, index, share, kind, coc, light)
        if far.shape[2] > 0:
            _write_row(light, coc, ramps[0, 0], ramps[0, 1], np.float32(0), far[:, :, j])
        if near.shape[2] > 0:
            _write_row(light, coc, ramps[1, 0], ramps[1, 1], np.float32(1), near[:, :, j])
        for i in range(cells):
            if kind[i] != _OPAQUE:
                seen[j // BLOCK, i // BLOCK] = True
            rest = np.float32(1) - _part(coc[i], ramps[0]) - _part(coc[i], ramps[1])
            if kind[i] == _MIXED:
                n, g = index[i], share[i]
                for p in range(8):
                    around[p] = lines[p, n] + g * (lines[p, n + 1] - lines[p, n])
                for x in range(2):
                    n, g = between(2 * i + x + np.float32(0.5), step, maps.shape[2])
                    around[9 + x] = lines[9, n] + g * (lines[9, n + 1] - lines[9, n])
                    around[11 + x] = lines[10, n] + g * (lines[10, n + 1] - lines[10, n])
                if mode == PLAIN:
                    rest = _plain_cell(color, gain, alpha, maps, step, matched, hop, decode, j, i, ramps, far, near)
                else:
                    rest = _mixed_cell(
                        color,
                        gain,
                        alpha,
                        foreground,
                        matched,
                        hop,
                        decode,
                        j,
                        i,
                        around,
                        mode,
                        margin,
                        ramps,
                        shared,
                        sums,
                    )
                    _put_mixed(sums, j, i, far, near)
            if rest > _LITTLE:
                _mark(sharp, v - reach, v + 1 + reach, 2 * i - reach, 2 * i + 1 + reach)


@inner_loop(fastmath=True)
def _line_of_means(plane: Float32, j: int, between_rows: Float32, out: Float32) -> None:
    """A row of a map of 2×2 pixels, as the mean of what its pixels see of it, that lie between its middles.

    In larger cells, and smaller ones, the middle of 2×2 pixels is their mean.
    """
    most, side = np.float32(0.75), np.float32(0.125)
    above, here, below = plane[max(j - 1, 0)], plane[j], plane[min(j + 1, plane.shape[0] - 1)]
    last = here.size - 1
    for i in range(last + 1):
        between_rows[i] = most * here[i] + side * (above[i] + below[i])
    for i in range(1, last):
        out[i] = most * between_rows[i] + side * (between_rows[i - 1] + between_rows[i + 1])
    out[0] = (most + side) * between_rows[0] + side * between_rows[min(1, last)]
    out[last] = (most + side) * between_rows[last] + side * between_rows[max(last - 1, 0)]
    out[last + 1] = out[last]


@inner_loop(fastmath=True)
def _steepness(above: Float32, here: Float32, below: Float32, out: Float32) -> None:
    """By how much a map changes to the next cell, up or down and left or right."""
    last = here.size - 1
    for i in range(here.size):
        down = max(abs(here[i] - above[i]), abs(below[i] - here[i]))
        out[i] = down + max(abs(here[i] - here[max(i - 1, 0)]), abs(here[min(i + 1, last)] - here[i]))


@inner_loop()
def _part(coc: np.float32, ramp: Float32) -> np.float32:
    """How much of what has this circle of confusion a side draws at a reduced resolution."""
    return min(max((coc - ramp[0]) * ramp[1], np.float32(0)), np.float32(1))


@inner_loop()
def _mark(sharp: Bool, top: int, bottom: int, left: int, right: int) -> None:
    """True for all tiles that these pixels touch, both ends included."""
    for y in range(max(top, 0) // ROWS, min(bottom // ROWS + 1, sharp.shape[0])):
        for x in range(max(left, 0) // COLUMNS, min(right // COLUMNS + 1, sharp.shape[1])):
            sharp[y, x] = True


@inner_loop()
def _light_row(
    color: UInt8 | Float32,
    decode: Float32,
    v: int,
    lines: Float32,
    index: Int32,
    share: Float32,
    kind: UInt8,
    coc: Float32,
    light: Float32,
) -> None:
    """Mean light of clear cells, and what was filled in behind the subject."""
    below = min(v + 1, color.shape[0] - 1)
    for i in range(index.size):
        if kind[i] == _CLEAR:
            u, right = 2 * i, min(2 * i + 1, color.shape[1] - 1)
            for c in range(3):
                light[c, i] = np.float32(0.25) * (
                    light_of(color[v, u, c], decode)
                    + light_of(color[v, right, c], decode)
                    + light_of(color[below, u, c], decode)
                    + light_of(color[below, right, c], decode)
                )
        elif kind[i] == _OPAQUE:
            n, g = index[i], share[i]
            mine = lines[7, n] + g * (lines[7, n + 1] - lines[7, n])
            coc[i] = max(lines[6, n] + g * (lines[6, n + 1] - lines[6, n]), mine)
            for c in range(3):
                light[c, i] = lines[c, n] + g * (lines[c, n + 1] - lines[c, n])


@inner_loop(fastmath=True)
def _sort_cells(
    upper: Float32,
    lower: Float32,
    gain: UInt8,
    v: int,
    lines: Float32,
    index: Int32,
    share: Float32,
    steep: np.float32,
    step: int,
    mode: int,
    margin: np.float32,
    ramps: Float32,
    coc: Float32,
    kind: UInt8,
) -> None:
    """Which cells of a row are all background, which all subject, and which must be taken apart pixel by pixel."""
    zero, half, one, width = np.float32(0), np.float32(0.5), np.float32(1), upper.size
    below = min(v + 1, gain.shape[0] - 1)
    for i in range(index.size):
        u, right = 2 * i, min(2 * i + 1, width - 1)
        n, g = index[i], share[i]
        back = lines[6, n] + g * (lines[6, n + 1] - lines[6, n])
        coc[i] = back
        most = max(max(upper[u], upper[right]), max(lower[u], lower[right]))
        least = min(min(upper[u], upper[right]), min(lower[u], lower[right]))
        apart = False
        if gain.shape[0] > 0:
            apart = gain[v, u] + gain[v, right] + gain[below, u] + gain[below, right] > 0
        if mode == NEAR_APART:
            apart |= lines[7, n] + g * (lines[7, n + 1] - lines[7, n]) - back > margin
        if lines[11, n] > steep:
            # On a ramp this steep, light and its weight vary together; pixels lie half a pixel from the cell's middle.
            around = half * lines[11, n] / step
            for side in range(2):
                part, more = (back - ramps[side, 0]) * ramps[side, 1], around * abs(ramps[side, 1])
                apart |= part + more > zero and part - more < one
        if least >= one and mode != WITH_SUBJECT:
            kind[i] = _OPAQUE
        elif most < NOTHING and not apart:
            kind[i] = _CLEAR
        else:
            kind[i] = _MIXED


@inner_loop()
def _take_matched(matched: Float32, hop: int, j: int, coc: Float32, kind: UInt8) -> None:
    """Circles of confusion by colour, of one row of cells; those of single pixels make the cell a mixed one."""
    for i in range(coc.size):
        if hop == 2:
            if not np.isnan(matched[j, i]):
                coc[i] = matched[j, i]
        elif kind[i] == _CLEAR:
            below, right = min(2 * j + 1, matched.shape[0] - 1), min(2 * i + 1, matched.shape[1] - 1)
            upper = np.isnan(matched[2 * j, 2 * i]) and np.isnan(matched[2 * j, right])
            if not (upper and np.isnan(matched[below, 2 * i]) and np.isnan(matched[below, right])):
                kind[i] = _MIXED


@inner_loop(fastmath=True)
def _write_row(light: Float32, coc: Float32, start: float, slope: float, seen: float, out: Float32) -> None:
    """(sheets, 6, cells): what the ramp lets through of an opaque background; nothing of a second sheet."""
    one, zero = np.float32(1), np.float32(0)
    red, green, blue, cover, middle, clear = out[0, 0], out[0, 1], out[0, 2], out[0, 3], out[0, 4], out[0, 5]
    for i in range(coc.size):
        part = min(max((coc[i] - start) * slope, zero), one)
        red[i] = part * light[0, i]
        green[i] = part * light[1, i]
        blue[i] = part * light[2, i]
        cover[i] = part
        middle[i] = coc[i]
        clear[i] = seen * (one - part)  # near sheets hide what is not theirs from none of it
    for s in range(1, out.shape[0]):
        for p in range(6):
            for i in range(coc.size):
                out[s, p, i] = one if p == 5 else zero


@inner_loop()
def _plain_cell(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    maps: Float32,
    step: int,
    matched: Float32,
    hop: int,
    decode: Float32,
    j: int,
    i: int,
    ramps: Float32,
    far: Float32,
    near: Float32,
) -> np.float32:
    """What ``_mixed_cell`` and ``_put_mixed`` do where all is background, several times faster."""
    one, zero, quarter = np.float32(1), np.float32(0), np.float32(0.25)
    red = green = blue = cover = middle = zero
    near_red = near_green = near_blue = near_cover = near_middle = rest = zero
    for y in range(2):
        v = min(2 * j + y, alpha.shape[0] - 1)
        k, down = between(v + np.float32(0.5), step, maps.shape[1])
        for x in range(2):
            u = min(2 * i + x, alpha.shape[1] - 1)
            n, right = between(u + np.float32(0.5), step, maps.shape[2])
            a = alpha[v, u] if alpha[v, u] >= NOTHING else zero
            coc = _at(maps[6], k, down, n, right)
            if a > FAINT:
                coc = max(coc, _at(maps[7], k, down, n, right))  # what the subject hides is behind it
            elif matched.shape[0] > 0 and not np.isnan(matched[v // hop, u // hop]):
                coc = matched[v // hop, u // hop]
            faint = min(a / FAINT, one)
            own = one - faint
            if gain.shape[0] > 0:
                own *= one + STEP * np.float32(gain[v, u])
            r = np.float32(own * light_of(color[v, u, 0], decode))
            g = np.float32(own * light_of(color[v, u, 1], decode))
            b = np.float32(own * light_of(color[v, u, 2], decode))
            if faint > zero:
                r += faint * _at(maps[0], k, down, n, right)
                g += faint * _at(maps[1], k, down, n, right)
                b += faint * _at(maps[2], k, down, n, right)
            part = quarter * _part(coc, ramps[0])
            red, green, blue = red + part * r, green + part * g, blue + part * b
            cover, middle = cover + part, middle + part * coc
            near_part = quarter * _part(coc, ramps[1])
            near_red, near_green = near_red + near_part * r, near_green + near_part * g
            near_blue = near_blue + near_part * b
            near_cover, near_middle = near_cover + near_part, near_middle + near_part * coc
            rest = max(rest, one - np.float32(4) * (part + near_part))
    if far.shape[2] > 0:
        far[0, 0, j, i], far[0, 1, j, i], far[0, 2, j, i] = red, green, blue
        far[0, 3, j, i], far[0, 4, j, i], far[0, 5, j, i] = cover, middle / max(cover, _LEAST), zero
    if near.shape[2] > 0:
        near[0, 0, j, i], near[0, 1, j, i], near[0, 2, j, i] = near_red, near_green, near_blue
        near[0, 3, j, i], near[0, 4, j, i] = near_cover, near_middle / max(near_cover, _LEAST)
        near[0, 5, j, i] = one - near_cover
    return rest


@inner_loop()
def _at(plane: Float32, j: int, down: np.float32, i: int, right: np.float32) -> np.float32:
    """A map between four of its cells."""
    below, beside = min(j + 1, plane.shape[0] - 1), min(i + 1, plane.shape[1] - 1)
    upper = plane[j, i] + right * (plane[j, beside] - plane[j, i])
    lower = plane[below, i] + right * (plane[below, beside] - plane[below, i])
    return np.float32(upper + down * (lower - upper))


@inner_loop()
def _mixed_cell(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    matched: Float32,
    hop: int,
    decode: Float32,
    j: int,
    i: int,
    around: Float32,
    mode: int,
    margin: np.float32,
    ramps: Float32,
    shared: Float32,
    sums: Float32,
) -> np.float32:
    """A cell taken apart pixel by pixel; gives back how much of it is drawn at the full resolution.

    Args:
        around: the maps at its middle (0–7), and the background's circle of confusion at its pixels (9–12).
        sums: (2, sheets, 7) takes, far and near: light, cover, cover × coc, clear, seen.
    """
    quarter = np.float32(0.25)
    rest = np.float32(0)
    sums[:] = 0
    for y in range(2):
        v = min(2 * j + y, alpha.shape[0] - 1)
        for x in range(2):
            u = min(2 * i + x, alpha.shape[1] - 1)
            a = alpha[v, u] if alpha[v, u] >= NOTHING else np.float32(0)
            around[6] = around[9 + 2 * y + x]
            around[8] = around[6]
            if matched.shape[0] > 0 and not np.isnan(matched[v // hop, u // hop]):
                around[8] = matched[v // hop, u // hop]
            split_pixel(color, gain, foreground, decode, v, u, a, around, mode, margin, shared)
            for s in range(1 if mode == PLAIN else 2):
                left = np.float32(1)
                for side in range(2):
                    part = _part(shared[s, 4], ramps[side])
                    left -= part
                    for c in range(4):
                        sums[side, s, c] += quarter * part * shared[s, c]
                    sums[side, s, 4] += quarter * part * shared[s, 3] * shared[s, 4]
                    sums[side, s, 5] += quarter * shared[s, 5]
                    sums[side, s, 6] += quarter * (shared[s, 5] + shared[s, 3])
                rest = max(rest, left * shared[s, 3])
    return rest


@inner_loop()
def _put_mixed(sums: Float32, j: int, i: int, far: Float32, near: Float32) -> None:
    for side in range(2):
        out = near if side else far
        for s in range(out.shape[0] if out.shape[2] > 0 else 0):
            for c in range(4):
                out[s, c, j, i] = sums[side, s, c]
            out[s, 4, j, i] = sums[side, s, 4] / max(sums[side, s, 3], _LEAST)
            out[s, 5, j, i] = sums[side, s, 6] - sums[side, s, 3] if side else sums[side, s, 5]
