"""``rgbd-calibrate verify``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_calibration.cli import run_options as shared
from rgbd_seg.errors import ConfigError, RgbdSegError

if TYPE_CHECKING:
    from rgbd_calibration.board import Board
    from rgbd_calibration.observe import Pictures
    from rgbd_calibration.verdict import Verdict
    from rgbd_calibration.verify_result import VerifyResult


def verify(
    calibration: Annotated[Path, typer.Option(help="The stored calibration.json to check.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for verify.json and verify.html.")],
    folder: Annotated[Path | None, typer.Argument(help="Folder with one to three views of the board.")] = None,
    camera: Annotated[str | None, typer.Option(help="Take the views from this live camera instead.")] = None,
    views: Annotated[int, typer.Option(min=1, max=20, help="Use at most so many views.")] = 3,
    board: shared.BoardText = None,
    color: shared.Color = "color_*.png",
    depth: shared.Depth = None,
    limits: shared.LimitsFile = None,
    log: shared.Log = None,
    serial: shared.Serial = None,
    operator: shared.Operator = "",
    station: shared.Station = None,
    temperature: shared.Temperature = None,
) -> None:
    """Check within seconds whether a stored calibration is still true."""
    from rgbd_calibration.limits import Limits
    from rgbd_calibration.verify_run import refuse_verify, run_verify
    from rgbd_seg import atomic
    from rgbd_seg.calibration import Calibration

    name = serial or (calibration.resolve().parent.name if folder is None else folder.resolve().name)
    log = log or output / "station.sqlite"
    try:
        stored = Calibration.load(calibration)
        wanted = Limits.load(limits, "verify")
        seen, pictures, digest = _pictures(folder, camera, board, color, depth, views)
    except RgbdSegError as error:
        atomic.make_folder(output)
        refuse_verify(output, log, shared.run_info("verify", name, operator, station, temperature, ""), str(error))
        raise
    info = shared.run_info("verify", name, operator, station, temperature, digest)
    result, verdict = run_verify(stored, seen, pictures, wanted, output=output, log=log, info=info)
    _print(result, verdict, output)
    raise typer.Exit(verdict.outcome.exit_code)


def _pictures(
    folder: Path | None, camera: str | None, board: str | None, color: str, depth: str | None, views: int
) -> "tuple[Board, list[Pictures], str]":
    from rgbd_calibration.board_file import read_board
    from rgbd_calibration.cameras import open_camera
    from rgbd_calibration.capture_facts import pattern, read_facts
    from rgbd_calibration.folder import find_pictures, load_pictures
    from rgbd_calibration.run_info import hash_files
    from rgbd_calibration.verify_run import hash_pictures, live_pictures

    if (folder is None) == (camera is None):
        raise ConfigError("give either a folder of pictures or --camera")
    facts = {} if folder is None else read_facts(folder)
    text = board or facts.get("board")
    if text is None:
        raise ConfigError("which board? give --board, such as charuco:10x8:0.02:0.015:5X5_100 (it is printed on it)")
    wanted = read_board(str(text))
    if folder is None:
        with open_camera(str(camera)) as device:
            pictures = live_pictures(device, wanted, views)
        return wanted, pictures, hash_pictures(pictures)
    files = find_pictures(folder, color, pattern(depth, facts, "depth"))[:views]
    paths = [path for entry in files for path in (entry.color, entry.depth) if path is not None]
    return wanted, [load_pictures(entry) for entry in files], hash_files(paths)


def _print(result: "VerifyResult", verdict: "Verdict", output: Path) -> None:
    typer.echo(f"{verdict.outcome.value.upper()}: {len(result.views)} views in {result.seconds:.1f} s")
    for judgement in verdict.judgements:
        if judgement.value is not None:
            name, unit = judgement.limit.name.replace("_", " "), judgement.limit.unit
            typer.echo(f"  {judgement.outcome.value:5} {name} {judgement.value:.3g} ({unit})")
    for finding in (*result.findings, *verdict.reasons):
        typer.echo(finding)
    typer.echo(f"report: {output / 'verify.html'}")
