"""How fast the weights move, their running average, and the way back to where they began."""

import copy
import math

import torch
from torch import nn
from torch.optim import Adam, AdamW, Optimizer

from rgbd_seg.networks.portrait import PortraitNetwork
from rgbd_seg.training.portrait.checkpoint import Weights
from rgbd_seg.training.portrait.config import OptimiserConfig

_LAST = 0.01  # of the learning rate, at the end of the cosine


def make_optimiser(network: nn.Module, config: OptimiserConfig) -> Optimizer:
    """Adam or AdamW; norms and biases do not decay."""
    decays = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": decays, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    kind = AdamW if config.name == "adamw" else Adam
    return kind(groups, lr=config.learning_rate)


def learning_rate(config: OptimiserConfig, step: int, steps: int) -> float:
    """At a step of ``steps``: linear warm-up, then cosine or constant."""
    warm = min(1.0, (step + 1) / max(1, config.warmup_steps))
    if config.schedule == "constant":
        return config.learning_rate * warm
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, steps))))
    return config.learning_rate * warm * (_LAST + (1 - _LAST) * cosine)


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, share: float, step: int) -> None:
    """Move the running average towards the network; young averages forget faster."""
    kept = min(share, (1 + step) / (10 + step))
    for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.mul_(kept).add_(new.to(old.dtype), alpha=1 - kept)
        else:
            old.copy_(new)


@torch.no_grad()
def between(network: PortraitNetwork, start: Weights, share: float) -> PortraitNetwork:
    """``network`` moved back by ``share`` of the way to the weights it began with: what was learnt is forgotten less.

    M. Wortsman et al., "Robust fine-tuning of zero-shot models", 2022.
    """
    moved = copy.deepcopy(network)
    for name, value in moved.state_dict().items():
        if value.dtype.is_floating_point:
            value.lerp_(start[name].to(value), share)
    return moved
