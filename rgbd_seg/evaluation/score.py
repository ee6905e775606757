"""One answer against one sample's truth."""

from typing import Any

import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.scaling import resized
from rgbd_seg.training import metrics
from rgbd_seg.training.portrait_sample import PortraitSample

FULL = ("iou", "sad", "mse", "grad", "conn", "boundary_f", "hair_sad")  # means over pictures
_DECIDED = 0.5


def score(answer: Float32, sample: PortraitSample, *, full: bool = True) -> dict[str, Any]:
    """All measures of one picture by name, at the truth's resolution.

    Args:
        answer: (h, w) probability or alpha of any resolution, the same field of view.
        full: False leaves out those that sweeps do without (Grad, Conn, outlines, hair, reliability).
    """
    truth, scored = sample.alpha, _scored(sample)
    alpha = np.clip(resized(answer, (truth.shape[0], truth.shape[1])), 0, 1)
    values: dict[str, Any] = {
        "iou": metrics.iou(alpha, truth, scored),
        "sad": metrics.sad(alpha, truth, scored),
        "mse": metrics.mse(alpha, truth, scored),
    }
    others = _other_people(sample)
    if others is not None:
        values["others"] = float(others.sum())
        values["kept_others"] = metrics.kept_coverage(alpha, truth, others, scored)
    if sample.held is not None and (recall := metrics.held_recall(alpha, truth, sample.held, scored)) is not None:
        values["held_recall"] = recall
    if not (truth > _DECIDED).any():
        values["imagined"] = float((alpha > _DECIDED).mean())
    if full:
        values |= _thorough(alpha, truth, scored)
    return values


def flicker(before: Float32, now: Float32, earlier: PortraitSample, sample: PortraitSample) -> float:
    """dtSSD between the answers for two neighbouring frames of a clip."""
    size = (sample.alpha.shape[0], sample.alpha.shape[1])
    first, second = (np.clip(resized(answer, size), 0, 1) for answer in (before, now))
    scored = _scored(sample)
    if scored is not None and (known := _scored(earlier)) is not None:
        scored = scored & known
    return metrics.dtssd((first, earlier.alpha), (second, sample.alpha), scored)


def _thorough(alpha: Float32, truth: Float32, scored: Bool | None) -> dict[str, Any]:
    bins = metrics.reliability(alpha, truth, scored)
    return {
        "grad": metrics.grad(alpha, truth, scored),
        "conn": metrics.conn(alpha, truth, scored),
        "boundary_f": metrics.boundary_f(alpha, truth, scored),
        "hair_sad": metrics.hair_sad(alpha, truth, scored),
        "reliability": [[round(float(value), 4) for value in row] for row in (bins.count, bins.claimed, bins.true)],
    }


def _scored(sample: PortraitSample) -> Bool | None:
    return None if sample.unsure is None else sample.unsure < _DECIDED


def _other_people(sample: PortraitSample) -> Float32 | None:
    """Coverage of people, and of pictures of people, that are not the subject."""
    parts = [part for part in (sample.others, sample.pictured) if part is not None]
    if not parts:
        return None
    total: Float32 = np.clip(np.sum(parts, axis=0), 0, 1 - sample.alpha).astype(np.float32)
    return total
