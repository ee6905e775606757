"""From a checkpoint to what is shipped: ONNX in float32 and int8, with passports that name all data."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from portrait_sets import disc_picture, small_config

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("onnx", reason="the package onnx is not installed")
import torch
from torch import nn

from rgbd_seg.cli.main import main
from rgbd_seg.cli.segmenter import segmenter_of
from rgbd_seg.errors import BackendMissingError, ConfigError, DeviceNotFoundError, ModelError
from rgbd_seg.evaluation.models import load_model
from rgbd_seg.frames import STILL, RgbdFrame, Timestamp
from rgbd_seg.models import load_passport
from rgbd_seg.models.fingerprint import sha256_of
from rgbd_seg.models.folder import passport_path
from rgbd_seg.networks.deployed import DeployedNetwork
from rgbd_seg.networks.portrait import SIZES, PortraitNetwork
from rgbd_seg.pipeline import DepthReader
from rgbd_seg.segmentation import create_segmenter
from rgbd_seg.segmentation.engine import available_executions, load_engine
from rgbd_seg.segmentation.following import for_video
from rgbd_seg.segmentation.portrait import PortraitSegmenter
from rgbd_seg.temporal import PreviousAlpha
from rgbd_seg.training.portrait.checkpoint import Checkpoint
from rgbd_seg.training.portrait.export import run
from rgbd_seg.training.portrait.file_scores import FileScore, largest_loss, score_file
from rgbd_seg.training.portrait.lineage import Lineage
from rgbd_seg.training.portrait.origin import Origin, origin_of, read_origins
from rgbd_seg.training.portrait.packed import PackedPicture, PackedSet, write_packed
from rgbd_seg.training.portrait.release import LARGEST_INT8_LOSS, Released, release
from rgbd_seg.training.portrait.release_options import ReleaseOptions
from rgbd_seg.training.portrait.run import train
from rgbd_seg.training.portrait.trainer import FINAL

SIDE = 64
RENDERED = Origin(source="discs, made by this test", licence="CC0-1.0", labels="exact")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    for name, numbers in {"train": range(12), "held-out": range(100, 108)}.items():
        write_packed(folder / name, (disc_picture(i) for i in numbers), lambda: None)
        RENDERED.write(folder / name)
    return folder


@pytest.fixture(scope="module")
def run_folder(sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network trained for some seconds."""
    folder = tmp_path_factory.mktemp("run")
    train(small_config(epochs=40, validate_every=1000), sets, folder, lambda row: None)
    return folder


@pytest.fixture(scope="module")
def released(sets: Path, run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Released, ...]:
    folder = tmp_path_factory.mktemp("released")
    return release(run_folder / FINAL, folder, _options(sets), lambda text: None)


def _options(sets: Path) -> ReleaseOptions:
    return ReleaseOptions(
        name="portrait-test",
        side=SIDE,
        int8=True,
        rank=7,
        calibration_sets=(sets / "train",),
        held_out=(sets / "held-out",),
        root=sets,
        hardware="a machine",
        known_failures=("it knows discs only",),
    )


def _lively(size: str) -> PortraitNetwork:
    """Untrained, with none of the zeros and ones that an untrained network has."""
    torch.manual_seed(3)
    network = PortraitNetwork(size).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.bias, -0.2, 0.4)
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
    assert network.head.bias is not None
    nn.init.normal_(network.head.bias)
    network.temperature.copy_(torch.tensor([1.0, 0.7, 1.9, 1.3]))
    return network


@pytest.mark.parametrize("size", SIZES)
def test_the_deployed_form_computes_the_same(size: str) -> None:
    network = _lively(size)
    x = torch.rand(1, 6, 96, 64)
    with torch.no_grad():
        assert float((DeployedNetwork(network)(x) - network(x)).abs().max()) < 1e-5


