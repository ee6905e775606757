"""The limits file: which measures are judged, and against what."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rgbd_calibration.convert.yaml_text import read_yaml
from rgbd_seg.errors import CalibrationFileError, ConfigError

VERSION = 1
DEFAULT = Path(__file__).with_name("limits.yaml")
_KEYS = frozenset({"max", "min", "unit", "source", "required"})


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What one measure may be."""

    name: str
    lower: float | None = None
    upper: float | None = None
    unit: str = ""
    required: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if self.lower is None and self.upper is None:
            raise ConfigError(f"limit {self.name!r} has neither min nor max; expected at least one")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ConfigError(f"limit {self.name!r} has min {self.lower} above max {self.upper}")

    def allows(self, value: float) -> bool:
        """True if ``value`` is within; the bounds themselves are allowed."""
        above = self.lower is None or value >= self.lower
        return above and (self.upper is None or value <= self.upper)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """All limits of one kind of run, by measure."""

    by_name: Mapping[str, Limit]

    @staticmethod
    def load(path: Path | None, section: str) -> "Limits":
        """Read one section (``solve`` or ``verify``) of a limits file; None reads the defaults.

        Raises:
            CalibrationFileError: unreadable, of a newer version, or with an unknown key or a bad number.
        """
        path = DEFAULT if path is None else path
        content = read_yaml(path)
        if content.get("version") != VERSION:
            raise CalibrationFileError(f"{path} has version {content.get('version')!r}; expected {VERSION}")
        unknown = set(content) - {"version", "solve", "verify"}
        if unknown:
            raise CalibrationFileError(f"{path} has unknown sections {sorted(unknown)}; expected solve and verify")
        entries = content.get(section)
        if not isinstance(entries, dict) or not entries:
            raise CalibrationFileError(f"{path} lacks the section {section!r} with at least one limit")
        return Limits(by_name={str(name): _limit(str(name), entry, path) for name, entry in entries.items()})


def _limit(name: str, entry: Any, path: Path) -> Limit:
    if not isinstance(entry, dict) or not set(entry) <= _KEYS:
        raise CalibrationFileError(f"{path}: limit {name!r} holds {entry!r}; expected {', '.join(sorted(_KEYS))}")
    try:
        return Limit(
            name=name,
            lower=_number(entry.get("min")),
            upper=_number(entry.get("max")),
            unit=str(entry.get("unit", "")),
            required=_flag(entry.get("required", False)),
            source=" ".join(str(entry.get("source", "")).split()),
        )
    except (TypeError, ValueError) as error:
        raise CalibrationFileError(f"{path}: limit {name!r}: {error}") from error


def _number(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"required is {value!r}; expected true or false")
    return value
