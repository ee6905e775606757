"""``rgbd-seg info``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from rgbd_seg.cli.report import print_json


def info(
    photo: Annotated[Path, typer.Argument(help="Depth photo or colour picture.", show_default=False)],
    depth: Annotated[Path | None, typer.Option(help="Depth that belongs to a colour picture.")] = None,
    calibration: Annotated[Path | None, typer.Option(help="Calibration JSON for --depth.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """What a photo holds: colour, depth, mattes, camera."""
    from rgbd_seg.io import read_photo

    content = read_photo(photo, depth=depth, calibration=calibration).describe()
    if json:
        print_json(content)
        return
    for key, value in content.items():
        title = key.replace("_", " ")
        if not isinstance(value, dict):
            typer.echo(f"{title:<16} {'none' if value is None else _text(value)}")
            continue
        typer.echo(title if value else f"{title:<16} none")
        for name, entry in value.items():
            typer.echo(f"  {name.replace('_', ' '):<18} {_text(entry)}")


def _text(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(part, int) for part in value):
        return f"{value[0]}×{value[1]}"
    if isinstance(value, dict):  # a lens table is for --json
        return f"{', '.join(value)} (see --json)"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
