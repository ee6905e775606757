"""Loops of beautify, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.skin_lift import Int16


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})  # type: ignore[untyped-decorator]
def calm_rows(
    fine: UInt8,
    medium: UInt8,
    log_light: Int16,
    coarse: Float32,
    shares: Float32,
    guard: Float32,
    change: Int16,
    first: int,
    last: int,
) -> None:
    """The change of light, in units of 1/512 stop, that takes away what lies between pores and shape.

    Args:
        fine, medium: (h, w, 3) sRGB, without pores, and without fine lines. log_light: (256,) of sRGB, in the units.
        coarse: (k, l, 12) of lower resolution, same field of view: slope and offset of the shape's light as a
            function of the luminance of ``fine`` for each channel (0–5, units), strength on skin (6), blemish (7), and
            what else is to be added to the three channels (8–10) and brightening (11), units.
        shares: of the finer and the broader band that are taken away; on a blemish, the same.
        guard: (n,) what share is left to do where a band's size is n × 16 units: brows, lips and rims are stronger.
        change: (h, w, 4) of the channels, and brightening; written.
    """
    height, width = fine.shape[:2]
    rows, columns = coarse.shape[:2]
    line = np.empty((columns, 12), np.float32)
    here = np.empty(12, np.float32)
    step = np.float32(columns / width)
    half, quarter = np.float32(0.5), np.float32(0.25)
    lower = np.empty(3, np.float32)
    upper = np.empty(3, np.float32)
    tone = np.empty(3, np.float32)
    for y in range(first, last):
        v = min(max((y + 0.5) * rows / height - 0.5, 0.0), rows - 1.0)
        j = min(int(v), max(rows - 2, 0))
        j2 = min(j + 1, rows - 1)
        fy = np.float32(v - j)
        start, end = columns, -1
        for i in range(columns):
            if coarse[j, i, 6] > 0 or coarse[j2, i, 6] > 0:
                start, end = min(start, i), i
        for x in range(width):
            for c in range(4):
                change[y, x, c] = 0
        for i in range(max(start - 1, 0), min(end + 2, columns)):
            for c in range(12):
                line[i, c] = coarse[j, i, c] + fy * (coarse[j2, i, c] - coarse[j, i, c])
        for x in range(max(int((start - 1) / step), 0), min(int((end + 2) / step) + 1, width)):
            u = min(max((np.float32(x) + half) * step - half, np.float32(0)), np.float32(columns - 1))
            i = min(int(u), max(columns - 2, 0))
            i2 = min(i + 1, columns - 1)
            fx = u - np.float32(i)
            if i < start - 1 or i > end or (line[i, 6] == 0 and line[i2, 6] == 0):
                continue
            for c in range(12):
                here[c] = line[i, c] + fx * (line[i2, c] - line[i, c])
            for c in range(3):
                tone[c] = np.float32(log_light[fine[y, x, c]])
            guide = quarter * (tone[0] + tone[1] + tone[1] + tone[2])
            most = np.float32(0)
            for c in range(3):
                level = np.float32(log_light[medium[y, x, c]])
                lower[c] = level - (here[2 * c] * guide + here[2 * c + 1])
                upper[c] = tone[c] - level
                most = max(most, max(abs(lower[c]), abs(lower[c] + upper[c])))
            left = guard[min(int(most) >> 4, guard.size - 1)]
            spot = here[7]
            finer = left * shares[0] + spot * (shares[2] - left * shares[0])
            broader = left * shares[1] + spot * (shares[3] - left * shares[1])
            for c in range(3):
                change[y, x, c] = np.int16(here[8 + c] - here[6] * (finer * upper[c] + broader * lower[c]))
            change[y, x, 3] = np.int16(here[11] + half)


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
