"""Evaluation: sets are read, methods told apart, damage is what it says, results come out and survive interruption."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from rgbd_seg.arrays import Float32
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.cli.main import main
from rgbd_seg.errors import ConfigError
from rgbd_seg.evaluation.damage import damaged
from rgbd_seg.evaluation.examiner import Examiner, methods_of
from rgbd_seg.evaluation.fault import SWEEPS, Fault
from rgbd_seg.evaluation.journal import Journal
from rgbd_seg.evaluation.line_chart import Line, line_chart
from rgbd_seg.evaluation.methods import METHODS
from rgbd_seg.evaluation.options import EvaluationOptions
from rgbd_seg.evaluation.record import Record
from rgbd_seg.evaluation.run import evaluate
from rgbd_seg.evaluation.score import score
from rgbd_seg.evaluation.sets import open_set
from rgbd_seg.evaluation.summary import plain, summarise
from rgbd_seg.frames import RgbdFrame, Segmentation
from rgbd_seg.io.depth_file_writing import write_png_depth
from rgbd_seg.registration import Registration
from rgbd_seg.samples import load_sample
from rgbd_seg.training.portrait_sample import PortraitSample, SensorReading
from rgbd_seg.training.shards import write_shard
from rgbd_seg.transform import RigidTransform
from tests.scenes import SIZE, scene

SAMPLES = Path(__file__).parents[1] / "sample_data"


def make_sample(key: str = "a", *, behind: bool = True, clip: str | None = None, index: int = 0) -> PortraitSample:
    drawn = scene(behind=behind)
    return PortraitSample(
        key=key,
        color=drawn.color,
        alpha=drawn.person.astype(np.float32),
        depth=drawn.depth,
        others=drawn.other.astype(np.float32),
        registered=drawn.depth,
        registered_confidence=np.ones(SIZE, np.float32),
        intrinsics=Intrinsics.from_field_of_view(SIZE[1], SIZE[0], 60),
        clip=clip,
        frame_index=index,
    )


def with_reading(sample: PortraitSample) -> PortraitSample:
    """The same depth as a camera 3 cm beside would measure it."""
    assert sample.intrinsics is not None
    assert sample.depth is not None
    calibration = Calibration(
        color=sample.intrinsics,
        depth=sample.intrinsics,
        T_color_depth=RigidTransform(rotation=np.eye(3), translation=np.array([0.0, 0, 0])),
        metres_per_unit=0.001,
    )
    raw = np.rint(sample.depth * 1000).astype(np.uint16)
    reading = SensorReading(
        kind="tof", raw_depth=raw, confidence=None, calibration=calibration, true_calibration=calibration
    )
    depth, shadow = Registration(calibration)(raw)
    return replace(sample, sensor=reading, registered=depth, registered_shadow=shadow, registered_confidence=None)


class Everyone:
    """A colour network that sees both people."""

    name = "everyone"
    needs_depth = False

    def __init__(self) -> None:
        self.calls = 0

    def segment(self, frame: RgbdFrame) -> Segmentation:
        self.calls += 1
        wall = np.abs(frame.color.astype(int) - (90, 120, 140)).sum(axis=2) < 60
        grey = np.abs(frame.color.astype(int) - 128).sum(axis=2) < 20  # around the views of the presence check
        probability = np.where(wall | grey, 0.03, 0.97).astype(np.float32)
        return Segmentation(value=(probability > 0.5).astype(np.float32), probability=probability)


def test_every_method_answers_and_only_odds_and_depth_tell_people_apart() -> None:
    segmenter = Everyone()
    records = Examiner([segmenter], sweep_models=(), sweep_methods=()).examine("s", [make_sample()], sweeps=False)
    by_name = {(record.method, record.stage): record.values for record in records}
    assert len(by_name) == 2 * len(METHODS)
    color, odds = by_name["colour-only", "alpha"], by_name["odds", "alpha"]
    assert odds["iou"] > 0.97 > color["iou"]
    assert color["kept_others"] > 0.9 * color["others"]
    assert odds["kept_others"] < 0.02 * color["kept_others"]
    assert (
        segmenter.calls <= 2 * 4 + 2
    )  # four looks with depth, four without, the presence check; then it is remembered


def test_sweeps_cover_every_step_and_without_depth_nothing_changes() -> None:
    records = Examiner([Everyone()], sweep_models=["everyone"], sweep_methods=["odds"]).examine(
        "s", [make_sample()], sweeps=True
    )
    found = {(record.fault, record.method): record.values for record in records if record.stage == "alpha"}
    for fault in (fault for faults in SWEEPS.values() for fault in faults):
        assert (fault, "odds") in found
        assert (fault, "colour-only") in found
    nothing = Fault("none")
    assert found[nothing, "odds"] == found[nothing, "colour-only"]


def test_what_needs_depth_is_not_asked_without() -> None:
    class Layers(Everyone):
        needs_depth = True

    sample = replace(make_sample(), depth=None, registered=None, registered_confidence=None)
    assert methods_of(Layers(), sample) == ()
    assert [method.name for method in methods_of(Everyone(), sample)] == ["colour-only"]


def _depth(sample: PortraitSample, fault: Fault) -> Float32:
    depth = damaged([sample], 0, fault).registered
    assert depth is not None
    return depth


@pytest.mark.parametrize("raw", [False, True])
def test_the_first_step_of_a_sweep_changes_nothing(raw: bool) -> None:
    sample = with_reading(make_sample()) if raw else make_sample()
    for kind, faults in SWEEPS.items():
        if kind not in ("none", "resolution"):
            assert damaged([sample], 0, faults[0]) is sample


@pytest.mark.parametrize("share", [0.15, 0.6])
def test_holes_cover_their_share_in_blobs(share: float) -> None:
    depth = _depth(make_sample(), Fault("holes", share))
    hole = np.isnan(depth)
    assert hole.mean() == pytest.approx(share, abs=0.01)
    count = cv2.connectedComponents(hole.astype(np.uint8))[0]
    assert count < 200  # blobs, not pepper
    confidence = damaged([make_sample()], 0, Fault("holes", share)).registered_confidence
    assert confidence is not None
    assert (confidence[hole] == 0).all()


@pytest.mark.parametrize("raw", [False, True])
def test_noise_has_its_strength(raw: bool) -> None:
    sample = with_reading(make_sample()) if raw else make_sample()
    assert sample.registered is not None
    depth = _depth(sample, Fault("noise", 4.0))
    wall = sample.registered > 2.5
    error = ((depth - sample.registered) / sample.registered**2)[wall]
    spread = 1.4826 * np.nanmedian(np.abs(error - np.nanmedian(error)))
    assert spread == pytest.approx(0.005 * np.sqrt(15), rel=0.25)


@pytest.mark.parametrize("raw", [False, True])
def test_offset_and_shift_move_depth(raw: bool) -> None:
    sample = with_reading(make_sample()) if raw else make_sample()
    assert sample.registered is not None
    farther = _depth(sample, Fault("offset", 0.05))
    assert np.nanmedian(farther - sample.registered) == pytest.approx(0.05, abs=0.003)
    shifted = _depth(sample, Fault("calibration", 20.0))
    person, moved = sample.registered < 1.5, np.nan_to_num(shifted, nan=9) < 1.5
    centers = [np.array(np.nonzero(mask)).mean(axis=1) for mask in (person, moved)]
    length = np.linalg.norm(centers[0] - centers[1])
    assert length == pytest.approx(20 * 256 / 640, abs=4)  # the picture's edge cuts some of the body
    assert (_depth(sample, Fault("calibration", 20.0)) == shifted).sum() == np.isfinite(shifted).sum()  # repeatable


def test_delay_moves_the_subject_of_a_still_and_takes_an_earlier_frame_of_a_clip() -> None:
    sample = make_sample(behind=False)
    depth = _depth(sample, Fault("delay", 0.1))
    pixels = 0.5 * 0.1 * SIZE[1] / 2 / np.tan(np.deg2rad(30)) / 1.2
    columns = [np.nonzero(values < 1.5)[1].mean() for values in (sample.depth, depth)]  # type: ignore[operator]
    assert columns[1] - columns[0] == pytest.approx(pixels, abs=2)
    assert not np.isnan(depth).any()
    clip = [
        replace(make_sample(str(i), clip="c", index=i), registered=np.full(SIZE, 1.0 + i, np.float32)) for i in range(5)
    ]
    late = damaged(clip, 4, Fault("delay", 0.067)).registered
    assert late is not None
    assert (late == 3.0).all()
    first = damaged(clip, 0, Fault("delay", 0.067)).registered
    assert first is not None
    assert (first == 1.0).all()


def test_coarse_depth_stays_in_its_grid() -> None:
    sample = damaged([make_sample()], 0, Fault("resolution", 32.0))
    assert sample.frame().depth is not None
    assert sample.frame().depth.shape == (24, 32)  # type: ignore[union-attr]
    fine = damaged([make_sample()], 0, Fault("resolution", 4096.0))
    assert fine.frame().depth.shape == SIZE  # type: ignore[union-attr]


def test_faults_are_checked() -> None:
    for kind, level in (("holes", 1.0), ("noise", 0.5), ("rain", 1.0), ("offset", float("nan"))):
        with pytest.raises(ConfigError):
            Fault(kind, level)


def test_score_compares_at_the_truths_resolution_and_leaves_out_what_is_unsure() -> None:
    sample = make_sample()
    coarse = cv2.resize(sample.alpha, (64, 48), interpolation=cv2.INTER_AREA)
    assert score(coarse, sample)["iou"] > 0.95
    wrong = np.zeros(SIZE, np.float32)
    unsure = sample.alpha.copy()
    assert score(wrong, replace(sample, unsure=unsure))["iou"] == 1
    nobody = score(np.ones(SIZE, np.float32), replace(sample, alpha=wrong))
    assert nobody["imagined"] == 1
    assert nobody["iou"] == 0


# Sets


def test_shards_damaged_ones_are_counted(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.tar", [make_sample("a"), make_sample("b")])
    (tmp_path / "b.tar").write_bytes(b"no tar at all")
    skipped: list[str] = []
    chosen = open_set(f"mine={tmp_path}")
    assert [clip[0].key for clip in chosen.clips(skipped.append)] == ["a", "b"]
    assert len(skipped) == 1
    assert chosen.name == "mine"
    assert chosen.may_be_shown


def test_frames_of_a_clip_stay_together(tmp_path: Path) -> None:
    frames = [make_sample(f"c{i}", clip="c", index=i) for i in range(3)]
    write_shard(tmp_path / "a.tar", [make_sample("a"), *frames, make_sample("z")])
    clips = list(open_set(str(tmp_path)).clips(lambda _: None))
    assert [len(clip) for clip in clips] == [1, 3, 1]
    records = Examiner([Everyone()], sweep_models=(), sweep_methods=()).examine("s", clips[1], sweeps=False)
    assert sum("dtssd" in record.values for record in records) == 2 * 2 * len(METHODS)
    assert all(record.values.get("dtssd", 0) == 0 for record in records)  # nothing moves


def _write(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), values)


@pytest.mark.parametrize(
    ("picture", "mask"),
    [
        ("one.jpg", "one.alpha.png"),
        ("one.jpg", "one_mask.png"),
        ("one.jpg", "masks/one.png"),
        ("people/one.jpg", "masks/one.png"),
    ],
)
def test_pictures_find_their_masks(tmp_path: Path, picture: str, mask: str) -> None:
    sample = make_sample()
    _write(tmp_path / picture, sample.color)
    _write(tmp_path / mask, np.rint(sample.alpha * 255).astype(np.uint8))
    _write((tmp_path / picture).with_name("other.jpg"), sample.color)
    _write((tmp_path / picture).with_name("no_person.jpg"), sample.color)
    skipped: list[str] = []
    found = {clip[0].key: clip[0] for clip in open_set(str(tmp_path)).clips(skipped.append)}
    assert set(found) == {"one", "no_person"}
    assert (found["one"].alpha == sample.alpha).all()
    assert found["no_person"].alpha.max() == 0
    assert len(skipped) == 1
    assert "other.jpg" in skipped[0]
    assert not open_set(str(tmp_path)).may_be_shown


def test_rendered_folders_have_depth(tmp_path: Path) -> None:
    sample = make_sample()
    assert sample.depth is not None
    _write(tmp_path / "7/color.png", sample.color[..., ::-1])
    _write(tmp_path / "7/alpha.png", np.rint(sample.alpha * 255).astype(np.uint8))
    _write(tmp_path / "7/depth.png", np.rint(sample.depth * 1000).astype(np.uint16))
    (tmp_path / "7/meta.json").write_text(json.dumps({"K": [[200, 0, 128], [0, 200, 96], [0, 0, 1]]}))
    (clip,) = open_set(str(tmp_path)).clips(lambda _: None)
    assert (clip[0].color == sample.color).all()
    assert clip[0].intrinsics is not None
    assert np.abs(clip[0].depth - sample.depth).max() < 0.001  # type: ignore[operator]


def test_a_sensors_reading_is_registered() -> None:
    found = {clip[0].key: clip[0].frame() for clip in open_set(str(SAMPLES)).clips(pytest.fail)}
    for name in ("bob", "wave"):
        expected = Registration(load_sample(name).frame.calibration).register(load_sample(name).frame)
        assert found[name].depth is not None
        np.testing.assert_array_equal(found[name].depth, expected.depth)
        np.testing.assert_array_equal(found[name].confidence, expected.confidence)


def test_pictures_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    sample = make_sample()
    for folder in ("a", "b"):
        _write(tmp_path / f"{folder}/1.jpg", sample.color)
        _write(tmp_path / f"{folder}/1.alpha.png", np.rint(sample.alpha * 255).astype(np.uint8))
    _write(tmp_path / "a/2.png", sample.color)
    _write(tmp_path / "a/2.alpha.png", np.zeros(SIZE, np.uint8))
    keys = [clip[0].key for clip in open_set(str(tmp_path)).clips(pytest.fail)]
    assert keys == ["a_1.jpg", "2", "b_1.jpg"]


def test_depth_beside_a_picture(tmp_path: Path) -> None:
    sample = make_sample()
    assert sample.depth is not None
    millimetres = np.rint(sample.depth * 1000).astype(np.uint16)
    millimetres[:5] = 0
    for name, depth in {"same": millimetres, "half": millimetres[::2, ::2], "wrong": sample.color}.items():
        _write(tmp_path / f"{name}.jpg", sample.color[..., ::-1])
        _write(tmp_path / f"{name}.alpha.png", np.rint(sample.alpha * 255).astype(np.uint8))
        _write(tmp_path / f"{name}.depth.png", depth)
    skipped: list[str] = []
    found = {clip[0].key: clip[0].frame().depth for clip in open_set(str(tmp_path)).clips(skipped.append)}
    assert np.isnan(found["same"][:5]).all()
    assert np.abs(found["same"][5:] - sample.depth[5:]).max() < 0.001
    assert found["half"].shape == sample.depth.shape
    assert set(found) == {"same", "half"}
    assert len(skipped) == 1
    assert "wrong.depth.png" in skipped[0]
    assert "16-bit grey" in skipped[0]


def test_depth_beside_a_picture_is_what_its_calibration_says(tmp_path: Path) -> None:
    sample = make_sample()
    files = write_png_depth(tmp_path / "x.png", sample.frame(), metres_per_unit=1e-4)
    _write(tmp_path / "x.alpha.png", np.rint(sample.alpha * 255).astype(np.uint8))
    (clip,) = open_set(str(tmp_path)).clips(pytest.fail)
    assert sample.depth is not None
    assert np.abs(clip[0].frame().depth - sample.depth).max() < 0.001  # type: ignore[operator]
    assert clip[0].frame().confidence is not None
    assert files.confidence is not None


@pytest.mark.parametrize("names", [("one.png", "masks/one.png", "one.depth.png"), ("1/color.png", "1/alpha.png")])
def test_another_mask_or_depth_makes_it_another_set(tmp_path: Path, names: tuple[str, ...]) -> None:
    """What was scored against an earlier mask must not be taken from the journal."""
    for name in names:
        _write(tmp_path / name, np.zeros((4, 4), np.uint8))
    for name in names:
        before = open_set(str(tmp_path)).fingerprint
        _write(tmp_path / name, np.zeros((8, 8), np.uint8))
        assert open_set(str(tmp_path)).fingerprint != before


def test_a_path_may_hold_an_equals_sign(tmp_path: Path) -> None:
    _write(tmp_path / "split=test/no_person.png", np.zeros((4, 4), np.uint8))
    assert open_set(str(tmp_path / "split=test")).name == "split=test"
    assert open_set(f"mine={tmp_path / 'split=test'}").name == "mine"


def test_a_mask_of_another_shape_than_its_picture_is_left_out(tmp_path: Path) -> None:
    """Such as one of the picture as stored, before it was turned upright: it would be stretched over it."""
    for name, mask in {"turned": np.zeros((32, 24), np.uint8), "small": np.zeros((24, 31), np.uint8)}.items():
        _write(tmp_path / f"{name}.png", np.zeros((240, 320, 3), np.uint8))
        _write(tmp_path / f"{name}.mask.png", mask)
    skipped: list[str] = []
    assert [clip[0].key for clip in open_set(str(tmp_path)).clips(skipped.append)] == ["small"]
    assert len(skipped) == 1
    assert "turned.mask.png is 24×32, the upright picture 320×240" in skipped[0]


def test_sets_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no set"):
        open_set(str(tmp_path / "missing"))
    with pytest.raises(ConfigError, match="no pictures"):
        open_set(str(tmp_path))
    _write(tmp_path / "one.jpg", make_sample().color)
    with pytest.raises(ConfigError, match="has a mask"):
        open_set(str(tmp_path))


# Running and reporting


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    write_shard(tmp_path / "s/a.tar", [make_sample(key) for key in "abc"])
    options = EvaluationOptions(
        sets=(str(tmp_path / "s"),), models=("depth-layers",), sweep_limit=1, timed=0, workers=1, limit=2
    )
    first = evaluate(options, tmp_path / "o", lambda name, done: None)
    journal = tmp_path / "o/s.jsonl"
    lines = journal.read_text().splitlines()
    assert len(lines) == 2
    journal.write_text("\n".join([lines[0].replace('"model": "depth-layers"', '"model": "remembered"'), lines[1][:50]]))
    second = evaluate(options, tmp_path / "o", lambda name, done: None)
    assert len(second.records) == len(first.records)
    assert {record.model for record in second.records} == {"remembered", "depth-layers"}  # read back, and done again
    third = evaluate(options, tmp_path / "o", lambda name, done: None)
    assert third.records == second.records
    assert len(journal.read_text().splitlines()) == 3  # nothing new was measured


def test_another_code_or_set_is_measured_anew(tmp_path: Path) -> None:
    record = Record(set="s", key="k", model="m", method="odds", stage="alpha", fault=Fault("holes", 0.3))
    Journal(tmp_path / "j.jsonl", "one").add("k", [record])
    assert Journal(tmp_path / "j.jsonl", "one").find("k") == [record]
    assert Journal(tmp_path / "j.jsonl", "two").find("k") is None


def test_summary_adds_up() -> None:
    def record(method: str, key: str, iou: float, kept: float) -> Record:
        bins = [[4.0] + [0.0] * 14, [1.0] + [0.0] * 14, [0.0] * 15]
        values = {"iou": iou, "sad": 1.0, "kept_others": kept, "reliability": bins}
        return Record(set="s", key=key, model="m", method=method, stage="alpha", values=values)

    records = [record("colour-only", "a", 0.5, 100), record("colour-only", "b", 0.7, 300)]
    records += [record("odds", "a", 0.9, 4), record("odds", "b", 1.0, 0)]
    color, odds = plain(summarise(records))
    assert (color.values["iou"], odds.values["iou"]) == (pytest.approx(0.6), pytest.approx(0.95))
    assert odds.values["leak"] == pytest.approx(0.01)
    assert odds.values["ece"] == pytest.approx(0.25)
    assert "held_recall" not in odds.values


def test_chart_is_well_formed() -> None:
    import xml.etree.ElementTree as ET

    lines = [Line(name="a & b", values=(0.9, 0.8)), Line(name="c", values=(0.9, 0.9), dashed=True)]
    root = ET.fromstring(line_chart("x < y", "level", "IoU", ["0", "1"], lines))
    assert root.tag.endswith("svg")


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s").mkdir()
    write_shard(tmp_path / "s/a.tar", [make_sample(key) for key in "ab"])
    (tmp_path / "s/b.tar").write_bytes(b"damaged")
    out = tmp_path / "out"
    arguments = ["eval", "--set", f"set={tmp_path / 's'}", "--model", "depth-layers", "-o", str(out), "--json"]
    assert main([*arguments, "--sweep-limit", "1", "--worst", "1", "--workers", "1"]) == 0
    printed = capsys.readouterr()
    content = json.loads(printed.out)
    assert "b.tar" in printed.err
    assert len(content["skipped"]) == 1
    assert {row["method"] for row in content["rows"]} == {"own"}
    page = (out / "report.md").read_text()
    assert "set_worst.jpg" in page
    assert "set_holes.svg" in page
    assert (out / "pictures/set_worst.jpg").is_file()
    assert (out / "pictures/set_holes.svg").is_file()
    with (out / "pictures.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["key"] for row in rows} == {"a", "b"}
    assert all(0.9 < float(row["iou"]) <= 1 for row in rows if not row["fault"])


def test_two_processes_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    write_shard(tmp_path / "s/a.tar", [make_sample(key, behind=key != "b") for key in "abc"])
    options = EvaluationOptions(
        sets=(str(tmp_path / "s"),), models=("depth-layers",), sweep_limit=0, timed=0, workers=2
    )
    both = evaluate(options, tmp_path / "two", lambda name, done: None)
    one = evaluate(replace(options, workers=1), tmp_path / "one", lambda name, done: None)
    assert both.records == one.records


def test_a_model_named_twice_is_measured_once(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    write_shard(tmp_path / "s/a.tar", [make_sample("a", behind=True)])
    once = EvaluationOptions(sets=(str(tmp_path / "s"),), models=("depth-layers",), sweep_limit=0, timed=0, workers=1)
    one = evaluate(once, tmp_path / "one", lambda name, done: None)
    twice = evaluate(replace(once, models=2 * once.models), tmp_path / "two", lambda name, done: None)
    assert twice.models == one.models
    assert twice.records == one.records


def test_wrong_use_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--set", str(tmp_path / "nothing"), "-o", str(tmp_path / "o")]) == 2
    assert "there is no set" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="no set was given"):
        EvaluationOptions(sets=())
    twice = EvaluationOptions(sets=("samples", "samples"), models=("depth-layers",), timed=0)
    with pytest.raises(ConfigError, match="two sets are called 'samples'"):
        evaluate(twice, tmp_path, lambda name, done: None)
    swept = EvaluationOptions(sets=("samples",), models=("depth-layers",), sweep_models=("nobody",), timed=0)
    with pytest.raises(ConfigError, match="'nobody', which is not among the models"):
        evaluate(swept, tmp_path, lambda name, done: None)
