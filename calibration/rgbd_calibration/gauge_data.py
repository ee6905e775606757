"""The measurements of a gauge study: its plan as a CSV to fill in, or the runs of a station log."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from rgbd_calibration.station_log import Run
from rgbd_seg import atomic
from rgbd_seg.arrays import Float64
from rgbd_seg.errors import ConfigError, FrameError

COLUMNS = ("run", "part", "operator", "repeat", "value")


def write_plan(path: Path, plan: Sequence[tuple[str, str, int]]) -> None:
    """Write a plan with an empty column for the values, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([number, *run, ""] for number, run in enumerate(plan, start=1))
    atomic.write_bytes(path, text.getvalue().encode())


def read_study(path: Path) -> Float64:
    """(parts, operators, repeats) from a CSV with the columns part, operator and value.

    Raises:
        FrameError: unreadable, a column is missing or a value is no number.
        ConfigError: not every operator measured every part equally often.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FrameError(f"cannot read {path}: {error}") from error
    if not rows or not {"part", "operator", "value"} <= set(rows[0]):
        raise FrameError(f"{path} lacks one of the columns part, operator, value; expected a table made by `grr plan`")
    found = []
    for line, row in enumerate(rows, start=2):
        try:
            found.append((row["part"], row["operator"], float(row["value"])))
        except (TypeError, ValueError) as error:
            raise FrameError(f"{path}, line {line}: value is {row['value']!r}; expected a number") from error
    return as_study(found)


def study_of_runs(runs: Iterable[Run], measure: str) -> Float64:
    """(parts, operators, repeats) from a station log: serials are parts, every run a repeat.

    Raises:
        ConfigError: no run has that measure, or the study is not complete.
    """
    found = [(run.serial, run.operator, run.values[measure].value) for run in runs if measure in run.values]
    if not found:
        raise ConfigError(f"no run in the log has the measure {measure!r}; see `rgbd-calibrate stats` for their names")
    return as_study(found)


def as_study(found: Sequence[tuple[str, str, float]]) -> Float64:
    """(parts, operators, repeats) from single measurements (part, operator, value).

    Raises:
        ConfigError: not every operator measured every part equally often.
    """
    cells: dict[tuple[str, str], list[float]] = {}
    for part, operator, value in found:
        cells.setdefault((part, operator), []).append(value)
    parts = sorted({part for part, _ in cells})
    operators = sorted({operator for _, operator in cells})
    counts = {(part, operator): len(cells.get((part, operator), [])) for part in parts for operator in operators}
    most = max(counts.values())
    short = [f"{part} by {operator or 'nobody'}: {count}" for (part, operator), count in counts.items() if count < most]
    if short:
        raise ConfigError(
            f"the study is not complete; expected {most} measurements of every part by every operator, but found "
            + "; ".join(short[:6])
        )
    return np.array([[cells[part, operator] for operator in operators] for part in parts])
