"""Loops over clipped pixels, compiled."""

from numba import njit

from rgbd_seg.arrays import Float32, UInt8


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _is_clipped(red: int, green: int, blue: int, level: int, pale: int) -> bool:
    """A channel at its end and nearly white: a saturated colour at its end is rather bright cloth than a lamp."""
    return max(red, green, blue) >= level and green >= pale and 2 * min(red, blue) >= pale


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def clipped_share(color: UInt8, level: int, pale: int, step: int, first: int, last: int, share: Float32) -> bool:
    """Share of clipped pixels in cells of ``step`` pixels, rows [first, last) of cells; whether there is any."""
    height, width = color.shape[:2]
    found = False
    for j in range(first, last):
        bottom = min((j + 1) * step, height)
        for i in range(share.shape[1]):
            count = 0
            right = min((i + 1) * step, width)
            for y in range(j * step, bottom):
                for x in range(i * step, right):
                    count += _is_clipped(color[y, x, 0], color[y, x, 1], color[y, x, 2], level, pale)
            found |= count > 0
            share[j, i] = count / max((bottom - j * step) * (right - i * step), 1)
    return found


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def spread_codes(
    color: UInt8, level: int, pale: int, step: int, codes: UInt8, first: int, last: int, out: UInt8
) -> None:
    """The code of its cell for every clipped pixel, rows [first, last) of cells; 0 for the others."""
    height, width = out.shape
    for y in range(first * step, min(last * step, height)):
        for x in range(width):
            code = codes[y // step, x // step]
            out[y, x] = 0
            if code > 0 and _is_clipped(color[y, x, 0], color[y, x, 1], color[y, x, 2], level, pale):
                out[y, x] = code


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def multiply(light: Float32, gain: UInt8, step: float) -> None:
    """``light`` × (1 + ``step`` × ``gain``) in place."""
    for y in range(gain.shape[0]):
        for x in range(gain.shape[1]):
            if gain[y, x] > 0:
                for c in range(3):
                    light[y, x, c] *= 1 + step * gain[y, x]
