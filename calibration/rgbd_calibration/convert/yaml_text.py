"""YAML files of other systems, read and written without surprises."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rgbd_seg import atomic
from rgbd_seg.errors import BackendMissingError, CalibrationFileError


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file whose top level is a mapping.

    Raises:
        CalibrationFileError: unreadable, not YAML, or not a mapping.
        BackendMissingError: PyYAML is not installed.
    """
    yaml = _pyyaml()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise CalibrationFileError(f"cannot read {path}: {reason}") from error
    except yaml.YAMLError as error:
        raise CalibrationFileError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise CalibrationFileError(f"{path} holds {type(content).__name__}; expected named values (key: value)")
    return content


def write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    """Numbers keep all their digits; short lists stay on one line.

    Raises:
        OutputError: the file cannot be written.
        BackendMissingError: PyYAML is not installed.
    """
    text = _pyyaml().safe_dump(dict(content), sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)
    atomic.write_bytes(path, text.encode())


def _pyyaml() -> Any:
    # Imported when needed: help, boards given as text and most conversions work without the extra.
    try:
        return importlib.import_module("yaml")
    except ImportError as error:
        raise BackendMissingError(
            'YAML files (limits, board.yaml, ROS, Kalibr) need PyYAML: pip install "rgbd-seg[calibration]"'
        ) from error
