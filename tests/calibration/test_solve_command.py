"""``solve`` and ``batch`` as a factory runs them: exit codes, files kept, one row for every run."""

import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_up_result import made_up_result

from rgbd_calibration import batch, solve_run
from rgbd_calibration.batch import BatchOptions, find_units, run_batch
from rgbd_calibration.cli.main import main
from rgbd_calibration.outputs import previous, replace_keeping
from rgbd_calibration.result import SolveResult
from rgbd_calibration.station_log import StationLog
from rgbd_calibration.verdict import Outcome
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import FrameError

BOARD = "charuco:10x8:0.020875:0.0104375:ARUCO_ORIGINAL"


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """A folder of pictures; what is in them does not matter where the solver is replaced."""
    folder = tmp_path / "A123"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"color_{number}.png"), np.full((48, 64, 3), 90 + number, np.uint8))
    return folder


def solved_as(monkeypatch: pytest.MonkeyPatch, result: SolveResult) -> None:
    monkeypatch.setattr(solve_run, "solve_folder", lambda *_, **__: result)


def solve(folder: Path, output: Path, *more: str) -> int:
    return main(["solve", str(folder), "-o", str(output), "--board", BOARD, "--quiet", *more])


def test_a_pass_writes_all_three_files_and_one_row(
    unit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    solved_as(monkeypatch, made_up_result())
    out = tmp_path / "out"
    assert solve(unit, out, "--operator", "Ann", "--station", "S1", "--temperature", "21.5") == 0
    assert "PASS" in capsys.readouterr().out
    assert Calibration.load(out / "calibration.json").color.fx == 434.6
    assert SolveResult.load(out / "result.json").model == "brown_conrady_4"
    content = json.loads((out / "result.json").read_text())
    assert content["verdict"]["outcome"] == "pass"
    assert content["run"]["serial"] == "A123"
    report = (out / "report.html").read_text()
    assert "PASS" in report
    (run,) = StationLog(out / "station.sqlite").runs()
    assert (run.serial, run.operator, run.station, run.temperature) == ("A123", "Ann", "S1", 21.5)
    assert run.inputs_sha256 == content["run"]["inputs_sha256"] != ""
    assert run.values["reprojection_heldout"].upper == 0.5
    assert run.values["color_fx_px"].value == 434.6


def test_a_fail_leaves_the_good_calibration_in_place(
    unit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    solved_as(monkeypatch, made_up_result())
    assert solve(unit, out) == 0
    good = (out / "calibration.json").read_bytes()
    solved_as(monkeypatch, made_up_result(noise_px=1.0))
    assert solve(unit, out) == 1
    assert (out / "calibration.json").read_bytes() == good
    assert (out / "calibration.rejected.json").is_file()
    assert "FAIL" in (out / "report.html").read_text()
    assert "PASS" in (out / "report.previous.html").read_text()
    assert [run.outcome for run in StationLog(out / "station.sqlite").runs()] == [Outcome.PASS, Outcome.FAIL]
    solved_as(monkeypatch, made_up_result(seed=1))
    assert solve(unit, out) == 0
    assert not (out / "calibration.rejected.json").exists()
    assert (out / "calibration.previous.json").read_bytes() == good


def test_a_refusal_touches_nothing_says_why_and_is_logged(
    unit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    solved_as(monkeypatch, made_up_result())
    assert solve(unit, out) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.suffix != ".sqlite"}
    monkeypatch.undo()
    assert solve(unit, out) == 2  # the pictures are grey
    error = capsys.readouterr().err.strip()
    assert error.startswith("rgbd-calibrate: error: the board charuco:10x8")
    assert "\n" not in error
    for name, data in before.items():
        assert (out / name).read_bytes() == data
    assert "COULD NOT JUDGE" in (out / "refused.html").read_text()
    last = StationLog(out / "station.sqlite").runs()[-1]
    assert last.outcome is Outcome.UNJUDGED
    assert "none of 3 colour pictures" in last.reasons
    solved_as(monkeypatch, made_up_result())
    assert solve(unit, out) == 0
    assert not (out / "refused.html").exists()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (["--color", "nothing_*.png"], "no file in .* is called 'nothing_"),
        (["--color", "color.png"], "0 stars"),
        (["--board", "charuco:10x8"], "cannot read the board"),
        (["--board", "charuco:10x8:0.02:0.03:4X4_50"], "expected it to be smaller"),
        (["--limits", "none.yaml"], "cannot read none.yaml"),
        (["--initial", "none.json"], "cannot read calibration"),
        (["--lens", "round"], "unknown lens model 'round'"),
        (["--geometry", "euclidean"], "depth_geometry is 'euclidean'"),
    ],
)
def test_wrong_options_exit_2_with_one_line_and_a_row(
    unit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: list[str], complaint: str
) -> None:
    assert solve(unit, tmp_path / "out", *change) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("rgbd-calibrate: error: ")
    assert len(error.splitlines()) == 1
    import re

    assert re.search(complaint, error), error
    assert StationLog(tmp_path / "out" / "station.sqlite").runs()[0].outcome is Outcome.UNJUDGED


