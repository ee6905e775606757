"""Brightening by a smooth map, shared by the effects on skin."""

import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.bands import run_in_bands
from rgbd_seg.effects.linear_light import decode_table, encode_table


def lift(color: UInt8, alpha: Float32, stops: Float32) -> UInt8:
    """``color`` brightened by ``stops`` × alpha, in linear light, with a shoulder that meets white.

    The map is smooth and of low resolution, so texture finer than its pixels is kept. Pixels with alpha 0 or
    stops 0 are copied, to the bit.

    Args:
        stops: (h, w, 3) float32, log2 of the gain of each channel.
    """
    from rgbd_seg.effects.compositing_kernels import lift_rows

    out = np.empty_like(color, order="C")

    def rows(first: int, last: int) -> None:
        lift_rows(color, alpha, stops, decode_table(), encode_table(), out, first, last)

    run_in_bands(rows, color.shape[0])
    return out
