"""One run of ``solve``: pictures in; calibration, result, report, verdict and a row in the log out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rgbd_calibration.board import Board
from rgbd_calibration.folder import find_pictures, solve_folder
from rgbd_calibration.limits import Limits
from rgbd_calibration.measures import solve_measures
from rgbd_calibration.options import SolveOptions
from rgbd_calibration.outputs import remove, replace_keeping, write_json
from rgbd_calibration.report.refusal_report import write_refusal_report
from rgbd_calibration.report.solve_report import write_solve_report
from rgbd_calibration.result import SolveResult
from rgbd_calibration.run_info import RunInfo, hash_files
from rgbd_calibration.solve import resolve
from rgbd_calibration.station_log import StationLog
from rgbd_calibration.verdict import Outcome, Verdict, judge
from rgbd_seg import atomic
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationRejectedError, RgbdSegError

CALIBRATION, REJECTED, RESULT, REPORT = "calibration.json", "calibration.rejected.json", "result.json", "report.html"
_NONSENSE = 3.0  # px at 1000 px width, held out; six times the limit of a pass
REFUSED, REFUSED_REPORT = "refused.json", "refused.html"


@dataclass(frozen=True, kw_only=True)
class SolveRequest:
    """Everything that one run of ``solve`` needs."""

    folder: Path  # of pictures; or a result.json, to solve again from the inputs kept in it: patterns do not count then
    output: Path
    board: Board
    color: str
    depth: str | None
    infrared: str | None
    metres_per_unit: float
    limits: Limits
    log: Path
    options: SolveOptions = field(default_factory=SolveOptions)
    initial: Calibration | None = None


@dataclass(frozen=True, kw_only=True)
class SolveOutcome:
    """A finished run."""

    result: SolveResult
    verdict: Verdict


def hash_inputs(request: SolveRequest) -> str:
    """SHA-256 of the pictures that a run would read.

    Raises:
        CalibrationError: there are none.
        FrameError: a picture cannot be read.
    """
    if request.folder.is_file():
        return hash_files([request.folder])
    pictures = find_pictures(request.folder, request.color, request.depth, request.infrared)
    paths = (path for files in pictures for path in (files.color, files.depth, files.infrared))
    return hash_files(path for path in paths if path is not None)


def run_solve(
    request: SolveRequest, info: RunInfo, *, progress: Callable[[int, int], None] | None = None
) -> SolveOutcome:
    """Solve, judge, write the files and add the run to the log.

    ``calibration.json`` is replaced only by one that passes; another is written beside it as
    ``calibration.rejected.json``. A run that could not be judged leaves ``refused.json`` and ``refused.html``.

    Raises:
        RgbdSegError: the pictures allow no calibration; the log has a row that says why.
    """
    atomic.make_folder(request.output)
    try:
        result = _solve(request, progress)
        _check_sense(result)
    except RgbdSegError as error:
        refuse(request.output, request.log, info, str(error))
        raise
    measures = solve_measures(result)
    verdict = judge(measures, request.limits)
    _write(request.output, result, verdict, info)
    values = {**result.values(), **measures}
    StationLog(request.log).append(info.logged(verdict, values, request.output))
    return SolveOutcome(result=result, verdict=verdict)


def _solve(request: SolveRequest, progress: Callable[[int, int], None] | None) -> SolveResult:
    if request.folder.is_file():
        return resolve(SolveResult.load(request.folder), request.options, board=request.board)
    return solve_folder(
        request.folder,
        board=request.board,
        color=request.color,
        depth=request.depth,
        infrared=request.infrared,
        metres_per_unit=request.metres_per_unit,
        initial=request.initial,
        options=request.options,
        progress=progress,
    )


def _check_sense(result: SolveResult) -> None:
    """Refuse a solution that is no measurement of the unit: the pictures do not show the board that was named."""
    error = result.color_held_out_rms_px
    if error * 1000 / result.calibration.color.width > _NONSENSE:
        raise CalibrationRejectedError(
            f"no camera explains these pictures of the board {result.inputs.board}: the best is {error:.1f} px off. "
            "The board is another one (compare columns × rows, sizes and dictionary with its print) or not flat, or "
            "the pictures are of several cameras"
        )


def refuse(output: Path, log: Path, info: RunInfo, reason: str) -> None:
    """Leave word of a run that could not be judged; nothing of an earlier run is touched.

    Raises:
        OutputError: a file or the log cannot be written.
    """
    content = {"run": info.to_dict(), "verdict": {"outcome": Outcome.UNJUDGED.value, "reasons": [reason]}}
    write_json(output / REFUSED, content)
    write_refusal_report(output / REFUSED_REPORT, info, reason)
    StationLog(log).append(info.refused(reason, output))


def _write(output: Path, result: SolveResult, verdict: Verdict, info: RunInfo) -> None:
    content = {**result.to_dict(), "run": info.to_dict(), "verdict": verdict.to_dict()}
    replace_keeping(output / RESULT, lambda path: write_json(path, content, indent=None))
    replace_keeping(output / REPORT, lambda path: write_solve_report(path, result, verdict, info))
    # Last, so that a calibration in place always has its result and report beside it.
    if verdict.outcome is Outcome.PASS:
        replace_keeping(output / CALIBRATION, result.calibration.save)
        remove(output / REJECTED)
    else:
        result.calibration.save(output / REJECTED)
    remove(output / REFUSED, output / REFUSED_REPORT)