def test_unreadable_pictures_are_told(unit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in unit.glob("*.png"):
        path.write_bytes(b"not a picture")
    assert solve(unit, tmp_path / "out") == 2
    assert "none of 3 views can be read: color_0.png is not a readable colour picture" in capsys.readouterr().err


def test_capture_notes_spare_the_options(
    unit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    solved_as(monkeypatch, made_up_result())
    assert main(["solve", str(unit), "-o", str(tmp_path / "out"), "-q"]) == 2
    assert "which board?" in capsys.readouterr().err
    (unit / "capture.json").write_text(json.dumps({"board": BOARD, "metres_per_unit": 0.001, "color": "color_*.png"}))
    assert main(["solve", str(unit), "-o", str(tmp_path / "out"), "-q"]) == 0


def test_unknown_option_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "--nonsense"]) == 2
    assert capsys.readouterr().err.startswith("rgbd-calibrate: error: No such option")


def test_replace_keeping_leaves_the_old_file_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    replace_keeping(path, lambda target: target.write_text("1"))
    assert not previous(path).exists()

    def broken(target: Path) -> None:
        target.write_text("half")
        raise FrameError("stopped")

    with pytest.raises(FrameError):
        replace_keeping(path, broken)
    assert path.read_text() == "1"
    replace_keeping(path, lambda target: target.write_text("2"))
    assert (path.read_text(), previous(path).read_text()) == ("2", "1")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "a.previous.json"]


@pytest.mark.parametrize(
    "option",
    [
        ["--color", "rgb_*.png"],
        ["--depth", "depth_*.png"],
        ["--infrared", "ir_*.png"],
        ["--metres-per-unit", "1e-3"],
        ["--initial", "calibration.json"],
    ],
)
def test_a_result_refuses_what_it_would_ignore(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    made_up_result().save(tmp_path / "result.json")
    assert main(["solve", str(tmp_path / "result.json"), "-o", str(tmp_path / "out"), "-q", *option]) == 2
    assert re.search(rf"which {option[0]} cannot change.*solve the folder of pictures", capsys.readouterr().err)


@pytest.mark.parametrize("board", [BOARD.replace("10x8", "8x6"), BOARD + ":new", "chessboard:10x8:0.02"])
def test_a_result_refuses_a_board_of_another_layout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], board: str
) -> None:
    made_up_result().save(tmp_path / "result.json")
    assert solve(tmp_path / "result.json", tmp_path / "out", "--board", board) == 2
    assert "expected the layout of charuco:10x8" in capsys.readouterr().err


