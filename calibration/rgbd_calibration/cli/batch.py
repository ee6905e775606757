"""``rgbd-calibrate batch``."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_calibration.cli import run_options as shared

if TYPE_CHECKING:
    from rgbd_calibration.batch import UnitOutcome

_WORDS = {0: "pass", 1: "fail", 2: "could not judge"}


def batch(
    folder: Annotated[Path, typer.Argument(help="A folder with one sub-folder of pictures for each unit.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A folder for one folder of results for each unit.")],
    board: shared.BoardText = None,
    color: shared.Color = "color_*.png",
    depth: shared.Depth = None,
    infrared: shared.Infrared = None,
    metres_per_unit: shared.Unit = None,
    lens: Annotated[str | None, typer.Option(help="As for solve.")] = None,
    geometry: Annotated[str, typer.Option(help="As for solve.")] = "auto",
    initial: Annotated[Path | None, typer.Option(help="As for solve.")] = None,
    wiggle_period: Annotated[float | None, typer.Option(help="As for solve.")] = None,
    limits: shared.LimitsFile = None,
    log: shared.Log = None,
    operator: shared.Operator = "",
    station: shared.Station = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Units at a time; else one for each core.")] = None,
    most_seconds: Annotated[float, typer.Option(help="Longest time for one unit.")] = 600.0,
    again: Annotated[bool, typer.Option("--again", help="Solve also units that are solved already.")] = False,
) -> None:
    """Solve many units in parallel; start it again to go on where it ended. The folder's name is the serial."""
    from rich.console import Console
    from rich.progress import Progress

    from rgbd_calibration.batch import BatchOptions, find_units, run_batch
    from rgbd_seg import atomic

    options = BatchOptions(jobs=jobs or os.cpu_count() or 1, again=again, most_seconds=most_seconds)
    given: list[tuple[str, object]] = [
        ("--board", board),
        ("--color", color),
        ("--depth", depth),
        ("--infrared", infrared),
        ("--metres-per-unit", metres_per_unit),
        ("--lens", lens),
        ("--geometry", geometry),
        ("--initial", initial),
        ("--wiggle-period", wiggle_period),
        ("--limits", limits),
        ("--log", log or output / "station.sqlite"),
        ("--operator", operator),
        ("--station", station),
    ]
    arguments = [text for name, value in given if value is not None for text in (name, str(value))]
    units = find_units(folder, color)
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("units", total=len(units))

        def done(outcome: "UnitOutcome") -> None:
            bar.advance(task)
            if outcome.exit_code and not outcome.skipped:
                bar.console.print(f"{outcome.serial}: {outcome.message}", markup=False, highlight=False)

        outcomes = run_batch(units, output, arguments, options, done=done)
    atomic.write_bytes(output / "summary.csv", _summary(outcomes).encode())
    counts = [sum(outcome.exit_code == code for outcome in outcomes) for code in _WORDS]
    skipped = sum(outcome.skipped for outcome in outcomes)
    words = ", ".join(f"{count} {word}" for count, word in zip(counts, _WORDS.values(), strict=True))
    typer.echo(f"{len(outcomes)} units: {words} ({skipped} solved before); summary: {output / 'summary.csv'}")
    raise typer.Exit(max(outcome.exit_code for outcome in outcomes))


def _summary(outcomes: "Sequence[UnitOutcome]") -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["serial", "verdict", "seconds", "message"])
    writer.writerows([o.serial, _WORDS[o.exit_code], f"{o.seconds:.1f}", o.message] for o in outcomes)
    return text.getvalue()
