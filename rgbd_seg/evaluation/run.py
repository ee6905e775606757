"""The whole evaluation: every clip of every set, in several processes, resumable."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from rgbd_seg.child_process import end_with_parent
from rgbd_seg.errors import ConfigError
from rgbd_seg.evaluation.examiner import Examiner
from rgbd_seg.evaluation.journal import Journal, code_fingerprint
from rgbd_seg.evaluation.models import installed_models, load_model, model_fingerprint
from rgbd_seg.evaluation.options import EvaluationOptions
from rgbd_seg.evaluation.record import Record
from rgbd_seg.evaluation.sets import Clip, EvaluationSet, open_set
from rgbd_seg.evaluation.timing import timed
from rgbd_seg.segmentation.create import DEPTH_LAYERS

Progress = Callable[[str, int], None]  # set, samples done
_Arguments = tuple[tuple[str, ...], Path | None, tuple[str, ...], tuple[str, ...]]
_THREAD_LIMITS = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(kw_only=True)
class Outcome:
    """Everything that was measured."""

    models: tuple[str, ...] = ()
    records: list[Record] = field(default_factory=list)
    milliseconds: dict[tuple[str, str, str, str], float] = field(default_factory=dict)  # set, model, method, stage
    skipped: list[str] = field(default_factory=list)
    shown: dict[str, bool] = field(default_factory=dict)  # set → its pictures may be shown


def evaluate(options: EvaluationOptions, folder: Path, progress: Progress) -> Outcome:
    """Run it; what ``folder`` holds from an earlier run of the same code is not measured again.

    Raises:
        ConfigError: there is no such set, two have the same name, or a model to sweep is not among the models.
        ModelError: there is no such model.
        OutputError: results cannot be written.
    """
    sets = [open_set(text) for text in options.sets]
    models = tuple(dict.fromkeys(options.models or installed_models(options.models_folder)))  # each is measured once
    _check_names([chosen.name for chosen in sets], models, options.sweep_models)
    swept = options.sweep_models or tuple(model for model in models if model != DEPTH_LAYERS)[:1] or models[:1]
    outcome = Outcome(models=models)
    if options.timed:
        segmenters = [load_model(model, options.models_folder) for model in models]
        for chosen in sets:
            outcome.milliseconds |= timed(chosen, segmenters, options.timed)
        del segmenters
    common = repr((code_fingerprint(), [model_fingerprint(model, options.models_folder) for model in models], swept,
                   options.sweep_methods))  # fmt: skip
    with _Workers(options, models, swept) as workers:
        for chosen in sets:
            journal = Journal(folder / f"{chosen.name}.jsonl", repr((common, chosen.fingerprint)))
            _examine_set(chosen, options, workers, journal, outcome, progress)
    return outcome


def _check_names(sets: list[str], models: tuple[str, ...], swept: tuple[str, ...]) -> None:
    if twice := [name for name, count in Counter(sets).items() if count > 1]:
        raise ConfigError(f"two sets are called {twice[0]!r}; give one of them another name: --set NAME=PATH")
    if unknown := [model for model in swept if model not in models]:
        raise ConfigError(
            f"sweeps are asked for with {unknown[0]!r}, which is not among the models ({', '.join(models)}); "
            "add it with --model"
        )


def _examine_set(
    chosen: EvaluationSet,
    options: EvaluationOptions,
    workers: "_Workers",
    journal: Journal,
    outcome: Outcome,
    progress: Progress,
) -> None:
    outcome.shown[chosen.name] = chosen.may_be_shown
    done = 0
    for key, size, work in _tasks(chosen, options, journal, outcome.skipped, workers):
        records = work if isinstance(work, list) else work.result()
        if not isinstance(work, list):
            journal.add(key, records)
        outcome.records += records
        done += size
        progress(chosen.name, done)


def _tasks(
    chosen: EvaluationSet,
    options: EvaluationOptions,
    journal: Journal,
    skipped: list[str],
    workers: "_Workers",
) -> "Iterator[tuple[str, int, list[Record] | Future[list[Record]]]]":
    """Clips in order, a few of them ahead in the workers; (key, frames, records now or later)."""
    waiting: list[tuple[str, int, list[Record] | Future[list[Record]]]] = []
    count = 0
    for clip in chosen.clips(skipped.append):
        if options.limit is not None and count >= options.limit:
            break
        sweeps = options.sweep_limit is None or count < options.sweep_limit
        count += len(clip)
        key = f"{clip[0].key}/{sweeps}"
        known = journal.find(key)
        waiting.append((key, len(clip), workers.submit(chosen.name, clip, sweeps) if known is None else known))
        while waiting and (len(waiting) > workers.ahead or isinstance(waiting[0][2], list)):
            yield waiting.pop(0)
    yield from waiting


class _Workers:
    """Processes that hold the loaded models; none at all for one worker."""

    def __init__(self, options: EvaluationOptions, models: tuple[str, ...], swept: tuple[str, ...]) -> None:
        self._arguments: _Arguments = (models, options.models_folder, swept, options.sweep_methods)
        self.ahead = 3 * options.workers
        context = get_context("spawn")
        self._pool = (
            ProcessPoolExecutor(options.workers, mp_context=context, initializer=end_with_parent)
            if options.workers > 1
            else None
        )

    def __enter__(self) -> "_Workers":
        # Each process uses one core; its libraries read this when they are loaded there.
        self._before = {name: os.environ.get(name) for name in _THREAD_LIMITS}
        if self._pool is not None:
            os.environ.update(dict.fromkeys(_THREAD_LIMITS, "1"))
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def submit(self, name: str, clip: Clip, sweeps: bool) -> "list[Record] | Future[list[Record]]":
        if self._pool is not None:
            return self._pool.submit(_examine, self._arguments, name, clip, sweeps)
        future: Future[list[Record]] = Future()
        future.set_result(_examine(self._arguments, name, clip, sweeps))
        return future


@cache
def _examiner(
    models: tuple[str, ...], folder: Path | None, swept: tuple[str, ...], methods: tuple[str, ...]
) -> Examiner:
    """Loaded once in every process."""
    segmenters = [load_model(model, folder) for model in models]
    names = [segmenter.name for model, segmenter in zip(models, segmenters, strict=True) if model in swept]
    return Examiner(segmenters, sweep_models=names, sweep_methods=methods)


def _examine(arguments: _Arguments, name: str, clip: Clip, sweeps: bool) -> list[Record]:
    return _examiner(*arguments).examine(name, clip, sweeps=sweeps)
