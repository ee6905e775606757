"""Making a probability mean what it says: one temperature per output, found on held-out pictures.

C. Guo et al., "On Calibration of Modern Neural Networks", 2017.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rgbd_seg.networks.portrait import OUTPUTS, PortraitNetwork
from rgbd_seg.training.portrait.losses import ALPHA, HELD, HELD_WEIGHT, PEOPLE, PROBABILITY, T_HELD, T_PEOPLE, WEIGHT
from rgbd_seg.training.portrait.packed import PackedSet
from rgbd_seg.training.portrait.validation import answers

_CANDIDATES = np.geomspace(0.4, 3.0, 41)
_TRUTH = {PROBABILITY: (ALPHA, WEIGHT), PEOPLE: (T_PEOPLE, WEIGHT), HELD: (T_HELD, HELD_WEIGHT)}


@torch.no_grad()
def calibrate(network: PortraitNetwork, sets: Sequence[PackedSet], side: int, most: int = 200) -> Tensor:
    """Set and return the (4,) temperatures of least cross-entropy; the value S_in keeps 1, it is no probability."""
    network.eval()
    found = []
    for packed in sets:
        chosen = [int(i) for i in np.linspace(0, len(packed) - 1, min(most, len(packed)))]
        found.append(answers(network, packed, chosen, side, with_depth=False))
        if with_depth := [i for i in chosen if packed.entries[i].has_depth]:
            found.append(answers(network, packed, with_depth, side, with_depth=True))
    temperatures = torch.ones(len(OUTPUTS))
    for output, (truth, weight) in _TRUTH.items():
        costs = [_cost(found, output, truth, weight, float(t)) for t in _CANDIDATES]
        if np.isfinite(costs).all() and max(costs) > 0:
            temperatures[output] = float(_CANDIDATES[int(np.argmin(costs))])
    network.temperature.copy_(temperatures)
    return temperatures


def _cost(found: list[tuple[Tensor, Tensor]], output: int, truth: int, weight: int, temperature: float) -> float:
    return sum(
        float(
            functional.binary_cross_entropy_with_logits(
                logits[:, output] / temperature, targets[:, truth], weight=targets[:, weight], reduction="sum"
            )
        )
        for logits, targets in found
    )
