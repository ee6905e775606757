"""Spoils the depth of a sample; colour and truth stay as they are.

Where the sensor's raw reading is there, noise, offset and a wrong calibration act on it and the SDK registers it anew;
otherwise they act on registered depth.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.evaluation.earlier_depth import earlier_depth
from rgbd_seg.evaluation.fault import Fault
from rgbd_seg.evaluation.raw_damage import has_metric_reading, with_raw_fault
from rgbd_seg.resampling import resize_depth, resize_map
from rgbd_seg.scaling import bounded_size
from rgbd_seg.training.portrait_sample import PortraitSample

NOISE = 0.005  # 1/m: σ at 1 m is 5 mm and grows with the square of distance
REFERENCE_SIDE = 640  # pixels: the picture in whose pixels a wrong calibration is counted
_BLOB = 0.04  # of the longer side: size of a hole


def damaged(clip: Sequence[PortraitSample], index: int, fault: Fault) -> PortraitSample:
    """Frame ``index`` of a clip (a still is a clip of one) as ``fault`` would have it.

    The same sample and fault give the same damage.
    """
    sample = clip[index]
    depth = sample.registered if sample.registered is not None else sample.depth
    if depth is None:
        return sample
    if fault.kind == "none":
        return _with_depth(sample, None)
    if fault.is_none():
        return sample
    random = np.random.default_rng(_seed(sample.key, fault.kind))
    if fault.kind in ("noise", "offset", "calibration") and has_metric_reading(sample):
        return with_raw_fault(sample, fault, random)
    match fault.kind:
        case "holes":
            return _with_depth(sample, _holed(depth, fault.level, random))
        case "noise":
            return _with_depth(sample, noisy(depth, fault.level, random, sample.depth_is_metric))
        case "offset":
            return _with_depth(sample, _farther(depth, fault.level))
        case "calibration":
            return _with_depth(sample, _shifted(depth, fault.level, random))
        case "delay":
            return _with_depth(sample, earlier_depth(clip, index, fault.level))
        case _:
            return _coarser(sample, depth, round(fault.level))


def noisy(depth: Float32, times: float, random: np.random.Generator, metric: bool = True) -> Float32:
    """Depth whose noise is ``times`` as strong as it was, if it was that of a time-of-flight camera."""
    unit = 1.0 if metric else float(np.nanmedian(depth))  # of relative depth only ratios mean something
    sigma = NOISE * np.sqrt(times**2 - 1) * depth**2 / np.float32(unit)
    spoiled = depth + sigma * random.standard_normal(depth.shape, np.float32)
    return np.asarray(np.maximum(spoiled, np.float32(0.05) * depth), np.float32)


def _holed(depth: Float32, share: float, random: np.random.Generator) -> Float32:
    """Blobs without depth that cover ``share`` of what was measured; larger shares contain the smaller ones' holes."""
    pattern = random.standard_normal(depth.shape).astype(np.float32)
    blob = max(1.0, _BLOB * max(depth.shape) / 2)
    pattern = cv2.GaussianBlur(pattern, (0, 0), blob, borderType=cv2.BORDER_REFLECT)
    known = np.isfinite(depth)
    if not known.any():
        return depth
    limit = np.quantile(pattern[known], share)
    return np.where(pattern < limit, np.float32(np.nan), depth)


def _farther(depth: Float32, metres: float) -> Float32:
    moved = depth + np.float32(metres)
    return np.where(moved > 0, moved, np.float32(np.nan)).astype(np.float32)


def _shifted(depth: Float32, pixels: float, random: np.random.Generator) -> Float32:
    """All of depth moved in a random direction, as a turned depth camera leaves it; nothing comes in at the edge."""
    angle = random.uniform(0, 2 * np.pi)
    length = pixels * max(depth.shape) / REFERENCE_SIDE
    right, down = length * np.cos(angle), length * np.sin(angle)
    matrix = np.array([[1, 0, right], [0, 1, down]])
    size = (depth.shape[1], depth.shape[0])
    moved = cv2.warpAffine(depth, matrix, size, flags=cv2.INTER_NEAREST, borderValue=float("nan"))
    return np.asarray(moved, np.float32)


def _coarser(sample: PortraitSample, depth: Float32, side: int) -> PortraitSample:
    """As a sensor of fewer pixels would measure; no change if it has fewer already."""
    size = bounded_size((depth.shape[0], depth.shape[1]), side)
    if size == depth.shape:
        return sample
    confidence = sample.registered_confidence if sample.registered is not None else None
    coarse = resize_depth(depth, size, "nearest")
    return replace(
        sample,
        registered=coarse,
        registered_confidence=None if confidence is None else resize_map(confidence, size),
        registered_shadow=None,
    )


def _with_depth(sample: PortraitSample, depth: Float32 | None) -> PortraitSample:
    """Depth replaced; what lies outside it now has no confidence."""
    if depth is None:
        return replace(
            sample, depth=None, registered=None, registered_confidence=None, registered_shadow=None, sensor=None
        )
    confidence = sample.registered_confidence if sample.registered is not None else None
    if confidence is not None:
        confidence = np.where(np.isnan(depth), np.float32(0), confidence)
    return replace(sample, registered=depth, registered_confidence=confidence)


def _seed(key: str, kind: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{kind}:{key}".encode(), digest_size=8).digest())
