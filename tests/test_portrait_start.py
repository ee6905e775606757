"""Training that begins with the weights of an exported network."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from portrait_sets import disc_picture, small_config

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("onnx", reason="the package onnx is not installed")
import torch
from torch import nn

from rgbd_seg.cli.main import main
from rgbd_seg.errors import ConfigError, ModelError
from rgbd_seg.models.folder import passport_path
from rgbd_seg.networks.blocks import freeze_norms
from rgbd_seg.networks.portrait import SIZES, PortraitNetwork
from rgbd_seg.training.portrait.checkpoint import Checkpoint
from rgbd_seg.training.portrait.config import TrainingConfig
from rgbd_seg.training.portrait.export import export
from rgbd_seg.training.portrait.lineage import Lineage
from rgbd_seg.training.portrait.origin import Origin
from rgbd_seg.training.portrait.packed import write_packed
from rgbd_seg.training.portrait.release import Released, release
from rgbd_seg.training.portrait.release_options import ReleaseOptions
from rgbd_seg.training.portrait.run import train
from rgbd_seg.training.portrait.trainer import FINAL
from rgbd_seg.training.portrait.unfolding import unfold

SIDE = 64


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    for name, numbers in {"train": range(12), "held-out": range(100, 104)}.items():
        write_packed(folder / name, (disc_picture(i) for i in numbers), lambda: None)
        Origin(source="discs, made by this test", licence="CC0-1.0").write(folder / name)
    return folder


@pytest.fixture(scope="module")
def released(sets: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Released, ...]:
    """A network of a few steps, as it is shipped: float32, int8."""
    folder = tmp_path_factory.mktemp("first")
    train(small_config(epochs=6, validate_every=1000), sets, folder, lambda row: None)
    options = ReleaseOptions(
        name="first",
        side=SIDE,
        int8=True,
        calibration_sets=(sets / "train",),
        held_out=(sets / "held-out",),
        root=sets,
    )
    return release(folder / FINAL, folder, options, lambda text: None)


@pytest.mark.parametrize("size", SIZES)
def test_the_weights_come_back(size: str, tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = PortraitNetwork(size)
    shown = torch.rand(8, 6, SIDE, SIDE)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.3)
        for _ in range(30):
            network.train()(shown)  # the norms learn their statistics
        network.temperature.fill_(1.3)
        export(network, tmp_path / "net.onnx", SIDE)
        again = PortraitNetwork(size)
        unfold(again, tmp_path / "net.onnx", [shown])
        wanted = network.eval()(shown)
        assert wanted.std() > 0.01
        torch.testing.assert_close(again.eval()(shown), wanted, atol=1e-4, rtol=0)
        # Batch norm in training finds the statistics that were measured: the first step starts from the same answers.
        torch.testing.assert_close(again.train()(shown), wanted, atol=1e-2, rtol=0)


def test_training_goes_on(sets: Path, released: tuple[Released, ...], tmp_path: Path) -> None:
    first = released[0]
    config = small_config(epochs=40, validate_every=1000, seed=5)
    seen: list[dict[str, float]] = []
    train(replace(config, network=replace(config.network, start=str(first.path))), sets, tmp_path, seen.append)
    assert [row for row in seen if "score" in row][-1]["held-out rgbd"] > 0.75
    options = ReleaseOptions(name="second", side=SIDE, root=sets)
    second = release(tmp_path / FINAL, tmp_path / "second", options, lambda text: None)[0]
    record = second.passport.record
    assert record["seeds"] == [0, 5]
    assert [run["steps"] for run in record["runs"]] == [18, 120]
    assert len(record["data"]) == 2 * len(first.passport.record["data"])


@pytest.mark.parametrize("size", SIZES)
def test_frozen_norms_change_nothing_but_the_way_of_computing(size: str) -> None:
    torch.manual_seed(2)
    network = PortraitNetwork(size)
    shown = torch.rand(2, 6, SIDE, SIDE)
    network.train()(shown)  # the norms have seen something
    gradients = []
    network.eval()
    for _ in range(2):
        network.zero_grad()
        answer = network(shown)
        answer.square().sum().backward()
        gradients.append((answer.detach(), [p.grad for p in network.parameters() if p.grad is not None]))
        freeze_norms(network)
        network.train()  # which frozen norms do not mind
    torch.testing.assert_close(gradients[1][0], gradients[0][0], atol=1e-5, rtol=0)
    assert len(gradients[0][1]) == len(gradients[1][1])
    for frozen, plain in zip(gradients[1][1], gradients[0][1], strict=True):
        torch.testing.assert_close(frozen, plain, atol=1e-4 * float(plain.abs().max()) + 1e-6, rtol=1e-3)


def test_training_goes_on_with_frozen_norms(sets: Path, released: tuple[Released, ...], tmp_path: Path) -> None:
    config = small_config(epochs=40, validate_every=1000, seed=5)
    network = replace(config.network, start=str(released[0].path), norms="frozen")
    seen: list[dict[str, float]] = []
    train(replace(config, network=network), sets, tmp_path, seen.append)
    assert [row for row in seen if "score" in row][-1]["held-out rgbd"] > 0.75
    saved = Checkpoint.load(tmp_path / FINAL)
    statistics = [name for name in saved.weights if "running_" in name]
    assert statistics
    for name in statistics:  # those of the start, which the average has, too
        torch.testing.assert_close(saved.average[name], saved.weights[name], atol=1e-5, rtol=1e-5)


def test_frozen_norms_need_statistics(sets: Path, tmp_path: Path) -> None:
    config = small_config(epochs=1)
    with pytest.raises(ConfigError, match="frozen"):
        train(replace(config, network=replace(config.network, norms="frozen")), sets, tmp_path, lambda row: None)


def test_fine_levels_keep_the_weights_of_the_start(sets: Path, tmp_path: Path) -> None:
    config = small_config(epochs=2, validate_every=1000)
    config = replace(config, loss=replace(config.loss, agreement=0.0))
    config = replace(config, run=replace(config.run, full_size=0.5))
    train(config, sets, tmp_path / "start", lambda row: None)
    start = str(tmp_path / "start" / FINAL)
    network = replace(config.network, start=start, norms="frozen", fine_levels="frozen")
    train(replace(config, network=network), sets, tmp_path / "more", lambda row: None)
    began, ended = (Checkpoint.load(tmp_path / run / FINAL).average for run in ("start", "more"))
    for name, value in ended.items():
        if value.dtype.is_floating_point and "running_" not in name and name != "temperature":
            fine = name.split(".")[0] in ("stem", "quarter", "eighth")
            assert torch.allclose(began[name], value, rtol=1e-5, atol=1e-7) == fine, name  # the average rounds


def test_fine_levels_are_frozen_with_their_norms() -> None:
    with pytest.raises(ConfigError, match=r"network\.fine_levels is 'frozen' and network\.norms is not"):
        TrainingConfig.from_dict({"network": {"fine_levels": "frozen"}})


def test_answers_that_are_not_computed_cannot_agree() -> None:
    with pytest.raises(ConfigError, match=r"run\.full_size is 0\.5 and loss\.agreement 0\.2"):
        TrainingConfig.from_dict({"loss": {"agreement": 0.2}, "run": {"full_size": 0.5}})


def test_part_of_the_start_is_kept(sets: Path, tmp_path: Path) -> None:
    config = small_config(epochs=2, validate_every=1000)
    train(config, sets, tmp_path / "start", lambda row: None)
    start = str(tmp_path / "start" / FINAL)
    network = replace(config.network, start=start, norms="frozen")
    for name, share in {"none": 0.0, "quarter": 0.25}.items():
        kept = replace(config, network=replace(network, keep_start=share))
        train(kept, sets, tmp_path / name, lambda row: None)
        train(kept, sets, tmp_path / name, lambda row: None)  # once more after its end: not moved twice
    began, none, quarter = (Checkpoint.load(tmp_path / run / FINAL).average for run in ("start", "none", "quarter"))
    moved = 0
    for weight, value in quarter.items():
        if value.dtype.is_floating_point and weight != "temperature":  # which is measured last
            torch.testing.assert_close(value, 0.25 * began[weight] + 0.75 * none[weight])
            moved += int((began[weight] != none[weight]).any())
    assert moved > 20


def test_nothing_can_be_kept_of_no_start(sets: Path, tmp_path: Path) -> None:
    config = small_config(epochs=1)
    with pytest.raises(ConfigError, match=r"network\.keep_start is 0\.5"):
        train(replace(config, network=replace(config.network, keep_start=0.5)), sets, tmp_path, lambda row: None)


def test_without_its_passport_nothing_is_shipped(sets: Path, released: tuple[Released, ...], tmp_path: Path) -> None:
    config = small_config(epochs=0.1)
    (tmp_path / "bare.onnx").write_bytes(released[0].path.read_bytes())
    config = replace(config, network=replace(config.network, start=str(tmp_path / "bare.onnx")))
    train(config, sets, tmp_path / "run", lambda row: None)
    with pytest.raises(ConfigError, match=r"bare\.onnx, which has no passport"):
        Lineage.of(Checkpoint.load(tmp_path / "run" / FINAL))


def test_a_newer_network_in_the_place_of_the_start_is_not_named_instead(
    sets: Path, released: tuple[Released, ...], tmp_path: Path
) -> None:
    start = tmp_path / released[0].path.name
    passport = passport_path(released[0].path)
    start.write_bytes(released[0].path.read_bytes())
    passport_path(start).write_bytes(passport.read_bytes())
    config = small_config(epochs=0.1)
    train(replace(config, network=replace(config.network, start=str(start))), sets, tmp_path / "run", lambda row: None)
    assert len(Lineage.of(Checkpoint.load(tmp_path / "run" / FINAL)).before["runs"]) == 1
    newer = json.loads(passport.read_text(encoding="utf-8")) | {"sha256": "0" * 64}
    passport_path(start).write_text(json.dumps(newer), encoding="utf-8")
    with pytest.raises(ConfigError, match="began with another network"):
        Lineage.of(Checkpoint.load(tmp_path / "run" / FINAL))


def test_files_that_do_not_fit(released: tuple[Released, ...], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="fit the size 'base'"):
        unfold(PortraitNetwork("base"), released[0].path, [])
    with pytest.raises(ModelError, match="float32 file"):  # int8
        unfold(PortraitNetwork("tiny"), released[1].path, [])
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    with pytest.raises(ModelError, match="cannot read the weights"):
        unfold(PortraitNetwork("tiny"), tmp_path / "junk.onnx", [])


def test_a_name_that_is_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.toml").write_text("", encoding="utf-8")
    assert main(["train", str(tmp_path / "c.toml"), "-o", str(tmp_path / "run"), "--start", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err


def test_the_command_prepares_examples_in_another_process(
    sets: Path, released: tuple[Released, ...], tmp_path: Path
) -> None:
    """OpenCV's threads, awake since the statistics were measured, are gone in a forked process: it waited for them."""
    (tmp_path / "c.toml").write_text(
        f'[network]\nsize = "tiny"\n[data]\ntrain = ["{sets / "train"}"]\nimage_size = 192\n'
        "[run]\nbatch = 4\nepochs = 1\nworkers = 1\nthreads = 1\n",
        encoding="utf-8",
    )
    line = ["train", str(tmp_path / "c.toml"), "-o", str(tmp_path / "run"), "--start", str(released[0].path)]
    subprocess.run([sys.executable, "-m", "rgbd_seg.cli", *line], check=True, timeout=100)
    assert Checkpoint.load(tmp_path / "run" / FINAL).step == 3
