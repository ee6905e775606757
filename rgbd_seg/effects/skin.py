"""Where the subject's skin is, by a colour model that adapts to this subject.

Skin of every tone lies in a narrow band of hue: what differs is mostly luminance. So a wide prior on two log ratios,
R/G and G/B in linear light, only starts the search; mean and spread are then those of this person in this light.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, Float64, UInt8
from rgbd_seg.linear_light import WHITE, decode

_PRIOR_CENTRE = np.array([0.80, 0.40])  # stops, R/G and G/B: between the pale and the deep Monk skin tones
_PRIOR_SPREAD = (0.33, 0.5)  # stops, towards grey and towards brown: cloth is mostly greyer than skin
_SPREAD = (0.12, 0.9)  # stops, least and most that one person's skin may vary along any axis of colour
_WIDEN = 1.5
_PATCH = 0.025  # of the longer side: radius of a patch of other hue that skin may enclose
_FEATURE_DARKER = 0.9  # stops below the skin around it, where a brow, a lip or an eye begins
_BLACK = 4e-4  # linear light added before a logarithm, about one 8-bit step


@dataclass(frozen=True, eq=False)
class SkinMap:
    """Skin at a working resolution, and how large the face is."""

    skin: Float32  # (h, w) in [0, 1]
    light: Float32  # (h, w, 3) log2 of linear light
    face_px: float  # width of a face with that much skin, working pixels


def find_skin(color: UInt8, alpha: Float32, *, longest: int = 400) -> SkinMap:
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
    spread = np.where(chroma < _PRIOR_CENTRE, _PRIOR_SPREAD[0], _PRIOR_SPREAD[1])
    prior = np.exp(-0.5 * (((chroma - _PRIOR_CENTRE) / spread) ** 2).sum(axis=-1))
    candidates = prior * (inside > 0.9) * _towards_the_head(inside)
    total = candidates.sum()
    if total < 16:
        return np.zeros(inside.shape, np.float32)
    # Hair of skin's hue is darker than the skin beside it, if anything: start from what is bright.
    likely = np.exp2(np.clip(luminance - (candidates * luminance).sum() / total, -2, 1))
    features = np.concatenate([chroma, luminance[..., None]], axis=-1)
    for _ in range(3):
        likely = _near_own_tone(features, likely * candidates)
    likely = likely * np.minimum(1, 3 * prior)
    return np.asarray(np.maximum(likely, _enclosed(likely, luminance)), np.float32)


def _enclosed(likely: Float64, luminance: Float64) -> Float64:
    """Small parts of another hue amid skin, such as red cheeks, unless they are as dark as brows, lips and eyes."""
    size = max(likely.shape)
    reach = 2 * max(1, round(_PATCH * size)) + 1
    closed = cv2.morphologyEx(likely, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    sigma = max(1.0, 2 * _PATCH * size)
    weight = cv2.GaussianBlur(likely, (0, 0), sigma) + 1e-6
    darker = cv2.GaussianBlur(likely * luminance, (0, 0), sigma) / weight - luminance
    enclosed: Float64 = closed / (1 + np.exp((darker - _FEATURE_DARKER) / 0.1))
    return enclosed


def _near_own_tone(features: Float64, weight: Float64) -> Float64:
    """How near every pixel is to the weighted mean colour, 1 within about one and a half spreads.

    Chroma and luminance vary together over a face (shade is warmer, lips and cheeks redder), hence a full covariance.
    """
    total = weight.sum() + 1e-9
    mean = (features * weight[..., None]).sum(axis=(0, 1)) / total
    away = features - mean
    covariance = np.einsum("yxi,yxj,yx->ij", away, away, weight, optimize=True) / total
    # Weighting by the last likelihood makes the spread look smaller than it is.
    variances, axes = np.linalg.eigh(_WIDEN * covariance)
    spread = np.sqrt(variances.clip(_SPREAD[0] ** 2, _SPREAD[1] ** 2))
    distance = (((away @ axes) / spread) ** 2).sum(axis=-1)
    near: Float64 = np.exp(-0.5 * np.maximum(distance - 4.0, 0))
    return near


def _towards_the_head(inside: Float32) -> Float32:
    """(h, 1) weight that falls from the top of the subject: clothes and furniture of skin's hue are further down."""
    rows = np.flatnonzero((inside > 0.5).any(axis=1))
    if rows.size == 0:
        return np.ones((inside.shape[0], 1), np.float32)
    down = (np.arange(inside.shape[0]) - rows[0]) / max(rows[-1] - rows[0], 1)
    return np.asarray(1 / (1 + (np.maximum(down, 0) / 0.45) ** 4), np.float32)[:, None]
