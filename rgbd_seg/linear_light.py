"""sRGB to linear light and back (IEC 61966-2-1), as tables.

Linear light is kept as float32 scaled to 0…65535 (``WHITE``): one such value, rounded, is an index into the encode
table. 16 bits are needed: near black, one 8-bit sRGB step is 20 of them wide.
"""

from functools import cache

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, Float64, UInt8

WHITE = 65535.0


def to_linear(encoded: Float64) -> Float64:
    """sRGB in [0, 1] to linear light in [0, 1]."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: Float64) -> Float64:
    """Linear light in [0, 1] to sRGB in [0, 1]."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


@cache
def decode_table() -> Float32:
    """(256,) linear light, 0…65535, of every 8-bit sRGB value. Read-only."""
    table = (to_linear(np.arange(256) / 255.0) * WHITE).astype(np.float32)
    table.flags.writeable = False
    return table


@cache
def encode_table() -> UInt8:
    """(65536,) nearest 8-bit sRGB value of every linear 0…65535. Read-only."""
    table = np.rint(to_srgb(np.arange(65536) / WHITE) * 255.0).astype(np.uint8)
    table.flags.writeable = False
    return table


def decode(picture: UInt8) -> Float32:
    """sRGB picture to linear light, 0…65535."""
    return np.asarray(cv2.LUT(np.ascontiguousarray(picture), decode_table()), np.float32).reshape(picture.shape)


def encode(linear: Float32) -> UInt8:
    """Linear light, 0…65535 and clipped to it, to an sRGB picture."""
    picture: UInt8 = np.take(encode_table(), np.clip(linear + 0.5, 0, WHITE).astype(np.uint16))
    return picture
