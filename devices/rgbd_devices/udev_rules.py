"""Where the udev rules are that give users their cameras on Linux."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_FILE = Path("udev", "60-rgbd-cameras.rules")


def udev_rules() -> Path:
    """Inside an installed package, or beside it in a checkout."""
    installed = _PACKAGE / _FILE
    return installed if installed.is_file() else _PACKAGE.parent / _FILE
