"""The subject in colour, the rest in grey."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair
from rgbd_seg.linear_light import decode_table, encode_table
from rgbd_seg.options import check_range


@dataclass(frozen=True, kw_only=True)
class GrayscaleOptions:
    """``strength`` 0 leaves the background's colour, 1 takes it away."""

    strength: float = 1.0

    def __post_init__(self) -> None:
        check_range("strength", self.strength, 0, 1)


def grayscale(frame: RgbdFrame, matte: AlphaMatte, options: GrayscaleOptions = GrayscaleOptions()) -> UInt8:
    """The background as grey of the same luminance; the subject keeps its colour, soft hair included.

    Luminance is Rec. 709's, of linear light, so that grey is as bright as the colour it replaces.

    Returns:
        (H, W, 3). Pixels with alpha 1, and all at strength 0, are the picture's own.
    Raises:
        FrameError: the matte is not of this frame.
    """
    from rgbd_seg.effects.compositing_kernels import gray_rows

    check_pair(frame, matte)
    if options.strength == 0:
        return frame.color.copy()
    foreground = frame.color if matte.foreground is None else matte.foreground
    out = np.empty_like(frame.color, order="C")

    def rows(first: int, last: int) -> None:
        gray_rows(
            frame.color,
            foreground,
            matte.alpha,
            options.strength,
            decode_table(),
            encode_table(),
            out,
            first,
            last,
        )

    Bands().run(rows, frame.size[0])
    return out
