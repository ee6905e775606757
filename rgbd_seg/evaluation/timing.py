"""How long an answer takes, measured before anything else runs in this process."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from statistics import median

from rgbd_seg.evaluation.answer import answer
from rgbd_seg.evaluation.examiner import methods_of
from rgbd_seg.evaluation.methods import Stage
from rgbd_seg.evaluation.sets import EvaluationSet
from rgbd_seg.protocols import Segmenter

_WARM_UP = 2


def timed(chosen: EvaluationSet, segmenters: Sequence[Segmenter], count: int) -> dict[tuple[str, str, str, str], float]:
    """Median milliseconds for one picture by (set, model, method, stage), the network included every time.

    All take turns on each sample, so that a noisy machine is noisy for all alike; the first two do not count.
    """
    times: dict[tuple[str, str, str, str], list[float]] = defaultdict(list)
    for number, clip in enumerate(islice(chosen.clips(lambda _: None), count + _WARM_UP)):
        sample = clip[0]
        for segmenter in segmenters:
            for method in methods_of(segmenter, sample):
                found = answer(segmenter, method, sample.frame())
                for stage in Stage:
                    key = (chosen.name, segmenter.name, method.name, stage.value)
                    if number <= _WARM_UP:
                        times[key] = []
                    times[key].append(found.milliseconds(stage))
    return {key: median(values) for key, values in times.items()}
