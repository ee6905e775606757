"""``rgbd-calibrate grr``: plan and evaluate a gauge R&R study."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_seg.errors import ConfigError

if TYPE_CHECKING:
    from rgbd_calibration.gauge import GaugeStudy

_CODES = {"acceptable": 0, "marginal": 0, "unacceptable": 1}


def build_grr() -> typer.Typer:
    """The group of the two commands."""
    group = typer.Typer(help="Gauge R&R: does the station measure the units, or itself?", no_args_is_help=True)
    group.command()(plan)
    group.command()(evaluate)
    return group


def plan(
    output: Annotated[Path, typer.Option("--output", "-o", help="The CSV to write and fill in.")],
    parts: Annotated[str, typer.Option(help="How many units, or their serials with commas between.")] = "10",
    operators: Annotated[str, typer.Option(help="How many operators, or their names with commas between.")] = "3",
    repeats: Annotated[int, typer.Option(help="How often each operator measures each unit.")] = 3,
    seed: Annotated[int, typer.Option(help="Of the shuffled order.")] = 0,
) -> None:
    """Write the runs of a study in an order that hides the units."""
    from rgbd_calibration.gauge import plan_study
    from rgbd_calibration.gauge_data import write_plan

    runs = plan_study(_names(parts, "unit"), _names(operators, "operator"), repeats, seed=seed)
    write_plan(output, runs)
    typer.echo(
        f"{output}: {len(runs)} runs; solve each with --serial and --operator into one --log, or fill in the values"
    )


def evaluate(
    source: Annotated[Path, typer.Argument(help="A filled-in CSV, or a station log.")],
    measure: Annotated[
        str | None, typer.Option(help="Which measure of a station log, such as color_fx_px; see stats.")
    ] = None,
    kind: Annotated[str, typer.Option(help="Runs of solve or of verify, for a station log.")] = "solve",
    tolerance: Annotated[float | None, typer.Option(help="Width of the specification, for % tolerance.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the report as HTML.")] = None,
) -> None:
    """Evaluate a study by analysis of variance; exit 1 if the gauge is unacceptable."""
    from rgbd_calibration.gauge import evaluate_study
    from rgbd_calibration.gauge_data import read_study, study_of_runs
    from rgbd_calibration.report.stats_report import write_gauge_report
    from rgbd_calibration.station_log import StationLog

    if source.suffix.lower() == ".csv":
        data = read_study(source)
    elif measure is None:
        raise ConfigError(f"{source} is a station log; say which --measure to evaluate, such as color_fx_px")
    else:
        data = study_of_runs(StationLog(source).runs(kind=kind), measure)
    study = evaluate_study(data, tolerance=tolerance)
    _print(study)
    if output is not None:
        write_gauge_report(output, study, data, f"{source.name}" + (f", {measure}" if measure else ""))
        typer.echo(f"report: {output}")
    raise typer.Exit(_CODES[study.rating])


def _print(study: "GaugeStudy") -> None:
    typer.echo(f"{study.parts} parts, {study.operators} operators, {study.repeats} repeats")
    typer.echo(f"{'source':18}{'sigma':>12}{'% contrib.':>12}{'% study':>10}{'% tol.':>10}")
    for component in study.components:
        tolerance = "-" if component.percent_tolerance is None else f"{component.percent_tolerance:.2f}"
        shares = f"{component.percent_contribution:12.2f}{component.percent_study:10.2f}{tolerance:>10}"
        typer.echo(f"{component.name:18}{component.sigma:12.5g}{shares}")
    typer.echo(f"distinct categories: {study.distinct_categories}; the gauge is {study.rating}")


def _names(text: str, kind: str) -> list[str]:
    if text.isdigit():
        return [f"{kind}-{number:02d}" for number in range(1, int(text) + 1)]
    return [name.strip() for name in text.split(",") if name.strip()]
