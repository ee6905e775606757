"""YAML files of other systems, read and written without surprises."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rgbd_seg import atomic
from rgbd_seg.errors import CalibrationFileError


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file whose top level is a mapping.

    Raises:
        CalibrationFileError: unreadable, not YAML, or not a mapping.
    """
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
    """
    text = yaml.safe_dump(dict(content), sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)
    atomic.write_bytes(path, text.encode())
