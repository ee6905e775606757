"""``stats``, ``grr``, ``board``, ``convert`` and ``limits`` from the command line."""

import datetime
import importlib
import importlib.metadata
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from rgbd_calibration.cameras import open_camera
from rgbd_calibration.cli.main import main
from rgbd_calibration.limits import DEFAULT, Limits
from rgbd_calibration.line_statistics import line_statistics
from rgbd_calibration.station_log import LoggedValue, Run, StationLog
from rgbd_calibration.verdict import Outcome
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import ConfigError, DeviceNotFoundError
from rgbd_seg.transform import RigidTransform


def run(serial: str, value: float, number: int, operator: str = "Ann") -> Run:
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    return Run(
        time=start + datetime.timedelta(hours=number),
        kind="solve",
        serial=serial,
        operator=operator,
        outcome=Outcome.PASS if value <= 0.5 else Outcome.FAIL,
        values={"error": LoggedValue(value=value, upper=0.5), "fx": LoggedValue(value=600 + value)},
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "station.sqlite"
    rng = np.random.default_rng(0)
    for number in range(30):
        StationLog(path).append(run(f"U{number}", float(rng.normal(0.3, 0.05)), number))
    StationLog(path).append(run("U7", 0.9, 40))  # fails when measured again
    StationLog(path).append(run("U31", 0.8, 41))
    StationLog(path).append(run("U31", 0.4, 42))  # passes the second time
    return path


def test_without_pyyaml_help_works_and_yaml_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    for name in [name for name in sys.modules if name.startswith("rgbd_calibration")]:
        monkeypatch.delitem(sys.modules, name)
    without = importlib.import_module("rgbd_calibration.cli.main").main
    assert without(["--help"]) == 0
    assert without(["board", "chessboard:9x6:0.02", "-o", str(tmp_path / "board.pdf")]) == 0
    (tmp_path / "board.yaml").write_text("kind: chessboard")
    capsys.readouterr()
    assert without(["board", str(tmp_path / "board.yaml"), "-o", str(tmp_path / "board.pdf")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("rgbd-calibrate: error: ")
    assert 'pip install "rgbd-seg[calibration]"' in error
    assert error.count("\n") == 1


def test_yield_is_counted_by_unit(log: Path) -> None:
    line = line_statistics(StationLog(log).runs())
    assert (line.runs, line.units) == (33, 31)
    assert line.first_pass_yield == pytest.approx(100 * 30 / 31)
    assert line.final_yield == pytest.approx(100 * 30 / 31)
    assert line.failures == (("error", 2),)
    error = next(measure for measure in line.measures if measure.name == "error")
    assert error.control is not None
    assert set(error.control.outside) >= {30, 31}
    assert line.measures[0].name == "error"  # those with limits first
    with pytest.raises(ConfigError, match="no such run"):
        line_statistics([])


def test_stats_prints_and_draws(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", str(log), "-o", str(tmp_path / "stats.html")]) == 0
    text = capsys.readouterr().out
    assert "33 runs of 31 units: 31 pass, 2 fail" in text
    assert re.search(r"error +33 +0\.3\d+", text)
    html = (tmp_path / "stats.html").read_text()
    assert html.count("<svg") == 2
    assert "96.8 % YIELD" in html
    assert main(["stats", str(log), "--since", "2026-01-02T16:00+00:00"]) == 0
    assert "3 runs of 2 units" in capsys.readouterr().out
    assert main(["stats", str(tmp_path / "none")]) == 2
    assert "no station log" in capsys.readouterr().err
    assert main(["stats", str(log), "--since", "yesterday"]) == 2


def test_grr_from_plan_to_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "plan.csv"
    assert main(["grr", "plan", "-o", str(plan), "--parts", "6", "--operators", "Ann,Ben", "--repeats", "2"]) == 0
    assert main(["grr", "evaluate", str(plan)]) == 2
    assert "line 2: value is ''" in capsys.readouterr().err
    rng = np.random.default_rng(1)
    lines = plan.read_text().splitlines()
    filled = [lines[0]]
    for line in lines[1:]:
        part = int(line.split(",")[1].split("-")[1])
        filled.append(f"{line}{10 * part + rng.normal(0, 0.05):.4f}")
    plan.write_text("\n".join(filled))
    assert main(["grr", "evaluate", str(plan), "--tolerance", "50", "-o", str(tmp_path / "grr.html")]) == 0
    assert "the gauge is acceptable" in capsys.readouterr().out
    assert "ANOVA, AIAG MSA 4" in (tmp_path / "grr.html").read_text()
    plan.write_text("\n".join(filled[:-1]))
    assert main(["grr", "evaluate", str(plan)]) == 2
    assert "the study is not complete" in capsys.readouterr().err


def test_grr_from_a_station_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "station.sqlite"
    rng = np.random.default_rng(2)
    number = 0
    for operator in ("Ann", "Ben"):
        for part in range(5):
            for _ in range(2):
                StationLog(path).append(run(f"U{part}", float(rng.normal(0, 1)), number, operator))
                number += 1
    assert main(["grr", "evaluate", str(path), "--measure", "fx"]) == 1  # noise only: no gauge at all
    assert "unacceptable" in capsys.readouterr().out
    assert main(["grr", "evaluate", str(path)]) == 2
    assert "say which --measure" in capsys.readouterr().err
    assert main(["grr", "evaluate", str(path), "--measure", "fz"]) == 2


def test_board_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "chessboard:9x6:0.02", "-o", str(tmp_path / "b.pdf")]) == 0
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF-1.")
    assert "chessboard:9x6:0.02" in capsys.readouterr().out
    assert main(["board", "chessboard:99x66:0.02", "-o", str(tmp_path / "c.pdf")]) == 2
    assert "does not fit A4" in capsys.readouterr().err
    assert not (tmp_path / "c.pdf").exists()


def test_convert_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    camera = Intrinsics(width=640, height=480, fx=500, fy=501, cx=320, cy=240)
    rig = Calibration(color=camera, depth=camera, T_color_depth=RigidTransform.identity(), metres_per_unit=0.001)
    rig.save(tmp_path / "a.json")
    assert main(["convert", str(tmp_path / "a.json"), str(tmp_path / "ros"), "--to", "ros"]) == 0
    assert main(["convert", str(tmp_path / "ros"), str(tmp_path / "b.json"), "--from", "ros"]) == 0
    assert Calibration.load(tmp_path / "b.json").color == camera
    assert main(["convert", str(tmp_path / "a.json"), str(tmp_path / "x"), "--to", "azure-kinect"]) == 2
    assert "640×480 is no picture size" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "a.json"), str(tmp_path / "x"), "--to", "opencv", "--color-size", "7"]) == 2
    assert "WIDTHxHEIGHT" in capsys.readouterr().err


def test_limits_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["limits"]) == 0
    assert capsys.readouterr().out == DEFAULT.read_text()
    assert main(["limits", "-o", str(tmp_path / "limits.yaml")]) == 0
    assert Limits.load(tmp_path / "limits.yaml", "verify") == Limits.load(None, "verify")


def test_unknown_camera_names_what_is_installed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(DeviceNotFoundError, match="no driver offers a camera 'nonesuch'"):
        open_camera("nonesuch:123")
    assert main(["capture", "nonesuch", "-o", str(tmp_path / "x"), "--board", "chessboard:9x6:0.02"]) == 2
    assert "nonesuch" in capsys.readouterr().err


def test_installed_commands_point_here() -> None:
    scripts = {entry.name: entry.value for entry in importlib.metadata.entry_points(group="console_scripts")}
    if "rgbd-calibrate" not in scripts:
        pytest.skip("installed before this command existed; install again with pip install -e .")
    assert scripts["rgbd-calibrate"] == "rgbd_calibration.cli.main:run"
    (command,) = importlib.metadata.entry_points(group="rgbd_seg.commands", name="calibrate")
    assert command.load() is main
