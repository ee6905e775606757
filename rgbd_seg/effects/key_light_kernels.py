"""The loop that lights the subject anew, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.inner_loop import inner_loop
from rgbd_seg.effects.stretching_kernels import stretch


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "nnan"})  # type: ignore[untyped-decorator]
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
    """Subject under other light, over the background, darkened or not, that ``out`` holds already.

    Every row goes through four short loops, of which those with arithmetic have no look-ups, and so are vectorised.

    Args:
        shade: (3, h, w) of lower resolution: the key light's share on the surface, what is left of all light, and how
            far brightening goes: not to the very edge, where a matte that is a little wide would show as a rim.
        ambient: light that is everywhere, in terms of the picture's own. key: (3,) the same of the key light.
        mono: share of colour that is taken away. backdrop: share of the background's light that is left.
    """
    height, width = alpha.shape
    rows, columns = shade.shape[1:]
    one, half, white = np.float32(1), np.float32(0.5), np.float32(65535)
    behind = np.float32(backdrop)
    index, away = np.empty(width, np.int32), np.empty(width, np.float32)
    for x in range(width):
        u = min(max((x + 0.5) * columns / width - 0.5, 0.0), columns - 1.0)
        index[x] = min(int(u), max(columns - 2, 0))
        away[x] = u - index[x]
    line = np.empty(columns + 1, np.float32)
    share, left, within = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    red, green, blue = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    for y in range(first, last):
        v = min(max((y + 0.5) * rows / height - 0.5, 0.0), rows - 1.0)
        j = min(int(v), max(rows - 2, 0))
        j2 = min(j + 1, rows - 1)
        down = np.float32(v - j)
        start, end = width, 0
        for x in range(width):
            if alpha[y, x] > 0:
                start, end = min(start, x), x + 1
        if end == 0:
            continue
        stretch(shade[0, j], shade[0, j2], down, index[start:end], away[start:end], line, share[start:end])
        stretch(shade[1, j], shade[1, j2], down, index[start:end], away[start:end], line, left[start:end])
        stretch(shade[2, j], shade[2, j2], down, index[start:end], away[start:end], line, within[start:end])
        for x in range(start, end):
            if alpha[y, x] >= 1:
                red[x], green[x], blue[x] = decode[color[y, x, 0]], decode[color[y, x, 1]], decode[color[y, x, 2]]
            else:
                red[x], green[x] = decode[foreground[y, x, 0]], decode[foreground[y, x, 1]]
                blue[x] = decode[foreground[y, x, 2]]
        _relight(
            red[start:end],
            green[start:end],
            blue[start:end],
            share[start:end],
            left[start:end],
            within[start:end],
            np.float32(ambient),
            key[0],
            key[1],
            key[2],
            np.float32(mono),
        )
        for x in range(start, end):
            a = alpha[y, x]
            if a >= 1:
                out[y, x, 0] = encode[int(red[x] + half)]
                out[y, x, 1] = encode[int(green[x] + half)]
                out[y, x, 2] = encode[int(blue[x] + half)]
                continue
            if behind < 1:  # before a dark background, the last traces of a matte would glow
                a -= np.float32(0.03) * (one - behind) * (one - a)
            if a <= 0:
                continue
            for c in range(3):
                light = red[x] if c == 0 else (green[x] if c == 1 else blue[x])
                rest = max(decode[color[y, x, c]] - a * decode[foreground[y, x, c]], np.float32(0))
                out[y, x, c] = encode[int(min(a * light + behind * rest, white) + half)]


@inner_loop(fastmath={"contract", "reassoc", "nsz", "nnan"})
def _relight(
    reds: Float32,
    greens: Float32,
    blues: Float32,
    shares: Float32,
    lefts: Float32,
    withins: Float32,
    ambient: float,
    red_key: float,
    green_key: float,
    blue_key: float,
    mono: float,
) -> None:
    """Change the linear light of a row in place. One-dimensional arrays: only these does the compiler vectorise."""
    one, nothing, white = np.float32(1), np.float32(0), np.float32(65535)
    per_white = one / white
    for x in range(reds.size):
        share, left, within = shares[x], lefts[x], withins[x]
        red, green, blue = reds[x] * per_white, greens[x] * per_white, blues[x] * per_white
        red_gain = (ambient + red_key * share) * left
        green_gain = (ambient + green_key * share) * left
        blue_gain = (ambient + blue_key * share) * left
        dimmer = max(one - red_gain, nothing) + max(one - green_gain, nothing) + max(one - blue_gain, nothing)
        bright = max(red, max(green, blue))
        # Brightening stops short of the edge, rolls off, and meets white instead of clipping.
        red_gain = min(red_gain, one + within * max(red_gain - one, nothing))
        green_gain = min(green_gain, one + within * max(green_gain - one, nothing))
        blue_gain = min(blue_gain, one + within * max(blue_gain - one, nothing))
        red_bend = max(red_gain * red_gain - one, nothing) * red * red
        green_bend = max(green_gain * green_gain - one, nothing) * green * green
        blue_bend = max(blue_gain * blue_gain - one, nothing) * blue * blue
        red *= red_gain / np.sqrt(one + red_bend)
        green *= green_gain / np.sqrt(one + green_bend)
        blue *= blue_gain / np.sqrt(one + blue_bend)
        # In shadow, light has been scattered by skin or cloth more often, and takes more of its colour. A warm colour
        # also gets back what its red lost by clipping in the bright picture; white shine stays white.
        warm = np.float32(4) * (red - max(green, blue)) / (red + np.float32(1e-5))
        warm = np.float32(0.14) * min(max(warm, nothing), one) * bright * bright
        saturation = (one + dimmer * (np.float32(0.04) + warm)) * (one - mono)
        luminance = np.float32(0.2126) * red + np.float32(0.7152) * green + np.float32(0.0722) * blue
        reds[x] = min(max(luminance + saturation * (red - luminance), nothing), one) * white
        greens[x] = min(max(luminance + saturation * (green - luminance), nothing), one) * white
        blues[x] = min(max(luminance + saturation * (blue - luminance), nothing), one) * white
