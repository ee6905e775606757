"""Training the portrait network: packed data, examples, resume, errors, export."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")
import torch
from portrait_sets import disc_picture, small_config

from rgbd_seg.cli.main import main
from rgbd_seg.errors import ConfigError, ModelError
from rgbd_seg.inverse_depth import normalised_inverse_depth
from rgbd_seg.models.folder import ModelFolder
from rgbd_seg.networks.portrait import OUTPUTS, SIZES, PortraitNetwork
from rgbd_seg.training.portrait import config as configuration
from rgbd_seg.training.portrait.checkpoint import Checkpoint
from rgbd_seg.training.portrait.config import DataConfig, RunConfig, TrainingConfig
from rgbd_seg.training.portrait.examples import Examples
from rgbd_seg.training.portrait.lineage import Stage
from rgbd_seg.training.portrait.origin import Origin, origin_of
from rgbd_seg.training.portrait.packed import SIDE, PackedSet, write_packed
from rgbd_seg.training.portrait.run import train, with_hard_examples
from rgbd_seg.training.portrait.trainer import FINAL, LAST

RECIPES = Path(configuration.__file__).parent / "configs"


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    write_packed(folder / "train", (disc_picture(i) for i in range(8)), lambda: None)
    write_packed(folder / "held-out", (disc_picture(i) for i in range(100, 104)), lambda: None)
    return folder


def test_the_same_run_twice_and_after_a_kill(packed: Path, tmp_path: Path) -> None:
    whole = train(small_config(), packed, tmp_path / "whole", lambda row: None)

    class KilledError(Exception):
        pass

    def kill(row: dict[str, float]) -> None:
        if "score" in row:
            raise KilledError

    with pytest.raises(KilledError):
        train(small_config(), packed, tmp_path / "parts", kill)
    assert not (tmp_path / "parts" / LAST).exists()  # killed before the first checkpoint: it starts anew
    seen: list[dict[str, float]] = []

    def kill_later(row: dict[str, float]) -> None:
        seen.append(row)
        if row.get("step") == 8 and "score" in row:
            raise KilledError

    with pytest.raises(KilledError):
        train(small_config(), packed, tmp_path / "parts", kill_later)
    assert Checkpoint.load(tmp_path / "parts" / LAST).step == 4
    resumed = train(small_config(), packed, tmp_path / "parts", lambda row: None)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert Checkpoint.load(tmp_path / "parts" / FINAL).step == 8
    rows = (tmp_path / "parts" / "scores.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "4", "8"]


def test_it_learns(packed: Path, tmp_path: Path) -> None:
    config = small_config(epochs=70, validate_every=1000)
    seen: list[dict[str, float]] = []
    train(config, packed, tmp_path / "run", seen.append)
    scores = [row for row in seen if "score" in row][-1]
    assert scores["held-out rgbd"] > 0.75
    assert scores["held-out color"] > 0.6


def test_examples_depend_on_seed_and_position_alone(packed: Path) -> None:
    sets = [PackedSet(packed / "train")]
    first, second = (Examples(sets, [], DataConfig(image_size=96), 3) for _ in range(2))
    assert all(np.array_equal(first[i].inputs, second[i].inputs) for i in (5, 2, 5))
    assert not np.array_equal(first[0].inputs, Examples(sets, [], DataConfig(image_size=96), 4)[0].inputs)
    for i in range(12):
        example = first[i]
        assert example.inputs.shape == (6, 96, 96)
        assert np.isfinite(example.inputs).all()
        assert (example.inputs[3][example.inputs[4] == 0] == 0).all()
        assert example.targets.min() >= 0
        assert example.targets.max() <= 1


def test_what_should_agree_is_shown_with_depth_and_in_colour_alone(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, logits = [], PortraitNetwork.logits

    def watched(network: PortraitNetwork, x: torch.Tensor, full_size: int | None = None) -> object:
        if network.training:
            shown.append(x.detach().clone())
        return logits(network, x, full_size)

    monkeypatch.setattr(PortraitNetwork, "logits", watched)
    train(small_config(epochs=2, validate_every=1000), packed, tmp_path, lambda row: None)
    for x in shown:
        assert x.shape[0] == 4 + 1  # a batch, and one of it once more
        assert torch.equal(x[4, :3], x[0, :3])
        assert (x[4, 3:] == 0).all()
    assert any((x[0, 3:] != 0).any() for x in shown)  # whom depth is taken from keeps it


def test_a_hole_is_not_the_farthest() -> None:
    depth = np.full((32, 32), 2.0, np.float32)
    depth[:16] = 1.0
    depth[0] = np.nan
    inverse, valid = normalised_inverse_depth(depth)
    assert (valid[0] == 0).all()
    assert (valid[1:] == 1).all()
    assert inverse[1, 0] == 1
    assert inverse[31, 0] == 0
    relative = normalised_inverse_depth((1 / (0.3 + 2 / depth)).astype(np.float32))[0]
    assert np.abs(relative - inverse).max() < 1e-5
    assert normalised_inverse_depth(np.full((8, 8), np.nan, np.float32))[1].max() == 0


@pytest.mark.parametrize("size", SIZES)
def test_every_size_answers_for_every_pixel(size: str) -> None:
    network = PortraitNetwork(size).eval()
    with torch.no_grad():
        answer = network(torch.rand(1, 6, 64, 96))
    assert answer.shape == (1, len(OUTPUTS), 64, 96)
    assert 0 <= float(answer.min()) <= float(answer.max()) <= 1


def test_export_agrees_with_torch_in_every_engine(tmp_path: Path, packed: Path) -> None:
    pytest.importorskip("onnx", reason="the package onnx is not installed")
    from rgbd_seg.training.portrait.export import export, run
    from rgbd_seg.training.portrait.quantisation import quantise

    torch.manual_seed(1)
    network = PortraitNetwork("tiny").eval()
    assert export(network, tmp_path / "net.onnx", 64) < 1e-3
    inputs = np.random.default_rng(0).random((1, 6, 64, 64), np.float32)
    expected = run(tmp_path / "net.onnx", inputs)
    engine = cv2.dnn.readNetFromONNX(str(tmp_path / "net.onnx"))
    engine.setInput(inputs)
    assert np.abs(engine.forward() - expected).max() < 1e-3
    quantise(tmp_path / "net.onnx", tmp_path / "int8.onnx", [PackedSet(packed / "train")], 64, pictures=4)
    assert (tmp_path / "int8.onnx").stat().st_size < (tmp_path / "net.onnx").stat().st_size
    assert np.abs(run(tmp_path / "int8.onnx", inputs) - expected).mean() < 0.1


def test_a_wrong_configuration_is_told(tmp_path: Path, packed: Path) -> None:
    for text, message in (
        ("[run]\nbach = 8", "unknown key bach"),
        ("[network]\nsize = 'huge'", "network.size is 'huge'"),
        ("[run]\nbatch = 'many'", "run.batch is 'many'; expected int"),
        ("[data\n", "cannot read the training configuration"),
        ("[data]\nweights = [1.0]", "data.weights has 1 numbers for 0"),
    ):
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=message):
            TrainingConfig.load(path)
    with pytest.raises(ConfigError, match="rgbd-seg pack"):
        train(small_config().from_dict({"data": {"train": ["absent"]}}), packed, tmp_path / "run", lambda row: None)
    train(small_config(epochs=0.5), packed, tmp_path / "run", lambda row: None)
    with pytest.raises(ConfigError, match="another configuration"):
        train(small_config(epochs=1), packed, tmp_path / "run", lambda row: None)


def test_a_run_goes_on_in_as_many_processes_as_it_began_with(packed: Path, tmp_path: Path) -> None:
    train(small_config(epochs=0.5), packed, tmp_path, lambda row: None)
    saved = Checkpoint.load(tmp_path / "last.pt")
    assert saved.processes == 1
    replace(saved, processes=2).save(tmp_path / "last.pt")
    with pytest.raises(ConfigError, match="2 processes, and this is one of 1; go on with torchrun --nproc-per-node 2"):
        train(small_config(epochs=0.5), packed, tmp_path, lambda row: None)
    assert Checkpoint.load(tmp_path / "last.pt").step == saved.step
    replace(saved, processes=0).save(tmp_path / "last.pt")  # as runs before this was recorded
    train(small_config(epochs=0.5), packed, tmp_path, lambda row: None)


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_can_be_read(recipe: Path) -> None:
    config = TrainingConfig.load(recipe)
    assert config.data.train
    assert not config.network.start  # given on the command line
    origins = tomllib.loads((Path(__file__).parents[1] / "benchmarks/portrait/origins.toml").read_text("utf-8"))
    for folder in (*config.data.train, *config.data.validate):
        name = Path(folder).name
        assert recipe.stem == "published" or {name, name.removesuffix("-train").removesuffix("-held-out")} & set(
            origins
        )


@pytest.mark.parametrize("network", ["portrait-base", "portrait-tiny"])
def test_the_recipes_are_the_runs_that_made_what_is_shipped(network: str, tmp_path: Path) -> None:
    runs = ModelFolder(tmp_path).find(network)[0].record["runs"]
    assert isinstance(runs, list)
    recipes = RECIPES.glob(f"{network.removeprefix('portrait-')}_*.toml")
    recipes = sorted(recipes, key=lambda path: int(path.stem.rpartition("_")[2]))
    for run, recipe in zip(runs, recipes, strict=True):
        config = TrainingConfig.load(recipe)
        start = run["configuration"]["network"]["start"]  # given on the command line
        config = replace(config, network=replace(config.network, start=start))
        record = Stage(config=config, steps=run["steps"], hours=run["hours"]).record()
        assert record["seed"] == run["seed"]
        # Read back: what a configuration could not say yet when it ran has its default.
        made, said = (TrainingConfig.from_dict(part["configuration"]) for part in (record, run))
        assert made == said, recipe.name


def test_a_configuration_may_extend_another(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first.toml", "second.toml", "third.toml"))
    first.write_text("[run]\nbatch = 8\nseed = 3\n[data]\ntrain = ['a']", encoding="utf-8")
    second.write_text("extends = 'first.toml'\n[run]\nseed = 4\n[network]\nsize = 'tiny'", encoding="utf-8")
    third.write_text("extends = 'second.toml'\n[data]\nimage_size = 128", encoding="utf-8")
    config = TrainingConfig.load(third)
    assert (config.run.batch, config.run.seed, config.network.size) == (8, 4, "tiny")
    assert (config.data.train, config.data.image_size) == (("a",), 128)
    for text, message in (
        ("extends = 'third.toml'", "extends itself"),
        ("extends = 'absent.toml'", "absent.toml"),
        ("extends = 7", "extends is 7; expected the name of a file"),
    ):
        first.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=message):
            TrainingConfig.load(third)


def test_a_loss_that_is_not_finite_keeps_the_last_checkpoint(packed: Path, tmp_path: Path) -> None:
    config = small_config(epochs=1)
    train(config, packed, tmp_path / "good", lambda row: None)
    saved = Checkpoint.load(tmp_path / "good" / FINAL)
    spoiled = {k: torch.full_like(v, torch.nan) if v.is_floating_point() else v for k, v in saved.average.items()}
    replace(saved, average=spoiled).save(tmp_path / "nan.pt")
    broken = replace(config, network=replace(config.network, start=str(tmp_path / "nan.pt")))
    with pytest.raises(ModelError, match="the loss is nan at step 0"):
        train(broken, packed, tmp_path / "bad", lambda row: None)


def test_a_run_that_has_converged_stays_as_it_is(packed: Path, tmp_path: Path) -> None:
    config = small_config(epochs=40, validate_every=1, patience=1)
    train(config, packed, tmp_path, lambda row: None)
    first = Checkpoint.load(tmp_path / FINAL)
    assert first.step < 40 * len(PackedSet(packed / "train")) // config.run.batch
    train(config, packed, tmp_path, pytest.fail)  # nothing is trained any more
    assert Checkpoint.load(tmp_path / FINAL).step == first.step


def test_what_a_run_starts_from_is_relative_to_the_configuration(packed: Path, tmp_path: Path) -> None:
    train(small_config(epochs=0.5), packed, tmp_path / "run", lambda row: None)
    config = replace(small_config(epochs=0.5), network=replace(small_config().network, start="run/final.pt"))
    config = replace(config, data=replace(config.data, train=(str(packed / "train"),), validate=()))
    train(config, tmp_path, tmp_path / "next", lambda row: None)
    assert Checkpoint.load(tmp_path / "next" / FINAL).config["network"]["start"] == str(tmp_path / "run/final.pt")


def test_checkpoints_that_do_not_fit_are_refused(packed: Path, tmp_path: Path) -> None:
    train(small_config(epochs=0.5), packed, tmp_path / "run", lambda row: None)
    whole = (tmp_path / "run" / FINAL).read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="cannot read the checkpoint"):
        Checkpoint.load(tmp_path / "cut.pt")
    torch.save({"weights": 1}, tmp_path / "other.pt")
    with pytest.raises(ModelError, match="is not a checkpoint"):
        Checkpoint.load(tmp_path / "other.pt")
    base = TrainingConfig.from_dict({"network": {"size": "base", "start": str(tmp_path / "run" / FINAL)}})
    settings = replace(small_config(), network=base.network)
    with pytest.raises(ModelError, match="size 'tiny'; expected 'base'"):
        train(settings, packed, tmp_path / "other", lambda row: None)


def test_hard_examples_are_mixed_with_what_was_learnt(packed: Path, tmp_path: Path) -> None:
    train(small_config(epochs=0.5), packed, tmp_path / "run", lambda row: None)
    hard = tmp_path / "hard"
    hard.mkdir()
    for index in range(2):
        picture = disc_picture(200 + index)
        cv2.imwrite(str(hard / f"{index}.jpg"), picture.color)
        cv2.imwrite(str(hard / f"{index}.mask.png"), picture.alpha)
    mine = Origin(source="my camera", licence="MIT")
    mine.write(hard)
    settings = with_hard_examples(small_config(), packed, hard, tmp_path / "run" / FINAL, tmp_path / "better")
    assert origin_of(Path(settings.data.train[1]), {}) == mine  # a passport will ask
    assert settings.data.weights == pytest.approx((0.7, 0.3))
    assert len(PackedSet(Path(settings.data.train[1]))) == 2
    train(settings, packed, tmp_path / "better", lambda row: None)
    assert (tmp_path / "better" / FINAL).is_file()


def test_command_line(packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f"[network]\nsize = 'tiny'\n[data]\ntrain = ['{packed / 'train'}']\nimage_size = 64\n"
        "[run]\nepochs = 0.5\nbatch = 4\nworkers = 0\nthreads = 1\n",
        encoding="utf-8",
    )
    assert main(["train", str(config), "-o", str(tmp_path / "run")]) == 0
    assert "final.pt" in capsys.readouterr().out
    assert main(["train", str(config), "-o", str(tmp_path / "x"), "--add-hard", str(tmp_path)]) == 2
    assert "--start" in capsys.readouterr().err
    assert main(["pack", str(tmp_path / "absent"), "-o", str(tmp_path / "p")]) == 2
    assert main(["export", str(config), "-o", str(tmp_path), "--name", "n"]) == 2
    assert "cannot read the checkpoint" in capsys.readouterr().err
    assert json.loads((packed / "train" / "index.json").read_text(encoding="utf-8"))["side"] == SIDE


def test_run_options_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"run\.batch is 1"):
        RunConfig(batch=1)
    with pytest.raises(ConfigError, match="multiple of 32"):
        DataConfig(image_size=100)


def test_the_exported_network_is_a_segmenter(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the package onnx is not installed")
    from rgbd_seg.frames import RgbdFrame
    from rgbd_seg.models.fingerprint import sha256_of
    from rgbd_seg.segmentation import create_segmenter
    from rgbd_seg.training.portrait.export import export

    torch.manual_seed(2)
    path = tmp_path / "own.onnx"
    export(PortraitNetwork("tiny"), path, 64)
    passport = {
        "passport": 1,
        "name": "own",
        "file": path.name,
        "size_bytes": path.stat().st_size,
        "sha256": sha256_of(path),
        "licence": "Apache-2.0",
        "format": "onnx",
        "input": {"width": 64, "height": 64, "layout": "NCHW", "channels": "RGBD", "normalisation": "unit"},
        "output": {"layout": "NCHW", "channel": 1, "activation": "none"},
        "record": {"seeds": [2], "known_failures": ["it was never trained"]},
    }
    (tmp_path / "own.onnx.json").write_text(json.dumps(passport), encoding="utf-8")
    segmenter = create_segmenter(model=path)
    color = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    depth = np.full((45, 60), 3.0, np.float32)
    depth[:, :30] = 1.0
    alone = segmenter.segment(RgbdFrame(color=color))
    with_depth = segmenter.segment(RgbdFrame(color=color, depth=depth))
    assert alone.probability.shape == (64, 64)
    assert alone.held is not None
    assert np.abs(alone.probability - with_depth.probability).max() > 1e-6
    unsure = RgbdFrame(color=color, depth=depth, confidence=np.zeros_like(depth))
    assert np.array_equal(segmenter.segment(unsure).probability, alone.probability)
    nothing = RgbdFrame(color=color, depth=np.full_like(depth, np.nan))
    assert np.array_equal(segmenter.segment(nothing).probability, alone.probability)
