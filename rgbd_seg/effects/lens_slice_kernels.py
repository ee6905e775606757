"""Loops that cut sheets into slices of depth and spread them by the aperture, compiled.

Pictures are planes, (planes, rows, columns) float32. A sheet has its light (0–2, times cover), circle of confusion
(3), and, unless it is opaque and in full view, cover (4) and the share that no other sheet hides (5).
"""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8

TILE_ROWS = 16  # a slice is drawn in tiles, and tiles far from all that it holds are skipped
TILE_COLUMNS = 64


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def coc_ranges(sheet: Float32, ranges: Float32) -> None:
    """(2, h, w) least and greatest circle of confusion of each pixel of a sheet; inverted where it has no cover."""
    for y in range(sheet.shape[1]):
        for x in range(sheet.shape[2]):
            empty = sheet.shape[0] > 4 and sheet[4, y, x] <= 0
            ranges[0, y, x] = np.float32(np.inf) if empty else sheet[3, y, x]
            ranges[1, y, x] = np.float32(-np.inf) if empty else sheet[3, y, x]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def merge_ranges(fine: Float32, rows: int, columns: int, coarse: Float32) -> None:
    """The same of cells of ``rows`` × ``columns``."""
    for j in range(coarse.shape[1]):
        for i in range(coarse.shape[2]):
            least, most = np.float32(np.inf), np.float32(-np.inf)
            for y in range(j * rows, min((j + 1) * rows, fine.shape[1])):
                for x in range(i * columns, min((i + 1) * columns, fine.shape[2])):
                    least = min(least, fine[0, y, x])
                    most = max(most, fine[1, y, x])
            coarse[0, j, i] = least
            coarse[1, j, i] = most


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def cut_slice(
    full: Float32,
    sheet: Float32,
    ranges: Float32,
    tiles: Float32,
    nodes: tuple[float, float, float],
    margin: int,
    planes: Float32,
    state: UInt8,
) -> None:
    """One slice of a sheet: what lies near the middle node, weighted by a tent between its neighbours.

    Only tiles up to two away from anything in the slice are written: that is all that is read when it is spread.

    Args:
        full: the sheet at full resolution; ``sheet``: the mean of its pixels at the slice's own.
        ranges: least and greatest circle of confusion in each pixel of ``sheet``; ``tiles``: in each tile.
        nodes: circles of confusion of the nearer, this and the farther slice.
        margin: where the sheet begins in ``planes``, which is that much larger on every side.
        planes: takes light × tent, cover × tent, and how much of each pixel nothing nearer hides.
        state: per tile, takes bit 1 if the tile is to be drawn and bit 2 if something in it is hidden.
    """
    nearer, node, farther = np.float32(nodes[0]), np.float32(nodes[1]), np.float32(nodes[2])
    down, across = state.shape
    state[:] = 0
    for j in range(down):
        for i in range(across):
            after = nearer == node or tiles[1, j, i] > nearer
            before = farther == node or tiles[0, j, i] < farther
            if tiles[0, j, i] <= tiles[1, j, i] and after and before:
                for tj in range(max(j - 2, 0), min(j + 3, down)):
                    for ti in range(max(i - 2, 0), min(i + 3, across)):
                        state[tj, ti] |= 1 if abs(tj - j) <= 1 and abs(ti - i) <= 1 else 4
    for j in range(down):
        for i in range(across):
            if state[j, i] != 0 and _cut_tile(full, sheet, ranges, j, i, nearer, node, farther, margin, planes):
                state[j, i] |= 2


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _cut_tile(
    full: Float32,
    sheet: Float32,
    ranges: Float32,
    j: int,
    i: int,
    nearer: float,
    node: float,
    farther: float,
    margin: int,
    planes: Float32,
) -> bool:
    """True if something in the tile is hidden by nearer slices or another sheet."""
    zero, one = np.float32(0), np.float32(1)
    below = one / (node - nearer) if node > nearer else zero
    above = one / (farther - node) if farther > node else zero
    last = min((j + 1) * TILE_ROWS, sheet.shape[1])
    end = min((i + 1) * TILE_COLUMNS, sheet.shape[2])
    layers, step = sheet.shape[0], full.shape[1] // sheet.shape[1]
    even = (farther - nearer) * np.float32(0.25)
    hidden = False
    for y in range(j * TILE_ROWS, last):
        for x in range(i * TILE_COLUMNS, end):
            least, most = ranges[0, y, x], ranges[1, y, x]
            v, u = y + margin, x + margin
            if most - least > even and _straddles(least, most, nearer, node, farther):
                _cut_mixed(full, y * step, x * step, step, node, below, above, planes[:, v, u])
            else:
                c = (least + most) / 2 if least <= most else node
                # Where there is no neighbour the slope is 0, and everything further on belongs to this slice.
                visible = min(max(one + (c - node) * below, zero), one)
                tent = min(visible, max(one - max(c - node, zero) * above, zero))
                cover = sheet[4, y, x] if layers > 4 else one
                seen = sheet[5, y, x] if layers > 5 else one
                for p in range(3):
                    planes[p, v, u] = tent * sheet[p, y, x]
                planes[3, v, u] = tent * cover
                planes[4, v, u] = seen - cover * (one - visible)
            hidden |= planes[4, v, u] < one
    return hidden


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _straddles(least: float, most: float, nearer: float, node: float, farther: float) -> bool:
    """Whether pixels between ``least`` and ``most`` may differ in what the slice takes of them."""
    all_nearer = nearer < node and most <= nearer
    all_farther = farther > node and least >= farther
    return not all_nearer and not all_farther


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _cut_mixed(
    full: Float32, top: int, left: int, step: int, node: float, below: float, above: float, out: Float32
) -> None:
    """A coarse pixel that holds near and far at once, pixel by pixel: their mean depth would be that of neither."""
    zero, one = np.float32(0), np.float32(1)
    part = one / np.float32(step * step)
    layers = full.shape[0]
    out[:] = zero
    for y in range(top, top + step):
        for x in range(left, left + step):
            c = full[3, y, x]
            visible = min(max(one + (c - node) * below, zero), one)
            tent = min(visible, max(one - max(c - node, zero) * above, zero))
            cover = full[4, y, x] if layers > 4 else one
            seen = full[5, y, x] if layers > 5 else one
            for p in range(3):
                out[p] += part * tent * full[p, y, x]
            out[3] += part * tent * cover
            out[4] += part * (seen - cover * (one - visible))


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def spread_over(planes: Float32, kernel: Float32, runs: UInt8, margin: int, state: UInt8, out: Float32) -> None:
    """The slice spread by the aperture and laid over ``out`` (light and cover of all that is farther).

    Cover is divided by what of the surroundings is known at this depth: what a nearer surface hides is taken to go
    on as it goes on beside it. Without this the slice would fade out before it is covered, as a dark rim.

    Args:
        runs: (rows of the kernel, 2) first weight above 0 in each row, and one past the last.
    """
    height, width = out.shape[1:]
    sums = np.empty((5, TILE_COLUMNS), np.float32)
    down, across = state.shape
    for j in range(down):
        for i in range(across):
            if state[j, i] & 1 == 0:
                continue
            hidden = False
            for tj in range(max(j - 1, 0), min(j + 2, down)):
                for ti in range(max(i - 1, 0), min(i + 2, across)):
                    hidden |= state[tj, ti] & 2 != 0
            left = i * TILE_COLUMNS
            count = min(TILE_COLUMNS, width - left)
            for y in range(j * TILE_ROWS, min((j + 1) * TILE_ROWS, height)):
                for p in range(5 if hidden else 4):
                    _spread_row(planes[p], kernel, runs, y + margin, left + margin, sums[p])
                _lay_over(sums, hidden, y, left, count, out)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _spread_row(plane: Float32, kernel: Float32, runs: UInt8, y: int, x: int, total: Float32) -> None:
    """One row of a tile, four weights at a time so that the sums stay in registers."""
    reach = kernel.shape[0] // 2
    total[:] = 0
    for k in range(kernel.shape[0]):
        weights = kernel[k]
        line = plane[y + k - reach, x - reach : x + TILE_COLUMNS + reach]
        at, end = int(runs[k, 0]), int(runs[k, 1])
        while at + 4 <= end:
            a, b, c, d = weights[at], weights[at + 1], weights[at + 2], weights[at + 3]
            one, two = line[at : at + TILE_COLUMNS], line[at + 1 : at + 1 + TILE_COLUMNS]
            three, four = line[at + 2 : at + 2 + TILE_COLUMNS], line[at + 3 : at + 3 + TILE_COLUMNS]
            for i in range(TILE_COLUMNS):
                total[i] += a * one[i] + b * two[i] + c * three[i] + d * four[i]
            at += 4
        while at < end:
            a = weights[at]
            one = line[at : at + TILE_COLUMNS]
            for i in range(TILE_COLUMNS):
                total[i] += a * one[i]
            at += 1


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _lay_over(sums: Float32, hidden: bool, y: int, left: int, count: int, out: Float32) -> None:
    one = np.float32(1)
    for i in range(count):
        gain = one / max(sums[4, i], np.float32(1e-3)) if hidden else one
        cover = sums[3, i] * gain
        gain = gain / max(cover, one)
        cover = min(cover, one)
        x = left + i
        out[0, y, x] = out[0, y, x] * (one - cover) + sums[0, i] * gain
        out[1, y, x] = out[1, y, x] * (one - cover) + sums[1, i] * gain
        out[2, y, x] = out[2, y, x] * (one - cover) + sums[2, i] * gain
        out[3, y, x] = out[3, y, x] * (one - cover) + cover


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def over_planes(top: Float32, out: Float32) -> None:
    """Premultiplied ``top`` over ``out``, both (4, h, w)."""
    for y in range(out.shape[1]):
        for x in range(out.shape[2]):
            left_over = np.float32(1) - top[3, y, x]
            for p in range(4):
                out[p, y, x] = out[p, y, x] * left_over + top[p, y, x]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def fill_unreached(planes: Float32, behind: Float32) -> None:
    """Divide out what no slice reached, and where none did, take the sheet as it is."""
    for y in range(behind.shape[1]):
        for x in range(behind.shape[2]):
            cover = behind[3, y, x]
            for c in range(3):
                behind[c, y, x] = behind[c, y, x] / cover if cover > 1e-3 else planes[c, y, x]
