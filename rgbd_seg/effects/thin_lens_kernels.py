"""Loops that take a picture apart into sheets and put the result together, compiled.

Pictures are planes, (planes, rows, columns) float32. A sheet has its light (0–2, times cover), circle of confusion
(3), and, unless it is opaque and in full view, cover (4) and the share that no other sheet hides (5).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rgbd_seg.arrays import Bool, Float32, UInt8

Int32 = NDArray[np.int32]

_NOTHING = np.float32(1.5 / 255)  # mattes of 8 bits are seldom quite 0 where there is no subject
_FAINT = np.float32(0.1)  # alpha up to which a pixel's own colour still tells of the background
_COLOR_SCALE = 1 / (2 * 16.0**2)  # of square roots of light (0…256): colours that far apart are another thing
_SOFT = np.float32(4)  # pixels of confusion at which a picture of half the resolution lacks no detail
_DOUBT = np.float32(0.3)  # in the filled colours, against the picture's own, in mixed pixels


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


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _place(pixel: int, pixels: int, cells: int) -> tuple[int, np.float32]:
    """Cell of a low-resolution line to the left of a pixel's centre, and the way to the next one."""
    at = min(max((pixel + 0.5) * cells / pixels - 0.5, 0.0), cells - 1.0)
    index = max(min(int(at), cells - 2), 0)
    return index, np.float32(at - index)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _row(values: Float32, pixel: int, pixels: int, out: Float32) -> None:
    """One row of a low-resolution map, between its rows."""
    j, f = _place(pixel, pixels, values.shape[0])
    below = min(j + 1, values.shape[0] - 1)
    for i in range(values.shape[1]):
        out[i] = values[j, i] + f * (values[below, i] - values[j, i])
    out[values.shape[1]] = out[values.shape[1] - 1]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _columns(first: int, width: int, cells: int, index: Int32, share: Float32) -> None:
    """Where the columns from ``first`` on, continued past the edges, lie in a low-resolution row."""
    for x in range(index.size):
        index[x], share[x] = _place(min(max(x + first, 0), width - 1), width, cells)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _stretch(row: Float32, index: Int32, share: Float32, out: Float32) -> None:
    for x in range(out.size):
        left = row[index[x]]
        out[x] = left + share[x] * (row[index[x] + 1] - left)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _matched(maps: Float32, color: Float32, v: float, u: float) -> np.float32:
    """The background's circle of confusion at a step of depth: that of the side whose colour the pixel has.

    Depth is coarser than colour, and a mean of near and far is neither: at a step it would be in focus.
    """
    j, i = int(v + 0.5), int(u + 0.5)
    top, bottom = max(j - 2, 0), min(j + 3, maps.shape[1])
    left, right = max(i - 2, 0), min(i + 3, maps.shape[2])
    window = maps[6, top:bottom, left:right]
    middle, half = (window.min() + window.max()) / 2, (window.max() - window.min()) / 2 + np.float32(1e-6)
    near = far = near_clear = far_clear = near_sum = far_sum = np.float32(1e-12)
    for y in range(top, bottom):
        for x in range(left, right):
            c = maps[6, y, x]
            away = (y - v) ** 2 + (x - u) ** 2
            apart = np.float32(0)
            for p in range(3):
                apart += (np.sqrt(maps[p, y, x]) - np.sqrt(color[p])) ** 2
            clear = ((c - middle) / half) ** 4  # cells that are a mean themselves say little
            like = np.float32(clear * (np.exp(-away * 0.25 - apart * _COLOR_SCALE) + 1e-9))
            clear = np.float32(clear / (1 + away))
            if c < middle:
                near, near_clear, near_sum = near + like, near_clear + clear, near_sum + clear * c
            else:
                far, far_clear, far_sum = far + like, far_clear + clear, far_sum + clear * c
    return near_sum / near_clear if near > far else far_sum / far_clear


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _subject_light(light: float, behind: float, around: float, a: float) -> np.float32:
    """αF of a mixed pixel: the F that explains C = αF + (1 − α)B, but near the subject's colour around it where α
    says little."""
    one = np.float32(1)
    unexplained = light - a * around - (one - a) * behind
    own = around + a * unexplained / (a * a + _DOUBT * (one - a))
    return np.float32(a * max(own, np.float32(0)))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def load_planes(
    color: Float32,
    alpha: Float32,
    foreground: Float32,
    maps: Float32,
    first_held: int,
    origin: tuple[int, int],
    margin: float,
    planes: Float32,
) -> bool:
    """A band of the picture, continued past its edges, as two sheets: background (0–3) and subject (4–8).

    Args:
        color, foreground: (rows, W, 3) linear light from picture row ``first_held`` on (foreground may be empty).
        alpha: (H, W), all of it.
        maps: (9, h, w) light of the background (0–2) and of the subject (3–5) to fill in, circle of confusion of
            the background (6) and the subject (7), and where the
            background's depth has a step (8).
        origin: row and column of the picture at planes[:, 0, 0]; may be negative.
        margin: pixels of confusion by which a thing must be nearer than the subject to stand before it.
    Returns:
        Whether anything stands before the subject.
    """
    height, width = alpha.shape
    lines = np.empty((9, maps.shape[2] + 1), np.float32)
    columns = planes.shape[2]
    index, share = np.empty(columns, np.int32), np.empty(columns, np.float32)
    _columns(origin[1], width, maps.shape[2], index, share)
    zero, one = np.float32(0), np.float32(1)
    any_near = False
    for y in range(planes.shape[1]):
        v = min(max(y + origin[0], 0), height - 1)
        row = v - first_held
        down, down_share = _place(v, height, maps.shape[1])
        for p in range(9):
            _row(maps[p], v, height, lines[p])
        _stretch(lines[6], index, share, planes[3, y])
        _stretch(lines[7], index, share, planes[7, y])
        for x in range(columns):
            u = min(max(x + origin[1], 0), width - 1)
            i, f = index[x], share[x]
            a = min(alpha[v, u], one)
            if a < _NOTHING:
                a = zero
            planes[8, y, x] = a
            if lines[8, i] + lines[8, i + 1] > 0 and a <= _FAINT:
                planes[3, y, x] = _matched(maps, color[row, u], down + down_share, i + f)
            back, mine = planes[3, y, x], planes[7, y, x]
            any_near |= a <= _FAINT and mine - back > margin
            if a <= 0:
                for c in range(3):
                    planes[c, y, x] = color[row, u, c]
                    planes[4 + c, y, x] = 0
                continue
            if a > _FAINT:
                planes[3, y, x] = max(back, mine)  # what the subject hides is behind it
            for c in range(3):
                light = color[row, u, c]
                behind = lines[c, i] + f * (lines[c, i + 1] - lines[c, i])
                planes[c, y, x] = light + min(a / _FAINT, one) * (behind - light)
                if foreground.shape[0] > 0:
                    planes[4 + c, y, x] = a * foreground[row, u, c]
                    continue
                around = lines[3 + c, i] + f * (lines[3 + c, i + 1] - lines[3 + c, i])
                planes[4 + c, y, x] = _subject_light(light, behind, around, a)
    return any_near


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def split_near(planes: Float32, margin: float, near: Float32, rest: Float32) -> None:
    """What stands before the subject as a sheet of its own (5 planes), and the background without it (6)."""
    zero, one = np.float32(0), np.float32(1)
    for y in range(planes.shape[1]):
        for x in range(planes.shape[2]):
            excess = (planes[7, y, x] - planes[3, y, x]) / np.float32(margin) - one
            share = (one - planes[8, y, x]) * min(max(excess, zero), one)
            left = one - share
            for c in range(3):
                near[c, y, x] = share * planes[c, y, x]
                rest[c, y, x] = left * planes[c, y, x]
            near[3, y, x] = planes[3, y, x]
            near[4, y, x] = share
            rest[3, y, x] = planes[3, y, x]
            rest[4, y, x] = left
            rest[5, y, x] = left


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def finish(
    planes: Float32, behind: Float32, front: Float32, corner: tuple[int, int], subject_is_sharp: bool, light: Float32
) -> None:
    """Light of the result: background, sharp subject over it, blurred near things over both.

    Args:
        corner: row and column in the planes of light[0, 0]. front: (4, 0, 0) if there is none.
    """
    one = np.float32(1)
    for y in range(light.shape[0]):
        v = y + corner[0]
        for x in range(light.shape[1]):
            u = x + corner[1]
            clear = one - planes[8, v, u] if subject_is_sharp else one
            left_over = one - front[3, v, u] if front.shape[1] > 0 else one
            for c in range(3):
                value = behind[c, v, u]
                if subject_is_sharp:
                    value = value * clear + planes[4 + c, v, u]
                if front.shape[1] > 0:
                    value = value * left_over + front[c, v, u]
                light[y, x, c] = value


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _between(planes: Float32, row: int, share: float, left: int, out: Float32) -> None:
    """Values between two rows of half resolution, for as many columns as ``out`` has."""
    one = np.float32(1)
    for p in range(planes.shape[0]):
        for x in range(out.shape[1]):
            above, below = planes[p, row, left + x], planes[p, row + 1, left + x]
            out[p, x] = above * (one - share) + below * share


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def finish_double(
    color: UInt8,
    foreground: UInt8,
    alpha: Float32,
    maps: Float32,
    span: tuple[int, int],
    planes: Float32,
    behind: Float32,
    front: Float32,
    corner: tuple[int, int],
    decode: Float32,
    encode: UInt8,
    out: UInt8,
) -> None:
    """The result at twice the resolution that the background was drawn at.

    The subject is composited at full resolution. Where the background is in focus, the detail that half the
    resolution cannot hold is put back; blurred, it has none.

    Args:
        color, foreground, alpha, out: rows of the full picture; foreground may be empty.
        span: row of the full picture at out[0], and its height.
        corner: row and column in the planes of the pixels that out[0, 0] and out[1, 1] were made to.
    """
    zero, one = np.float32(0), np.float32(1)
    height, width = out.shape[:2]
    half = (width + 1) // 2 + 2
    back, flat = np.empty((3, half), np.float32), np.empty((4, half), np.float32)
    near = np.zeros((4, half), np.float32)
    lines = np.empty((6, maps.shape[2] + 1), np.float32)
    index, part = np.empty(width, np.int32), np.empty(width, np.float32)
    _columns(0, width, maps.shape[2], index, part)
    for y in range(height):
        row = (y + 1) // 2 - 1 + corner[0]
        share = np.float32(0.25 if y % 2 else 0.75)
        _between(behind[:3], row, share, corner[1] - 1, back)
        _between(planes[:4], row, share, corner[1] - 1, flat)
        if front.shape[1] > 0:
            _between(front, row, share, corner[1] - 1, near)
        for p in range(6):
            _row(maps[p], y + span[0], span[1], lines[p])
        for x in range(width):
            i = (x + 1) // 2
            f = np.float32(0.25 if x % 2 else 0.75)
            a = alpha[y, x] if alpha[y, x] >= _NOTHING else zero
            ahead = near[3, i] + f * (near[3, i + 1] - near[3, i])
            if a >= one and ahead <= 0:
                for c in range(3):
                    out[y, x, c] = color[y, x, c]
                continue
            a = min(a, one)
            coc = 2 * abs(flat[3, i] + f * (flat[3, i + 1] - flat[3, i]))
            sharp = min(max((_SOFT - coc) / (_SOFT - one), zero), one)
            for c in range(3):
                light = decode[color[y, x, c]]
                value = back[c, i] + f * (back[c, i + 1] - back[c, i])
                behind_it = light
                if a > 0:
                    j, g = index[x], part[x]
                    behind_it = lines[c, j] + g * (lines[c, j + 1] - lines[c, j])
                    around = lines[3 + c, j] + g * (lines[3 + c, j + 1] - lines[3 + c, j])
                if sharp > 0:
                    own = light + min(a / _FAINT, one) * (behind_it - light)
                    value += sharp * (own - flat[c, i] - f * (flat[c, i + 1] - flat[c, i]))
                if a > 0:
                    if foreground.shape[0] > 0:
                        subject = a * decode[foreground[y, x, c]]
                    else:
                        subject = _subject_light(light, behind_it, around, a)
                    value = value * (one - a) + subject
                if ahead > 0:
                    value = value * (one - ahead) + near[c, i] + f * (near[c, i + 1] - near[c, i])
                out[y, x, c] = encode[int(min(max(value, zero), np.float32(65535)) + np.float32(0.5))]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def encode_light(light: Float32, encode: UInt8, color: UInt8, keep: Bool, out: UInt8) -> None:
    """Linear light 0…65535, clipped, to sRGB; the picture's own pixels where they are to be kept."""
    white = np.float32(65535)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            if keep[y, x]:
                for c in range(3):
                    out[y, x, c] = color[y, x, c]
            else:
                for c in range(3):
                    out[y, x, c] = encode[int(min(max(light[y, x, c], np.float32(0)), white) + np.float32(0.5))]
