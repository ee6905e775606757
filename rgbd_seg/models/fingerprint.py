"""Which file is this: size and sha256 against a passport."""

import hashlib
from pathlib import Path

from rgbd_seg.errors import ModelError
from rgbd_seg.models.passport import Passport

_BLOCK = 1 << 20


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file.

    Raises:
        ModelError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise ModelError(
            f"cannot read the network {path}: {error.strerror or error}; give the path of a file"
        ) from error
    return digest.hexdigest()


def matches(path: Path, passport: Passport) -> bool:
    """True if the file is exactly the one the passport describes; the size is looked at first, hashing takes long."""
    try:
        if not path.is_file() or path.stat().st_size != passport.size_bytes:
            return False
    except OSError:
        return False
    return sha256_of(path) == passport.sha256


def verify(path: Path, passport: Passport) -> None:
    """Refuse a file that is not the one the passport describes.

    Raises:
        ModelError: it is another file, or damaged, or cannot be read.
    """
    found = sha256_of(path)
    if found != passport.sha256:
        raise ModelError(
            f"{path} has the sha256 {found}, the passport of {passport.name} expects {passport.sha256}; "
            "the file is damaged or another version, get it again"
        )
