"""Changing light by a smooth map, shared by the effects on skin: sums of logarithms, looked up in tables."""

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32, UInt8, UInt16
from rgbd_seg.bands import Bands
from rgbd_seg.effects.subject_box import Box
from rgbd_seg.linear_light import WHITE, decode_table, to_srgb

UNITS = 512  # of log light per stop; one 8-bit step near white is 6 of them
LEVELS_PER_STOP = 170  # of brightening; a level is less than half an 8-bit step
MOST_BRIGHTENING = 1.5  # stops that the table knows

Int16: TypeAlias = NDArray[np.int16]


def lift(color: UInt8, alpha: Float32, change: Int16, box: Box | None = None) -> UInt8:
    """``color`` with its light changed, as far as alpha.

    The map is smooth, so texture finer than its pixels is kept. Pixels with alpha 0 or with nothing to change are
    copied, to the bit.

    Args:
        color: (H, W, 3). alpha: (H, W).
        change: (h, w, 4) in units of 1/512 stop: of each channel, and, from 0 to 1.5 stops, a brightening of all with
            a shoulder that meets white instead of clipping.
        box: the part of the picture that the map covers, edge to edge; None = all.
    """
    from rgbd_seg.effects.skin_lift_kernels import lift_rows

    out = color.copy()
    box = box or Box(0, 0, *color.shape[:2])
    part = box.slices
    tables = brightened(), encoded(), dither()

    def rows(first: int, last: int) -> None:
        lift_rows(color[part], alpha[part], change, *tables, out[part], first, last)

    Bands().run(rows, box.size[0])
    return out


@cache
def log_codes() -> Int16:
    """(256,) log2 of linear light in units of 1/512 stop, 0 at white; black is taken for half a step. Read-only."""
    light = decode_table().astype(np.float64) / WHITE
    light[0] = light[1] / 2
    codes: Int16 = np.rint(UNITS * np.log2(light)).astype(np.int16)
    codes.flags.writeable = False
    return codes


@cache
def brightened() -> Int16:
    """(levels, 256) log light of each code after brightening by level / 170 stops. Read-only.

    y = g·x / √(1 + (g² − 1)·x²) has slope g up to the middle tones, so that dark, medium and light skin gain the same,
    and meets white at white.
    """
    light = np.exp2(log_codes().astype(np.float64) / UNITS)
    gain = np.exp2(np.arange(round(MOST_BRIGHTENING * LEVELS_PER_STOP) + 1) / LEVELS_PER_STOP)[:, None]
    table: Int16 = np.rint(UNITS * np.log2(gain * light / np.sqrt(1 + (gain**2 - 1) * light**2))).astype(np.int16)
    table.flags.writeable = False
    return table


@cache
def encoded() -> UInt16:
    """sRGB, 0…255 in steps of 1/256, of log light −k / 512, k = 0, 1 …, down to black. Read-only."""
    light = np.exp2(-np.arange(1 - int(log_codes()[0])) / UNITS)
    table: UInt16 = np.rint(256 * 255 * to_srgb(light)).astype(np.uint16)
    table[-1] = 0  # black is taken for half a step, and stays black
    table.flags.writeable = False
    return table


@cache
def dither() -> UInt16:
    """(8, 8) thresholds, 0…255 (Bayer 1973): on deep skin, half a change is less than half an 8-bit step, and rounded
    it would be none. Read-only."""
    pattern = np.zeros((1, 1), np.int64)
    for _ in range(3):
        pattern = np.block([[4 * pattern, 4 * pattern + 2], [4 * pattern + 3, 4 * pattern + 1]])
    thresholds: UInt16 = (4 * pattern + 2).astype(np.uint16)
    thresholds.flags.writeable = False
    return thresholds
