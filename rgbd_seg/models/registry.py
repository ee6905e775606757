"""The passports that come with the package: of its own networks, whose files come with it, and of public ones."""

from importlib import resources
from pathlib import Path

from rgbd_seg.models.passport import Passport, load_passport, parse_passport

SHIPPED = Path(__file__).parent / "shipped"
_PASSPORT = ".json"  # net.onnx has net.onnx.json


def known_passports() -> tuple[Passport, ...]:
    """Passports of the networks this package knows by name, best first.

    Raises:
        ModelError: a passport is damaged: the package is not wholly installed.
    """
    passports = (*shipped_passports(), *_public_passports())
    return tuple(sorted(passports, key=lambda passport: (passport.rank, passport.name)))


def shipped_passports() -> tuple[Passport, ...]:
    """Those of the networks whose files are part of the package."""
    return tuple(load_passport(path) for path in sorted(SHIPPED.glob(f"*{_PASSPORT}")))


def shipped_path(passport: Passport) -> Path | None:
    """Where the package keeps this network, there or not; None if it is not the package's own."""
    path = SHIPPED / passport.file
    return path if path.with_name(path.name + _PASSPORT).is_file() else None


def _public_passports() -> tuple[Passport, ...]:
    folder = resources.files("rgbd_seg.models") / "passports"
    files = [entry for entry in folder.iterdir() if entry.name.endswith(_PASSPORT)]
    return tuple(parse_passport(entry.read_text(encoding="utf-8"), entry.name) for entry in files)
