"""Asks every model and method about one clip and scores the answers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from rgbd_seg.evaluation.answer import Answer, answer
from rgbd_seg.evaluation.damage import damaged
from rgbd_seg.evaluation.fault import SWEEPS, Fault
from rgbd_seg.evaluation.methods import COLOR_ONLY, METHODS, OWN, Method, Stage
from rgbd_seg.evaluation.record import Record
from rgbd_seg.evaluation.remembering import Remembering
from rgbd_seg.evaluation.score import flicker, score
from rgbd_seg.protocols import Segmenter
from rgbd_seg.scaling import bounded_size, resized
from rgbd_seg.training.portrait_sample import PortraitSample

_SWEEP_SIDE = 1024  # pixels


class Examiner:
    """Holds the loaded models of one process."""

    def __init__(
        self, segmenters: Sequence[Segmenter], *, sweep_models: Sequence[str], sweep_methods: Sequence[str]
    ) -> None:
        self._segmenters = [Remembering(segmenter) for segmenter in segmenters]
        self._sweep_models = set(sweep_models)
        self._sweep_methods = tuple(method for method in METHODS if method.name in sweep_methods)

    def examine(self, set_name: str, clip: Sequence[PortraitSample], *, sweeps: bool) -> list[Record]:
        """All records of a clip: every model and method with depth as it came, and the sweeps if asked for."""
        records: list[Record] = []
        for segmenter in self._segmenters:
            before: dict[str, Answer] = {}
            for index, sample in enumerate(clip):
                records += self._plain(set_name, clip, index, segmenter, before)
                if sweeps and segmenter.name in self._sweep_models and _has_depth(sample):
                    records += self._swept(set_name, clip, index, segmenter)
                segmenter.forget()
        return records

    def _plain(
        self,
        set_name: str,
        clip: Sequence[PortraitSample],
        index: int,
        segmenter: Remembering,
        before: dict[str, Answer],
    ) -> Iterator[Record]:
        sample = clip[index]
        for method in methods_of(segmenter, sample):
            found = answer(segmenter, method, sample.frame())
            for stage in Stage:
                values = score(found.of(stage), sample)
                if method.name in before:
                    values["dtssd"] = flicker(before[method.name].of(stage), found.of(stage), clip[index - 1], sample)
                yield Record(
                    set=set_name, key=sample.key, model=segmenter.name, method=method.name, stage=stage, values=values
                )
            before[method.name] = found

    def _swept(
        self, set_name: str, clip: Sequence[PortraitSample], index: int, segmenter: Remembering
    ) -> Iterator[Record]:
        clip = [_reduced(sample) for sample in clip]
        methods = (OWN,) if segmenter.needs_depth else self._sweep_methods
        color = None if segmenter.needs_depth else answer(segmenter, COLOR_ONLY, clip[index].frame())
        for fault in (fault for faults in SWEEPS.values() for fault in faults):
            if fault.kind == "none" and segmenter.needs_depth:
                continue
            spoiled = damaged(clip, index, fault)
            if color is not None:
                yield from _scored(color, COLOR_ONLY, set_name, spoiled, segmenter.name, fault)
            for method in methods:
                found = answer(segmenter, method, spoiled.frame())
                yield from _scored(found, method, set_name, spoiled, segmenter.name, fault)


def methods_of(segmenter: Segmenter, sample: PortraitSample) -> tuple[Method, ...]:
    """Those that can be asked about this sample."""
    if not _has_depth(sample):
        return () if segmenter.needs_depth else (COLOR_ONLY,)
    return (OWN,) if segmenter.needs_depth else METHODS


def _has_depth(sample: PortraitSample) -> bool:
    return sample.registered is not None or sample.depth is not None


def _reduced(sample: PortraitSample) -> PortraitSample:
    """Colour and truth of at most ``_SWEEP_SIDE`` pixels: thirty mattes of a 12-megapixel photo take minutes."""
    height, width = sample.color.shape[:2]
    size = bounded_size((height, width), _SWEEP_SIDE)
    if size == (height, width):
        return sample
    intrinsics = sample.intrinsics.resized(size[1], size[0]) if sample.intrinsics else None
    truth = np.clip(resized(sample.alpha, size), 0, 1)
    return replace(sample, color=resized(sample.color, size), alpha=truth, intrinsics=intrinsics, sensor=None,
                   depth=None, registered=sample.frame().depth, others=None, pictured=None, held=None, people=None,
                   unsure=None)  # fmt: skip


def _scored(
    found: Answer, method: Method, set_name: str, sample: PortraitSample, model: str, fault: Fault
) -> Iterator[Record]:
    for stage in Stage:
        yield Record(
            set=set_name,
            key=sample.key,
            model=model,
            method=method.name,
            stage=stage,
            fault=fault,
            values=score(found.of(stage), sample, full=False),
        )
