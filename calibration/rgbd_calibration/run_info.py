"""Who ran what, when and where: the same facts for the JSON, the report and the station log."""

import datetime
import hashlib
import importlib.metadata
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rgbd_calibration.limits import Limit
from rgbd_calibration.station_log import LoggedValue, Run
from rgbd_calibration.verdict import Outcome, Verdict
from rgbd_seg.errors import FrameError

_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """The circumstances of one run."""

    kind: str  # solve or verify
    serial: str
    operator: str = ""
    station: str = ""
    temperature: float | None = None  # °C
    time: datetime.datetime
    software: str
    inputs_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "serial": self.serial,
            "operator": self.operator,
            "station": self.station,
            "temperature": self.temperature,
            "time": self.time.astimezone(datetime.UTC).isoformat(timespec="seconds"),
            "software": self.software,
            "inputs_sha256": self.inputs_sha256,
        }

    def logged(self, verdict: Verdict, values: Mapping[str, float], output: Path, *, notes: Sequence[str] = ()) -> Run:
        """The row of the station log for a run that was judged; values without limits are logged too."""
        limits = {judgement.limit.name: judgement.limit for judgement in verdict.judgements}
        entries = {name: _logged(value, limits.get(name)) for name, value in values.items() if math.isfinite(value)}
        return self._row(verdict.outcome, "; ".join([*notes, *verdict.reasons]), output, entries)

    def refused(self, reason: str, output: Path) -> Run:
        """The row of the station log for a run that could not be judged."""
        return self._row(Outcome.UNJUDGED, reason, output, {})

    def _row(self, outcome: Outcome, reasons: str, output: Path, values: dict[str, LoggedValue]) -> Run:
        return Run(
            time=self.time,
            kind=self.kind,
            serial=self.serial,
            outcome=outcome,
            operator=self.operator,
            station=self.station,
            temperature=self.temperature,
            software=self.software,
            inputs_sha256=self.inputs_sha256,
            reasons=reasons,
            output=str(output.resolve()),
            values=values,
        )


def software_version() -> str:
    """Name and version of this software, for the log."""
    try:
        return f"rgbd-seg {importlib.metadata.version('rgbd-seg')}"
    except importlib.metadata.PackageNotFoundError:
        return "rgbd-seg (not installed)"


def now() -> datetime.datetime:
    """This moment, UTC."""
    return datetime.datetime.now(datetime.UTC)


def hash_files(paths: Iterable[Path]) -> str:
    """SHA-256 over names and contents of the input files, in order of name.

    Raises:
        FrameError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0")
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
        except OSError as error:
            raise FrameError(f"cannot read {path}: {error.strerror}") from error
    return digest.hexdigest()


def _logged(value: float, limit: Limit | None) -> LoggedValue:
    if limit is None:
        return LoggedValue(value=value)
    return LoggedValue(value=value, lower=limit.lower, upper=limit.upper)
