"""How long exported files take, each against the others."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rgbd_seg.networks.portrait import INPUTS
from rgbd_seg.training.portrait.export import INPUT

_WARM_UP = 3


def processor_milliseconds(paths: Sequence[Path], side: int, rounds: int = 30) -> list[float]:
    """Processor time of one picture on one thread, median; in turns, so that a busy machine is busy for all alike."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = [onnxruntime.InferenceSession(str(p), options, providers=["CPUExecutionProvider"]) for p in paths]
    picture = {INPUT: np.random.default_rng(0).random((1, len(INPUTS), side, side), np.float32)}
    times: list[list[float]] = [[] for _ in sessions]
    for turn in range(_WARM_UP + rounds):
        for taken, session in zip(times, sessions, strict=True):
            start = time.process_time()
            session.run(None, picture)
            if turn >= _WARM_UP:
                taken.append(1e3 * (time.process_time() - start))
    return [statistics.median(taken) for taken in times]