def test_the_passport_is_complete(sets: Path, released: tuple[Released, ...]) -> None:
    exact, small = released
    assert [r.path.name for r in released] == ["portrait-test.onnx", "portrait-test-int8.onnx"]
    for one in released:
        passport = load_passport(one.path.with_name(one.path.name + ".json"))
        assert passport == one.passport
        assert passport.sha256 == sha256_of(one.path)
        record = json.loads(json.dumps(passport.record))
        assert [d["folder"] for d in record["data"]] == ["train", "held-out"]
        assert all(d["licence"] == "CC0-1.0" and d["source"] for d in record["data"])
        assert [(d["pictures"], d["use"]) for d in record["data"]] == [(12, ["train"]), (8, ["validate"])]
        assert record["seeds"] == [0]
        assert record["hardware"] == "a machine"
        assert record["known_failures"] == ["it knows discs only"]
        assert len(record["input"]["channels"]) == 6
        assert {m["input"] for m in record["metrics"]} == {"color", "color and depth"}
        assert record["hours"] >= 0
        assert record["commit"]
        assert record["date"] >= "2026"
        assert record["onnx"]["largest_difference_from_pytorch"] <= 1e-3
        assert str(sets) not in json.dumps(record)  # nobody else has that folder
    assert small.passport.rank > exact.passport.rank == 7


def test_int8_is_smaller_and_loses_little(released: tuple[Released, ...]) -> None:
    exact, small = released
    assert small.path.stat().st_size < 0.6 * exact.path.stat().st_size
    quantisation = small.passport.record["quantisation"]
    assert isinstance(quantisation, dict)
    assert min(quantisation["iou_lost"].values()) <= LARGEST_INT8_LOSS
    assert quantisation["calibration_sets"] == ["train"]
    inputs = np.random.default_rng(0).random((1, 6, SIDE, SIDE), np.float32)
    assert np.abs(run(small.path, inputs) - run(exact.path, inputs)).mean() < 0.05


