"""Where the subject's skin is: a colour model that adapts to this subject, then texture, depth and mattes.

Skin of every tone lies in a narrow band of hue: what differs is mostly luminance. So a wide prior on two log ratios,
R/G and G/B in linear light, only starts the search; mean and spread are then those of this person in this light.
Hair of skin's colour is told from it by its texture. A phone's own skin matte, where there is one, is taken instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, Float64, UInt8, check_coverage
from rgbd_seg.effects.subject_box import box_of
from rgbd_seg.errors import FrameError
from rgbd_seg.linear_light import WHITE, decode_table
from rgbd_seg.scaling import bounded_size, resized

_PRIOR = np.array([0.80, 0.40, 0.42, 0.5], np.float32)  # stops: R/G and G/B between the pale and the deep Monk
# tones; spread towards grey and towards brown, since cloth is mostly greyer than skin
_SPREAD = (0.12, 0.9)  # stops, least and most that one person's skin may vary along any axis of colour
_WIDEN = 2.2
_ROUNDS = 3
_PATCH = 0.025  # of the longer side: radius of a patch of other hue that skin may enclose
_SHINE = 0.06  # the same for a patch brighter than the skin around it
_FEATURE_DARKER = 0.9  # stops below the skin around it, where a brow, a lip or an eye begins
_TEXTURED = 0.08  # stops, fine contrast from which a pixel may be of hair
_TEXTURE_RATIO = 3.5  # times the face's own fine contrast
_EYES = 0.11  # of the face's width: half the height of an eye with its brow
_TEXTURED_SHARE = 0.45  # of a neighbourhood
_BEHIND = 0.6  # of the subject's disparity, below which a pixel is not the subject's
_TRACE = 0.02
_BLACK = 4e-4  # linear light added before a logarithm, about one 8-bit step


@dataclass(frozen=True, eq=False)
class SkinMap:
    """Skin at a working resolution, and how large the face is."""

    skin: Float32  # (h, w) in [0, 1]
    luminance: Float32  # (h, w) log2 of linear light
    face_px: float  # width of a face with that much skin, working pixels


def find_skin(
    color: UInt8,
    alpha: Float32,
    *,
    depth: Float32 | None = None,
    mattes: Mapping[str, Float32] | None = None,
    longest: int = 320,
) -> SkinMap:
    """Skin of the subject, at a resolution of at most ``longest`` pixels on the longer side.

    Args:
        color: (H, W, 3). alpha: (H, W).
        depth: (h, w) metric z-depth of the same view; what lies far behind the subject is not its skin.
        mattes: a phone's own, each (h, w) of the same view; ``skin`` replaces the search, ``glasses`` is left out.
    """
    size = bounded_size(color.shape[:2], longest)
    inside = resized(alpha, size)
    skin, luminance = np.zeros(size, np.float32), np.zeros(size, np.float32)
    box = box_of(inside, 0.02, 4)
    if box is not None:
        part = box.slices
        given = {name: resized(matte, size)[part] for name, matte in (mattes or {}).items()}
        near = None if depth is None else _at_the_subject(depth, inside)
        subject = inside[part] if near is None else inside[part] * near[part]
        small = np.ascontiguousarray(resized(color, size)[part])
        skin[part], luminance[part] = _skin(small, np.ascontiguousarray(subject), given, max(size))
    return SkinMap(skin, luminance, float(np.sqrt(0.7 * skin.sum())))


def _skin(small: UInt8, inside: Float32, given: Mapping[str, Float32], longest: int) -> tuple[Float32, Float32]:
    """Skin and luminance of the part of the picture that has the subject; ``longest`` is the whole picture's side."""
    features = np.empty((*inside.shape, 3), np.float32)
    if "skin" in given:
        features[..., 2] = log_light_table()[small] @ np.array([0.3, 0.6, 0.1], np.float32)
        likelihood = given["skin"]
    else:
        likelihood = _likelihood(small, inside, features, longest)
        likelihood = _smooth(likelihood, max(0.8, 0.004 * longest))
    # The last traces would cost time over half the picture, and change nothing that is seen.
    skin = np.clip((likelihood * inside - _TRACE) / (1 - _TRACE), 0, 1)
    if "glasses" in given:
        skin = skin * (1 - np.clip(given["glasses"], 0, 1))
    return np.asarray(skin, np.float32), np.ascontiguousarray(features[..., 2])


