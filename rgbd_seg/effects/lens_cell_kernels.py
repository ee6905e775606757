"""Loops that bring sheets to half the resolution, a quarter, and so on, compiled.

To a level comes only what is far enough out of focus to be drawn there, weighted by a ramp of its circle of
confusion, so that the mean of a coarse pixel is never one of sharp and blurred, or of near and far.
"""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.effects.lens_sheet_kernels import (
    NEAR_APART,
    NOTHING,
    WITH_SUBJECT,
    between,
    light_of,
    sample,
    share_pixel,
    split_pixel,
)
from rgbd_seg.effects.lens_tile_kernels import COLUMNS, ROWS

_LEAST = np.float32(1e-6)
_STEEP = 0.03  # of a ramp per pixel


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
    sums, count = np.zeros((2, 3), np.float32), np.zeros(2, np.float32)
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


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def load_cells(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    maps: Float32,
    step: int,
    decode: Float32,
    rows: tuple[int, int],
    mode: int,
    margin: float,
    ramps: Float32,
    far: Float32,
    near: Float32,
    sharp: Bool,
) -> None:
    """The sheets at half the resolution, as far as they are drawn there.

    Args:
        rows: first and end of the rows of cells.
        ramps: (2, 2) circle of confusion at which the far and the near sheets begin, and slope to all.
        far, near: (sheets, 6, h, w), or (sheets, 6, 0, 0) if nothing is drawn so.
        sharp: takes True for every tile of the full resolution that holds what is not drawn here.
    """
    height, width = alpha.shape
    cells = (width + 1) // 2
    zero, one, quarter = np.float32(0), np.float32(1), np.float32(0.25)
    index, share = np.empty(cells, np.int32), np.empty(cells, np.float32)
    for i in range(cells):
        at = min(max(np.float32(2 * i + 1) / step - np.float32(0.5), zero), np.float32(maps.shape[2] - 1))
        index[i] = max(min(int(at), maps.shape[2] - 2), 0)
        share[i] = at - index[i]
    lines = np.zeros((4, maps.shape[2] + 1), np.float32)
    steep = np.float32(_STEEP * step) / max(abs(ramps[0, 1]), abs(ramps[1, 1]), np.float32(1e-6))
    light, coc = np.empty((3, cells), np.float32), np.empty(cells, np.float32)
    careful = np.empty(cells, np.int32)
    for j in range(rows[0], rows[1]):
        v, below = 2 * j, min(2 * j + 1, height - 1)
        down = min(max(np.float32(2 * j + 1) / step - np.float32(0.5), zero), np.float32(maps.shape[1] - 1))
        k = max(min(int(down), maps.shape[1] - 2), 0)
        f = np.float32(down - k)
        for p in range(3):
            _line(maps[6 + p], k, f, lines[p])
        under = min(k + 1, maps.shape[1] - 1)
        for i in range(maps.shape[2]):
            lines[3, i] = maps[6, under, i] - maps[6, k, i]
        count = 0
        for i in range(cells):
            u, right = 2 * i, min(2 * i + 1, width - 1)
            n, g = index[i], share[i]
            back = lines[0, n] + g * (lines[0, n + 1] - lines[0, n])
            coc[i] = back
            for c in range(3):
                light[c, i] = quarter * (
                    light_of(color[v, u, c], decode)
                    + light_of(color[v, right, c], decode)
                    + light_of(color[below, u, c], decode)
                    + light_of(color[below, right, c], decode)
                )
            most = max(max(alpha[v, u], alpha[v, right]), max(alpha[below, u], alpha[below, right]))
            uneven = lines[2, n] + lines[2, n + 1] > 0
            if gain.shape[0] > 0:
                uneven |= gain[v, u] + gain[v, right] + gain[below, u] + gain[below, right] > 0
            rise = abs(lines[0, n + 1] - lines[0, n]) + abs(lines[3, n])
            if rise > steep:
                # On a ramp this steep, light and its weight vary together.
                far_part, near_part = (back - ramps[0, 0]) * ramps[0, 1], (back - ramps[1, 0]) * ramps[1, 1]
                uneven |= (far_part > 0 and far_part < one) or (near_part > 0 and near_part < one)
            if most < NOTHING and not uneven and mode != NEAR_APART:
                continue
            mine = lines[1, n] + g * (lines[1, n + 1] - lines[1, n])
            least = min(min(alpha[v, u], alpha[v, right]), min(alpha[below, u], alpha[below, right]))
            if most < NOTHING and not uneven and mine - back <= margin:
                continue
            if mode != WITH_SUBJECT and least >= one:
                coc[i] = max(back, mine)
                for c in range(3):
                    light[c, i] = sample(maps[c], k, f, n, g)
                continue
            careful[count] = i
            count += 1
        tiles = sharp[v // ROWS]
        if far.shape[2] > 0:
            _write_row(light, coc, ramps[0, 0], ramps[0, 1], zero, far[:, :, j])
        if near.shape[2] > 0:
            _write_row(light, coc, ramps[1, 0], ramps[1, 1], one, near[:, :, j])
        _mark(coc, ramps, tiles)
        for n in range(count):
            _careful_cell(
                color,
                gain,
                alpha,
                foreground,
                maps,
                step,
                decode,
                (j, careful[n]),
                mode,
                margin,
                ramps,
                far,
                near,
                tiles,
            )


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _line(plane: Float32, k: int, f: float, out: Float32) -> None:
    above, below = plane[k], plane[min(k + 1, plane.shape[0] - 1)]
    for i in range(above.size):
        out[i] = above[i] + f * (below[i] - above[i])
    out[above.size] = out[above.size - 1]


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
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
        out[s, :5] = 0
        out[s, 5] = 1


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _mark(coc: Float32, ramps: Float32, tiles: Bool) -> None:
    half, one, zero = COLUMNS // 2, np.float32(1), np.float32(0)
    for t in range(tiles.size):
        rest = np.float32(0)
        for i in range(t * half, min((t + 1) * half, coc.size)):
            far = min(max((coc[i] - ramps[0, 0]) * ramps[0, 1], zero), one)
            near = min(max((coc[i] - ramps[1, 0]) * ramps[1, 1], zero), one)
            rest = max(rest, one - far - near)
        if rest > np.float32(1e-4):
            tiles[t] = True


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _careful_cell(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    maps: Float32,
    step: int,
    decode: Float32,
    cell: tuple[int, int],
    mode: int,
    margin: float,
    ramps: Float32,
    far: Float32,
    near: Float32,
    tiles: Bool,
) -> None:
    """A cell taken apart pixel by pixel."""
    height, width = alpha.shape
    pixel, shared = np.empty(9, np.float32), np.empty((2, 6), np.float32)
    sums = np.zeros((2, 2, 7), np.float32)  # far and near, sheet, light, cover, cover × coc, clear, seen
    rest = np.float32(0)
    for y in range(2 * cell[0], 2 * cell[0] + 2):
        v = min(y, height - 1)
        j, f = between(v, step, maps.shape[1])
        for x in range(2 * cell[1], 2 * cell[1] + 2):
            u = min(x, width - 1)
            i, g = between(u, step, maps.shape[2])
            a = alpha[v, u] if alpha[v, u] >= NOTHING else np.float32(0)
            split_pixel(color, gain, foreground, maps, decode, v, u, a, (j, f, i, g), pixel)
            share_pixel(pixel, mode, margin, shared)
            for s in range(max(far.shape[0], near.shape[0])):
                left = np.float32(1)
                for side in range(2):
                    part = (shared[s, 4] - ramps[side, 0]) * ramps[side, 1]
                    part = min(max(part, np.float32(0)), np.float32(1))
                    left -= part
                    for c in range(4):
                        sums[side, s, c] += np.float32(0.25) * part * shared[s, c]
                    sums[side, s, 4] += np.float32(0.25) * part * shared[s, 3] * shared[s, 4]
                    sums[side, s, 5] += np.float32(0.25) * shared[s, 5]
                    sums[side, s, 6] += np.float32(0.25) * (shared[s, 5] + shared[s, 3])
                rest = max(rest, left * shared[s, 3])
    if rest > np.float32(1e-4):
        tiles[2 * cell[1] // COLUMNS] = True
    if far.shape[2] > 0:
        for s in range(far.shape[0]):
            _put(sums[0, s], sums[0, s, 5], far[s, :, cell[0], cell[1]])
    if near.shape[2] > 0:
        for s in range(near.shape[0]):
            _put(sums[1, s], sums[1, s, 6] - sums[1, s, 3], near[s, :, cell[0], cell[1]])


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _put(sums: Float32, clear: float, out: Float32) -> None:
    for c in range(4):
        out[c] = sums[c]
    out[4] = sums[4] / max(sums[3], _LEAST)
    out[5] = clear


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def pool_cells(fine: Float32, rows: tuple[int, int], start: float, slope: float, is_far: bool, out: Float32) -> None:
    """Sheets at half the resolution of ``fine``, as far as they are drawn there."""
    height, width = fine.shape[2:]
    sums = np.empty((7, width + 1), np.float32)  # as in _careful_cell
    for s in range(fine.shape[0]):
        for j in range(rows[0], rows[1]):
            sums[:] = 0
            _add_row(fine[s], 2 * j, start, slope, sums)
            _add_row(fine[s], min(2 * j + 1, height - 1), start, slope, sums)
            if width % 2:
                sums[:, width] = sums[:, width - 1]
            _add_pairs(sums, is_far, out[s, :, j])


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
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


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add_pairs(sums: Float32, is_far: bool, out: Float32) -> None:
    for i in range(out.shape[1]):
        x = 2 * i
        cover = sums[3, x] + sums[3, x + 1]
        for c in range(3):
            out[c, i] = sums[c, x] + sums[c, x + 1]
        out[3, i] = cover
        out[4, i] = (sums[4, x] + sums[4, x + 1]) / max(cover, _LEAST)
        out[5, i] = sums[5, x] + sums[5, x + 1] if is_far else sums[6, x] + sums[6, x + 1] - cover
