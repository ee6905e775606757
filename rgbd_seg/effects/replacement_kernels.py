"""Loops of background replacement over every pixel, in linear light of 0…65535, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def wrap_rows(
    color: UInt8,
    foreground: UInt8,
    alpha: Float32,
    veil: Float32,
    decode: Float32,
    encode: UInt8,
    out: UInt8,
    first: int,
    last: int,
) -> None:
    """The subject's colour under a veil of light, of any lower resolution, that was spread over it.

    Only what changes is written: ``out`` comes as a copy of ``color``.
    """
    height, width = alpha.shape
    rows, columns = veil.shape[:2]
    one, half, white = np.float32(1), np.float32(0.5), np.float32(65535)
    step = np.float32(columns / width)
    last_column = np.float32(columns - 1)
    line = np.empty((columns + 1, 3), np.float32)
    is_lit = np.empty(columns, np.bool_)
    for y in range(first, last):
        v = min(max((y + 0.5) * rows / height - 0.5, 0.0), rows - 1.0)
        j = int(v)
        j2 = min(j + 1, rows - 1)
        fy = np.float32(v - j)
        for i in range(columns):
            for c in range(3):
                line[i, c] = veil[j, i, c] + fy * (veil[j2, i, c] - veil[j, i, c])
        line[columns] = line[columns - 1]
        for i in range(columns):
            is_lit[i] = line[i, 0] + line[i, 1] + line[i, 2] + line[i + 1, 0] + line[i + 1, 1] + line[i + 1, 2] > 0
        for x in range(width):
            a = alpha[y, x]
            if a <= 0:
                continue
            u = min(max((np.float32(x) + half) * step - half, np.float32(0)), last_column)
            i = int(u)
            if not is_lit[i]:
                if a < 1:
                    for c in range(3):
                        out[y, x, c] = foreground[y, x, c]
                continue
            fx = u - np.float32(i)
            for c in range(3):
                own = decode[color[y, x, c]] if a >= 1 else decode[foreground[y, x, c]]
                light = line[i, c] + fx * (line[i + 1, c] - line[i, c])
                out[y, x, c] = encode[int(min(own + light * (one - own / white), white) + half)]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def add_picture(
    alpha: Float32,
    picture: Float32,
    before: Float32,
    screen: Float32,
    screen_light: Float32,
    seen: Float32,
    cover: Float32,
    free: Float32,
    subject: Float32,
) -> None:
    """Lay the next picture, nearest first, under what was laid before. All arrays are of the same part of the frame.

    Args:
        alpha: (h, w) the subject's.
        picture: (h, w, 4) light times coverage, and coverage.
        before: (h, w) how far the picture is in front of the subject.
        screen, screen_light: (h, w), (h, w, 3) the part of the background in front of it; or empty.
        seen: (h, w, 3) light of the pictures so far. cover: (h, w) how much of each pixel they fill.
        free: (h, w) what the pictures leave open. subject: (h, w) what they leave open of the subject.
    """
    one = np.float32(1)
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            a = picture[y, x, 3]
            if a <= 0:
                continue
            visible = free[y, x] * (one - alpha[y, x] * (one - before[y, x]))
            s = screen[y, x] if screen.size else np.float32(0)
            for c in range(3):
                light = picture[y, x, c] * (one - s)
                if s > 0:
                    light += a * screen_light[y, x, c]
                seen[y, x, c] += visible * light
            cover[y, x] += visible * a
            free[y, x] *= one - a
            subject[y, x] *= one - a * before[y, x]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def lay_together(
    color: UInt8,
    foreground: UInt8,
    alpha: Float32,
    background: UInt8,
    keeps_background: bool,
    screen: Float32,
    screen_light: Float32,
    seen: Float32,
    cover: Float32,
    free: Float32,
    subject: Float32,
    decode: Float32,
    encode: UInt8,
    out: UInt8,
) -> None:
    """The subject, the pictures and the background of one part of the frame.

    Each thing i fills a_i·v_i of a pixel, v_i being what the others leave of it, and shows its own light, or that of
    the part of the background in front of it. What is left, (1 − α)·free, is background. Where the order passes from
    one to the other, the shares do not quite add up to 1: they are scaled to.
    """
    one, half, white = np.float32(1), np.float32(0.5), np.float32(65535)
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            a = alpha[y, x]
            s = screen[y, x] if screen.size else np.float32(0)
            touched = cover[y, x] > 0 or (s > 0 and a > 0)
            if not touched and (keeps_background or a >= 1):
                for c in range(3):
                    out[y, x, c] = color[y, x, c]
                continue
            if not touched and a <= 0:
                for c in range(3):
                    out[y, x, c] = background[y, x, c]
                continue
            share = a * subject[y, x]
            left = (one - a) * free[y, x]
            scale = (one - left) / max(cover[y, x] + share, np.float32(1e-6))
            for c in range(3):
                own = decode[color[y, x, c]] if a >= 1 else decode[foreground[y, x, c]]
                if keeps_background:
                    behind = max(decode[color[y, x, c]] - a * own, np.float32(0)) * free[y, x]
                else:
                    behind = left * decode[background[y, x, c]]
                if s > 0:
                    own = own * (one - s) + screen_light[y, x, c]
                light = behind + scale * (seen[y, x, c] + share * own)
                out[y, x, c] = encode[int(min(light, white) + half)]
