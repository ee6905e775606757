"""Options that solve, verify and batch share."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from rgbd_calibration.run_info import RunInfo, now, software_version

Serial = Annotated[str | None, typer.Option(help="Serial number of the unit; else the folder's name.")]
Operator = Annotated[str, typer.Option(help="Who runs the station.", envvar="RGBD_OPERATOR")]
Station = Annotated[str | None, typer.Option(help="Name of the station; else the computer's.", envvar="RGBD_STATION")]
Temperature = Annotated[float | None, typer.Option(help="Of the room or the unit, °C, for the log.")]
Log = Annotated[
    Path | None,
    typer.Option(help="Station log (SQLite) to add this run to; else station.sqlite in the output.", envvar="RGBD_LOG"),
]
LimitsFile = Annotated[Path | None, typer.Option("--limits", help="Limits of pass and fail; else the defaults.")]
BoardText = Annotated[
    str | None,
    typer.Option("--board", help="Such as charuco:10x8:0.02:0.015:5X5_100 (squares, sizes in metres), or a YAML file."),
]
Color = Annotated[str, typer.Option(help="Pattern of the colour pictures.")]
Depth = Annotated[
    str | None, typer.Option(help="Pattern of the raw 16-bit depth pictures; else as capture noted. '' is none.")
]
Infrared = Annotated[
    str | None, typer.Option(help="Pattern of the depth camera's infrared pictures; else as capture noted. '' is none.")
]
Unit = Annotated[float | None, typer.Option(help="Length of one unit of raw depth; else 0.001, a millimetre.")]


def run_info(
    kind: str, serial: str, operator: str, station: str | None, temperature: float | None, inputs_sha256: str
) -> RunInfo:
    """The circumstances of this run."""
    return RunInfo(
        kind=kind,
        serial=serial,
        operator=operator,
        station=socket.gethostname() if station is None else station,
        temperature=temperature,
        time=now(),
        software=software_version(),
        inputs_sha256=inputs_sha256,
    )


@contextmanager
def progress_bar(name: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on the error stream, so that results can be piped; None when it is not wanted."""
    if quiet:
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
