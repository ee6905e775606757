"""Loops of beautify, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.inner_loop import inner_loop
from rgbd_seg.effects.skin_lift import Int16
from rgbd_seg.effects.stretching_kernels import stretch


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "nnan"})  # type: ignore[untyped-decorator]
def calm_rows(
    fine: UInt8,
    medium: UInt8,
    log_light: Int16,
    coarse: Float32,
    shares: Float32,
    strongest: float,
    change: Int16,
    first: int,
    last: int,
) -> None:
    """The change of light, in units of 1/512 stop, that takes away what lies between pores and shape.

    Args:
        fine, medium: (h, w, 3) sRGB, without pores, and without fine lines. log_light: (256,) of sRGB, in the units.
        coarse: (12, k, l) of lower resolution, same field of view: slope and offset of the shape's light as a
            function of the luminance of ``fine`` for each channel (0–5, units), strength on skin (6), blemish (7), and
            what else is to be added to the three channels (8–10) and brightening (11), units.
        shares: of the finer and the broader band that are taken away; on a blemish, the same.
        strongest: size of a band, units, from which it is taken for a brow, a lip or a rim, and stays.
        change: (h, w, 4) of the channels, and brightening; written.
    """
    height, width = fine.shape[:2]
    rows, columns = coarse.shape[1:]
    index, away = np.empty(width, np.int32), np.empty(width, np.float32)
    for x in range(width):
        u = min(max((x + 0.5) * columns / width - 0.5, 0.0), columns - 1.0)
        index[x] = min(int(u), max(columns - 2, 0))
        away[x] = u - index[x]
    line = np.empty(columns + 1, np.float32)
    here, tones = np.empty((12, width), np.float32), np.empty((6, width), np.float32)
    for y in range(first, last):
        v = min(max((y + 0.5) * rows / height - 0.5, 0.0), rows - 1.0)
        j = min(int(v), max(rows - 2, 0))
        j2 = min(j + 1, rows - 1)
        for x in range(width):
            for c in range(4):
                change[y, x, c] = 0
        start, end = width, 0
        for x in range(width):
            i, i2 = index[x], min(index[x] + 1, columns - 1)
            if coarse[6, j, i] + coarse[6, j2, i] + coarse[6, j, i2] + coarse[6, j2, i2] > 0:
                start, end = min(start, x), x + 1
        if end == 0:
            continue
        for c in range(12):
            stretch(coarse[c, j], coarse[c, j2], np.float32(v - j), index[start:end], away[start:end], line, here[c])
        for x in range(start, end):
            for c in range(3):
                tones[c, x - start] = log_light[fine[y, x, c]]
                tones[3 + c, x - start] = log_light[medium[y, x, c]]
        _calm(tones, here, shares, np.float32(strongest), end - start)
        for x in range(start, end):
            for c in range(3):
                change[y, x, c] = np.int16(tones[c, x - start])
            change[y, x, 3] = np.int16(here[11, x - start] + np.float32(0.5))


@inner_loop(fastmath={"contract", "reassoc", "nsz", "nnan"})
def _calm(tones: Float32, here: Float32, shares: Float32, strongest: float, count: int) -> None:
    """The change of a row, written over the first three of ``tones``; rows as arrays of their own are vectorised."""
    red, green, blue, red_medium, green_medium, blue_medium = tones[0], tones[1], tones[2], tones[3], tones[4], tones[5]
    red_slope, red_offset, green_slope, green_offset = here[0], here[1], here[2], here[3]
    blue_slope, blue_offset, amounts, spots = here[4], here[5], here[6], here[7]
    red_more, green_more, blue_more = here[8], here[9], here[10]
    finer_share, broader_share, finer_spot, broader_spot = shares[0], shares[1], shares[2], shares[3]
    one, quarter, per_strongest = np.float32(1), np.float32(0.25), np.float32(1) / strongest
    for x in range(count):
        guide = quarter * (red[x] + green[x] + green[x] + blue[x])
        red_upper, red_lower = red[x] - red_medium[x], red_medium[x] - (red_slope[x] * guide + red_offset[x])
        green_upper = green[x] - green_medium[x]
        green_lower = green_medium[x] - (green_slope[x] * guide + green_offset[x])
        blue_upper, blue_lower = blue[x] - blue_medium[x], blue_medium[x] - (blue_slope[x] * guide + blue_offset[x])
        most = max(abs(red_lower), max(abs(green_lower), abs(blue_lower)))
        most = max(most, abs(red_lower + red_upper))
        most = max(most, max(abs(green_lower + green_upper), abs(blue_lower + blue_upper)))
        strong = (most * per_strongest) ** 2
        # exp(−strong), near enough, of operations that are vectorised.
        left = one / (one + strong * (one + strong * (np.float32(0.5) + np.float32(1 / 6) * strong)))
        spot, amount = spots[x], amounts[x]
        finer = amount * (left * finer_share + spot * (finer_spot - left * finer_share))
        broader = amount * (left * broader_share + spot * (broader_spot - left * broader_share))
        red[x] = red_more[x] - finer * red_upper - broader * red_lower
        green[x] = green_more[x] - finer * green_upper - broader * green_lower
        blue[x] = blue_more[x] - finer * blue_upper - broader * blue_lower


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})  # type: ignore[untyped-decorator]
def guided_terms(light: Float32, weight: Float32, terms: Float32) -> None:
    """Products whose means make a guided filter: weight; weight · (guide, guide², light, light · guide).

    Args:
        light: (h, w, 3); the guide is its luminance. weight: (h, w). terms: (3, h, w, 3); written.
    """
    for y in range(light.shape[0]):
        for x in range(light.shape[1]):
            share = weight[y, x] + np.float32(1e-3)
            guide = np.float32(0.25) * (light[y, x, 0] + 2 * light[y, x, 1] + light[y, x, 2])
            terms[0, y, x, 0] = share
            terms[0, y, x, 1] = share * guide
            terms[0, y, x, 2] = share * guide * guide
            for c in range(3):
                terms[1, y, x, c] = share * light[y, x, c]
                terms[2, y, x, c] = share * light[y, x, c] * guide


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})  # type: ignore[untyped-decorator]
def guided_lines(means: Float32, strength: float, lines: Float32) -> None:
    """Slope and offset of every channel as a function of the guide (He 2013).

    Args:
        means: (3, h, w, 3) of `guided_terms`. strength: variance below which a contrast is smoothed away.
        lines: (2, h, w, 3); written.
    """
    for y in range(means.shape[1]):
        for x in range(means.shape[2]):
            share = np.float32(1) / means[0, y, x, 0]
            centre = share * means[0, y, x, 1]
            variance = max(share * means[0, y, x, 2] - centre * centre, np.float32(0)) + np.float32(strength)
            for c in range(3):
                mean = share * means[1, y, x, c]
                slope = (share * means[2, y, x, c] - centre * mean) / variance
                lines[0, y, x, c] = slope
                lines[1, y, x, c] = mean - slope * centre


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def find_spots(light: Float32, skin: Float32, radius: float, noise: float, deepest: float, spots: Float32) -> None:
    """Small dark spots amid skin: darker than the skin on every side of them, by more than noise, less than a mole.

    A wrinkle or a brow is not: along it, it is as dark. A nostril, a pupil or a mole is darker than ``deepest``.

    Args:
        light: (h, w) stops, green, where blood and pigment show most. skin: (h, w).
        spots: (h, w) in [0, 1]; written.
    """
    height, width = light.shape
    dx, dy = np.empty(16, np.int64), np.empty(16, np.int64)
    for k in range(16):
        reach = radius if k < 8 else 1.7 * radius
        dx[k] = round(reach * np.cos(np.pi * k / 4))
        dy[k] = round(reach * np.sin(np.pi * k / 4))
    margin = int(1.7 * radius + 1.5)
    spots[:] = 0
    for y in range(margin, height - margin):
        for x in range(margin, width - margin):
            if skin[y, x] < 0.3:
                continue
            best = 0.0
            for ring in range(2):
                least = 1e9
                for k in range(8 * ring, 8 * ring + 8):
                    if skin[y + dy[k], x + dx[k]] < 0.6:
                        least = -1.0
                        break
                    least = min(least, light[y + dy[k], x + dx[k]] - light[y, x])
                best = max(best, least)
            if best > noise:
                sure = min((best - noise) / noise, 1.0)
                spots[y, x] = sure * min(max((deepest - best) / (0.3 * deepest), 0.0), 1.0)
