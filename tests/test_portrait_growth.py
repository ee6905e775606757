"""A network that goes on from one with fewer blocks."""

from dataclasses import replace
from pathlib import Path

import pytest
from portrait_sets import disc_picture, small_config

pytest.importorskip("torch", reason="PyTorch is not installed")
import torch
from torch import Tensor

from rgbd_seg.errors import ModelError
from rgbd_seg.networks import portrait
from rgbd_seg.networks.portrait import SIZES, PortraitNetwork
from rgbd_seg.training.portrait.checkpoint import Checkpoint
from rgbd_seg.training.portrait.growth import grow
from rgbd_seg.training.portrait.packed import write_packed
from rgbd_seg.training.portrait.run import train
from rgbd_seg.training.portrait.trainer import FINAL

SHALLOW = {"tiny": (1, 1, 1, 1), "base": (2, 3, 4, 3), "large": (3, 4, 5, 4)}


def shallow(size: str, monkeypatch: pytest.MonkeyPatch) -> PortraitNetwork:
    with monkeypatch.context() as patch:
        patch.setitem(portrait.SIZES, size, replace(SIZES[size], repeats=SHALLOW[size]))
        return PortraitNetwork(size)


@pytest.fixture
def shown() -> Tensor:
    return torch.rand(4, 6, 64, 64, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("size", SIZES)
def test_new_blocks_change_nothing_and_can_learn(size: str, shown: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(4)
    start, grown = shallow(size, monkeypatch), PortraitNetwork(size)
    start.train()(shown)
    new = grow(grown, start.state_dict(), [shown])
    assert new == sum(SIZES[size].repeats) - sum(SHALLOW[size])
    torch.testing.assert_close(grown.eval()(shown), start.eval()(shown))
    grown(shown).square().sum().backward()
    gains = [p.grad for name, p in grown.named_parameters() if name.endswith(".body.4.weight") and not p.any()]
    assert len(gains) == new
    assert all(gain is not None and gain.any() for gain in gains)


def test_norms_of_new_blocks_know_what_they_will_see(shown: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(5)
    start, grown = shallow("tiny", monkeypatch), PortraitNetwork("tiny")
    start.train()(shown)
    grow(grown, start.state_dict(), [shown, shown])
    with torch.no_grad():
        for name, parameter in grown.named_parameters():
            if name.endswith(".body.4.weight") and not parameter.any():
                parameter.fill_(0.1)  # the new blocks speak
        said: list[Tensor] = []
        norm = grown.get_submodule("sixteenth.1.body.4")
        norm.register_forward_hook(lambda module, given, out: said.append(out))
        grown.eval().features(shown)
    assert said[0].mean((0, 2, 3)).abs().max() < 0.005  # the statistics' n − 1 for n
    assert said[0].std() == pytest.approx(0.1, rel=0.05)


def test_what_is_not_a_shallower_network_is_refused(monkeypatch: pytest.MonkeyPatch, shown: Tensor) -> None:
    deep = PortraitNetwork("tiny")
    with pytest.raises(ModelError, match="not in it"):
        grow(shallow("tiny", monkeypatch), deep.state_dict(), [shown])
    without = {name: value for name, value in deep.state_dict().items() if not name.startswith("stem.0")}
    with pytest.raises(ModelError, match=r"lacks stem\.0\.weight"):
        grow(PortraitNetwork("tiny"), without, [shown])
    with pytest.raises(ModelError, match="do not fit"):
        grow(PortraitNetwork("base"), deep.state_dict(), [shown])


def test_training_goes_on_deeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, numbers in {"train": range(8), "held-out": range(100, 104)}.items():
        write_packed(tmp_path / name, (disc_picture(i) for i in numbers), lambda: None)
    config = small_config(epochs=2, validate_every=1000)
    with monkeypatch.context() as patch:
        patch.setitem(portrait.SIZES, "tiny", replace(SIZES["tiny"], repeats=SHALLOW["tiny"]))
        train(config, tmp_path, tmp_path / "shallow", lambda row: None)
    start = str(tmp_path / "shallow" / FINAL)
    deeper = replace(config, network=replace(config.network, start=start, norms="frozen"))
    train(deeper, tmp_path, tmp_path / "deep", lambda row: None)
    before, after = (Checkpoint.load(tmp_path / run / FINAL).weights for run in ("shallow", "deep"))
    assert set(before) < set(after)
    assert all(after[name].any() for name in set(after) - set(before) if name.endswith(".body.4.weight"))
