"""Files written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rgbd_seg.errors import OutputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends without an error.

    The temporary keeps the suffix of ``path``, since image libraries choose the format by it.

    Raises:
        OutputError: the folder is missing or not writable, or the disk is full.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}; choose a folder that exists and is writable"
        ) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _adopt_default_mode(temporary)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def check_folder(path: Path) -> None:
    """Refuse a result's place before any work is done for it.

    Raises:
        OutputError: there is no such folder, or nothing may be written to it.
    """
    folder = Path(path).parent
    if not folder.is_dir():
        found = "a file" if folder.exists() else "missing"
        raise OutputError(f"cannot write {path}: the folder {folder} is {found}; choose one that exists")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"cannot write {path}: nothing may be written to {folder}; choose a writable folder")
    if Path(path).is_dir():
        raise OutputError(f"cannot write {path}: it is a folder; expected the name of a file")


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _adopt_default_mode(path: Path) -> None:
    # mkstemp makes files private (0600); a result should look like any other file the user makes.
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def make_folder(path: Path) -> None:
    """Make a folder for results, with its parents.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make the folder {path}: {error.strerror or error}; choose a writable place"
        ) from error
