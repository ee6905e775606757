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
