"""Inner loops of foreground colour estimation, in linear light of 0…65535."""

import numba
import numpy as np

from rgbd_seg.arrays import Float32, UInt8

_LEAST_VARIANCE = np.float32(3 * 65.0**2)  # of three channels: 8-bit rounding at mid-grey
_NEVER_ZERO = np.float32(1e-6)  # weight of a pixel of the other side, for places with nothing else in reach


@numba.njit(cache=True, nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
def explain(color: UInt8, alpha: Float32, decode: Float32, front: Float32, back: Float32) -> None:
    """Correct both colours so that they mix to the picture, and weight them by how sure they are.

    Args:
        color: (h, w, 3) sRGB-encoded.
        decode: (256,) linear light of every sRGB code.
        front, back: (h, w, 4) colour times weight, and weight; changed in place.
    """
    height, width = alpha.shape
    one, zero, white = np.float32(1.0), np.float32(0.0), np.float32(65535.0)
    for y in range(height):
        for x in range(width):
            a = min(one, max(zero, alpha[y, x]))
            b = one - a
            per_front, per_back = one / front[y, x, 3], one / back[y, x, 3]
            power = one / (a * a + b * b)
            sure_front, sure_back = a * a, b * b
            sure_front *= sure_front
            sure_back *= sure_back
            sure_front = sure_front * sure_front + _NEVER_ZERO
            sure_back = sure_back * sure_back + _NEVER_ZERO
            for k in range(3):
                f, g = front[y, x, k] * per_front, back[y, x, k] * per_back
                rest = (decode[color[y, x, k]] - a * f - b * g) * power
                front[y, x, k] = min(white, max(zero, f + a * rest)) * sure_front
                back[y, x, k] = min(white, max(zero, g + b * rest)) * sure_back
            front[y, x, 3], back[y, x, 3] = sure_front, sure_back


@numba.njit(cache=True, nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
def vary(color: UInt8, alpha: Float32, decode: Float32, front: Float32, back: Float32, spread: Float32) -> None:
    """How far the picture is from the smooth colour of either side, where it is surely that side.

    Args:
        color: (h, w, 3) sRGB-encoded.
        front, back: (h, w, 4) colour times weight, and weight.
        spread: (h, w, 4), written: squared distance times weight, and weight, of the foreground and the background.
    """
    height, width = alpha.shape
    one, zero = np.float32(1.0), np.float32(0.0)
    for y in range(height):
        for x in range(width):
            a = min(one, max(zero, alpha[y, x]))
            b = one - a
            per_front, per_back = one / front[y, x, 3], one / back[y, x, 3]
            sure_front, sure_back = a * a, b * b
            sure_front *= sure_front
            sure_back *= sure_back
            from_front = from_back = zero
            for k in range(3):
                light = decode[color[y, x, k]]
                from_front += (light - front[y, x, k] * per_front) ** 2
                from_back += (light - back[y, x, k] * per_back) ** 2
            sure_front = sure_front * sure_front + _NEVER_ZERO
            sure_back = sure_back * sure_back + _NEVER_ZERO
            spread[y, x, 0], spread[y, x, 1] = from_front * sure_front, sure_front
            spread[y, x, 2], spread[y, x, 3] = from_back * sure_back, sure_back


@numba.njit(cache=True, nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
def unmix(
    color: UInt8,
    alpha: Float32,
    front: Float32,
    back: Float32,
    spread: Float32,
    decode: Float32,
    encode: UInt8,
    first: int,
    last: int,
    result: UInt8,
) -> None:
    """Write the foreground of rows ``first`` to ``last`` wherever 0 < alpha < 1.

    Args:
        color: (H, W, 3) sRGB-encoded.
        front, back: (h, w, 4) smooth estimates, colour times weight, and weight.
        spread: (h, w, 4) variance times weight, and weight, of both sides.
        decode: (256,) linear light of every sRGB code.
        encode: (65536,) sRGB code of every linear light.
        result: (H, W, 3), written.
    """
    height, width = alpha.shape
    h, w = front.shape[:2]
    one = np.float32(1.0)
    for y in range(first, last):
        v = min(max((y + 0.5) * h / height - 0.5, 0.0), h - 1.0)
        v0 = int(v)
        v1 = min(v0 + 1, h - 1)
        fv = np.float32(v - v0)
        for x in range(width):
            a = alpha[y, x]
            if a <= 0 or a >= 1:
                continue
            u = min(max((x + 0.5) * w / width - 0.5, 0.0), w - 1.0)
            u0 = int(u)
            u1 = min(u0 + 1, w - 1)
            fu = np.float32(u - u0)
            c00, c01, c10, c11 = (one - fu) * (one - fv), fu * (one - fv), (one - fu) * fv, fu * fv
            b = one - a
            p0 = c00 * spread[v0, u0, 0] + c01 * spread[v0, u1, 0] + c10 * spread[v1, u0, 0] + c11 * spread[v1, u1, 0]
            p1 = c00 * spread[v0, u0, 1] + c01 * spread[v0, u1, 1] + c10 * spread[v1, u0, 1] + c11 * spread[v1, u1, 1]
            q0 = c00 * spread[v0, u0, 2] + c01 * spread[v0, u1, 2] + c10 * spread[v1, u0, 2] + c11 * spread[v1, u1, 2]
            q1 = c00 * spread[v0, u0, 3] + c01 * spread[v0, u1, 3] + c10 * spread[v1, u0, 3] + c11 * spread[v1, u1, 3]
            vary_front, vary_back = p0 / p1 + _LEAST_VARIANCE, q0 / q1 + _LEAST_VARIANCE
            share = a * vary_front / (a * a * vary_front + b * b * vary_back)
            f3 = c00 * front[v0, u0, 3] + c01 * front[v0, u1, 3] + c10 * front[v1, u0, 3] + c11 * front[v1, u1, 3]
            g3 = c00 * back[v0, u0, 3] + c01 * back[v0, u1, 3] + c10 * back[v1, u0, 3] + c11 * back[v1, u1, 3]
            for k in range(3):
                f = c00 * front[v0, u0, k] + c01 * front[v0, u1, k] + c10 * front[v1, u0, k] + c11 * front[v1, u1, k]
                g = c00 * back[v0, u0, k] + c01 * back[v0, u1, k] + c10 * back[v1, u0, k] + c11 * back[v1, u1, k]
                f, g = f / f3, g / g3
                light = f + share * (decode[color[y, x, k]] - a * f - b * g)
                result[y, x, k] = encode[int(min(np.float32(65535.0), max(np.float32(0.0), light + np.float32(0.5))))]
