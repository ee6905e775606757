"""Loops that take a picture apart into sheets: what lies behind the subject, the subject, and things before it.

A sheet is (6, h, w) float32: light times cover (0–2), cover (3), circle of confusion (4), and what of each pixel
neither covers nor hides anything (5). The maps that pixels are taken apart with are (9, h, w) of lower resolution:
light of the background (0–2) and of the subject (3–5) to fill in, circle of confusion of the background (6) and of
the subject (7), and where the background's depth has a step (8).
"""

import numpy as np
from numba import njit, types
from numba.extending import overload

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.highlights import STEP as _STEP

# How a pixel is shared among sheets.
PLAIN = 0  # all of it is background; the subject is not drawn through the lens
NEAR_APART = 1  # the same, but what stands before the subject is a second sheet
WITH_SUBJECT = 2  # the subject is a second sheet

NOTHING = np.float32(1.5 / 255)  # mattes of 8 bits are seldom quite 0 where there is no subject
STEP = np.float32(_STEP)
_FAINT = np.float32(0.1)  # alpha up to which a pixel's own colour still tells of the background
_COLOR_SCALE = np.float32(1 / (2 * 16.0**2))  # of square roots of light (0…256): colours so far apart differ
_DOUBT = np.float32(0.3)  # in the filled colours, against the picture's own, in mixed pixels


def light_of(value: float, decode: Float32) -> float:
    """Linear light of a value of the picture: by the table if it is sRGB, else as it is."""
    raise NotImplementedError


