"""Where training pictures come from and under which licence: written beside every packed set, read for passports."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rgbd_seg.atomic import write_bytes
from rgbd_seg.errors import ConfigError

FILE = "origin.json"
_PARTS = ("-train", "-held-out")  # of one source


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Of one folder of pictures."""

    source: str  # an address, or how it was made
    licence: str
    labels: str = ""  # what made the masks
    attribution: str = ""  # where the licence demands one

    def __post_init__(self) -> None:
        for name in ("source", "licence"):
            if not getattr(self, name).strip():
                raise ConfigError(
                    f"the {name} of training pictures is empty; expected where they come from, or a licence"
                )

    def write(self, folder: Path) -> None:
        """Put it beside a packed set, or into a folder of pictures.

        Raises:
            OutputError: it cannot be written.
        """
        write_bytes(folder / FILE, (json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n").encode())


def read_origins(path: Path) -> dict[str, Origin]:
    """Origins of several folders from a TOML file: one table for each, called as the folder.

    Raises:
        ConfigError: it cannot be read, or a table is incomplete.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the origins {path}: {error}") from error
    return {name: _origin(values, f"{path}: [{name}]") for name, values in content.items()}


def origin_of(folder: Path, known: Mapping[str, Origin]) -> Origin:
    """What the folder itself says, else what ``known`` says of its name (``x`` also names ``x-train``, ``x-held-out``).

    Raises:
        ConfigError: nobody says anything, or the folder's own file is damaged.
    """
    path = folder / FILE
    if path.is_file():
        try:
            return _origin(json.loads(path.read_text(encoding="utf-8")), str(path))
        except (OSError, ValueError) as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(f"{path} is damaged: {error}; expected a JSON object with source and licence") from error
    names = (folder.name, *(folder.name.removesuffix(part) for part in _PARTS))
    found = next((known[name] for name in names if name in known), None)
    if found is None:
        raise ConfigError(
            f"nothing says where the pictures of {folder} come from; pack them with --source and --licence, write "
            f"{FILE} into the folder, or give a table [{names[-1]}] with source and licence in --origins"
        )
    return found


def _origin(values: Any, where: str) -> Origin:
    fields = Origin.__dataclass_fields__
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise ConfigError(f"{where} is no table of texts; expected source and licence")
    if unknown := sorted(set(values) - set(fields)):
        raise ConfigError(f"{where} has the unknown key {', '.join(unknown)}; it may have {', '.join(fields)}")
    try:
        return Origin(**values)
    except TypeError as error:
        raise ConfigError(f"{where} is incomplete; expected source and licence") from error
