"""Files of a run: whole or not at all, and the ones before kept beside them."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from rgbd_seg import atomic
from rgbd_seg.errors import OutputError


def replace_keeping(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file; one that was there becomes ``NAME.previous.SUFFIX``. At every moment a whole file is in place.

    Args:
        write: given a temporary path to write to.
    Raises:
        OutputError: the file cannot be written; the one before is untouched.
    """
    with atomic.replacing(path) as temporary:
        write(temporary)
        if path.is_file():
            _keep(path)


def previous(path: Path) -> Path:
    """Where the file before is kept."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def write_json(path: Path, content: Mapping[str, Any], *, indent: int | None = 1) -> None:
    """Plain JSON values, whole or not at all; NaN is refused, since other readers refuse it.

    Raises:
        OutputError: the file cannot be written.
    """
    atomic.write_bytes(path, (json.dumps(dict(content), indent=indent, allow_nan=False) + "\n").encode())


def remove(*paths: Path) -> None:
    """Remove files that no longer say anything true; missing ones are no error."""
    for path in paths:
        with suppress(OSError):
            path.unlink()


def _keep(path: Path) -> None:
    kept = previous(path)
    try:
        with atomic.replacing(kept) as copy:
            copy.unlink()
            try:
                os.link(path, copy)
            except OSError:  # no hard links on this file system
                shutil.copyfile(path, copy)
    except OSError as error:
        raise OutputError(f"cannot keep the previous {path.name} as {kept}: {error}") from error
