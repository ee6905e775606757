"""The subject's own colour, without the old background that shines through where it is half transparent."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8, check_color, check_coverage
from rgbd_seg.bands import Bands
from rgbd_seg.linear_light import decode, decode_table, encode_table
from rgbd_seg.options import check_range
from rgbd_seg.scaling import resized

_RADII = (6, 5, 4, 3)  # pixels from which colours are gathered, from the coarsest size to the finest
_SPREAD_RADIUS = 3  # pixels from which it is learnt how much colours vary


def estimate_foreground(color: UInt8, alpha: Float32, *, working_side: int = 512) -> UInt8:
    """Colour of the subject at every pixel where 0 < alpha < 1; elsewhere ``color`` itself.

    The picture is alpha · foreground + (1 − alpha) · background in linear light. Both unknown colours are first
    taken from their surroundings, the surer pixels counting far more, and corrected so that together they explain
    the picture, each by its part in the mixture; this repeats closer and closer. At full size what is still
    unexplained goes to the side whose colours vary more around there: strands of hair before a plain wall take all
    of it, an even sweater before a bookshelf none. (Forte, "Approximate Fast Foreground Colour Estimation",
    ICIP 2021, has two rounds and another correction; the variances are as in Chuang et al., "A Bayesian Approach to
    Digital Matting", CVPR 2001.)

    Args:
        color: (H, W, 3) RGB, sRGB-encoded.
        alpha: (H, W) in [0, 1].
        working_side: pixels of the longer side at which colours are spread; 320 suffices for video.
    Returns:
        (H, W, 3) RGB, sRGB-encoded.
    Raises:
        FrameError: an array is not of that form.
        ConfigError: ``working_side`` is outside 16 to 8192.
    """
    from rgbd_seg.foreground_kernels import unmix  # Numba takes half a second to import

    check_color(color)
    check_coverage(alpha, color.shape[:2], "alpha")
    check_range("working_side", working_side, 16, 8192)
    smooth = _spread_colors(color, alpha, working_side)
    result = color.copy()
    tables = decode_table(), encode_table()
    Bands().run(lambda first, last: unmix(color, alpha, *smooth, *tables, first, last, result), result.shape[0])
    return result


def _spread_colors(color: UInt8, alpha: Float32, working_side: int) -> tuple[Float32, Float32, Float32]:
    """Smooth foreground and background of the working size, and how much the picture varies around them.

    Returns:
        (h, w, 4) linear light times weight, and weight, of the foreground, and of the background; (h, w, 4) the
        foreground's variance times weight, and weight, and the background's.
    """
    from rgbd_seg.foreground_kernels import explain, vary

    pictures, mattes = [color], [alpha]
    for size in _sizes(alpha.shape, working_side):
        pictures.append(resized(pictures[-1], size))
        mattes.append(resized(mattes[-1], size))
    coarsest = np.dstack([decode(pictures[-1]), np.ones_like(mattes[-1])])
    front, back = coarsest, coarsest.copy()
    for radius, picture, matte in zip(_RADII, pictures[:0:-1], mattes[:0:-1], strict=True):
        front, back = resized(front, matte.shape), resized(back, matte.shape)
        explain(picture, matte, decode_table(), front, back)
        square = 2 * radius + 1, 2 * radius + 1
        front = cv2.blur(front, square, borderType=cv2.BORDER_REFLECT)
        back = cv2.blur(back, square, borderType=cv2.BORDER_REFLECT)
    spread = np.empty((*mattes[1].shape, 4), np.float32)
    vary(pictures[1], mattes[1], decode_table(), front, back, spread)
    square = 2 * _SPREAD_RADIUS + 1, 2 * _SPREAD_RADIUS + 1
    return front, back, cv2.blur(spread, square, borderType=cv2.BORDER_REFLECT)


def _sizes(size: tuple[int, int], working_side: int) -> list[tuple[int, int]]:
    """(h, w) of every round, the finest first."""
    scale = min(1.0, working_side / max(size))
    shares = [scale / 2**k for k in range(len(_RADII))]
    return [(max(1, round(size[0] * share)), max(1, round(size[1] * share))) for share in shares]
