"""How good an exported file is on packed pictures, computed as it is deployed: by ONNX Runtime, picture by picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from rgbd_seg.networks.portrait import OUTPUTS
from rgbd_seg.training.metrics.calibration_error import Reliability, reliability
from rgbd_seg.training.metrics.overlap import iou
from rgbd_seg.training.portrait.examples import whole_example
from rgbd_seg.training.portrait.export import INPUT
from rgbd_seg.training.portrait.losses import ALPHA, HELD_WEIGHT, T_HELD, WEIGHT
from rgbd_seg.training.portrait.packed import PackedSet

_PROBABILITY, _HELD = OUTPUTS.index("probability"), OUTPUTS.index("held")


@dataclass(frozen=True, kw_only=True)
class FileScore:
    """Of one set, with its depth or without."""

    pictures: str  # the set's name
    input: str  # "color" or "color and depth"
    count: int
    iou: float  # of the front person at 0.5, mean over pictures
    calibration_error: float  # ECE over all pixels
    held_recall: float | None = None  # of what the subject holds, in the output for it; None if nothing is held
    held_precision: float | None = None  # of what that output claims


def score_file(path: Path, sets: Sequence[PackedSet], side: int, most: int) -> list[FileScore]:
    """Scores of at most ``most`` pictures of every set, evenly drawn; pixels of unsure truth are left out."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    scores = []
    for packed in sets:
        chosen = [int(i) for i in np.linspace(0, len(packed) - 1, min(most, len(packed)))]
        for with_depth in (False, True):
            indices = [i for i in chosen if packed.entries[i].has_depth or not with_depth]
            if indices:
                scores.append(_score(session, packed, indices, side, with_depth))
    return scores


def _score(session: object, packed: PackedSet, indices: Sequence[int], side: int, with_depth: bool) -> FileScore:
    overlaps: list[float] = []
    bins: list[Reliability] = []
    held = np.zeros(3)  # what is held, what is claimed, and both
    for index in indices:
        example = whole_example(packed[index], side, with_depth=with_depth)
        output = session.run(None, {INPUT: example.inputs[None]})[0][0]  # type: ignore[attr-defined]
        output = np.clip(output, 0, 1)  # ONNX Runtime's sigmoid exceeds 1 by a rounding step
        found = output[_PROBABILITY]
        truth, sure = example.targets[ALPHA], example.targets[WEIGHT] > 0.5
        overlaps.append(iou(found, truth, sure))
        bins.append(reliability(found, truth, sure))
        true, claimed = (values * example.targets[HELD_WEIGHT] for values in (example.targets[T_HELD], output[_HELD]))
        held += [true.sum(), claimed.sum(), np.minimum(true, claimed).sum()]
    return FileScore(
        pictures=packed.folder.name,
        input="color and depth" if with_depth else "color",
        count=len(indices),
        iou=float(np.mean(overlaps)),
        calibration_error=reduce(add, bins).error(),
        held_recall=float(held[2] / held[0]) if held[0] else None,
        held_precision=float(held[2] / held[1]) if held[0] and held[1] else None,
    )


def largest_loss(exact: Sequence[FileScore], other: Sequence[FileScore]) -> float:
    """By how much ``other`` falls behind in IoU, with depth or without, whichever is more; all pictures count alike."""
    kinds = {score.input for score in exact}
    return max(_mean_iou(exact, kind) - _mean_iou(other, kind) for kind in kinds)


def _mean_iou(scores: Sequence[FileScore], kind: str) -> float:
    chosen = [score for score in scores if score.input == kind]
    return float(np.average([score.iou for score in chosen], weights=[score.count for score in chosen]))
