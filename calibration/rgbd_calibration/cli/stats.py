"""``rgbd-calibrate stats``."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_seg.errors import ConfigError

if TYPE_CHECKING:
    from rgbd_calibration.line_statistics import LineStatistics


def stats(
    log: Annotated[Path, typer.Argument(help="The station log that solve and verify wrote with --log.")],
    kind: Annotated[str, typer.Option(help="Count runs of solve or of verify.")] = "solve",
    since: Annotated[str | None, typer.Option(help="Only runs from this day on, such as 2026-01-31.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write trend charts as HTML.")] = None,
) -> None:
    """Show yield, what failed, and the capability (Cp, Cpk) of every measure."""
    from rgbd_calibration.line_statistics import line_statistics
    from rgbd_calibration.report.stats_report import write_stats_report
    from rgbd_calibration.station_log import StationLog

    line = line_statistics(StationLog(log).runs(kind=kind, since=_day(since)))
    _print(line)
    if output is not None:
        write_stats_report(output, line, f"{log.name}, {kind}" + (f" since {since}" if since else ""))
        typer.echo(f"trend charts: {output}")


def _print(line: "LineStatistics") -> None:
    outcomes = ", ".join(f"{count} {name}" for name, count in line.outcomes.items())
    typer.echo(f"{line.runs} runs of {line.units} units: {outcomes}")
    typer.echo(f"first-pass yield {line.first_pass_yield:.1f} %, final yield {line.final_yield:.1f} %")
    for name, count in line.failures:
        typer.echo(f"  failed {count} times: {name}")
    typer.echo(f"{'measure':32}{'n':>5}{'mean':>12}{'sigma':>12}{'Cp':>7}{'Cpk':>7}")
    for measure in line.measures:
        found = measure.capability
        if found is not None:
            cp, cpk = (f"{index:.2f}" if index is not None else "-" for index in (found.cp, found.cpk))
            figures = f"{found.count:5}{found.mean:12.5g}{found.sigma_within:12.3g}{cp:>7}{cpk:>7}"
            typer.echo(f"{measure.name:32}{figures}")


def _day(text: str | None) -> datetime.datetime | None:
    if text is None:
        return None
    try:
        return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    except ValueError as error:
        raise ConfigError(f"--since is {text!r}; expected a day such as 2026-01-31") from error
