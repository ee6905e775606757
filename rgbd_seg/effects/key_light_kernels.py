"""The loop that lights the subject anew, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})  # type: ignore[untyped-decorator]
def light_rows(
    color: UInt8,
    foreground: UInt8,
    alpha: Float32,
    shade: Float32,
    ambient: float,
    key: Float32,
    mono: float,
    backdrop: float,
    decode: Float32,
    encode: UInt8,
    out: UInt8,
    first: int,
    last: int,
) -> None:
    """Subject under other light, over the picture's own background, which ``out`` holds already, or a darkened one.

    Args:
        shade: (h, w, 3) of lower resolution: the key light's share on the surface, what is left of all light, and how
            far brightening goes: not to the very edge, where a matte that is a little wide would show as a rim.
        ambient: light that is everywhere, in terms of the picture's own. key: (3,) the same of the key light.
        mono: share of colour that is taken away. backdrop: share of the background's light that is left.
    """
    height, width = alpha.shape
    rows, columns = shade.shape[:2]
    line = np.empty((columns, 3), np.float32)
    white, one = np.float32(65535), np.float32(1)
    step, half = np.float32(columns / width), np.float32(0.5)
    grey, behind, base = np.float32(mono), np.float32(backdrop), np.float32(ambient)
    lit = np.empty(3, np.float32)
    for y in range(first, last):
        v = min(max((y + 0.5) * rows / height - 0.5, 0.0), rows - 1.0)
        j = min(int(v), max(rows - 2, 0))
        j2 = min(j + 1, rows - 1)
        fy = np.float32(v - j)
        for i in range(columns):
            for c in range(3):
                line[i, c] = shade[j, i, c] + fy * (shade[j2, i, c] - shade[j, i, c])
        for x in range(width):
            a = alpha[y, x]
            if behind < 1:  # before a dark background, the last traces of a matte would glow
                a -= np.float32(0.03) * (one - behind) * (one - a)
            if a <= 0:
                if behind < 1:
                    for c in range(3):
                        out[y, x, c] = encode[int(decode[color[y, x, c]] * behind + half)]
                continue
            u = min(max((np.float32(x) + half) * step - half, np.float32(0)), np.float32(columns - 1))
            i = min(int(u), max(columns - 2, 0))
            i2 = min(i + 1, columns - 1)
            fx = u - np.float32(i)
            share = line[i, 0] + fx * (line[i2, 0] - line[i, 0])
            left = line[i, 1] + fx * (line[i2, 1] - line[i, 1])
            within = line[i, 2] + fx * (line[i2, 2] - line[i, 2])
            whole = a >= 1
            dimmer, bright = np.float32(0), np.float32(0)
            for c in range(3):
                light = decode[color[y, x, c] if whole else foreground[y, x, c]]
                bright = max(bright, light)
                gain = (base + key[c] * share) * left
                if gain > one:
                    gain = one + within * (gain - one)
                # Brighter light rolls off and meets white instead of clipping.
                bend = max(gain * gain - one, np.float32(0)) * (light / white) ** 2
                lit[c] = light * gain / np.sqrt(one + bend)
                dimmer += max(one - gain, np.float32(0))
            # In shadow, light has been scattered by skin or cloth more often, and takes more of its colour. A warm
            # colour also gets back what its red lost by clipping in the bright picture; white shine stays white.
            warm = (lit[0] - max(lit[1], lit[2])) / (lit[0] + one)
            warm = np.float32(0.18) * min(max(4 * warm, np.float32(0)), one) * (bright / white) * (bright / white)
            saturation = one - grey if grey > 0 else one + dimmer * (np.float32(0.06) + warm)
            if saturation != one:
                luminance = np.float32(0.2126) * lit[0] + np.float32(0.7152) * lit[1] + np.float32(0.0722) * lit[2]
                for c in range(3):
                    lit[c] = min(max(luminance + saturation * (lit[c] - luminance), np.float32(0)), white)
            if whole:
                for c in range(3):
                    out[y, x, c] = encode[int(lit[c] + half)]
            else:
                for c in range(3):
                    rest = max(decode[color[y, x, c]] - a * decode[foreground[y, x, c]], np.float32(0))
                    out[y, x, c] = encode[int(min(a * lit[c] + behind * rest, white) + half)]
