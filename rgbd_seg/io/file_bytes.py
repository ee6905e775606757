"""Whole files as bytes, refused with a reason."""

from pathlib import Path

from rgbd_seg.errors import FrameError

MAX_BYTES = 1 << 30


def read_bytes(path: Path) -> bytes:
    """The whole file.

    Raises:
        FrameError: it is missing, a folder, unreadable, or larger than 1 GiB.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise FrameError(f"{path} has {size / 2**30:.1f} GiB; expected a photo of at most 1 GiB")
        return path.read_bytes()
    except OSError as error:
        raise FrameError(f"cannot read {path}: {error.strerror or error}; expected a file") from error
