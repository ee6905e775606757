"""Loops that cut a sheet into slices of depth, spread them by the aperture and lay them over each other, compiled.

A sheet is (6, h, w) float32: light times cover (0–2), cover (3), circle of confusion (4), and what of each pixel
neither covers nor hides anything (5). Everything is drawn in tiles that fit into the fastest memory.
"""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Int32, UInt8
from rgbd_seg.effects.inner_loop import inner_loop
from rgbd_seg.effects.scratch_kernels import float_rows, floats

ROWS = 32
COLUMNS = 128
_WHOLE = np.float32(1 - 1e-5)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def draw_tiles(
    sheets: Float32,
    first: int,
    row: int,
    state: UInt8,
    far: Float32,
    near: Float32,
    nodes: Float32,
    kernels: Float32,
    runs: Int32,
    spacing: float | None,
    out: Float32,
    out_row: int,
) -> None:
    """One row of tiles of a level: its slices over what coarser levels drew behind it, under what they drew before it.

    Args:
        sheets: (sheets, 6, h, w), from row ``first`` of the level on. row: of tiles, in the level.
        state: of every tile of the row, whether it is not seen (0), has nothing of this level (1), or is drawn (2).
        far, near: (layers, 4, h, w) of half the level's resolution, or (layers, 4, 0, 0).
        spacing: of the places that have their own kernel; None: there is one kernel for all.
        out: (layers, 4, h, w); one sheet each, or all sheets in one layer. out_row: where the tiles begin in it.
    """
    layers, each = out.shape[0], sheets.shape[0] // out.shape[0]
    held, front = np.empty((4, ROWS, COLUMNS), np.float32), np.empty((4, ROWS, COLUMNS), np.float32)
    top = row * ROWS
    rows = min(ROWS, out.shape[2] - out_row)
    for tile in range(state.size):
        if state[tile] == 0:
            continue
        left = tile * COLUMNS
        columns = min(COLUMNS, out.shape[3] - left)
        for layer in range(layers):
            if far.shape[2] > 0:
                enlarge(far[layer], (top, left), rows, held)
            else:
                held[:] = 0
            if state[tile] == 2:
                shown = sheets[layer * each : (layer + 1) * each]
                draw_slices(shown, (top - first, left), (top, left), rows, nodes, kernels, runs, spacing, held)
            if near.shape[2] > 0:
                enlarge(near[layer], (top, left), rows, front)
                over(front, held, rows)
            for p in range(4):
                for y in range(rows):
                    line, target = held[p, y], out[layer, p, out_row + y, left : left + columns]
                    for x in range(columns):
                        target[x] = line[x]


@inner_loop(fastmath=True)
def enlarge(small: Float32, place: tuple[int, int], rows: int, out: Float32) -> None:
    """A tile of twice the resolution of ``small``, from ``place`` (even) on: bilinear, edges repeated."""
    height, width = small.shape[1:]
    half = COLUMNS // 2
    left = place[1] // 2 - 1
    line = floats(half + 2)
    for p in range(small.shape[0]):
        for y in range(rows):
            row = (place[0] + y + 1) // 2 - 1
            share = np.float32(0.25 if y % 2 else 0.75)
            above, below = small[p, min(max(row, 0), height - 1)], small[p, min(max(row + 1, 0), height - 1)]
            if left >= 0 and left + half + 2 <= width:
                for i in range(half + 2):
                    line[i] = above[left + i] + share * (below[left + i] - above[left + i])
            else:
                for i in range(half + 2):
                    x = min(max(left + i, 0), width - 1)
                    line[i] = above[x] + share * (below[x] - above[x])
            target = out[p, y]
            for i in range(half):
                middle = np.float32(0.75) * line[i + 1]
                target[2 * i] = middle + np.float32(0.25) * line[i]
                target[2 * i + 1] = middle + np.float32(0.25) * line[i + 2]


@inner_loop(fastmath=True)
def enlarge_row(small: Float32, y: int, out: Float32) -> None:
    """Row ``y`` of twice the resolution of ``small`` (planes, h, w), bilinear, edges repeated. out: (planes, 2w)."""
    row = (y + 1) // 2 - 1
    share, rest = np.float32(0.25 if y % 2 else 0.75), np.float32(0.75)
    last = small.shape[2] - 1
    line = floats(small.shape[2] + 2)
    for p in range(small.shape[0]):
        above, below = small[p, max(row, 0)], small[p, min(row + 1, small.shape[1] - 1)]
        for i in range(last + 1):
            line[i + 1] = above[i] + share * (below[i] - above[i])
        line[0], line[last + 2] = line[1], line[last + 1]
        target = out[p]
        for i in range(last + 1):
            middle = rest * line[i + 1]
            target[2 * i] = middle + np.float32(0.25) * line[i]
            target[2 * i + 1] = middle + np.float32(0.25) * line[i + 2]


