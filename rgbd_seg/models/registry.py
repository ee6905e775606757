"""The passports that come with the package."""

from importlib import resources

from rgbd_seg.models.passport import Passport, parse_passport


def known_passports() -> tuple[Passport, ...]:
    """Passports of the networks this package knows by name, best first."""
    folder = resources.files("rgbd_seg.models") / "passports"
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".json")]
    passports = [parse_passport(entry.read_text(encoding="utf-8"), entry.name) for entry in files]
    return tuple(sorted(passports, key=lambda passport: (passport.rank, passport.name)))
