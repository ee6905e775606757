"""Loops of the thin-lens renderer, compiled. Pictures are planes: (planes, rows, columns) float32."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Bool, Float32, UInt8

CELL = 16  # rows and columns of the grid in which empty parts of a slice are skipped
_TILE = 64  # columns summed at once
_DOUBT = np.float32(0.3)  # in the filled colours, against the picture's own, in mixed pixels


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _sample(values: Float32, v: float, u: float) -> float:
    """Bilinear, clamped at the edge."""
    rows, columns = values.shape
    v = min(max(v, 0.0), rows - 1.0)
    u = min(max(u, 0.0), columns - 1.0)
    j, i = int(v), int(u)
    j2, i2 = min(j + 1, rows - 1), min(i + 1, columns - 1)
    fy, fx = v - j, u - i
    upper = values[j, i] + fx * (values[j, i2] - values[j, i])
    lower = values[j2, i] + fx * (values[j2, i2] - values[j2, i])
    return upper + fy * (lower - upper)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def sheet_cells(color: Float32, alpha: Float32, step: int, out: Float32, weight: Float32) -> None:
    """In cells of ``step`` pixels, the mean light of pixels that are all background (0) and all subject (1).

    Args:
        out: (2, h, w, 3); weight: (2, h, w) the share of each cell that such pixels have.
    """
    height, width = alpha.shape
    sums = np.zeros((2, 3), np.float32)
    count = np.zeros(2, np.float32)
    for j in range(weight.shape[1]):
        for i in range(weight.shape[2]):
            sums[:] = 0
            count[:] = 0
            area = 0
            for y in range(j * step, min((j + 1) * step, height)):
                for x in range(i * step, min((i + 1) * step, width)):
                    area += 1
                    a = alpha[y, x]
                    if a <= 0.004 or a >= 0.95:
                        sheet = 1 if a >= 0.95 else 0
                        count[sheet] += 1
                        for c in range(3):
                            sums[sheet, c] += color[y, x, c]
            for sheet in range(2):
                weight[sheet, j, i] = count[sheet] / max(area, 1)
                for c in range(3):
                    out[sheet, j, i, c] = sums[sheet, c] / max(count[sheet], np.float32(1))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def slice_cells(
    sheet: Float32, nearer: float, node: float, farther: float, planes: Float32, occupied: Bool, hidden: Bool
) -> None:
    """One slice of a sheet: what lies near ``node``, weighted by a tent between its neighbours.

    ``planes`` takes light × tent, cover × tent, and how much of each pixel is not hidden by nearer slices. The
    grids say in which cells there is anything of the slice, and anything hidden.

    Args:
        sheet: (6, h, w) light × cover (3), cover, circle of confusion, share that is not hidden by other sheets.
    """
    height, width = sheet.shape[1:]
    occupied[:] = False
    hidden[:] = False
    below = np.float32(1 / (node - nearer)) if node > nearer else np.float32(0)
    above = np.float32(1 / (farther - node)) if farther > node else np.float32(0)
    for y in range(height):
        for x in range(width):
            c = sheet[4, y, x]
            tent = np.float32(1)
            visible = np.float32(1)
            if c < node:
                if below > 0:
                    visible = max(np.float32(0), (c - np.float32(nearer)) * below)
                    tent = visible
            elif above > 0:
                tent = max(np.float32(0), (np.float32(farther) - c) * above)
            share = tent * sheet[3, y, x]
            known = sheet[5, y, x] - sheet[3, y, x] * (1 - visible)
            planes[4, y, x] = known
            if known < 1:
                hidden[y // CELL, x // CELL] = True
            planes[3, y, x] = share
            if share > 0:
                occupied[y // CELL, x // CELL] = True
                for p in range(3):
                    planes[p, y, x] = tent * sheet[p, y, x]
            else:
                for p in range(3):
                    planes[p, y, x] = 0


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]
def spread_over(planes: Float32, rows: Float32, reach: int, occupied: Bool, hidden: Bool, out: Float32) -> None:
    """The slice spread by the aperture and laid over ``out`` (light and cover of all that is farther).

    Cover is divided by what of the surroundings is known at this depth: what a nearer surface hides is taken to go
    on as it goes on beside it. Without this the slice would fade out before it is covered, as a dark rim.
    """
    height, width = planes.shape[1:]
    sums = np.empty((5, _TILE), np.float32)
    side = 2 * reach + 1
    for y in range(reach, height - reach):
        for left in range(reach, width - reach, _TILE):
            count = min(_TILE, width - reach - left)
            top, bottom = (y - reach) // CELL, (y + reach) // CELL
            west, east = (left - reach) // CELL, (left + count - 1 + reach) // CELL
            any_here = False
            any_hidden = False
            for j in range(top, bottom + 1):
                for i in range(west, east + 1):
                    any_here |= occupied[j, i]
                    any_hidden |= hidden[j, i]
            if not any_here:
                continue
            used = 5 if any_hidden else 4
            sums[:] = 0
            for dy in range(side):
                for dx in range(side):
                    w = rows[dy, dx]
                    if w == 0:
                        continue
                    for p in range(used):
                        line = planes[p, y + dy - reach]
                        start = left + dx - reach
                        for i in range(count):
                            sums[p, i] += w * line[start + i]
            for i in range(count):
                gain = np.float32(1)
                if any_hidden:
                    gain = np.float32(1) / max(sums[4, i], np.float32(1e-3))
                cover = sums[3, i] * gain
                if cover > 1:
                    gain /= cover
                    cover = np.float32(1)
                left_over = 1 - cover
                x = left + i
                for p in range(3):
                    out[p, y, x] = out[p, y, x] * left_over + sums[p, i] * gain
                out[3, y, x] = out[3, y, x] * left_over + cover


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def load_planes(
    color: Float32,
    alpha: Float32,
    foreground: Float32,
    filled: Float32,
    coc_background: Float32,
    coc_subject: Float32,
    size: tuple[int, int],
    origin: tuple[int, int],
    margin: float,
    planes: Float32,
) -> None:
    """Rows of the picture, continued past its edges, as two sheets.

    Planes 0–5 are the background sheet (light, filled where there is any subject; cover; circle of confusion;
    share not hidden), 6–11 the subject's, and 12 says how much of a pixel is background that stands before the
    subject.

    Args:
        color, foreground: (rows, width, 3) linear light of picture rows ``size[0]`` … (foreground may be empty).
        size: first row held in ``color``, and height of the whole picture.
        origin: row and column of the picture at planes[:, 0, 0]; may be negative.
        margin: pixels of confusion by which a thing must be nearer than the subject to stand before it.
    """
    first_held, height = size
    width = alpha.shape[1]
    one = np.float32(1)
    for y in range(planes.shape[1]):
        v = min(max(y + origin[0], 0), height - 1)
        row = min(max(v - first_held, 0), color.shape[0] - 1)
        for x in range(planes.shape[2]):
            u = min(max(x + origin[1], 0), width - 1)
            a = min(max(alpha[v, u], np.float32(0)), one)
            back = np.float32(_at(coc_background, v, u, height, width))
            mine = np.float32(_at(coc_subject, v, u, height, width))
            planes[12, y, x] = (1 - a) * min(max((mine - back) / margin - 1, np.float32(0)), one)
            planes[3, y, x] = one
            planes[4, y, x] = back if a <= 0 else max(back, mine)
            planes[5, y, x] = one
            planes[9, y, x] = a
            planes[10, y, x] = mine
            planes[11, y, x] = one
            for c in range(3):
                light = color[row, u, c]
                if a <= 0:
                    planes[c, y, x] = light
                    planes[6 + c, y, x] = 0
                    continue
                behind = np.float32(_at(filled[c], v, u, height, width))
                planes[c, y, x] = behind
                if foreground.shape[0] > 0:
                    planes[6 + c, y, x] = a * foreground[row, u, c]
                    continue
                # F that explains C = αF + (1 − α)B, held near the subject's colour around it where α says little.
                around = np.float32(_at(filled[3 + c], v, u, height, width))
                unexplained = light - a * around - (1 - a) * behind
                own = around + a * unexplained / (a * a + _DOUBT * (1 - a))
                planes[6 + c, y, x] = a * max(own, np.float32(0))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _at(values: Float32, v: int, u: int, height: int, width: int) -> float:
    """Value of a low-resolution map at a pixel of the picture."""
    rows, columns = values.shape
    return _sample(values, (v + 0.5) * rows / height - 0.5, (u + 0.5) * columns / width - 0.5)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def over_planes(top: Float32, out: Float32) -> None:
    """Premultiplied ``top`` over ``out``, both (4, h, w)."""
    for y in range(out.shape[1]):
        for x in range(out.shape[2]):
            left_over = 1 - top[3, y, x]
            if left_over < 1:
                for p in range(4):
                    out[p, y, x] = out[p, y, x] * left_over + top[p, y, x]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def finish(planes: Float32, behind: Float32, front: Float32, subject_is_sharp: bool, light: Float32) -> None:
    """Light of the result: background, sharp subject over it, blurred near things over both.

    What no slice reached is divided out; the rest is as the slices left it.
    """
    for y in range(light.shape[0]):
        for x in range(light.shape[1]):
            cover = behind[3, y, x]
            clear = 1 - planes[9, y, x] if subject_is_sharp else np.float32(1)
            left_over = (1 - front[3, y, x]) if front.shape[1] > 0 else np.float32(1)
            for c in range(3):
                value = behind[c, y, x] / cover if cover > 1e-3 else planes[c, y, x]
                if subject_is_sharp:
                    value = value * clear + planes[6 + c, y, x]
                if front.shape[1] > 0:
                    value = value * left_over + front[c, y, x]
                light[y, x, c] = value


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def encode_light(light: Float32, encode: UInt8, out: UInt8) -> None:
    """Linear light 0…65535, clipped, to sRGB."""
    white = np.float32(65535)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            for c in range(3):
                out[y, x, c] = encode[int(min(max(light[y, x, c], np.float32(0)), white) + np.float32(0.5))]
