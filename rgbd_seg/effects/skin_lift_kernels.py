"""The loop that changes light by a smooth map, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8, UInt16
from rgbd_seg.effects.skin_lift import Int16


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})  # type: ignore[untyped-decorator]
def lift_rows(
    color: UInt8,
    alpha: Float32,
    change: Int16,
    brightened: Int16,
    encoded: UInt16,
    dither: UInt16,
    out: UInt8,
    first: int,
    last: int,
) -> None:
    """Change light by a map in units of 1/512 stop, of any lower resolution, inside the subject.

    Channels 0–2 of the map scale red, green and blue; channel 3 first brightens all three (`skin_lift.brightened`).
    ``out`` holds the picture already.
    """
    height, width = alpha.shape
    rows, columns = change.shape[:2]
    same = rows == height and columns == width
    line = np.empty((columns, 4), np.float32)
    here = np.empty(4, np.float32)
    levels = np.float32(170 / 512)
    darkest, brightest = encoded.size - 1, np.float32(brightened.shape[0] - 1)
    step = np.float32(columns / width)
    for y in range(first, last):
        if not same:
            v = min(max((y + 0.5) * rows / height - 0.5, 0.0), rows - 1.0)
            j = min(int(v), max(rows - 2, 0))
            j2 = min(j + 1, rows - 1)
            fy = np.float32(v - j)
            for i in range(columns):
                for c in range(4):
                    upper = np.float32(change[j, i, c])
                    line[i, c] = upper + fy * (np.float32(change[j2, i, c]) - upper)
        for x in range(width):
            a = alpha[y, x]
            if a <= 0:
                continue
            if same:
                for c in range(4):
                    here[c] = a * np.float32(change[y, x, c])
            else:
                u = min(
                    max((np.float32(x) + np.float32(0.5)) * step - np.float32(0.5), np.float32(0)),
                    np.float32(columns - 1),
                )
                i = min(int(u), max(columns - 2, 0))
                i2 = min(i + 1, columns - 1)
                fx = u - np.float32(i)
                for c in range(4):
                    here[c] = a * (line[i, c] + fx * (line[i2, c] - line[i, c]))
            if here[0] == 0 and here[1] == 0 and here[2] == 0 and here[3] == 0:
                continue
            level = int(min(max(here[3] * levels + np.float32(0.5), np.float32(0)), brightest))
            threshold = dither[y & 7, x & 7]
            for c in range(3):
                # 16384 makes the sum positive, where int() rounds down.
                light = int(np.float32(brightened[level, color[y, x, c]]) + here[c] + np.float32(16384.5)) - 16384
                out[y, x, c] = (encoded[min(max(-light, 0), darkest)] + threshold) >> 8
