"""What `capture` notes beside its pictures, so that `solve` needs no further options."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rgbd_calibration.board import Board
from rgbd_seg import atomic
from rgbd_seg.errors import CalibrationFileError

NAME = "capture.json"


def write_facts(folder: Path, board: Board, metres_per_unit: float, kinds: Iterable[str]) -> None:
    """Note the board, the names of the pictures and the depth unit.

    Args:
        kinds: of picture that the folder holds: color, depth, infrared.
    Raises:
        OutputError: the file cannot be written.
    """
    facts = {"board": board.text(), "metres_per_unit": metres_per_unit} | {kind: f"{kind}_*.png" for kind in kinds}
    atomic.write_bytes(folder / NAME, (json.dumps(facts, indent=1) + "\n").encode())


def read_facts(folder: Path) -> Mapping[str, Any]:
    """The note in a folder; empty if `capture` did not make it.

    Raises:
        CalibrationFileError: the note is damaged.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    advice = "delete it, and give --board, --color, --depth and --metres-per-unit"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CalibrationFileError(f"cannot read {path}: {error}; {advice}") from error
    if not isinstance(content, dict):
        raise CalibrationFileError(f"{path} holds no note of a capture; {advice}")
    return content


def pattern(given: str | None, facts: Mapping[str, Any], kind: str) -> str | None:
    """The pattern of one kind of picture: as ``given``, else as noted; an empty one says that there is none."""
    wanted = facts.get(kind) if given is None else given
    return str(wanted) if wanted else None
