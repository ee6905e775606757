"""Colour's opinion and depth's opinion that a pixel is the subject, made into one.

Three rules. ``product`` and ``product-normalised`` are kept exactly as published, for comparison: depth enters them
twice and every factor is at most 1, so they darken whatever is far. ``odds`` treats the two as independent opinions
(Bayes' rule with an even prior). Wherever depth was not measured all three return colour's probability untouched.
"""

from typing import Literal

import numpy as np

from rgbd_seg.arrays import Bool, Float32, check_map
from rgbd_seg.depth_evidence import SURE
from rgbd_seg.depth_probability import normalised_depth
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import Segmentation
from rgbd_seg.options import check_choice, check_range

FusionMode = Literal["odds", "product", "product-normalised"]
FUSION_MODES: tuple[FusionMode, ...] = ("odds", "product", "product-normalised")

# Odds give a probability, so 0.5 is the even point. The products do not: their best threshold differs from scene to
# scene. These two had the best mean over eight pictures with known masks (benchmarks/accuracy.py).
DEFAULT_THRESHOLDS: dict[FusionMode, float] = {"odds": 0.5, "product": 0.08, "product-normalised": 0.4}
# Networks saturate at 0 and 1, which no evidence could move. Bounded like depth's, neither overrules the other.
_SURE = np.float32(SURE)


def fuse(
    segmentation: Segmentation,
    depth_probability: Float32 | None,
    depth: Float32 | None,
    mode: FusionMode = "odds",
    *,
    d_max: float | None = None,
) -> Float32:
    """Colour's and depth's opinions combined by the rule called ``mode``.

    Args:
        segmentation: (h, w) ``value`` S_in and ``probability`` I1.
        depth_probability: (h, w) I2 in [0, 1], NaN = no opinion; None = no depth at all.
        depth: (h, w) metres, NaN = not measured; the products need it, odds do not.
        d_max: metres that count as 1 in the products; the farthest measured depth if not given.
    Returns:
        (h, w) in [0, 1]; exactly ``segmentation.probability`` where depth says nothing.
    Raises:
        ConfigError: unknown mode.
        FrameError: arrays of different sizes, or a product without the depth it is made of.
    """
    check_choice("fusion", mode, FUSION_MODES)
    if depth_probability is None:
        return segmentation.probability
    if mode == "odds":
        return _fuse_tempered(segmentation.probability, depth_probability)
    if depth is None:
        raise FrameError(f"fusion {mode!r} got a depth probability but no depth; expected both, or use 'odds'")
    rule = fuse_product if mode == "product" else fuse_product_normalised
    return rule(segmentation, depth_probability, depth, d_max=d_max)


def fuse_odds(seg_prob: Float32, depth_prob: Float32) -> Float32:
    """Two independent opinions that a pixel is the subject, combined.

    Odds multiply, so 0.5 means "no opinion" and leaves the other side as it was; a plain product would halve it, and
    eat the hair. Certainties that contradict each other (0 and 1) cancel to 0.5.

    Args:
        seg_prob: (h, w) in [0, 1].
        depth_prob: (h, w) in [0, 1], NaN = no opinion.
    Returns:
        (h, w) in [0, 1]; exactly ``seg_prob`` where ``depth_prob`` is NaN.
    Raises:
        FrameError: the sizes differ.
    """
    check_map(depth_prob, seg_prob.shape, "depth_prob")
    person = seg_prob * depth_prob
    total = person + (1 - seg_prob) * (1 - depth_prob)
    even = np.full_like(seg_prob, 0.5)
    fused = np.divide(person, total, out=even, where=total > 0)
    return np.where(np.isnan(depth_prob), seg_prob, fused)


def _fuse_tempered(seg_prob: Float32, depth_prob: Float32) -> Float32:
    """Odds, colour's certainty bounded where depth has an opinion and untouched where it has none.

    Depth counts twice. Networks claim too much: of the pixels to which MediaPipe gave odds of 49 : 1 and less, about
    as many are the subject as if its odds were their own square root.
    """
    tempered = np.clip(seg_prob, 1 - _SURE, _SURE)
    return np.where(np.isnan(depth_prob), seg_prob, fuse_odds(tempered, fuse_odds(depth_prob, depth_prob)))


def fuse_product(
    segmentation: Segmentation, depth_prob: Float32, depth: Float32, *, d_max: float | None = None
) -> Float32:
    """S_out = I2 · (1 − d) · I1 · S_in, with d the depth divided by ``d_max``.

    Args:
        segmentation: (h, w) S_in and I1.
        depth_prob: (h, w) I2 in [0, 1], NaN = no opinion.
        depth: (h, w) metres, NaN = not measured.
        d_max: metres; the farthest measured depth if not given.
    Returns:
        (h, w) in [0, 1]; exactly I1 where I2 or the depth is missing.
    Raises:
        FrameError: the sizes differ.
    """
    product, known = _product(segmentation, depth_prob, depth, d_max)
    return np.where(known, product, segmentation.probability)


def fuse_product_normalised(
    segmentation: Segmentation, depth_prob: Float32, depth: Float32, *, d_max: float | None = None
) -> Float32:
    """``fuse_product`` divided by its maximum over the measured pixels of the picture (0 everywhere stays 0)."""
    product, known = _product(segmentation, depth_prob, depth, d_max)
    peak = product[known].max(initial=0.0)
    if peak > 0:
        product = product / peak
    return np.where(known, product, segmentation.probability)


def centred(fused: Float32, depth_prob: Float32 | None, mode: FusionMode, threshold: float | None = None) -> Float32:
    """``fused`` stretched so that its mask threshold falls on 0.5, as matting expects.

    Pixels without a depth opinion hold colour's probability, whose threshold is 0.5 already; they stay.

    Raises:
        ConfigError: the threshold is outside (0, 1).
    """
    threshold = DEFAULT_THRESHOLDS[mode] if threshold is None else threshold
    check_range("threshold", threshold, 1e-6, 1 - 1e-6)
    if threshold == 0.5 or depth_prob is None:
        return fused
    low = fused * np.float32(0.5 / threshold)
    high = 0.5 + (fused - np.float32(threshold)) * np.float32(0.5 / (1 - threshold))
    stretched = np.clip(np.where(fused < threshold, low, high), 0, 1)
    return np.where(np.isnan(depth_prob), fused, stretched).astype(np.float32)


def _product(
    segmentation: Segmentation, depth_prob: Float32, depth: Float32, d_max: float | None
) -> tuple[Float32, Bool]:
    size = segmentation.probability.shape
    check_map(depth_prob, size, "depth_prob")
    check_map(depth, size, "depth")
    near = 1 - normalised_depth(depth, d_max)
    product = depth_prob * near * segmentation.probability * segmentation.value
    known: Bool = np.isfinite(product)
    return product, known
