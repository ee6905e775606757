"""Where the subject's skin is, by a colour model that adapts to this subject.

Skin of every tone lies in a narrow band of hue: what differs is mostly luminance. So a wide prior on two log ratios,
R/G and G/B in linear light, only starts the search; mean and spread are then those of this person in this light.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, Float64, UInt8
from rgbd_seg.effects.linear_light import WHITE, decode

_PRIOR_CENTRE = np.array([0.75, 0.60])  # stops, R/G and G/B: middle of the Monk skin tone scale under daylight
_PRIOR_SPREAD = np.array([0.50, 0.50])
_SPREAD = (0.07, 0.25)  # stops, least and most that one person's chroma may vary
_LUMINANCE_SPREAD = (0.4, 1.0)  # stops: shading of a face
_BLACK = 4e-4  # linear light added before a logarithm, about one 8-bit step


@dataclass(frozen=True, eq=False)
class SkinMap:
    """Skin at a working resolution, and how large the face is."""

    skin: Float32  # (h, w) in [0, 1]
    light: Float32  # (h, w, 3) log2 of linear light
    face_px: float  # width of a face with that much skin, working pixels


def find_skin(color: UInt8, alpha: Float32, *, longest: int = 640) -> SkinMap:
    """Skin of the subject, at a resolution of at most ``longest`` pixels on the longer side.

    Args:
        color: (H, W, 3). alpha: (H, W).
    """
    height, width = alpha.shape
    scale = min(1.0, longest / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    light = log_light(cv2.resize(color, size, interpolation=cv2.INTER_AREA))
    inside = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    likelihood = _likelihood(light, inside)
    soft = cv2.GaussianBlur(likelihood, (0, 0), max(0.8, 0.004 * max(size)))
    skin = np.clip(np.asarray(soft, np.float32) * inside, 0, 1).astype(np.float32)
    return SkinMap(skin, light, float(np.sqrt(0.7 * skin.sum())))


def log_light(color: UInt8) -> Float32:
    """log2 of linear light (0…1) per channel, bounded near black."""
    logarithm: Float32 = np.log2(decode(color) / np.float32(WHITE) + np.float32(_BLACK))
    return logarithm


def _likelihood(light: Float32, inside: Float32) -> Float32:
    chroma = np.stack([light[..., 0] - light[..., 1], light[..., 1] - light[..., 2]], axis=-1).astype(np.float64)
    luminance = (light @ np.array([0.3, 0.6, 0.1], np.float32)).astype(np.float64)
    prior = np.exp(-0.5 * (((chroma - _PRIOR_CENTRE) / _PRIOR_SPREAD) ** 2).sum(axis=-1))
    candidates = prior * (inside > 0.9) * _towards_the_head(inside)
    if candidates.sum() < 16:
        return np.zeros(inside.shape, np.float32)
    likely = candidates
    for _ in range(6):
        likely = _near_own_tone(chroma, luminance, likely * candidates)
    return np.asarray(likely * np.sqrt(prior), np.float32)


def _near_own_tone(chroma: Float64, luminance: Float64, weight: Float64) -> Float64:
    """How near every pixel is to the weighted mean colour, 1 within about one and a half spreads."""
    total = weight.sum() + 1e-9
    mean = (chroma * weight[..., None]).sum(axis=(0, 1)) / total
    away = chroma - mean
    spread = np.sqrt((away**2 * weight[..., None]).sum(axis=(0, 1)) / total).clip(*_SPREAD)
    mean_luminance = (luminance * weight).sum() / total
    shade = luminance - mean_luminance
    shade_spread = np.sqrt((shade**2 * weight).sum() / total).clip(*_LUMINANCE_SPREAD)
    distance = ((away / spread) ** 2).sum(axis=-1) + (shade / shade_spread) ** 2
    near: Float64 = np.exp(-0.5 * np.maximum(distance - 3.0, 0))
    return near


def _towards_the_head(inside: Float32) -> Float32:
    """(h, 1) weight that falls from the top of the subject: clothes and furniture of skin's hue are further down."""
    rows = np.flatnonzero((inside > 0.5).any(axis=1))
    if rows.size == 0:
        return np.ones((inside.shape[0], 1), np.float32)
    down = (np.arange(inside.shape[0]) - rows[0]) / max(rows[-1] - rows[0], 1)
    return np.asarray(1 / (1 + (np.maximum(down, 0) / 0.45) ** 4), np.float32)[:, None]
