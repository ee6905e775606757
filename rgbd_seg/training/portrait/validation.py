"""How good the network is on pictures it never saw: as deployed, with depth and without."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rgbd_seg.networks.portrait import PortraitNetwork
from rgbd_seg.training.portrait.examples import whole_example
from rgbd_seg.training.portrait.losses import ALPHA, PROBABILITY, WEIGHT
from rgbd_seg.training.portrait.packed import PackedSet

_BATCH = 16


@torch.no_grad()
def validate(network: PortraitNetwork, sets: Sequence[PackedSet], side: int, most: int = 400) -> dict[str, float]:
    """Mean IoU of the front person at 0.5, by set, ``color`` and ``rgbd``; ``score`` is the mean of all."""
    network.eval()
    scores: dict[str, float] = {}
    for packed in sets:
        chosen = np.linspace(0, len(packed) - 1, min(most, len(packed))).astype(int)
        for kind in ("color", "rgbd"):
            indices = [int(i) for i in chosen if kind == "color" or packed.entries[i].has_depth]
            if indices:
                scores[f"{packed.folder.name} {kind}"] = _mean_iou(network, packed, indices, side, kind == "rgbd")
    network.train()
    scores["score"] = float(np.mean(list(scores.values()))) if scores else 0.0
    return scores


@torch.no_grad()
def answers(
    network: PortraitNetwork, packed: PackedSet, indices: Sequence[int], side: int, *, with_depth: bool
) -> tuple[Tensor, Tensor]:
    """(n, 4, s, s) logits and (n, 6, s, s) targets of whole pictures."""
    device = next(network.parameters()).device
    logits, targets = [], []
    for start in range(0, len(indices), _BATCH):
        examples = [whole_example(packed[i], side, with_depth=with_depth) for i in indices[start : start + _BATCH]]
        inputs = torch.from_numpy(np.stack([e.inputs for e in examples])).to(device)
        logits.append(network.logits(inputs)[0].float().cpu())
        targets.append(torch.from_numpy(np.stack([e.targets for e in examples])))
    return torch.cat(logits), torch.cat(targets)


def _mean_iou(
    network: PortraitNetwork, packed: PackedSet, indices: Sequence[int], side: int, with_depth: bool
) -> float:
    total = 0.0
    for start in range(0, len(indices), _BATCH):
        part = indices[start : start + _BATCH]
        logits, targets = answers(network, packed, part, side, with_depth=with_depth)
        sure = targets[:, WEIGHT] > 0.5
        found, truth = (logits[:, PROBABILITY] > 0) & sure, (targets[:, ALPHA] > 0.5) & sure
        both, either = (found & truth).sum((1, 2)).double(), (found | truth).sum((1, 2)).double()
        total += float(torch.where(either > 0, both / either.clamp(min=1), 1.0).sum())
    return total / len(indices)