def test_released_files_are_segmenters(released: tuple[Released, ...]) -> None:
    picture = disc_picture(300)
    truth = picture.alpha > 127
    depth = (picture.depth / np.float32(1000)).astype(np.float32)
    for one in released:
        segmenter = create_segmenter(model=one.path)
        found = segmenter.segment(RgbdFrame(color=picture.color, depth=depth)).probability > 0.5
        person = cv2.resize(truth.astype(np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_AREA) > 0
        assert (found & person).sum() / (found | person).sum() > 0.7


ENGINES = ("onnxruntime", "openvino", "opencv-dnn")


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_every_engine_computes_the_same(released: tuple[Released, ...], engine: str) -> None:
    if engine == "openvino":
        pytest.importorskip("openvino", reason="the package openvino is not installed")
    picture = np.random.default_rng(1).random((SIDE, SIDE, 6), np.float32)
    for one in released:
        first, second = (
            load_engine(replace(one.passport, engine=name), one.path, "cpu") for name in (ENGINES[0], engine)
        )
        assert first.execution != second.execution
        expected = first.run(picture)
        assert expected.shape == (SIDE, SIDE, 4)
        # In int8 a value may fall on the other side of a rounding step, and carry others along.
        largest, mean = (1e-3, 1e-4) if one is released[0] else (0.12, 5e-3)
        difference = np.abs(second.run(picture) - expected)
        assert difference.max() <= largest
        assert difference.mean() <= mean


def test_openvino_as_a_device(released: tuple[Released, ...]) -> None:
    pytest.importorskip("openvino", reason="the package openvino is not installed")
    segmenter = create_segmenter(model=released[0].path, device="openvino")
    assert isinstance(segmenter, PortraitSegmenter)
    assert segmenter.execution.engine.startswith("OpenVINO 20")
    assert segmenter.execution in available_executions()
    with pytest.raises(DeviceNotFoundError, match="on the device cpu here, not 'cuda'"):
        load_engine(replace(released[0].passport, engine="openvino"), released[0].path, "cuda")


def test_what_openvino_refuses(tmp_path: Path, released: tuple[Released, ...]) -> None:
    pytest.importorskip("openvino", reason="the package openvino is not installed")
    (tmp_path / "bad.onnx").write_bytes(b"no network")
    bad = replace(released[0].passport, engine="openvino", sha256=sha256_of(tmp_path / "bad.onnx"))
    with pytest.raises(ModelError, match="OpenVINO cannot load portrait-test"):
        load_engine(bad, tmp_path / "bad.onnx", "cpu")
    good = load_engine(replace(released[0].passport, engine="openvino"), released[0].path, "cpu")
    with pytest.raises(ModelError, match="OpenVINO failed to run portrait-test"):
        good.run(np.zeros((SIDE, SIDE + 1, 6), np.float32))


def test_without_openvino_it_says_what_to_install(
    released: tuple[Released, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "rgbd_seg.segmentation.openvino_engine", raising=False)
    with pytest.raises(BackendMissingError, match=r"pip install 'rgbd-seg\[openvino\]'"):
        create_segmenter(model=released[0].path, device="openvino")


def _frame(picture: PackedPicture, milliseconds: int | None = None) -> RgbdFrame:
    depth = (picture.depth / np.float32(1000)).astype(np.float32)
    time = STILL if milliseconds is None else Timestamp(milliseconds * 1_000_000, "device")
    return RgbdFrame(color=picture.color, depth=depth, timestamp=time)


def test_video_follows_the_frame_before(released: tuple[Released, ...], tmp_path: Path) -> None:
    exact = released[0]
    alone = PortraitSegmenter(exact.passport, exact.path)
    assert for_video(alone) is alone  # its passport does not say that it gains
    form = replace(exact.passport.input, previous_alpha=True)
    following = for_video(PortraitSegmenter(replace(exact.passport, input=form), exact.path))
    assert isinstance(following, DepthReader)
    assert following.reads_depth
    picture, other = disc_picture(400), disc_picture(401)
    first = following.segment(_frame(picture, 0))
    np.testing.assert_array_equal(first.value, alone.segment(_frame(picture)).value)
    second = following.segment(_frame(picture, 33))
    expected = alone.segment(_frame(picture), previous=first.value)
    np.testing.assert_array_equal(second.value, expected.value)
    assert np.abs(second.value - first.value).max() > 1e-6  # it was seen
    photo = following.segment(_frame(other))  # a photo in between: neither shown anything nor remembered
    np.testing.assert_array_equal(photo.value, alone.segment(_frame(other)).value)
    third = following.segment(_frame(picture, 66))
    np.testing.assert_array_equal(third.value, alone.segment(_frame(picture), previous=second.value).value)


def test_what_ends_a_video() -> None:
    picture = disc_picture(400)
    alpha = np.full((8, 8), 0.5, np.float32)
    bright = replace(picture, color=255 - picture.color)
    small = RgbdFrame(color=np.ascontiguousarray(picture.color[:100]), timestamp=Timestamp(43_000_000, "device"))
    memory = PreviousAlpha()
    assert memory.before(_frame(picture, 10)) is None
    memory.remember(_frame(picture, 10), alpha)
    assert memory.before(_frame(picture, 43)) is alpha
    host = RgbdFrame(color=picture.color, timestamp=Timestamp(43_000_000, "host"))
    # A photo; a pause; time that goes back; the same moment; another scene; another size; another clock.
    for frame in (
        _frame(picture),
        _frame(picture, 900),
        _frame(picture, 5),
        _frame(picture, 10),
        _frame(bright, 43),
        small,
        host,
    ):
        assert memory.before(frame) is None


def test_the_loss_of_int8_is_that_of_the_worse_kind() -> None:
    def scores(color: float, depth: float) -> list[FileScore]:
        kinds = {"color": color, "color and depth": depth}
        return [FileScore(pictures="x", input=k, count=3, iou=v, calibration_error=0) for k, v in kinds.items()]

    assert largest_loss(scores(0.9, 0.8), scores(0.91, 0.77)) == pytest.approx(0.03)


def test_a_sigmoid_that_exceeds_one_by_a_rounding_step_is_scored(sets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Session:
        def __init__(self, *_: object, **__: object) -> None: ...

        def run(self, _: object, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
            return [np.full_like(inputs["input"][:, :4], np.nextafter(np.float32(1), np.float32(2)))]

    monkeypatch.setattr("onnxruntime.InferenceSession", Session)
    scores = score_file(Path("any.onnx"), [PackedSet(sets / "held-out")], SIDE, 4)
    assert all(0 < score.iou < 1 for score in scores)


def test_the_output_for_held_objects_is_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Session:
        """Takes the left half of every picture for held, a quarter sure."""

        def __init__(self, *_: object, **__: object) -> None: ...

        def run(self, _: object, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
            said = np.zeros_like(inputs["input"][:, :4])
            said[:, 3, :, : SIDE // 2] = 0.25
            return [said]

    monkeypatch.setattr("onnxruntime.InferenceSession", Session)
    picture = disc_picture(0)
    held = np.zeros_like(picture.held)
    held[:, : held.shape[1] // 2 + held.shape[1] // 4] = 255
    write_packed(tmp_path / "held", [replace(picture, held=held)], lambda: None)
    write_packed(tmp_path / "nothing", [picture], lambda: None)
    one, other = (score_file(Path("any.onnx"), [PackedSet(tmp_path / n)], SIDE, 4)[0] for n in ("held", "nothing"))
    assert one.held_recall == pytest.approx(0.25 * 2 / 3, rel=0.02)
    assert one.held_precision == pytest.approx(1, rel=0.02)
    assert other.held_recall is None
    assert other.held_precision is None


def test_runs_on_top_of_runs_are_all_told(sets: Path, run_folder: Path, tmp_path: Path) -> None:
    config = small_config(epochs=0.5, seed=5)
    config = replace(config, network=replace(config.network, start=str(run_folder / FINAL)))
    train(config, sets, tmp_path / "more", lambda row: None)
    runs = Lineage.of(Checkpoint.load(tmp_path / "more" / FINAL)).runs
    assert [one.config.run.seed for one in runs] == [0, 5]
    assert str(tmp_path) not in json.dumps(runs[1].record())
    lost = replace(
        Checkpoint.load(tmp_path / "more" / FINAL), config=config.to_dict() | {"network": {"start": "gone.pt"}}
    )
    with pytest.raises(ConfigError, match=r"gone\.pt, which is not there"):
        Lineage.of(lost)


def test_a_start_that_trained_on_meanwhile_is_not_named_instead(sets: Path, run_folder: Path, tmp_path: Path) -> None:
    start = tmp_path / "start.pt"
    first = Checkpoint.load(run_folder / FINAL)
    first.save(start)
    config = small_config(epochs=0.1)
    train(replace(config, network=replace(config.network, start=str(start))), sets, tmp_path / "on", lambda row: None)
    assert len(Lineage.of(Checkpoint.load(tmp_path / "on" / FINAL)).runs) == 2
    replace(first, step=first.step + 100).save(start)
    with pytest.raises(ConfigError, match="began with another network"):
        Lineage.of(Checkpoint.load(tmp_path / "on" / FINAL))


def test_data_without_an_origin_is_refused(sets: Path, run_folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "sets"
    for name, number in {"train": 1, "held-out": 2}.items():
        write_packed(other / name, [disc_picture(number)], lambda: None)
    options = replace(_options(sets), root=other, int8=False)
    with pytest.raises(ConfigError, match=r"nothing says where .*--origins"):
        release(run_folder / FINAL, tmp_path, options, lambda text: None)
    origins = tmp_path / "origins.toml"
    origins.write_text(
        "[train]\nsource = 'here'\nlicence = 'CC0'\n[held-out]\nsource = 'there'\nlicence = 'MIT'\n", encoding="utf-8"
    )
    made = release(run_folder / FINAL, tmp_path / "out", replace(options, origins=origins), lambda text: None)
    data = made[0].passport.record["data"]
    assert isinstance(data, list)
    assert [d["licence"] for d in data] == ["CC0", "MIT"]


def test_origins(tmp_path: Path) -> None:
    known = {"photos": RENDERED}
    assert origin_of(tmp_path / "photos-held-out", known) == RENDERED
    (tmp_path / "own").mkdir()
    own = replace(RENDERED, licence="MIT", attribution="A. Person")
    own.write(tmp_path / "own")
    assert origin_of(tmp_path / "own", {"own": RENDERED}) == own
    for text in ("{", "[]", '{"source": "x"}', '{"source": "x", "licence": " "}', '{"sauce": "x"}'):
        (tmp_path / "own" / "origin.json").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"origin\.json|licence"):
            origin_of(tmp_path / "own", {})
    for text in ("[x\n", "[x]\nsource = 1", "x = 1"):
        (tmp_path / "o.toml").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError):
            read_origins(tmp_path / "o.toml")


def test_options_are_checked() -> None:
    with pytest.raises(ConfigError, match="multiple of 32"):
        ReleaseOptions(name="x", side=100)
    with pytest.raises(ConfigError, match="int8 needs packed sets"):
        ReleaseOptions(name="x", int8=True)
    with pytest.raises(ConfigError, match="expected a short word"):
        ReleaseOptions(name="my net")


def test_nothing_is_written_before_every_set_is_there(sets: Path, run_folder: Path, tmp_path: Path) -> None:
    options = ReleaseOptions(name="mine", side=64, root=sets, held_out=(tmp_path / "absent",))
    with pytest.raises(ConfigError, match="absent"):
        release(run_folder / FINAL, tmp_path / "out", options, lambda text: None)
    assert not (tmp_path / "out").exists()


def test_a_name_may_have_a_dot(sets: Path, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ReleaseOptions(name="mine-1.2", side=64, root=sets)
    path = release(run_folder / FINAL, tmp_path, options, lambda text: None)[0].path
    monkeypatch.setenv("RGBD_SEG_MODELS", str(tmp_path))
    assert segmenter_of("mine-1.2").name == segmenter_of(str(path)).name == "mine-1.2"
    assert load_model("mine-1.2", tmp_path).name == "mine-1.2"
    with pytest.raises(ModelError, match=r"no-1\.2"):
        segmenter_of("no-1.2")


@pytest.mark.parametrize("part", [{"input": {"fit": "letterbox"}}, {"output": {"activation": "sigmoid"}}])
def test_a_passport_says_nothing_that_is_not_done(
    part: dict[str, dict[str, str]], sets: Path, run_folder: Path, tmp_path: Path
) -> None:
    released = release(run_folder / FINAL, tmp_path, ReleaseOptions(name="mine", side=64, root=sets), lambda text: None)
    path = released[0].path
    passport = json.loads(passport_path(path).read_text(encoding="utf-8"))
    for section, values in part.items():
        passport[section] |= values
    passport_path(path).write_text(json.dumps(passport), encoding="utf-8")
    with pytest.raises(ConfigError, match="leave it out"):
        create_segmenter(model=path)


def test_command_line(sets: Path, run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["export", str(run_folder / FINAL), "-o", str(tmp_path), "--name", "mine", "--side", "64"]
    assert main([*line, "--root", str(sets)]) == 0
    assert "mine.onnx  sha256" in capsys.readouterr().out
    assert load_passport(tmp_path / "mine.onnx.json").name == "mine"
    assert main([*line[:1], str(tmp_path / "mine.onnx"), *line[2:]]) == 2
    assert "cannot read the checkpoint" in capsys.readouterr().err


def test_packing_keeps_the_origin(tmp_path: Path) -> None:
    picture = disc_picture(1)
    (tmp_path / "photos").mkdir()
    cv2.imwrite(str(tmp_path / "photos" / "1.jpg"), picture.color)
    cv2.imwrite(str(tmp_path / "photos" / "1.mask.png"), picture.alpha)
    line = ["pack", str(tmp_path / "photos"), "-o", str(tmp_path / "packed")]
    assert main([*line, "--source", "https://example.org", "--licence", "CC0-1.0"]) == 0
    found = origin_of(tmp_path / "packed", {})
    assert (found.licence, found.labels) == ("CC0-1.0", "came with the pictures")
    assert main(["pack", str(tmp_path / "photos"), "-o", str(tmp_path / "other"), "--licence", "MIT"]) == 2
