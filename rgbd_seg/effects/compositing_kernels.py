"""Loops of the effects that go once over every pixel, in linear light, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def over_rows(
    color: UInt8,
    foreground: UInt8,
    background: UInt8,
    alpha: Float32,
    decode: Float32,
    encode: UInt8,
    out: UInt8,
    first: int,
    last: int,
) -> None:
    """Subject over background. Whole pixels are copied, so that they stay exactly as they were."""
    for y in range(first, last):
        for x in range(alpha.shape[1]):
            a = alpha[y, x]
            if a <= 0:
                for c in range(3):
                    out[y, x, c] = background[y, x, c]
            elif a >= 1:
                for c in range(3):
                    out[y, x, c] = color[y, x, c]
            else:
                for c in range(3):
                    behind = decode[background[y, x, c]]
                    light = behind + a * (decode[foreground[y, x, c]] - behind)
                    out[y, x, c] = encode[int(light + np.float32(0.5))]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def gray_rows(
    color: UInt8,
    foreground: UInt8,
    alpha: Float32,
    strength: float,
    decode: Float32,
    encode: UInt8,
    out: UInt8,
    first: int,
    last: int,
) -> None:
    """Subject in colour over the rest in grey.

    What is not subject in a mixed pixel is C − αF; making grey is linear, so it needs no division by 1 − α.
    """
    s = np.float32(strength)
    white = np.float32(65535)
    for y in range(first, last):
        for x in range(alpha.shape[1]):
            a = alpha[y, x]
            if a >= 1:
                for c in range(3):
                    out[y, x, c] = color[y, x, c]
                continue
            a = max(a, np.float32(0))
            r = max(decode[color[y, x, 0]] - a * decode[foreground[y, x, 0]], np.float32(0))
            g = max(decode[color[y, x, 1]] - a * decode[foreground[y, x, 1]], np.float32(0))
            b = max(decode[color[y, x, 2]] - a * decode[foreground[y, x, 2]], np.float32(0))
            luminance = np.float32(0.2126) * r + np.float32(0.7152) * g + np.float32(0.0722) * b
            for c in range(3):
                rest = r if c == 0 else (g if c == 1 else b)
                subject = a * decode[foreground[y, x, c]]
                light = subject + rest + s * (luminance - rest)
                out[y, x, c] = encode[int(min(light, white) + np.float32(0.5))]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def lift_rows(
    color: UInt8,
    alpha: Float32,
    stops: Float32,
    decode: Float32,
    encode: UInt8,
    out: UInt8,
    first: int,
    last: int,
) -> None:
    """Change light by a smooth map of photographic stops, of any lower resolution, inside the subject.

    Channels 0–2 of the map scale red, green and blue. Channel 3 then brightens all three by a curve that has slope
    g in the shadows and meets white at white, y = g·x / (1 + (g − 1)·x), so that nothing clips.
    """
    height, width = alpha.shape
    rows, columns = stops.shape[:2]
    one, white = np.float32(1), np.float32(65535)
    here = np.empty(4, np.float32)
    for y in range(first, last):
        v = min(max((y + 0.5) * rows / height - 0.5, 0.0), rows - 1.0)
        j = min(int(v), rows - 2) if rows > 1 else 0
        j2 = min(j + 1, rows - 1)
        fy = np.float32(v - j)
        for x in range(width):
            a = alpha[y, x]
            if a <= 0:
                for c in range(3):
                    out[y, x, c] = color[y, x, c]
                continue
            u = min(max((x + 0.5) * columns / width - 0.5, 0.0), columns - 1.0)
            i = min(int(u), columns - 2) if columns > 1 else 0
            i2 = min(i + 1, columns - 1)
            fx = np.float32(u - i)
            for c in range(4):
                upper = stops[j, i, c] + fx * (stops[j, i2, c] - stops[j, i, c])
                lower = stops[j2, i, c] + fx * (stops[j2, i2, c] - stops[j2, i, c])
                here[c] = min(a, one) * (upper + fy * (lower - upper))
            if here[0] == 0 and here[1] == 0 and here[2] == 0 and here[3] == 0:
                for c in range(3):
                    out[y, x, c] = color[y, x, c]
                continue
            gain = np.float32(2) ** here[3]
            for c in range(3):
                light = min(decode[color[y, x, c]] * np.float32(2) ** here[c], white)
                lifted = light * gain / (one + (gain - one) * light / white)
                out[y, x, c] = encode[int(lifted + np.float32(0.5))]
