"""``board.yaml``: a board described in a file, in this tool's words or in Kalibr's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rgbd_calibration.board import Board, parse_board
from rgbd_calibration.convert.yaml_text import read_yaml
from rgbd_seg.errors import CalibrationError, CalibrationFileError

_KEYS = {"kind", "columns", "rows", "square", "marker", "gap", "dictionary", "pattern"}


def read_board(text_or_path: str) -> Board:
    """A board from its short text, or from a YAML file.

    Raises:
        CalibrationFileError: the file cannot be read or describes no board.
        CalibrationError: the text is of another form.
    """
    if text_or_path.lower().endswith((".yaml", ".yml")):
        return load_board(Path(text_or_path))
    return parse_board(text_or_path)


def load_board(path: Path) -> Board:
    """A board from a YAML file: keys of `Board`, or a Kalibr target (``target_type: aprilgrid`` …).

    Raises:
        CalibrationFileError: the file cannot be read or describes no board.
        BackendMissingError: PyYAML is not installed.
    """
    content = read_yaml(path)
    try:
        return _from_kalibr(content) if "target_type" in content else _from_keys(content)
    except (CalibrationError, KeyError, TypeError, ValueError) as error:
        raise CalibrationFileError(f"{path}: {error}") from error


def _from_keys(content: Mapping[str, Any]) -> Board:
    unknown = set(content) - _KEYS
    if unknown:
        raise CalibrationError(f"unknown keys {sorted(map(str, unknown))}; expected {sorted(_KEYS)}")
    return Board(**content)


def _from_kalibr(content: Mapping[str, Any]) -> Board:
    kind = content["target_type"]
    if kind == "aprilgrid":
        tag = float(content["tagSize"])
        return Board(
            kind="aprilgrid",
            columns=int(content["tagCols"]),
            rows=int(content["tagRows"]),
            square=tag,
            gap=tag * float(content["tagSpacing"]),
            dictionary="APRILTAG_36h11",
        )
    if kind == "checkerboard":
        if content["rowSpacingMeters"] != content["colSpacingMeters"]:
            raise CalibrationError("row and column spacing differ; expected square squares")
        return Board(  # Kalibr counts inner corners
            kind="chessboard",
            columns=int(content["targetCols"]) + 1,
            rows=int(content["targetRows"]) + 1,
            square=float(content["colSpacingMeters"]),
        )
    raise CalibrationError(f"Kalibr target_type {kind!r}; expected aprilgrid or checkerboard")
