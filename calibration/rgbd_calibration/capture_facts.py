"""What `capture` notes beside its pictures, so that `solve` needs no further options."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rgbd_calibration.board import Board
from rgbd_seg import atomic
from rgbd_seg.errors import CalibrationFileError

NAME = "capture.json"


def write_facts(folder: Path, board: Board, metres_per_unit: float, *, infrared: bool = False) -> None:
    """Note the board, the names of the pictures and the depth unit.

    Raises:
        OutputError: the file cannot be written.
    """
    names = ("color", "depth", "infrared") if infrared else ("color", "depth")
    facts = {"board": board.text(), "metres_per_unit": metres_per_unit} | {name: f"{name}_*.png" for name in names}
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
