"""Who ran what, when and where: the same facts for the JSON, the report and the station log."""

import datetime
import hashlib
import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