def check_mattes(mattes: Mapping[str, Float32] | None) -> None:
    """Refuse mattes that are not maps of coverage.

    Raises:
        FrameError: one is not.
    """
    for name, matte in (mattes or {}).items():
        if not isinstance(matte, np.ndarray) or matte.ndim != 2 or matte.size == 0:
            raise FrameError(f"matte {name!r} is {type(matte).__name__}; expected an (h, w) float32 map in [0, 1]")
        check_coverage(matte, matte.shape, f"matte {name!r}")


@cache
def log_light_table() -> Float32:
    """(256,) log2 of the linear light (0…1) of every 8-bit sRGB value, bounded near black. Read-only."""
    table: Float32 = np.log2(decode_table() / np.float32(WHITE) + np.float32(_BLACK))
    table.flags.writeable = False
    return table


def _likelihood(small: UInt8, inside: Float32, features: Float32, longest: int) -> Float32:
    """Likelihood of skin by colour and texture; ``features`` receives two log ratios and luminance."""
    from rgbd_seg.effects.skin_kernels import tone_features, tone_likelihood

    size = inside.shape
    candidates, prior, likelihood = (np.empty(size, np.float32) for _ in range(3))
    certain = (inside > 0.9).astype(np.float32)
    tone_features(small, certain, _towards_the_head(inside), log_light_table(), _PRIOR, features, candidates, prior)
    model = _own_tone(features, candidates)
    if model is None:
        return np.zeros(size, np.float32)
    tone_likelihood(features, prior, *model, likelihood)
    luminance = np.ascontiguousarray(features[..., 2])
    likelihood *= _not_hair(luminance, likelihood * inside)
    likelihood *= inside > 0.5  # a wall of skin's hue encloses nothing
    likely: Float32 = np.maximum(likelihood, _enclosed(likelihood, luminance, features, longest))
    return likely


def _own_tone(features: Float32, candidates: Float32) -> tuple[Float64, Float64] | None:
    """Mean and inverse covariance of this person's skin; None if there is too little.

    Chroma and luminance vary together over a face (shade is warmer, lips and cheeks redder), hence a full covariance.
    """
    from rgbd_seg.effects.skin_kernels import tone_moments

    total, moments, products = np.zeros(1), np.zeros(3), np.zeros((3, 3))
    start = float(candidates.sum(dtype=np.float64))
    if start < 16:
        return None
    mean, precision = np.zeros(3), np.eye(3)
    mean[2] = np.einsum("yx,yx->", candidates, features[..., 2], dtype=np.float64) / start
    step = 2 if candidates.size > 20000 else 1
    for round_ in range(_ROUNDS):
        tone_moments(features, candidates, step, mean, precision, round_ == 0, total, moments, products)
        if total[0] < 1:
            return None
        shift = moments / total[0]
        mean = mean + shift
        covariance = (products + np.triu(products, 1).T) / total[0] - np.outer(shift, shift)
        # Weighting by the last likelihood makes the spread look smaller than it is.
        variances, axes = np.linalg.eigh(_WIDEN * covariance)
        precision = (axes / variances.clip(_SPREAD[0] ** 2, _SPREAD[1] ** 2)) @ axes.T
    return mean, precision


