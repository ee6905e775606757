"""The command line as its users meet it: results, one-line errors, exit codes, nothing half written."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer

from rgbd_seg.cli.main import main
from rgbd_seg.samples import samples_folder

EFFECTS = ("matte", "bokeh", "blur", "replace", "whiten", "grayscale", "beautify", "light")

pytestmark = pytest.mark.usefixtures("no_networks")


@pytest.fixture
def pair() -> list[str]:
    """A sample as a user has it: colour, raw depth and calibration in three files."""
    folder = samples_folder() / "wave"
    return [
        str(folder / "color.png"),
        "--depth",
        str(folder / "raw_depth.png"),
        "--calibration",
        str(folder / "calibration.json"),
    ]


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return code, out, err


def assert_one_line_error(code: int, err: str, *words: str) -> None:
    assert code == 2, err
    lines = err.splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith("rgbd-seg: error: ")
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("command", EFFECTS)
def test_every_photo_command_writes_a_picture_of_the_photos_size(command, pair, tmp_path, capsys):
    target = tmp_path / "result.png"
    code, out, _ = run(command, *pair, "-o", target, capsys=capsys)
    assert code == 0
    assert str(target) in out
    assert cv2.imread(str(target)).shape == (480, 640, 3)


def test_matte_agrees_with_the_truth(pair, tmp_path, capsys):
    run("matte", *pair, "-o", tmp_path / "alpha.png", capsys=capsys)
    mask = cv2.imread(str(tmp_path / "alpha.png"), cv2.IMREAD_GRAYSCALE) >= 128
    truth = cv2.imread(str(samples_folder() / "wave" / "alpha.png"), cv2.IMREAD_GRAYSCALE) >= 128
    assert (mask & truth).sum() / (mask | truth).sum() >= 0.9


def test_cutout_carries_transparency(pair, tmp_path, capsys):
    run("matte", *pair, "--cutout", "-o", tmp_path / "cut.png", capsys=capsys)
    picture = cv2.imread(str(tmp_path / "cut.png"), cv2.IMREAD_UNCHANGED)
    assert picture.shape == (480, 640, 4)
    assert picture[..., 3].min() == 0
    assert picture[..., 3].max() == 255


def test_json_is_for_machines(pair, tmp_path, capsys):
    code, out, _ = run("blur", *pair, "--json", "-o", tmp_path / "b.jpg", capsys=capsys)
    result = json.loads(out)
    assert code == 0
    assert result["segmenter"] == "depth-layers"
    assert result["depth"] == "metric"
    assert 0.1 < result["subject_fraction"] < 0.6


def test_debug_writes_every_stage(pair, tmp_path, capsys):
    run("matte", *pair, "--debug", tmp_path / "stages", "-o", tmp_path / "a.png", capsys=capsys)
    stages = sorted(path.name for path in (tmp_path / "stages").iterdir())
    assert any("probability" in name for name in stages)
    assert any("alpha" in name for name in stages)
    assert all(cv2.imread(str(tmp_path / "stages" / name)) is not None for name in stages)


def test_a_folder_goes_on_after_a_bad_file_and_says_so(tmp_path, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a_broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut short")
    (photos / "b_text.png").write_text("no picture")
    (photos / "notes.txt").write_text("ignored")
    _write_gdepth(photos / "c_good.jpg")
    code, out, err = run("blur", photos, "-o", tmp_path / "out", capsys=capsys)
    assert code == 1
    assert "1 of 3" in out
    assert "a_broken.jpg" in err
    assert "b_text.png" in err
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["c_good.jpg"]


def test_a_photo_too_large_for_memory_does_not_stop_the_others(tmp_path, capsys, monkeypatch):
    from rgbd_seg.cli import batch

    (tmp_path / "photos").mkdir()
    for name in ("a_huge.jpg", "b_good.jpg"):
        _write_gdepth(tmp_path / "photos" / name)

    def process(photo: Path) -> dict[str, str]:
        if photo.name == "a_huge.jpg":
            raise MemoryError
        return {"photo": str(photo)}

    with pytest.raises(typer.Exit):
        batch.run_batch(batch.photos_in(tmp_path / "photos"), process, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert len(told["results"]) == 1
    assert "not enough memory" in told["failures"][0]["error"]


def test_a_folder_of_good_photos_ends_with_zero(tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    _write_gdepth(tmp_path / "photos" / "good.jpg")
    code, out, _ = run("matte", tmp_path / "photos", "--json", "-o", tmp_path / "out", capsys=capsys)
    assert code == 0
    assert len(json.loads(out)["results"]) == 1


def _write_gdepth(path: Path) -> None:
    from rgbd_seg.io.gdepth_writing import write_gdepth
    from rgbd_seg.registration import register
    from rgbd_seg.samples import load_sample

    write_gdepth(path, register(load_sample("wave").frame))


@pytest.fixture
def picture(tmp_path) -> Path:
    path = tmp_path / "plain.png"
    cv2.imwrite(str(path), np.full((40, 30, 3), 128, np.uint8))
    return path


def test_bad_input_is_one_line_and_exit_code_two(pair, picture, tmp_path, capsys):
    text = tmp_path / "text.jpg"
    text.write_text("not a picture")
    out = ("-o", str(tmp_path / "never.png"))
    cases = [
        (["matte", str(tmp_path / "missing.jpg"), *out], ("missing.jpg",)),
        (["matte", str(text), *out], ("text.jpg",)),
        (["matte", str(picture), *out], ("depth",)),
        (["matte", *pair, "--model", "no-such-model", *out], ("no-such-model", "mediapipe-selfie")),
        (["matte", *pair, "--model", str(tmp_path / "net.onnx"), *out], ("net.onnx",)),
        (["matte", *pair, "--model", "mediapipe-selfie", *out], ("mediapipe-selfie", "models add")),
        (["matte", *pair, "--fusion", "sum", *out], ("sum", "odds")),
        (["matte", *pair, "--people", "nobody", *out], ("nobody", "front")),
        (["matte", *pair, "--focus", "here", *out], ("here", "640,360")),
        (["matte", *pair, "--focus", "9999,9999", *out], ("9999",)),
        (["matte", *pair, "--d-max", "-1", *out], ("-1",)),
        (["bokeh", *pair, "--strength", "2", *out], ("2", "0 to 1")),
        (["bokeh", *pair, "--strength", "much", *out], ("--strength", "number")),
        (["replace", *pair, "-b", "#12", *out], ("#12",)),
        (["replace", *pair, "-b", str(tmp_path / "no.jpg"), *out], ("no.jpg",)),
        (["matte", *pair, "-o", str(tmp_path / "no" / "folder.png")], ("folder",)),
        (["matte", *pair, "-o", str(tmp_path / "never.gif")], (".gif",)),
        (["bokeh", *pair, "--bogus", *out], ("--bogus",)),
        (["matte"], ("photo",)),
        (["nonsense"], ("nonsense",)),
        (["info", str(text)], ("text.jpg",)),
        (["models", "add", "no-such-model"], ("no-such-model",)),
    ]
    for arguments, words in cases:
        code, _, err = run(*arguments, capsys=capsys)
        assert_one_line_error(code, err, *words)
    assert not list(tmp_path.glob("never*"))


def test_a_gpu_that_is_not_there_is_an_error(pair, tmp_path, capsys, shared, monkeypatch):
    monkeypatch.setenv("RGBD_SEG_MODELS", str(shared / "weights"))
    arguments = ("matte", *pair, "--model", "sinet", "--device", "cuda", "-o", tmp_path / "a.png")
    code, _, err = run(*arguments, capsys=capsys)
    assert_one_line_error(code, err, "cuda")


def test_depth_of_another_size_than_its_calibration(pair, tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "small.png"), np.full((10, 10), 1000, np.uint16))
    arguments = [*pair]
    arguments[2] = str(tmp_path / "small.png")
    code, _, err = run("matte", *arguments, "-o", tmp_path / "a.png", capsys=capsys)
    assert_one_line_error(code, err, "10×10", "320×240")


def test_no_result_replaces_what_it_is_made_from(picture, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    depth = tmp_path / "depth.png"
    cv2.imwrite(str(depth), np.full((40, 30), 1000, np.uint16))
    before = picture.read_bytes(), depth.read_bytes()
    for target in (picture, depth, "plain.png"):
        code, _, err = run("bokeh", picture, "--depth", depth, "-o", target, capsys=capsys)
        assert_one_line_error(code, err, str(target), "name another file")
    assert (picture.read_bytes(), depth.read_bytes()) == before


def test_no_result_replaces_its_background(picture, tmp_path, capsys):
    room, lamp = tmp_path / "room.png", tmp_path / "lamp.png"
    for path in (room, lamp):
        cv2.imwrite(str(path), np.full((40, 30, 3), 90, np.uint8))
    before = room.read_bytes()
    for target in (room, lamp):
        line = ("replace", picture, "-b", room, "--place", f"{lamp}@1.5m", "-o", target)
        code, _, err = run(*line, capsys=capsys)
        assert_one_line_error(code, err, str(target), "name another file")
    assert room.read_bytes() == lamp.read_bytes() == before


def test_an_existing_result_survives_a_failure(pair, tmp_path, capsys):
    target = tmp_path / "keep.png"
    target.write_bytes(b"precious")
    code, _, _ = run("matte", *pair, "--people", "nobody", "-o", target, capsys=capsys)
    assert code == 2
    assert target.read_bytes() == b"precious"


def test_a_colour_picture_alone_works_with_a_colour_model(shared, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RGBD_SEG_MODELS", str(shared / "weights"))
    color = samples_folder() / "wave" / "color.png"
    code, _, err = run("matte", color, "-o", tmp_path / "a.png", capsys=capsys)
    assert code == 0
    assert "no depth" in err


def test_info_tells_what_is_inside(pair, capsys):
    code, out, _ = run("info", *pair, "--json", capsys=capsys)
    content = json.loads(out)
    assert code == 0
    assert (content["width"], content["height"]) == (640, 480)
    assert content["depth"]["metric"] is True
    assert run("info", *pair, capsys=capsys)[0] == 0


def test_doctor_names_the_engine_that_runs(capsys):
    code, out, _ = run("doctor", "--json", capsys=capsys)
    trial = json.loads(out)["default segmenter"]
    assert code == 0
    assert trial["name"] == "depth-layers"
    assert trial["device"] == "cpu"


def test_models_list_says_what_is_missing(capsys):
    code, out, _ = run("models", "list", "--json", capsys=capsys)
    entries = {entry["name"]: entry for entry in json.loads(out)["models"]}
    assert code == 0
    assert set(entries) >= {"mediapipe-selfie", "mediapipe-selfie-landscape", "sinet"}
    assert all(entry["file"] is None for entry in entries.values())


def test_demo_makes_a_contact_sheet(tmp_path, capsys):
    code, out, _ = run("demo", "-o", tmp_path / "demo", capsys=capsys)
    sheet = tmp_path / "demo" / "contact_sheet.jpg"
    assert code == 0
    assert str(sheet) in out
    assert cv2.imread(str(sheet)).shape[1] > 1500


def test_the_installed_command_fails_without_a_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from rgbd_seg.cli.main import run; run()", "matte", str(tmp_path / "missing.jpg")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_names_the_commands_of_the_sister_packages(capsys):
    _, out, _ = run("--help", capsys=capsys)
    assert all(name in out for name in ("calibrate", "devices", "live"))
