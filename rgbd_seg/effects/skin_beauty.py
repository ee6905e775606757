"""Beautify: calmer skin that is still skin.

Skin has three scales. The broad one is the shape of the face and its light, the finest is pores: both stay. Between
them lie blotches, shine and fine wrinkles, and only that band is attenuated, on skin, and less the stronger the
feature is, so that brows, lips, glasses and moles keep their edges.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.skin import SkinMap, find_skin, log_light
from rgbd_seg.effects.skin_lift import lift
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair
from rgbd_seg.options import check_range

_FINE = 0.002  # of the face's width: features smaller than this are pores and stay
_LEAST_FINE = 0.8  # working pixels: single pixels always stay
_BROAD = 0.05  # of the face's width: features larger than this are the face's shape and stay
_FEATURE_STOPS = 0.35  # contrast above which a feature is taken for a brow, a lip or a rim
_MOST_SMOOTHING = 0.9
_MOST_TONE = 0.25  # stops
_LONGEST = 1536  # working pixels


@dataclass(frozen=True, kw_only=True)
class BeautifyOptions:
    """``strength`` scales all, 0 is the picture itself; ``tone`` is the share of gentle brightening in it, 0–1."""

    strength: float = 0.5
    tone: float = 0.5

    def __post_init__(self) -> None:
        check_range("strength", self.strength, 0, 1)
        check_range("tone", self.tone, 0, 1)


def beautify(frame: RgbdFrame, matte: AlphaMatte, options: BeautifyOptions = BeautifyOptions()) -> UInt8:
    """The subject's skin smoothed and slightly brightened; pores, edges, hair and the background stay.

    Returns:
        (H, W, 3). Pixels with alpha 0, and all at strength 0, are the picture's own.
    Raises:
        FrameError: the matte is not of this frame.
    """
    check_pair(frame, matte)
    if options.strength == 0:
        return frame.color.copy()
    found = find_skin(frame.color, matte.alpha)
    if found.face_px < 4:
        return frame.color.copy()
    skin, uneven = _unevenness(frame.color, found)
    amount = options.strength * skin
    calmer = -_MOST_SMOOTHING * amount[..., None] * uneven
    return lift(frame.color, matte.alpha, calmer, _MOST_TONE * options.tone * amount)


def _unevenness(color: UInt8, found: SkinMap) -> tuple[Float32, Float32]:
    """Skin, and the band between pores and shape in stops, at a resolution that pores do not reach."""
    height, width = color.shape[:2]
    rows, columns = found.skin.shape
    face = found.face_px * max(height, width) / max(rows, columns)  # picture's pixels
    scale = min(1.0, _LONGEST / max(height, width), 1 / max(_FINE * face, 1e-6))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    light = log_light(cv2.resize(color, size, interpolation=cv2.INTER_AREA))
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), max(_FINE * face * scale, _LEAST_FINE)), np.float32)
    skin = np.asarray(cv2.resize(found.skin, size, interpolation=cv2.INTER_LINEAR), np.float32)
    radius = max(1, round(_BROAD * face * scale))
    band = light - _edge_keeping(light, skin, radius)
    calm = band * np.exp(-((band / _FEATURE_STOPS) ** 2))
    return skin, calm.astype(np.float32)


def _edge_keeping(light: Float32, skin: Float32, radius: int) -> Float32:
    """Smoothed over skin only, each channel guided by luminance (guided filter, He 2013, weighted by skin)."""
    window = (2 * radius + 1, 2 * radius + 1)
    weight = skin + np.float32(1e-3)

    def mean(values: Float32) -> Float32:
        return np.asarray(cv2.blur(values, window, borderType=cv2.BORDER_REFLECT), np.float32)

    total = mean(weight)
    guide = np.asarray(light.mean(axis=-1), np.float32)
    guide_mean = mean(weight * guide) / total
    variance = np.maximum(mean(weight * guide * guide) / total - guide_mean**2, 0)
    base = np.empty_like(light)
    for c in range(light.shape[-1]):
        centre = np.asarray(mean(weight * light[..., c]) / total, np.float32)
        slope = (mean(weight * guide * light[..., c]) / total - guide_mean * centre) / (
            variance + _FEATURE_STOPS**2 / 4
        )
        offset = np.asarray(centre - slope * guide_mean, np.float32)
        base[..., c] = mean(np.asarray(slope, np.float32)) * guide + mean(offset)
    return base