@inner_loop(fastmath=True)
def draw_slices(
    sheets: Float32,
    corner: tuple[int, int],
    place: tuple[int, int],
    rows: int,
    nodes: Float32,
    kernels: Float32,
    runs: Int32,
    spacing: float | None,
    held: Float32,
) -> None:
    """Slices from far to near, each sheet's in turn, laid over ``held``.

    Cover is divided by what of the surroundings is known at this depth: what a nearer surface hides is taken to go
    on as it goes on beside it. Without this a slice would fade out before it is covered, as a dark rim.

    Args:
        sheets: (sheets, 6, h, w).
        corner: the tile's first row and column in ``sheets``; ``place``: in the picture at this resolution.
        nodes: (n, 3) circle of confusion, and the slopes to the nearer and the farther slice.
        kernels: (n, places down, places across, k, k); runs: (n, k, 2) first and end of weights above 0 in a row.
        spacing: pixels between places; None if there is one.
    """
    reach = kernels.shape[4] // 2
    stride = COLUMNS + 2 * reach
    # The planes of a row one after the other, so that one long loop serves them all.
    buffer = float_rows(ROWS + 2 * reach, 5 * (COLUMNS + 2 * reach))
    sums, pair = floats(buffer.shape[1]), floats(buffer.shape[1])
    least, most = floats(sheets.shape[0]), floats(sheets.shape[0])
    for s in range(sheets.shape[0]):
        least[s], most[s] = _range(
            sheets[s], corner[0] - reach, corner[1] - reach, rows + 2 * reach, COLUMNS + 2 * reach
        )
    for n in range(nodes.shape[0]):
        for s in range(sheets.shape[0]):
            node, nearer, farther = nodes[n, 0], nodes[n, 1], nodes[n, 2]
            if least[s] > most[s]:
                continue
            if nearer > 0 and (most[s] - node) * nearer <= -1:
                continue
            if farther > 0 and (least[s] - node) * farther >= 1:
                continue
            hidden = _cut(
                sheets[s], corner[0] - reach, corner[1] - reach, rows + 2 * reach, node, nearer, farther, buffer
            )
            if spacing is None:  # settled when compiled: the loops below are only compiled where they are used
                mirrored, end = _is_mirrored(kernels[n, 0, 0]), (5 if hidden else 4) * stride - 2 * reach
                for y in range(rows):
                    _gather(buffer, kernels[n, 0, 0], runs[n], mirrored, y, 0, end, pair, sums)
                    _lay_over(sums, stride, hidden, y, held)
            else:
                _spread_unevenly(buffer, kernels[n], runs[n], hidden, place, rows, spacing, sums, held)


@inner_loop(fastmath=True)
def _range(sheet: Float32, top: int, left: int, rows: int, columns: int) -> tuple[np.float32, np.float32]:
    """Least and greatest circle of confusion of what covers anything; inverted if nothing does."""
    height, width = sheet.shape[1:]
    first, end = max(left, 0), min(left + columns, width)
    least, most = np.float32(1e30), np.float32(-1e30)
    for y in range(max(top, 0), min(top + rows, height)):
        cover, coc = sheet[3, y, first:end], sheet[4, y, first:end]
        for x in range(end - first):
            covers = cover[x] > 0
            least = min(least, coc[x] if covers else np.float32(1e30))
            most = max(most, coc[x] if covers else np.float32(-1e30))
    return least, most


@inner_loop(fastmath=True)
def _cut(
    sheet: Float32, top: int, left: int, rows: int, node: float, nearer: float, farther: float, buffer: Float32
) -> bool:
    """What lies near the node, weighted by a tent between its neighbours: light and cover, and how much is known.

    Returns True if anything here is hidden by what is nearer.
    """
    one, zero = np.float32(1), np.float32(0)
    height, width = sheet.shape[1:]
    columns = buffer.shape[1] // 5
    first, end = max(left, 0), min(left + columns, width)
    at, count = first - left, end - first
    lowest = one
    for y in range(rows):
        v = min(max(top + y, 0), height - 1)
        red, green, blue = sheet[0, v, first:end], sheet[1, v, first:end], sheet[2, v, first:end]
        cover, coc, clear = sheet[3, v, first:end], sheet[4, v, first:end], sheet[5, v, first:end]
        line = buffer[y, at:]
        to_red, to_green, to_blue = line, line[columns:], line[2 * columns :]
        to_cover, to_known = line[3 * columns :], line[4 * columns :]
        for x in range(count):
            away = coc[x] - node
            visible = min(max(one + away * nearer, zero), one)
            tent = min(visible, max(one - max(away, zero) * farther, zero))
            to_red[x] = tent * red[x]
            to_green[x] = tent * green[x]
            to_blue[x] = tent * blue[x]
            to_cover[x] = tent * cover[x]
            known = clear[x] + cover[x] * visible
            to_known[x] = known
            lowest = min(lowest, known)
        if count < columns:
            for p in range(5):
                edge = buffer[y, p * columns : (p + 1) * columns]
                edge[:at] = edge[at]
                edge[at + count :] = edge[at + count - 1]
    return bool(lowest < _WHOLE)


