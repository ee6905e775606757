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
        raise ModelError(_unreadable(path, error)) from error
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
    _compare(sha256_of(path), str(path), passport)


def read_verified(path: Path, passport: Passport) -> bytes:
    """The content of a network file that is certainly the one the passport describes.

    Raises:
        ModelError: it is another file, or damaged, or cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(_unreadable(path, error)) from error
    _compare(hashlib.sha256(data).hexdigest(), str(path), passport)
    return data


def _compare(found: str, where: str, passport: Passport) -> None:
    if found != passport.sha256:
        raise ModelError(
            f"{where} has the sha256 {found}, the passport of {passport.name} expects {passport.sha256}; "
            "the file is damaged or another version, get it again"
        )


def _unreadable(path: Path, error: OSError) -> str:
    return f"cannot read the network {path}: {error.strerror or error}; give the path of a file"
