"""Putting the subject over a background, in linear light."""

import numpy as np

from rgbd_seg.arrays import UInt8, check_color
from rgbd_seg.bands import Bands
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair
from rgbd_seg.linear_light import decode_table, encode_table


def composite(frame: RgbdFrame, matte: AlphaMatte, background: UInt8) -> UInt8:
    """The subject over ``background``: α·F + (1 − α)·B in linear light.

    F is ``matte.foreground`` where the matte has one, else the picture itself, through which the old background
    shines in soft edges. Pixels with α = 1 are those of the picture and pixels with α = 0 those of ``background``,
    to the bit.

    Args:
        background: (H, W, 3) of the frame's size.
    Returns:
        (H, W, 3).
    Raises:
        FrameError: the matte is not of this frame, or ``background`` has another size.
    """
    from rgbd_seg.effects.compositing_kernels import over_rows

    check_pair(frame, matte)
    if check_color(background, "background").shape != frame.color.shape:
        raise FrameError(f"background is {background.shape}; expected the picture's {frame.color.shape}")
    foreground = frame.color if matte.foreground is None else matte.foreground
    out = np.empty_like(frame.color, order="C")

    def rows(first: int, last: int) -> None:
        over_rows(frame.color, foreground, background, matte.alpha, decode_table(), encode_table(), out, first, last)

    Bands().run(rows, frame.size[0])
    return out