def test_batch_goes_on_past_a_bad_unit_and_resumes(
    unit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = tmp_path / "units"
    shutil.copytree(unit, units / "A1")
    shutil.copytree(unit, units / "A2")
    (units / "A2" / "color_1.png").write_bytes(b"not a picture")
    (units / "empty").mkdir()
    out = tmp_path / "out"
    command = ["batch", str(units), "-o", str(out), "--board", BOARD, "--jobs", "2"]
    assert main(command) == 2
    assert "2 units: 0 pass, 0 fail, 2 could not judge (0 solved before)" in capsys.readouterr().out
    rows = (out / "summary.csv").read_text().splitlines()
    assert [row.split(",")[:2] for row in rows[1:]] == [["A1", "could not judge"], ["A2", "could not judge"]]
    assert len(StationLog(out / "station.sqlite").runs()) == 2
    state = out / "A1" / "batch.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "exit_code": 0}))  # as if it had passed
    assert main(command) == 2
    assert "1 pass, 0 fail, 1 could not judge (1 solved before)" in capsys.readouterr().out
    assert len(StationLog(out / "station.sqlite").runs()) == 3  # what could not be judged is tried again
    cv2.imwrite(str(units / "A1" / "color_9.png"), np.zeros((48, 64, 3), np.uint8))  # another set of pictures
    assert main(command) == 2
    assert "(0 solved before)" in capsys.readouterr().out
    with pytest.raises(FrameError, match="no sub-folder"):
        find_units(out, "color_*.png")


@pytest.fixture
def units(unit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One unit for a batch, whose solver always says pass."""
    monkeypatch.setattr(batch, "_solve", lambda *_: (0, "PASS"))
    shutil.copytree(unit, tmp_path / "units" / "A1")
    return tmp_path / "units"


@pytest.mark.parametrize("option", ["--limits", "--initial", "--board"])
def test_batch_judges_again_when_a_file_of_its_options_changes(units: Path, tmp_path: Path, option: str) -> None:
    file, options = tmp_path / "file.yaml", BatchOptions(jobs=1)

    def skipped(content: str) -> bool:
        file.write_text(content)
        (outcome,) = run_batch(find_units(units, "*.png"), tmp_path / "out", [option, str(file)], options)
        return outcome.skipped

    assert [skipped("max: 1"), skipped("max: 1"), skipped("max: 0.1")] == [False, True, False]


def test_batch_judges_again_with_other_software_or_pictures_further_down(
    units: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def skipped() -> bool:
        (outcome,) = run_batch([units / "A1"], tmp_path / "out", ["--board", BOARD], BatchOptions(jobs=1))
        return outcome.skipped

    assert [skipped(), skipped()] == [False, True]
    monkeypatch.setattr(batch, "software_version", lambda: "rgbd-seg 99")
    assert [skipped(), skipped()] == [False, True]
    (units / "A1" / "infrared").mkdir()
    (units / "A1" / "infrared" / "0.png").write_bytes(b"found by --infrared 'infrared/*.png'")
    assert [skipped(), skipped()] == [False, True]


def test_batch_stops_a_unit_that_hangs(unit: Path, tmp_path: Path) -> None:
    options = BatchOptions(jobs=1, most_seconds=0.05)
    (outcome,) = run_batch([unit], tmp_path / "out", ["--board", BOARD], options)
    assert outcome.exit_code == 2
    assert "took longer than 0.05 s" in outcome.message


def test_the_real_iphone_from_the_command_line(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared / "data/truedepth_charuco/calibration"
    patterns = ["--color", "rgb_*.png", "--depth", "depth_*.png", "--metres-per-unit", "1e-4"]
    assert solve(folder, tmp_path, *patterns) == 0
    calibration = Calibration.load(tmp_path / "calibration.json")
    assert calibration.color.fx == pytest.approx(434.61, rel=1e-3)
    assert calibration.metres_per_unit == 1e-4
    assert main(["solve", str(tmp_path / "result.json"), "-o", str(tmp_path / "again"), "-q"]) == 0
    again = Calibration.load(tmp_path / "again" / "calibration.json")
    assert again.color.fx == pytest.approx(calibration.color.fx, rel=1e-4)
    other = ["--board", "charuco:8x6:0.020875:0.0104375:ARUCO_ORIGINAL"]  # the same markers, laid out otherwise
    assert solve(folder, tmp_path / "other", *patterns, *other) == 2
    assert "no camera explains these pictures" in capsys.readouterr().err
    larger = ["--board", "charuco:10x8:0.03:0.015:ARUCO_ORIGINAL"]
    assert solve(folder, tmp_path / "other", *patterns, *larger) == 2
    assert re.search(r"depth is 0\.69\d times the board's distance in all of 48 views", capsys.readouterr().err)
    swapped = ["--color", "depth_*.png", "--depth", "rgb_*.png", "--metres-per-unit", "1e-4"]
    good = (tmp_path / "calibration.json").read_bytes()
    assert solve(folder, tmp_path, *swapped) == 2
    assert (tmp_path / "calibration.json").read_bytes() == good
