"""``rgbd-calibrate limits``."""

from pathlib import Path
from typing import Annotated

import typer


def limits(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here instead of printing.")] = None,
) -> None:
    """Give the default limits with their comments, to change and pass to --limits."""
    from rgbd_calibration.limits import DEFAULT
    from rgbd_seg import atomic

    text = DEFAULT.read_text(encoding="utf-8")
    if output is None:
        typer.echo(text, nl=False)
    else:
        atomic.write_bytes(output, text.encode())
        typer.echo(f"{output}: change it, then solve or verify with --limits {output}")
