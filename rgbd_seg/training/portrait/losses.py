"""What the network is punished for. Maps are (n, 1, H, W); ``weight`` is 0 where the truth is not known."""

import torch
from torch import Tensor
from torch.nn import functional

from rgbd_seg.training.portrait.config import LossConfig

_LEVELS = 4
VALUE, PROBABILITY, PEOPLE, HELD = range(4)  # the network's outputs
ALPHA, T_PEOPLE, T_HELD, WEIGHT, HELD_WEIGHT, CONTRAST = range(6)  # `examples.TARGETS`


def portrait_loss(logits: Tensor, semantic: Tensor, targets: Tensor, config: LossConfig) -> dict[str, Tensor]:
    """Every part of the loss, already weighted; their sum is minimised.

    Args:
        logits: (n, 4, H, W) of the whole network.
        semantic: (m, 4, h, w) of the semantic branch, m ≥ n.
        targets: (m, 6, H, W), see `rgbd_seg.training.portrait.examples.TARGETS`.
    """
    return _full_size(logits.float(), targets[: len(logits)], config) | _semantic(semantic.float(), targets, config)


def _full_size(logits: Tensor, targets: Tensor, config: LossConfig) -> dict[str, Tensor]:
    alpha, weight, contrast = targets[:, ALPHA, None], targets[:, WEIGHT, None], targets[:, CONTRAST, None]
    value = torch.sigmoid(logits[:, VALUE, None])
    held = targets[:, T_HELD, None] * targets[:, HELD_WEIGHT, None]
    emphasis = weight * (1 + config.held_emphasis * held)
    error = (value - alpha).abs() * emphasis
    return {
        "bce": config.bce * weighted_bce(logits[:, PROBABILITY, None], alpha, emphasis),
        "l1": config.l1 * error.mean(),
        "laplacian": config.laplacian * laplacian(value * weight, alpha * weight),
        "gradient": config.gradient * gradient(value, alpha, weight),
        # C = αF + (1 − α)B: with F and B known, a wrong α shows as |α̂ − α| · |F − B|.
        "composition": config.composition * (error * contrast).mean(),
        "people": config.people * weighted_bce(logits[:, PEOPLE, None], targets[:, T_PEOPLE, None], weight),
        "held": config.held * _held(logits[:, HELD, None], targets, config.held_balance),
    }


def _semantic(semantic: Tensor, targets: Tensor, config: LossConfig) -> dict[str, Tensor]:
    small = _as_small(targets, semantic)
    alpha, people, weight = small[:, ALPHA, None], small[:, T_PEOPLE, None], small[:, WEIGHT, None]
    answer = weighted_bce(semantic[:, PROBABILITY, None], alpha, weight)
    anybody = weighted_bce(semantic[:, PEOPLE, None], people, weight)
    parts = {"semantic": config.semantic * (answer + 0.3 * anybody)}
    if config.semantic_held:
        balanced = _held(semantic[:, HELD, None], small, config.held_balance)
        parts["semantic_held"] = config.semantic_held * config.held * balanced
    return parts


def agreement(with_depth: Tensor, without_depth: Tensor, weight: Tensor, strength: float) -> Tensor:
    """What colour alone says should be what colour and depth say together; depth teaches, and is not taught by it."""
    teacher = torch.sigmoid(with_depth[:, PROBABILITY, None].float()).detach()
    student = torch.sigmoid(without_depth[:, PROBABILITY, None].float())
    difference: Tensor = strength * functional.mse_loss(student * weight, teacher * weight)
    return difference


def weighted_bce(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy, mean over all pixels."""
    return functional.binary_cross_entropy_with_logits(logits, target, weight=weight)


def laplacian(value: Tensor, alpha: Tensor) -> Tensor:
    """L1 between Laplacian pyramids, coarse levels weigh more (Q. Hou, F. Liu, "Context-aware matting", 2019)."""
    total = value.new_zeros(())
    difference = value - alpha
    for level in range(_LEVELS - 1):
        coarse = functional.avg_pool2d(difference, 2)
        up = functional.interpolate(coarse, scale_factor=2.0, mode="bilinear", align_corners=False)
        total = total + 2**level * (difference - up).abs().mean()
        difference = coarse
    coarsest: Tensor = total + 2 ** (_LEVELS - 1) * difference.abs().mean()
    return coarsest


def gradient(value: Tensor, alpha: Tensor, weight: Tensor) -> Tensor:
    """L1 between differences of neighbours."""
    error = value - alpha
    across = (error[..., 1:] - error[..., :-1]).abs() * weight[..., 1:] * weight[..., :-1]
    down = (error[..., 1:, :] - error[..., :-1, :]).abs() * weight[..., 1:, :] * weight[..., :-1, :]
    return across.mean() + down.mean()


def _held(logits: Tensor, targets: Tensor, balance: float) -> Tensor:
    """Cross-entropy as if held pixels were 1 + ``balance`` times as frequent."""
    held, known = targets[:, T_HELD, None], targets[:, HELD_WEIGHT, None]
    return weighted_bce(logits, held, known * (1 + balance * held))


def _as_small(targets: Tensor, semantic: Tensor) -> Tensor:
    return functional.adaptive_avg_pool2d(targets, (semantic.shape[-2], semantic.shape[-1]))
