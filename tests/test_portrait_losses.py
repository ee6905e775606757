"""What the portrait network is punished for, and what not."""

from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")
import torch
from torch import Tensor

from rgbd_seg.training.portrait.config import LossConfig
from rgbd_seg.training.portrait.losses import HELD_WEIGHT, T_HELD, WEIGHT, portrait_loss

SIDE = 64
EVERY_PART = LossConfig(semantic_held=1)
LEFT, RIGHT = slice(0, SIDE // 2), slice(SIDE // 2, SIDE)


def targets() -> Tensor:
    """A subject in the middle that holds something on its left half; everything is known."""
    maps = torch.zeros(1, 6, SIDE, SIDE)
    maps[:, :2, 16:48, 16:48] = 1  # alpha, people
    maps[:, T_HELD, 32:40, 16:32] = 1
    maps[:, WEIGHT:] = 1
    return maps


def answers(maps: Tensor, sureness: float = 20.0) -> tuple[Tensor, Tensor]:
    """Logits that say the truth, and the semantic branch's."""
    logits = sureness * (2 * maps[:, [0, 0, 1, 2]] - 1)
    return logits, torch.nn.functional.avg_pool2d(logits, 8)


def test_the_truth_costs_nothing() -> None:
    maps = targets()
    for name, part in portrait_loss(*answers(maps), maps, replace(EVERY_PART, held_emphasis=3)).items():
        assert float(part) < 1e-4, name


def test_a_wrong_answer_costs_in_every_part() -> None:
    maps = targets()
    logits, semantic = answers(maps)
    for name, part in portrait_loss(-logits, -semantic, maps, EVERY_PART).items():
        assert float(part) > 1e-3, name


def test_what_is_not_known_costs_nothing() -> None:
    maps = targets()
    logits, semantic = answers(maps)
    maps[:, WEIGHT : HELD_WEIGHT + 1, :, LEFT] = 0
    spoiled = logits.clone()
    spoiled[..., LEFT] *= -1
    parts = portrait_loss(spoiled, semantic, maps, LossConfig(semantic=0))
    assert all(float(part) < 1e-4 for part in parts.values())


def test_held_objects_may_count_more() -> None:
    maps = targets()
    logits, semantic = answers(maps, sureness=0.5)

    def pull(config: LossConfig) -> Tensor:
        """How strongly every pixel's probability is pulled."""
        given = logits.clone().requires_grad_()
        portrait_loss(given, semantic, maps, config)["bce"].backward()  # type: ignore[no-untyped-call]
        assert given.grad is not None
        return given.grad[0, 1]

    plain, emphasised = pull(LossConfig()), pull(replace(LossConfig(), held_emphasis=2.0))
    held = maps[0, T_HELD] > 0
    torch.testing.assert_close(emphasised[held], 3 * plain[held])
    torch.testing.assert_close(emphasised[~held], plain[~held])


def test_the_output_for_held_objects_may_count_them_more_often() -> None:
    maps = targets()
    logits, semantic = answers(maps, sureness=0.5)

    def cost(balance: float) -> float:
        return float(portrait_loss(logits, semantic, maps, LossConfig(held_balance=balance))["held"])

    frequent = (1 + 4 * maps[:, T_HELD].mean()) * cost(0)  # every pixel is as unsure as any other
    assert cost(4) == pytest.approx(float(frequent), rel=1e-4)
    maps[:, HELD_WEIGHT] = 0
    assert cost(4) == 0


def test_the_rest_of_a_batch_is_answered_by_the_semantic_branch_alone() -> None:
    maps = torch.cat([targets(), targets(), targets()])
    logits, semantic = answers(maps, sureness=0.5)
    both = portrait_loss(logits[:1], semantic, maps, EVERY_PART)
    wrong = semantic.clone()
    wrong[2] *= -1
    spoiled = portrait_loss(logits[:1], wrong, maps, EVERY_PART)
    for name, part in both.items():
        assert (float(spoiled[name]) > float(part)) == name.startswith("semantic"), name
