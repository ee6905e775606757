"""``rgbd-calibrate solve``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_calibration.cli import run_options as shared
from rgbd_seg.errors import ConfigError, RgbdSegError

if TYPE_CHECKING:
    from rgbd_calibration.options import SolveOptions
    from rgbd_calibration.solve_run import SolveOutcome, SolveRequest

_COLOR = "color_*.png"


def solve(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of pictures of the board; or a result.json, to solve it again: with another lens, geometry, "
            "limits, or a board of measured lengths."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for calibration.json, result.json, report.html.")
    ],
    board: shared.BoardText = None,
    color: shared.Color = _COLOR,
    depth: shared.Depth = None,
    infrared: shared.Infrared = None,
    metres_per_unit: shared.Unit = None,
    lens: Annotated[
        str | None, typer.Option(help="Lens models to choose from, with commas between; else all, by held-out error.")
    ] = None,
    geometry: Annotated[
        str, typer.Option(help="What ties depth to colour: auto, registered, planes, infrared or none.")
    ] = "auto",
    initial: Annotated[Path | None, typer.Option(help="What is known of the rig: a calibration.json.")] = None,
    wiggle_period: Annotated[
        float | None, typer.Option(help="Period in metres of a time-of-flight camera's distance error.")
    ] = None,
    correct_depth: Annotated[bool, typer.Option(help="Fit the depth correction.")] = True,
    limits: shared.LimitsFile = None,
    log: shared.Log = None,
    serial: shared.Serial = None,
    operator: shared.Operator = "",
    station: shared.Station = None,
    temperature: shared.Temperature = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Calibrate from pictures of a board, judge the result, and write a report."""
    from rgbd_calibration.solve_run import hash_inputs, refuse, run_solve
    from rgbd_seg import atomic

    name = serial or (folder.resolve().parent if folder.is_file() else folder.resolve()).name
    log = log or output / "station.sqlite"
    digest = ""
    try:
        options = _options(lens, geometry, wiggle_period, correct_depth=correct_depth)
        request = _request(
            folder, output, board, color, depth, infrared, metres_per_unit, limits, log, options, initial
        )
        digest = hash_inputs(request)
    except RgbdSegError as error:
        info = shared.run_info("solve", name, operator, station, temperature, digest)
        atomic.make_folder(output)
        refuse(output, log, info, str(error))
        raise
    info = shared.run_info("solve", name, operator, station, temperature, digest)
    with shared.progress_bar("pictures", quiet=quiet) as progress:
        outcome = run_solve(request, info, progress=progress)
    _print(outcome, output)
    raise typer.Exit(outcome.verdict.outcome.exit_code)


def _request(
    folder: Path,
    output: Path,
    board: str | None,
    color: str,
    depth: str | None,
    infrared: str | None,
    metres_per_unit: float | None,
    limits: Path | None,
    log: Path,
    options: "SolveOptions",
    initial: Path | None,
) -> "SolveRequest":
    from rgbd_calibration.board_file import read_board
    from rgbd_calibration.capture_facts import pattern, read_facts
    from rgbd_calibration.limits import Limits
    from rgbd_calibration.result import SolveResult
    from rgbd_calibration.solve_run import SolveRequest
    from rgbd_seg.calibration import Calibration

    if folder.is_file():
        given = {"--color": None if color == _COLOR else color, "--depth": depth, "--infrared": infrared}
        _check_result_options(folder, given | {"--metres-per-unit": metres_per_unit, "--initial": initial})
    facts = read_facts(folder)
    noted = facts if color == _COLOR else {}  # other pictures than those of the note
    text = board or (SolveResult.load(folder).inputs.board if folder.is_file() else facts.get("board"))
    if text is None:
        raise ConfigError("which board? give --board, such as charuco:10x8:0.02:0.015:5X5_100 (it is printed on it)")
    return SolveRequest(
        folder=folder,
        output=output,
        board=read_board(str(text)),
        color=color,
        depth=pattern(depth, noted, "depth"),
        infrared=pattern(infrared, noted, "infrared"),
        metres_per_unit=metres_per_unit or float(facts.get("metres_per_unit", 0.001)),
        limits=Limits.load(limits, "solve"),
        log=log,
        options=options,
        initial=None if initial is None else Calibration.load(initial),
    )


def _check_result_options(result: Path, given: Mapping[str, object]) -> None:
    # What a result keeps is what was found in the pictures; to ignore in silence how to find it would repeat it.
    names = [name for name, value in given.items() if value is not None]
    if names:
        raise ConfigError(
            f"{result} keeps what was found in its pictures, which {', '.join(names)} cannot change: leave it out, or "
            "solve the folder of pictures"
        )


def _options(lens: str | None, geometry: str, wiggle_period: float | None, *, correct_depth: bool) -> "SolveOptions":
    from rgbd_calibration.depth_fit import DepthFitOptions
    from rgbd_calibration.options import SolveOptions

    depth = DepthFitOptions(wiggle_period=wiggle_period)
    if lens is None:
        return SolveOptions(depth_geometry=geometry, depth=depth, correct_depth=correct_depth)
    models = tuple(name.strip() for name in lens.split(","))
    return SolveOptions(models=models, depth_geometry=geometry, depth=depth, correct_depth=correct_depth)


def _print(outcome: "SolveOutcome", output: Path) -> None:
    result, verdict = outcome.result, outcome.verdict
    camera = result.calibration.color
    used = sum(view.used for view in result.views)
    typer.echo(f"{verdict.outcome.value.upper()}: {used} of {len(result.views)} views, lens model {result.model}")
    typer.echo(
        f"focal length {camera.fx:.3f} / {camera.fy:.3f} px, principal point {camera.cx:.2f} {camera.cy:.2f}, "
        f"held-out error {result.color_held_out_rms_px:.3f} px"
    )
    if result.depth is not None:
        before, after = result.depth.before, result.depth.held_out
        typer.echo(
            f"depth minus board: median {before.median_mm:+.2f} mm, RMS {before.rms_mm:.2f} mm; corrected (held out) "
            f"{after.median_mm:+.2f} mm, {after.rms_mm:.2f} mm"
        )
    for text in (*verdict.reasons, *(f"warning: {warning}" for warning in result.warnings)):
        typer.echo(text)
    typer.echo(f"report: {output / 'report.html'}")