@overload(light_of, inline="always")
def _light_of(value, decode):  # type: ignore[no-untyped-def]  # numba compares annotations
    if isinstance(value, types.Integer):
        return lambda value, decode: decode[value]
    return lambda value, decode: value


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def between(pixel: int, step: int, cells: int) -> tuple[int, np.float32]:
    """In a line of cells of ``step`` pixels, the one to the left of a pixel's centre, and the way to the next one."""
    at = min(max((pixel + 0.5) / step - 0.5, 0.0), cells - 1.0)
    index = max(min(int(at), cells - 2), 0)
    return index, np.float32(at - index)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def sample(plane: Float32, j: int, f: float, i: int, g: float) -> np.float32:
    """A low-resolution map between its cells."""
    below, right = min(j + 1, plane.shape[0] - 1), min(i + 1, plane.shape[1] - 1)
    above = plane[j, i] + g * (plane[j, right] - plane[j, i])
    beneath = plane[below, i] + g * (plane[below, right] - plane[below, i])
    return np.float32(above + f * (beneath - above))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def matched(maps: Float32, red: float, green: float, blue: float, v: float, u: float) -> np.float32:
    """The background's circle of confusion at a step of depth: that of the side whose colour the pixel has.

    Depth is coarser than colour, and a mean of near and far is neither: at a step it would be in focus.
    """
    j, i = int(v + 0.5), int(u + 0.5)
    top, bottom = max(j - 2, 0), min(j + 3, maps.shape[1])
    left, right = max(i - 2, 0), min(i + 3, maps.shape[2])
    window = maps[6, top:bottom, left:right]
    middle, half = (window.min() + window.max()) / 2, (window.max() - window.min()) / 2 + np.float32(1e-6)
    near = far = near_clear = far_clear = near_sum = far_sum = np.float32(1e-12)
    root_red, root_green, root_blue = np.sqrt(red), np.sqrt(green), np.sqrt(blue)
    for y in range(top, bottom):
        for x in range(left, right):
            c = maps[6, y, x]
            away = np.float32((y - v) ** 2 + (x - u) ** 2)
            apart = (np.sqrt(maps[0, y, x]) - root_red) ** 2
            apart += (np.sqrt(maps[1, y, x]) - root_green) ** 2
            apart += (np.sqrt(maps[2, y, x]) - root_blue) ** 2
            part = (c - middle) / half
            clear = part * part * part * part  # cells that are a mean themselves say little
            like = clear * (np.exp(-away * np.float32(0.25) - apart * _COLOR_SCALE) + np.float32(1e-9))
            clear = clear / (1 + away)
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
def split_pixel(
    color: UInt8 | Float32,
    gain: UInt8,
    foreground: UInt8,
    maps: Float32,
    decode: Float32,
    v: int,
    u: int,
    a: float,
    at: tuple[int, float, int, float],
    pixel: Float32,
) -> None:
    """One pixel as background and subject.

    Args:
        gain: how many steps brighter than in ``color``, or empty. foreground: the subject's own colours, or empty.
        a: its alpha. at: its place in the maps, see ``sample``.
        pixel: takes light (0–2) and circle of confusion (3) of the background, light × alpha (4–6), circle of
            confusion (7) and alpha (8) of the subject.
    """
    j, f, i, g = at
    zero, one = np.float32(0), np.float32(1)
    back, mine = sample(maps[6], j, f, i, g), sample(maps[7], j, f, i, g)
    brighter = one + STEP * np.float32(gain[v, u]) if gain.shape[0] > 0 else one
    for c in range(3):
        pixel[c] = brighter * light_of(color[v, u, c], decode)
        pixel[4 + c] = zero
    if a <= _FAINT:
        below, right = min(j + 1, maps.shape[1] - 1), min(i + 1, maps.shape[2] - 1)
        if maps[8, j, i] + maps[8, j, right] + maps[8, below, i] + maps[8, below, right] > 0:
            back = matched(maps, pixel[0], pixel[1], pixel[2], j + f, i + g)
    else:
        back = max(back, mine)  # what the subject hides is behind it
    pixel[3], pixel[7], pixel[8] = back, mine, a
    if a <= zero:
        return
    for c in range(3):
        light = pixel[c]
        behind = sample(maps[c], j, f, i, g)
        pixel[c] = light + min(a / _FAINT, one) * (behind - light)
        if foreground.shape[0] > 0:
            pixel[4 + c] = a * decode[foreground[v, u, c]]
        elif a >= one:
            pixel[4 + c] = light
        else:
            pixel[4 + c] = _subject_light(light, behind, sample(maps[3 + c], j, f, i, g), a)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def near_share(pixel: Float32, margin: float) -> np.float32:
    """How much of a pixel stands clearly before the subject."""
    excess = (pixel[7] - pixel[3]) / np.float32(margin) - np.float32(1)
    return np.float32((np.float32(1) - pixel[8]) * min(max(excess, np.float32(0)), np.float32(1)))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def share_pixel(pixel: Float32, mode: int, margin: float, shared: Float32) -> None:
    """A pixel of ``split_pixel`` as (sheets, 6)."""
    one = np.float32(1)
    left = one - near_share(pixel, margin) if mode == NEAR_APART else one
    for c in range(3):
        shared[0, c] = left * pixel[c]
    shared[0, 3] = left
    shared[0, 4] = pixel[3]
    shared[0, 5] = 0
    if mode == NEAR_APART:
        for c in range(3):
            shared[1, c] = (one - left) * pixel[c]
        shared[1, 3] = one - left
        shared[1, 4] = pixel[3]
        shared[1, 5] = left
    elif mode == WITH_SUBJECT:
        for c in range(3):
            shared[1, c] = pixel[4 + c]
        shared[1, 3] = pixel[8]
        shared[1, 4] = pixel[7]
        shared[1, 5] = one - pixel[8]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def load_patch(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    maps: Float32,
    step: int,
    decode: Float32,
    corner: tuple[int, int],
    mode: int,
    margin: float,
    out: Float32,
) -> None:
    """Pixels from ``corner`` on as sheets (sheets, 6, rows, columns); the picture's edges are repeated."""
    height, width = alpha.shape
    pixel, shared = np.empty(9, np.float32), np.empty((2, 6), np.float32)
    columns = out.shape[3]
    index, share = np.empty(columns, np.int32), np.empty(columns, np.float32)
    for x in range(columns):
        index[x], share[x] = between(min(max(corner[1] + x, 0), width - 1), step, maps.shape[2])
    first, cells = index[0], index[columns - 1] - index[0] + 2
    lines = np.empty((3, cells), np.float32)
    for y in range(out.shape[2]):
        v = min(max(corner[0] + y, 0), height - 1)
        j, f = between(v, step, maps.shape[1])
        below = min(j + 1, maps.shape[1] - 1)
        for p in range(3):
            for i in range(cells):
                at = min(first + i, maps.shape[2] - 1)
                lines[p, i] = maps[6 + p, j, at] + f * (maps[6 + p, below, at] - maps[6 + p, j, at])
        for x in range(columns):
            u = min(max(corner[1] + x, 0), width - 1)
            i, g = index[x] - first, share[x]
            a = alpha[v, u]
            back = lines[0, i] + g * (lines[0, i + 1] - lines[0, i])
            mine = lines[1, i] + g * (lines[1, i + 1] - lines[1, i])
            near = mode == NEAR_APART and mine - back > margin
            bright = gain.shape[0] > 0 and gain[v, u] > 0
            if a < NOTHING and not near and not bright and lines[2, i] + lines[2, i + 1] <= 0:
                for c in range(3):
                    out[0, c, y, x] = light_of(color[v, u, c], decode)
                out[0, 3, y, x] = 1
                out[0, 4, y, x] = back
                out[0, 5, y, x] = 0
                for s in range(1, out.shape[0]):
                    out[s, :5, y, x] = 0
                    out[s, 5, y, x] = 1
                continue
            if a < NOTHING:
                a = np.float32(0)
            split_pixel(color, gain, foreground, maps, decode, v, u, a, (j, f, index[x], g), pixel)
            share_pixel(pixel, mode, margin, shared)
            for s in range(out.shape[0]):
                for p in range(6):
                    out[s, p, y, x] = shared[s, p]