def _not_hair(luminance: Float32, likelihood: Float32) -> Float32:
    """1 on smooth surfaces, 0 on strands: by how much of a neighbourhood is textured, for what this face has.

    Only pixels of skin's colour are compared with each other, so that eyes, brows and the edge of dark hair do not
    make the skin beside them textured.
    """
    weight = likelihood + np.float32(1e-3)
    contrast = np.abs(luminance - _smooth(weight * luminance, 1.5) / _smooth(weight, 1.5))
    local = _smooth(weight * np.minimum(contrast, np.float32(0.3)), 3.0) / _smooth(weight, 3.0)
    mean = float((local * likelihood).sum()) / max(float(likelihood.sum()), 1e-6)
    # That mean is over skin and, at first, hair: what is calmer than it is surely skin.
    calm = likelihood * (local <= mean)
    usual = float((local * calm).sum()) / max(float(calm.sum()), 1e-6)
    textured = np.minimum(contrast / max(_TEXTURED, _TEXTURE_RATIO * usual), 1)
    share = _smooth(weight * textured * textured, 4.0) / _smooth(weight, 4.0)
    smooth = 1 / (1 + (share / _TEXTURED_SHARE) ** 6)
    return _closed(smooth.astype(np.float32), max(1, round(_EYES * float(np.sqrt(0.7 * likelihood.sum())))))


def _enclosed(likelihood: Float32, luminance: Float32, features: Float32, size: int) -> Float32:
    """Small parts of another hue amid skin, such as red cheeks, unless they are as dark as brows, lips and eyes.

    Shine is brighter than skin and between its hue and that of the light; it may be larger.
    """
    sigma = max(1.0, 2 * _PATCH * size)
    weight = _broad(likelihood, sigma) + 1e-6
    darker = _broad(likelihood * luminance, sigma) / weight - luminance
    closed = _closed(likelihood, max(1, round(_PATCH * size)))
    shine = _closed(likelihood, max(1, round(_SHINE * size)))
    enclosed = closed / (1 + np.exp(np.clip((darker - _FEATURE_DARKER) / 0.1, -30, 30)))
    bright = shine / (1 + np.exp(np.clip((darker + 0.1) / 0.1, -30, 30)))
    grey = np.clip(features[..., 0] / 0.2 + 1, 0, 1) * np.clip(features[..., 1] / 0.4 + 1, 0, 1)
    patches: Float32 = np.maximum(enclosed, bright * grey).astype(np.float32)
    return patches


def _at_the_subject(depth: Float32, inside: Float32) -> Float32 | None:
    """0 where depth says that an area is far behind the subject, 1 elsewhere; None if it has nothing to say."""
    height, width = inside.shape
    rows = (np.arange(height) * depth.shape[0]) // height
    columns = (np.arange(width) * depth.shape[1]) // width
    here = depth[rows[:, None], columns[None, :]]
    known = np.isfinite(here) & (inside > 0.9)
    if np.count_nonzero(known) < 16:
        return None
    with np.errstate(invalid="ignore"):
        behind = (here > float(np.median(here[known])) / _BEHIND).astype(np.uint8)
    # Depth and colour differ at edges by a few pixels: only areas count.
    behind = cv2.morphologyEx(behind, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    return np.asarray(1 - _smooth(behind.astype(np.float32), 1.5), np.float32) if behind.any() else None


def _towards_the_head(inside: Float32) -> Float32:
    """(h,) weight that falls from the top of the subject: clothes and furniture of skin's hue are further down."""
    rows = np.flatnonzero((inside > 0.5).any(axis=1))
    if rows.size == 0:
        return np.ones(inside.shape[0], np.float32)
    down = (np.arange(inside.shape[0]) - rows[0]) / max(rows[-1] - rows[0], 1)
    return np.asarray(1 / (1 + (np.maximum(down, 0) / 0.45) ** 4), np.float32)


def _smooth(values: Float32, sigma: float) -> Float32:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)


def _broad(values: Float32, sigma: float) -> Float32:
    """A wide Gaussian, made at a quarter of the size."""
    size = values.shape
    small = resized(values, ((size[0] + 3) // 4, (size[1] + 3) // 4))
    return resized(_smooth(small, sigma / 4), size)


def _closed(values: Float32, radius: int) -> Float32:
    """Morphological closing by a disc, in 8 bits; by a large one, at half the size."""
    if radius > 6:
        half = resized(values, ((values.shape[0] + 1) // 2, (values.shape[1] + 1) // 2))
        larger: Float32 = np.maximum(values, resized(_closed(half, radius // 2), values.shape))
        return larger
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    closed = cv2.morphologyEx((values * 255).astype(np.uint8), cv2.MORPH_CLOSE, element)
    return np.asarray(closed, np.float32) / np.float32(255)
