"""Results as CSV and JSON."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from rgbd_seg.atomic import write_bytes
from rgbd_seg.evaluation.record import Record
from rgbd_seg.evaluation.run import Outcome
from rgbd_seg.evaluation.summary import MEANS, Row

_NAMES = ("set", "key", "model", "method", "stage", "fault", "level")
_VALUES = (*MEANS, "others", "kept_others")


def write_pictures_csv(path: Path, records: Sequence[Record]) -> None:
    """One line per picture, method and fault.

    Raises:
        OutputError: it cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_NAMES, *_VALUES])
    for record in records:
        fault = ("", "") if record.fault is None else (record.fault.kind, f"{record.fault.level:g}")
        values = [_number(record.values.get(name)) for name in _VALUES]
        writer.writerow([record.set, record.key, record.model, record.method, record.stage, *fault, *values])
    write_bytes(path, text.getvalue().encode())


def write_summary_csv(path: Path, rows: Sequence[Row]) -> None:
    """One line per row of the tables.

    Raises:
        OutputError: it cannot be written.
    """
    names = (*MEANS, "leak", "ece")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["set", "model", "method", "stage", "fault", "level", "pictures", *names])
    for row in rows:
        fault = ("", "") if row.fault is None else (row.fault.kind, f"{row.fault.level:g}")
        values = [_number(row.values.get(name)) for name in names]
        writer.writerow([row.set, row.model, row.method, row.stage, *fault, row.pictures, *values])
    write_bytes(path, text.getvalue().encode())


def write_json(path: Path, outcome: Outcome, rows: Sequence[Row]) -> None:
    """The tables, times and what was left out, as one document.

    Raises:
        OutputError: it cannot be written.
    """
    write_bytes(path, (json.dumps(as_json(outcome, rows), indent=1) + "\n").encode())


def as_json(outcome: Outcome, rows: Sequence[Row]) -> dict[str, object]:
    """The same as plain values."""
    return {
        "models": list(outcome.models),
        "rows": [
            {
                "set": row.set,
                "model": row.model,
                "method": row.method,
                "stage": row.stage,
                "fault": None if row.fault is None else {"kind": row.fault.kind, "level": row.fault.level},
                "pictures": row.pictures,
                **row.values,
            }
            for row in rows
        ],
        "milliseconds": [
            {"set": key[0], "model": key[1], "method": key[2], "stage": key[3], "median": value}
            for key, value in outcome.milliseconds.items()
        ],
        "skipped": outcome.skipped,
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
