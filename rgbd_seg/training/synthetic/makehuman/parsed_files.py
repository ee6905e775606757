"""What was read from text files, kept as arrays: a run starts in seconds, not by parsing a hundred meshes anew."""

import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.atomic import make_folder, replacing
from rgbd_seg.errors import OutputError

Arrays = Mapping[str, NDArray[Any]]
_VERSION = 1  # raised when the same files would give other arrays


def parsed(cache: Path, kind: str, name: str, sources: tuple[Path, ...], parse: Callable[[], Arrays]) -> Arrays:
    """``parse()``, or what it gave when the ``sources`` had the same sizes and times.

    Only speed is lost where ``cache`` cannot be written.
    """
    stored = stamped(cache / kind, name, sources, f"-{_VERSION}.npz")
    try:
        with np.load(stored, allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        found = parse()
        keep(stored, lambda path: np.savez(path, allow_pickle=False, **found))
        return found


def stamped(folder: Path, name: str, sources: tuple[Path, ...], ending: str) -> Path:
    """Where a file about ``sources`` is kept: another one once their size or time changes."""
    stamps = [f"{stat.st_size}-{stat.st_mtime_ns}" for stat in (path.stat() for path in sources)]
    return folder / ("-".join((name.replace("/", "__"), *stamps)) + ending)


def keep(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file of the cache, whole or, where that is not possible, not at all."""
    with suppress(OutputError):
        make_folder(path.parent)
        with replacing(path) as temporary:
            write(temporary)
