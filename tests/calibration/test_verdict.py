"""Limits, verdicts and the station log."""

import concurrent.futures
import datetime
import sqlite3
from pathlib import Path

import pytest

from rgbd_calibration.limits import DEFAULT, Limit, Limits
from rgbd_calibration.station_log import LoggedValue, Run, StationLog
from rgbd_calibration.verdict import Outcome, judge
from rgbd_seg.errors import CalibrationFileError, ConfigError, OutputError


def limits(*entries: Limit) -> Limits:
    return Limits(by_name={entry.name: entry for entry in entries})


SHARPNESS = Limit(name="error", upper=0.5, unit="px", required=True)
BIAS = Limit(name="bias", lower=-1, upper=1, unit="mm")


@pytest.mark.parametrize(
    ("values", "outcome", "code"),
    [
        ({"error": 0.4, "bias": 0.0}, Outcome.PASS, 0),
        ({"error": 0.5, "bias": -1.0}, Outcome.PASS, 0),  # the bounds themselves are allowed
        ({"error": 0.4, "bias": 1.01}, Outcome.FAIL, 1),
        ({"error": 0.4}, Outcome.PASS, 0),  # an optional measure may be missing
        ({"bias": 0.0}, Outcome.UNJUDGED, 2),  # a required one may not
        ({"error": float("nan"), "bias": 0.0}, Outcome.UNJUDGED, 2),
        ({"bias": 2.0}, Outcome.FAIL, 1),  # a failure is a failure whatever is missing
        ({}, Outcome.UNJUDGED, 2),
    ],
)
def test_verdict(values: dict[str, float], outcome: Outcome, code: int) -> None:
    verdict = judge(values, limits(SHARPNESS, BIAS))
    assert verdict.outcome is outcome
    assert verdict.outcome.exit_code == code
    assert bool(verdict.reasons) == (outcome is not Outcome.PASS)


def test_nothing_measured_is_never_a_pass() -> None:
    assert judge({}, limits(BIAS)).outcome is Outcome.UNJUDGED


def test_reasons_say_what_was_found_and_expected() -> None:
    verdict = judge({"bias": 2.5}, limits(SHARPNESS, BIAS))
    assert verdict.reasons == (
        "error was not measured, but is required",
        "bias is 2.5 mm; expected at least -1 and at most 1",
    )


@pytest.mark.parametrize("section", ["solve", "verify"])
def test_default_limits_name_their_sources(section: str) -> None:
    loaded = Limits.load(None, section)
    assert all(limit.source and limit.unit for limit in loaded.by_name.values())
    assert any(limit.required for limit in loaded.by_name.values())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("version: 1", "version: 2"), "version 2; expected 1"),
        (("    max: 0.5\n", "    maximum: 0.5\n"), "'reprojection_heldout' holds"),
        (("    max: 0.5\n", "    max: high\n"), "could not convert string"),
        (("    max: 0.5\n", "    max: .nan\n"), "not a finite number"),
        (("    max: 0.5\n", "    min: 3\n    max: 0.5\n"), "min 3.0 above max 0.5"),
        (("\nsolve:", "\nsovle:"), "unknown sections"),
        (("    required: true\n", "    required: maybe\n"), "expected true or false"),
    ],
)
def test_a_misspelt_limits_file_is_refused(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    path = tmp_path / "limits.yaml"
    text = DEFAULT.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change, 1))
    with pytest.raises(CalibrationFileError, match=complaint):
        Limits.load(path, "solve")


def test_a_limit_needs_a_bound() -> None:
    with pytest.raises(ConfigError, match="neither min nor max"):
        Limit(name="x")


def run(serial: str, minute: int = 0, kind: str = "solve") -> Run:
    return Run(
        time=datetime.datetime(2026, 1, 2, 3, minute, tzinfo=datetime.UTC),
        kind=kind,
        serial=serial,
        outcome=Outcome.PASS,
        operator="Ann",
        station="S1",
        temperature=21.5,
        software="rgbd-seg 0.1.0",
        inputs_sha256="ab" * 32,
        reasons="",
        output="/out",
        values={"error": LoggedValue(value=0.25, upper=0.5), "bias": LoggedValue(value=-0.5, lower=-1, upper=1)},
    )


def test_log_gives_back_what_was_written_in_order_of_time(tmp_path: Path) -> None:
    log = StationLog(tmp_path / "station.sqlite")
    later, earlier, other = run("B", 5), run("A", 1), run("C", 9, "verify")
    for entry in (later, earlier, other):
        log.append(entry)
    assert log.runs() == [earlier, later, other]
    assert log.runs(kind="verify") == [other]
    assert log.runs(since=later.time) == [later, other]


def test_log_holds_one_row_for_every_run_of_many_writers(tmp_path: Path) -> None:
    log = StationLog(tmp_path / "station.sqlite")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: log.append(run(f"{number}")), range(40)))
    assert sorted(int(entry.serial) for entry in log.runs()) == list(range(40))


def test_log_is_plain_sql(tmp_path: Path) -> None:
    StationLog(tmp_path / "station.sqlite").append(run("A"))
    rows = sqlite3.connect(tmp_path / "station.sqlite").execute(
        "SELECT serial, verdict, value FROM run JOIN value ON run = run.id WHERE name = 'error'"
    )
    assert rows.fetchall() == [("A", "pass", 0.25)]


def test_log_refuses_other_files(tmp_path: Path) -> None:
    with pytest.raises(CalibrationFileError, match="no station log"):
        StationLog(tmp_path / "none.sqlite").runs()
    (tmp_path / "text").write_text("not a database at all, but long enough to be read as one" * 30)
    with pytest.raises(CalibrationFileError, match="not a station log"):
        StationLog(tmp_path / "text").append(run("A"))
    with sqlite3.connect(tmp_path / "newer.sqlite") as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(CalibrationFileError, match="log version 9"):
        StationLog(tmp_path / "newer.sqlite").append(run("A"))
    with pytest.raises(OutputError, match="cannot open"):
        StationLog(tmp_path / "missing" / "log.sqlite").append(run("A"))
