"""Batches of examples, prepared in other processes, the same after a resume as without one."""

from collections.abc import Iterator

import cv2
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from rgbd_seg.training.portrait.examples import Examples

Batch = tuple[Tensor, Tensor]  # inputs, targets


class _Torch(Dataset[Batch]):
    def __init__(self, examples: Examples) -> None:
        self._examples = examples

    def __getitem__(self, position: int) -> Batch:
        example = self._examples[position]
        return torch.from_numpy(example.inputs), torch.from_numpy(example.targets)


def batches(
    examples: Examples, *, first_step: int, steps: int, batch: int, rank: int, world: int, workers: int
) -> Iterator[Batch]:
    """Steps ``first_step`` … ``steps`` − 1 of this rank; positions depend on step and rank only."""

    def positions() -> Iterator[list[int]]:
        for step in range(first_step, steps):
            start = (step * world + rank) * batch
            yield list(range(start, start + batch))

    if workers:
        # OpenCV's threads do not survive a fork, and the first call in the new process would wait for them for ever.
        cv2.setNumThreads(1)
    loader = DataLoader(
        _Torch(examples),
        batch_sampler=positions(),
        num_workers=workers,
        worker_init_fn=_one_thread if workers else None,
        prefetch_factor=4 if workers else None,
        persistent_workers=False,
    )
    return iter(loader)


def _one_thread(_: int) -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
