"""What was measured already, so that an interrupted evaluation goes on where it stopped."""

import hashlib
import json
from pathlib import Path
from typing import Any

from rgbd_seg.atomic import make_folder
from rgbd_seg.errors import OutputError
from rgbd_seg.evaluation.record import Record

_CODE = ("*.py", "segmentation/*.py", "models/*.py", "training/metrics/*.py", "evaluation/*.py", "io/*.py")


class Journal:
    """One line of JSON per examined clip. Lines of other code, sets or models are not read."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        """
        Args:
            path: the file; made when first written.
            fingerprint: of everything that the records depend on but the sample.
        Raises:
            OutputError: its folder cannot be made.
        """
        make_folder(path.parent)
        self._path = path
        self._fingerprint = fingerprint
        self._lead = ""
        self._known = self._read()

    def find(self, clip: str) -> list[Record] | None:
        """The clip's records, if it was examined before."""
        return self._known.get(clip)

    def add(self, clip: str, records: list[Record]) -> None:
        """Keep a clip's records.

        Raises:
            OutputError: they cannot be written.
        """
        line = {"fingerprint": self._fingerprint, "clip": clip, "records": [record.to_dict() for record in records]}
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(self._lead + json.dumps(line) + "\n")
                self._lead = ""
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror or error}; free some space") from error
        self._known[clip] = records

    def _read(self) -> dict[str, list[Record]]:
        if not self._path.is_file():
            return {}
        known = {}
        with self._path.open(encoding="utf-8") as file:
            for text in file:
                self._lead = "" if text.endswith("\n") else "\n"  # the last line may have been cut short
                line = _parsed(text)
                if line is not None and line["fingerprint"] == self._fingerprint:
                    known[line["clip"]] = [Record.from_dict(record) for record in line["records"]]
        return known


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        line: dict[str, Any] = json.loads(text)
    except ValueError:  # cut short when the process was stopped
        return None
    return line


def code_fingerprint() -> str:
    """Hash of the package's own code that answers and scores."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for pattern in _CODE:
        for file in sorted(root.glob(pattern)):
            digest.update(file.read_bytes())
    return digest.hexdigest()
