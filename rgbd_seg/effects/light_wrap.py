"""Light wrap: a bright background spills over the subject's edge, as it does in every lens."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.linear_light import decode_table, encode_table
from rgbd_seg.scaling import bounded_size, resized

_SIDE = 256  # pixels of the longer side at which light is spread: it is smooth
_SIGMA = 0.015  # of the shorter side: how far light spills in


def wrapped(frame: RgbdFrame, matte: AlphaMatte, background: UInt8, amount: float) -> UInt8:
    """The subject's colour with the light that spills from the background that is seen beside it.

    Light is added as on a second exposure, f + v·(1 − f) with v the background spread by a Gaussian, so nothing
    clips, dark backgrounds add nothing, and farther inside than three widths all stays as it is, to the bit.

    Args:
        background: (H, W, 3), as it will be shown.
        amount: 0 to 1 of the light that a soft lens would spill.
    Returns:
        (H, W, 3) the foreground's colour where alpha is above 0.
    """
    from rgbd_seg.effects.replacement_kernels import wrap_rows

    size = bounded_size(frame.size, _SIDE)
    shown = 1 - resized(matte.alpha, size)
    light = _shrunk_light(background, size) * (shown * np.float32(amount))[..., None]
    reach = max(1, round(3 * _SIGMA * min(size)))
    veil = np.asarray(cv2.GaussianBlur(light, (2 * reach + 1, 2 * reach + 1), reach / 3), np.float32)
    foreground = frame.color if matte.foreground is None else matte.foreground
    out = frame.color.copy(order="C")

    def rows(first: int, last: int) -> None:
        wrap_rows(frame.color, foreground, matte.alpha, veil, decode_table(), encode_table(), out, first, last)

    Bands().run(rows, frame.size[0])
    return out


def _shrunk_light(picture: UInt8, size: tuple[int, int]) -> Float32:
    """Mean light of areas of a picture; means of encoded values would lose most of small lamps'."""
    linear = np.asarray(cv2.LUT(np.ascontiguousarray(picture), np.rint(decode_table()).astype(np.uint16)), np.uint16)
    return resized(linear, size).astype(np.float32)
