"""Colours of skin, hair and cloth, sRGB-encoded."""

import colorsys

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.training.synthetic.characters.spec import Vector

# From palest to darkest, chosen by eye under neutral light to span what the Monk Skin Tone scale (Monk, 2023) spans.
_SKIN = np.array(
    [
        (0.90, 0.74, 0.66), (0.87, 0.68, 0.57), (0.82, 0.61, 0.48), (0.76, 0.55, 0.42), (0.66, 0.45, 0.32),
        (0.55, 0.37, 0.25), (0.45, 0.29, 0.195), (0.37, 0.235, 0.16), (0.29, 0.185, 0.125),
    ]
)  # fmt: skip


def skin_color(tone: float) -> Vector:
    """0 palest … 1 darkest."""
    position = float(np.clip(tone, 0, 1)) * (len(_SKIN) - 1)
    red, green, blue = (float(np.interp(position, np.arange(len(_SKIN)), _SKIN[:, k])) for k in range(3))
    return red, green, blue


def hair_color(melanin: float, redness: float) -> Float32:
    """(3,) linear albedo of a strand.

    Absorption of eumelanin and pheomelanin by colour: d'Eon et al., An Energy-Conserving Hair Reflectance Model (2011);
    how much of it hair of a given ``melanin`` holds was chosen by eye.
    """
    amount = 0.05 + 14.0 * melanin**2.5
    eumelanin = np.array([0.419, 0.697, 1.37])
    pheomelanin = np.array([0.187, 0.4, 1.05])
    absorption = amount * ((1 - redness) * eumelanin + redness * pheomelanin)
    albedo: Float32 = (0.60 * np.exp(-absorption) + 0.009).astype(np.float32)
    return albedo


def hsv(hue: float, saturation: float, value: float) -> Vector:
    """sRGB of a hue (0 … 1 around the circle)."""
    return colorsys.hsv_to_rgb(hue % 1.0, saturation, value)


def encode(linear: Float32) -> Float32:
    """sRGB encoding (IEC 61966-2-1) of linear values in [0, 1]."""
    encoded: Float32 = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )
    return encoded.astype(np.float32)


def to_texture(picture: Float32) -> UInt8:
    """(h, w, 3) uint8 of values in [0, 1]."""
    flat = np.ascontiguousarray(picture).reshape(picture.shape[0], -1)
    return np.asarray(cv2.convertScaleAbs(flat, alpha=255.0), np.uint8).reshape(picture.shape)  # rounds and saturates


def flat_texture(color: Vector) -> UInt8:
    """(1, 1, 3) texture of one colour."""
    return to_texture(np.array(color, np.float32).reshape(1, 1, 3))
