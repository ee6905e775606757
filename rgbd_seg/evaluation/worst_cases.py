"""The pictures on which an answer is worst, side by side with the truth."""

from collections.abc import Sequence

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.evaluation.answer import answer
from rgbd_seg.evaluation.methods import COLOR_ONLY, METHODS, OWN
from rgbd_seg.evaluation.record import Record
from rgbd_seg.evaluation.sets import EvaluationSet
from rgbd_seg.protocols import Segmenter
from rgbd_seg.scaling import resized
from rgbd_seg.training.portrait_sample import PortraitSample

COLUMNS = ("picture", "depth", "truth", "colour alone", "with depth", "difference")
_KEEP, _LOST = (205, 70, 45), (50, 100, 220)  # kept though not the subject; lost though the subject


def worst_keys(records: Sequence[Record], name: str, model: str, method: str, count: int) -> list[str]:
    """Keys of the pictures of set ``name`` with the lowest IoU of alpha, worst first."""
    found = [
        record
        for record in records
        if (record.set, record.model, record.method, record.stage) == (name, model, method, "alpha")
        and record.fault is None
    ]
    return [record.key for record in sorted(found, key=lambda record: record.values["iou"])[:count]]


def worst_cases(chosen: EvaluationSet, segmenter: Segmenter, method: str, keys: Sequence[str]) -> list[list[UInt8]]:
    """One row of pictures for each key, as `COLUMNS` names them, in the order of ``keys``."""
    wanted = {key: number for number, key in enumerate(keys)}
    found: dict[int, list[UInt8]] = {}
    for clip in chosen.clips(lambda _: None):
        for sample in clip:
            if sample.key in wanted and wanted[sample.key] not in found:
                found[wanted[sample.key]] = _row(sample, segmenter, method)
        if len(found) == len(wanted):
            break
    return [found[number] for number in sorted(found)]


def _row(sample: PortraitSample, segmenter: Segmenter, method_name: str) -> list[UInt8]:
    method = next(method for method in (*METHODS, OWN) if method.name == method_name)
    size = (sample.alpha.shape[0], sample.alpha.shape[1])
    frame = sample.frame()
    fused = resized(answer(segmenter, method, frame).alpha, size)
    color = fused if segmenter.needs_depth else resized(answer(segmenter, COLOR_ONLY, frame).alpha, size)
    depth = _depth_picture(frame.depth, size)
    picture = resized(sample.color, size)
    return [picture, depth, _grey(sample.alpha), _grey(color), _grey(fused), _difference(picture, fused, sample.alpha)]


def _grey(alpha: Float32) -> UInt8:
    level = np.rint(np.clip(alpha, 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(level[..., None], 3, axis=2))


def _depth_picture(depth: Float32 | None, size: tuple[int, int]) -> UInt8:
    """Near is bright; violet where nothing was measured."""
    if depth is None or not np.isfinite(depth).any():
        return np.full((*size, 3), (70, 40, 80), np.uint8)
    nearest = cv2.resize(depth, (size[1], size[0]), interpolation=cv2.INTER_NEAREST)
    inverse = 1 / nearest
    low, high = np.nanpercentile(inverse, (1, 99))
    level = np.nan_to_num(np.clip((inverse - low) / max(high - low, 1e-6), 0, 1), nan=0.0)
    picture = np.repeat(np.rint(30 + 225 * level).astype(np.uint8)[..., None], 3, axis=2)
    picture[np.isnan(nearest)] = (70, 40, 80)
    return picture


def _difference(color: UInt8, alpha: Float32, truth: Float32) -> UInt8:
    """Red where too much is kept, blue where too little."""
    excess = np.clip(alpha - truth, -1, 1)[..., None]
    tint = np.where(excess > 0, np.array(_KEEP), np.array(_LOST))
    faded = 255 - (255 - color.astype(np.float32)) * 0.45
    return np.asarray(np.rint(faded * (1 - np.abs(excess)) + tint * np.abs(excess)), np.uint8)
