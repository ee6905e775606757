"""Loops of beautify, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32
from rgbd_seg.effects.skin_lift import Int16


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})  # type: ignore[untyped-decorator]
def calm_rows(
    fine: Int16,
    medium: Int16,
    coarse: Float32,
    shares: Float32,
    guard: Float32,
    stops: Float32,
    first: int,
    last: int,
) -> None:
    """The change of light, in stops, that takes away what lies between pores and shape.

    Args:
        fine, medium: (h, w, 3) log light in units of 1/512 stop, without pores, and without fine lines.
        coarse: (k, l, 12) of lower resolution, same field of view: slope and offset of the shape's light as a
            function of the luminance of ``fine`` for each channel (0–5, units), strength on skin (6), blemish (7), and
            what else is to be added to the three channels (8–10) and brightening (11), stops.
        shares: of the finer and the broader band that are taken away; on a blemish, the same.
        guard: (n,) what share is left to do where a band's size is n × 16 units: brows, lips and rims are stronger.
        stops: (h, w, 4); written.
    """
    height, width = fine.shape[:2]
    rows, columns = coarse.shape[:2]
    line = np.empty((columns, 12), np.float32)
    here = np.empty(12, np.float32)
    step = np.float32(columns / width)
    per_unit = np.float32(1 / 512)
    half, quarter = np.float32(0.5), np.float32(0.25)
    lower = np.empty(3, np.float32)
    upper = np.empty(3, np.float32)
    for y in range(first, last):
        v = min(max((y + 0.5) * rows / height - 0.5, 0.0), rows - 1.0)
        j = min(int(v), max(rows - 2, 0))
        j2 = min(j + 1, rows - 1)
        fy = np.float32(v - j)
        for i in range(columns):
            for c in range(12):
                line[i, c] = coarse[j, i, c] + fy * (coarse[j2, i, c] - coarse[j, i, c])
        for x in range(width):
            u = min(max((np.float32(x) + half) * step - half, np.float32(0)), np.float32(columns - 1))
            i = min(int(u), max(columns - 2, 0))
            i2 = min(i + 1, columns - 1)
            fx = u - np.float32(i)
            if line[i, 6] == 0 and line[i2, 6] == 0:
                for c in range(4):
                    stops[y, x, c] = 0
                continue
            for c in range(12):
                here[c] = line[i, c] + fx * (line[i2, c] - line[i, c])
            guide = quarter * np.float32(fine[y, x, 0] + 2 * fine[y, x, 1] + fine[y, x, 2])
            most = np.float32(0)
            for c in range(3):
                shape = here[2 * c] * guide + here[2 * c + 1]
                lower[c] = np.float32(medium[y, x, c]) - shape
                upper[c] = np.float32(fine[y, x, c] - medium[y, x, c])
                most = max(most, max(abs(lower[c]), abs(lower[c] + upper[c])))
            left = guard[min(int(most) >> 4, guard.size - 1)]
            spot = here[7]
            finer = left * shares[0] + spot * (shares[2] - left * shares[0])
            broader = left * shares[1] + spot * (shares[3] - left * shares[1])
            amount = here[6] * per_unit
            for c in range(3):
                stops[y, x, c] = here[8 + c] - amount * (finer * upper[c] + broader * lower[c])
            stops[y, x, 3] = here[11]


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
