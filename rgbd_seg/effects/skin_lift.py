"""Changing light by a smooth map, shared by the effects on skin."""

import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.linear_light import decode_table, encode_table


def lift(color: UInt8, alpha: Float32, scaled: Float32, brightened: Float32) -> UInt8:
    """``color`` with its light changed by stops × alpha.

    The maps are smooth and of low resolution, so texture finer than their pixels is kept. Pixels with alpha 0 or
    with nothing to change are copied, to the bit.

    Args:
        scaled: (h, w, 3) log2 of the gain of each channel.
        brightened: (h, w) log2 of a further gain, with a shoulder that meets white instead of clipping.
    """
    from rgbd_seg.effects.compositing_kernels import lift_rows

    out = np.empty_like(color, order="C")
    stops = np.dstack([scaled, brightened]).astype(np.float32)

    def rows(first: int, last: int) -> None:
        lift_rows(color, alpha, stops, decode_table(), encode_table(), out, first, last)

    Bands().run(rows, color.shape[0])
    return out
