"""The station's memory: one row for every run, in SQLite."""

import datetime
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rgbd_calibration.verdict import Outcome
from rgbd_seg.errors import CalibrationFileError, OutputError

VERSION = 1
_BUSY_SECONDS = 30.0  # stations share a file; a writer waits this long for its turn
_SCHEMA = """
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    time TEXT NOT NULL,             -- UTC, ISO 8601
    kind TEXT NOT NULL,             -- solve or verify
    serial TEXT NOT NULL,
    operator TEXT NOT NULL,
    station TEXT NOT NULL,
    temperature REAL,               -- °C, NULL = not measured
    software TEXT NOT NULL,
    inputs_sha256 TEXT NOT NULL,
    verdict TEXT NOT NULL,          -- pass, fail or could not judge
    reasons TEXT NOT NULL,
    output TEXT NOT NULL            -- folder of the report
);
CREATE TABLE value (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    lower REAL,                     -- the limits that were in force
    upper REAL,
    PRIMARY KEY (run, name)
);
CREATE INDEX run_serial ON run (serial);
CREATE INDEX run_time ON run (time);
"""


@dataclass(frozen=True, kw_only=True)
class LoggedValue:
    """One measure of a run with the limits that were in force."""

    value: float
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One row of the log."""

    time: datetime.datetime
    kind: str
    serial: str
    outcome: Outcome
    operator: str = ""
    station: str = ""
    temperature: float | None = None
    software: str = ""
    inputs_sha256: str = ""
    reasons: str = ""
    output: str = ""
    values: dict[str, LoggedValue] = field(default_factory=dict)


class StationLog:
    """A log file; it is made on first use. Safe for several stations on one machine at once."""

    def __init__(self, path: Path) -> None:
        self._path = Path(path)

    def append(self, run: Run) -> None:
        """Add a run, whole or not at all.

        Raises:
            OutputError: the file cannot be written.
            CalibrationFileError: it is no station log, or a newer one.
        """
        with self._open(write=True) as connection:
            cursor = connection.execute(
                "INSERT INTO run (time, kind, serial, operator, station, temperature, software, inputs_sha256,"
                " verdict, reasons, output) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run.time.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
                    run.kind,
                    run.serial,
                    run.operator,
                    run.station,
                    run.temperature,
                    run.software,
                    run.inputs_sha256,
                    run.outcome.value,
                    run.reasons,
                    run.output,
                ),
            )
            connection.executemany(
                "INSERT INTO value (run, name, value, lower, upper) VALUES (?, ?, ?, ?, ?)",
                [(cursor.lastrowid, name, v.value, v.lower, v.upper) for name, v in run.values.items()],
            )

    def runs(self, *, kind: str | None = None, since: datetime.datetime | None = None) -> list[Run]:
        """All runs, oldest first.

        Args:
            kind: only ``solve`` or only ``verify``.
            since: only runs from this moment on.
        Raises:
            CalibrationFileError: missing, no station log, or a newer one.
        """
        if not self._path.is_file():
            raise CalibrationFileError(f"no station log at {self._path}; solve or verify with --log {self._path} first")
        start = "" if since is None else since.astimezone(datetime.UTC).isoformat(timespec="microseconds")
        with self._open(write=False) as connection:
            rows = connection.execute(
                "SELECT * FROM run WHERE time >= ? AND (? IS NULL OR kind = ?) ORDER BY time, id", (start, kind, kind)
            ).fetchall()
            values = connection.execute("SELECT run, name, value, lower, upper FROM value").fetchall()
        return _joined(rows, values)

    @contextmanager
    def _open(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        except sqlite3.Error as error:
            raise OutputError(f"cannot open the station log {self._path}: {error}") from error
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            self._check_version(connection)
            yield connection
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise OutputError(f"cannot use the station log {self._path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise CalibrationFileError(f"{self._path} is not a station log: {error}") from error
        finally:
            connection.close()  # rolls back what was not committed

    def _check_version(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == 0 and tables == 0:
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            raise CalibrationFileError(
                f"{self._path} has log version {version}, this program reads {VERSION}; update it, or start a new log"
            )


def _joined(rows: Sequence[sqlite3.Row], values: Sequence[sqlite3.Row]) -> list[Run]:
    by_run: dict[int, dict[str, LoggedValue]] = {}
    for entry in values:
        logged = LoggedValue(value=entry["value"], lower=entry["lower"], upper=entry["upper"])
        by_run.setdefault(entry["run"], {})[entry["name"]] = logged
    return [
        Run(
            time=datetime.datetime.fromisoformat(row["time"]),
            kind=row["kind"],
            serial=row["serial"],
            outcome=Outcome(row["verdict"]),
            operator=row["operator"],
            station=row["station"],
            temperature=row["temperature"],
            software=row["software"],
            inputs_sha256=row["inputs_sha256"],
            reasons=row["reasons"],
            output=row["output"],
            values=by_run.get(row["id"], {}),
        )
        for row in rows
    ]
