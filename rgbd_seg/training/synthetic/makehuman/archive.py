"""Unpacking an archive of assets once, safe against being stopped half way and against doing it twice."""

import lzma
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path

from rgbd_seg.errors import ConfigError, OutputError


def unpack_once(archive: Path, folder: Path) -> Path:
    """``folder``, holding what ``archive`` holds; unpacked beside it and renamed when complete.

    Raises:
        ConfigError: the archive is damaged, or holds paths that lead out of it.
        OutputError: the folder cannot be written.
    """
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=folder.name + ".", dir=folder.parent))
    except OSError as error:
        raise OutputError(f"cannot write the cache folder {folder.parent}: {error}") from error
    try:
        _unpack(archive, scratch)
        _publish(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
            # A cut archive looks complete to tarfile where the cut falls between two files; its stream does not.
            while tar.fileobj is not None and tar.fileobj.read(1 << 20):
                pass
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError) as error:
        raise ConfigError(f"the asset archive {archive} is damaged ({error}); get it anew") from error
    except OSError as error:
        raise OutputError(f"cannot unpack {archive} into {folder}: {error}") from error


def _publish(scratch: Path, folder: Path) -> None:
    try:
        scratch.rename(folder)
    except OSError as error:
        if not folder.is_dir():  # otherwise another process was faster, with the same content
            raise OutputError(f"cannot write {folder}: {error}") from error