@inner_loop(fastmath=True)
def _spread_unevenly(
    buffer: Float32,
    kernels: Float32,
    runs: Int32,
    hidden: bool,
    place: tuple[int, int],
    rows: int,
    spacing: float,
    sums: Float32,
    held: Float32,
) -> None:
    """Gathers with a shape that changes over the picture: between its places, in proportion."""
    side = kernels.shape[3]
    kernel = float_rows(side, side)
    stride = buffer.shape[1] // 5
    corner = floats(COLUMNS)
    down, across, step = kernels.shape[0], kernels.shape[1], np.float32(1 / spacing)
    used = 5 if hidden else 4
    for y in range(rows):
        at = min((place[0] + y + np.float32(0.5)) * step, np.float32(down - 1))
        j = min(int(at), down - 2)
        share = np.float32(at - j)
        sums[:] = 0
        first = int(place[1] * step)
        for i in range(first, int((place[1] + COLUMNS) * step) + 2):
            # Columns between the places before and after this one.
            begin = max(int(np.ceil((i - 1) * spacing - np.float32(0.5))) - place[1], 0)
            end = min(int(np.ceil((i + 1) * spacing - np.float32(0.5))) - place[1], COLUMNS)
            if end <= begin:
                continue
            k = min(i, across - 1)
            for v in range(side):
                for u in range(side):
                    kernel[v, u] = kernels[j, k, v, u] + share * (kernels[j + 1, k, v, u] - kernels[j, k, v, u])
            for p in range(used):
                _gather(buffer, kernel, runs, False, y, p * stride + begin, p * stride + end, corner, corner)
                for x in range(begin, end):
                    away = abs((place[1] + x + np.float32(0.5)) * step - i)
                    sums[p * stride + x] += max(np.float32(1) - away, np.float32(0)) * corner[x - begin]
        _lay_over(sums, stride, hidden, y, held)


@inner_loop(fastmath=True)
def _gather(
    buffer: Float32,
    kernel: Float32,
    runs: Int32,
    mirrored: bool,
    y: int,
    begin: int,
    end: int,
    pair: Float32,
    sums: Float32,
) -> None:
    """A stretch of one row, four weights at a time; rows with the same weights (``mirrored``) are added before."""
    count, last_row = end - begin, kernel.shape[0] - 1
    for i in range(count):
        sums[i] = 0
    for k in range(last_row // 2 + 1 if mirrored else last_row + 1):
        line = buffer[y + k, begin:]
        if mirrored and 2 * k < last_row:
            other = buffer[y + last_row - k, begin:]
            for i in range(count + last_row):
                pair[i] = line[i] + other[i]
            line = pair
        weights = kernel[k]
        at, last = runs[k, 0], runs[k, 1]
        while at + 4 <= last:
            a, b, c, d = weights[at], weights[at + 1], weights[at + 2], weights[at + 3]
            one, two, three, four = line[at:], line[at + 1 :], line[at + 2 :], line[at + 3 :]
            for i in range(count):
                sums[i] += a * one[i] + b * two[i] + c * three[i] + d * four[i]
            at += 4
        while at < last:
            a, one = weights[at], line[at:]
            for i in range(count):
                sums[i] += a * one[i]
            at += 1


@inner_loop(fastmath=True)
def _is_mirrored(kernel: Float32) -> bool:
    """Whether the weights are the same above and below the middle."""
    last = kernel.shape[0] - 1
    for k in range(kernel.shape[0] // 2):
        for i in range(kernel.shape[1]):
            if abs(kernel[k, i] - kernel[last - k, i]) > np.float32(1e-7):
                return False
    return True


@inner_loop(fastmath=True)
def _lay_over(sums: Float32, stride: int, hidden: bool, y: int, held: Float32) -> None:
    one = np.float32(1)
    red, green, blue, covers = held[0, y], held[1, y], held[2, y], held[3, y]
    to_green, to_blue, to_cover, known = sums[stride:], sums[2 * stride :], sums[3 * stride :], sums[4 * stride :]
    for x in range(COLUMNS):
        gain = one / max(known[x], np.float32(1e-3)) if hidden else one
        cover = to_cover[x] * gain
        gain = gain / max(cover, one)
        cover = min(cover, one)
        left = one - cover
        red[x] = red[x] * left + sums[x] * gain
        green[x] = green[x] * left + to_green[x] * gain
        blue[x] = blue[x] * left + to_blue[x] * gain
        covers[x] = covers[x] * left + cover


@inner_loop(fastmath=True)
def over(front: Float32, out: Float32, rows: int) -> None:
    """Premultiplied ``front`` over ``out``, both tiles (4, rows, columns)."""
    one = np.float32(1)
    for y in range(rows):
        cover = front[3, y]
        for p in range(4):
            line, under = front[p, y], out[p, y]
            for x in range(line.size):
                under[x] = under[x] * (one - cover[x]) + line[x]
