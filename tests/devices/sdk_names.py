"""Whether what a driver asks of an SDK exists in the installed package."""

import re
from pathlib import Path
from typing import Any

import rgbd_devices.drivers


def module_names(pattern: str, *files: str) -> list[str]:
    """Dotted names that the driver's source takes from the SDK's module, such as ``sdk.OBFormat.RGB``."""
    folder = Path(rgbd_devices.drivers.__file__).parent
    text = "\n".join((folder / file).read_text(encoding="utf-8") for file in files)
    return sorted(set(re.findall(rf"\b{pattern}\.([A-Za-z_][\w.]*)", text)))


def missing(sdk: Any, names: list[str]) -> list[str]:
    """Those that the SDK lacks."""
    return [name for name in names if not _has(sdk, name)]


def _has(thing: Any, name: str) -> bool:
    for part in name.split("."):
        if not hasattr(thing, part):
            return False
        thing = getattr(thing, part)
    return True
