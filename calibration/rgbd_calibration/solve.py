"""From views of the board to a calibration and all that is known about it."""

import importlib.metadata
import time
from dataclasses import replace

import numpy as np

from rgbd_calibration.board import Board, parse_board
from rgbd_calibration.color_solve import CameraSolution, solve_camera
from rgbd_calibration.covariance import estimates
from rgbd_calibration.depth_fit import DepthData, fit_depth
from rgbd_calibration.depth_report import depth_data, depth_report
from rgbd_calibration.depth_result import DepthReport
from rgbd_calibration.depth_solve import RigSolution, with_depth_only, with_infrared
from rgbd_calibration.model_selection import held_out
from rgbd_calibration.motion import check_coverage
from rgbd_calibration.options import SolveOptions
from rgbd_calibration.result import SolveInputs, SolveResult
from rgbd_calibration.trust import trust_region
from rgbd_calibration.view_report import corner_residuals, view_reports
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import CalibrationRejectedError
from rgbd_seg.transform import RigidTransform

_SCALE_SUSPECT = 0.03  # depth and board disagreeing by more: a wrong square size or unit
_SCALE_IMPOSSIBLE = 0.2


def solve(
    inputs: SolveInputs, options: SolveOptions | None = None, *, initial: Calibration | None = None
) -> SolveResult:
    """Solve for both cameras, their relative pose and the depth correction.

    Args:
        initial: what is known of the rig, such as the factory's file; used as a start for cameras without infrared.
    Raises:
        CalibrationRejectedError: too few views, too little motion, a moved rig, or nothing fits.
    """
    options = options or SolveOptions()
    begin = time.perf_counter()
    board, views = parse_board(inputs.board), list(inputs.views)
    color = solve_camera(board, views, inputs.color_size, options, camera="color")
    rig = _rig(color, inputs, options, initial)
    state, problem = rig.cleaned.solution.state, rig.cleaned.problem
    layout = problem.layout()
    camera = problem.color_model.intrinsics(state.shared[layout.color], inputs.color_size)
    bend = state.shared[layout.bend] if problem.with_bend else None
    used = [i for i in range(len(views)) if i not in rig.rejected]
    poses = {i: RigidTransform(rotation=state.rotation[i], translation=state.translation[i]) for i in used}
    seen = {i: rig.T_color_depth.inverse() @ pose for i, pose in poses.items()}
    data = depth_data(views, seen, board, bend, rig.depth)
    calibration = Calibration(
        color=camera, depth=rig.depth, T_color_depth=rig.T_color_depth, metres_per_unit=inputs.metres_per_unit
    )
    calibration, report = _with_depth(calibration, data, options)
    parameters, covariance = estimates(problem, rig.cleaned.solution)
    squared, weights = held_out(problem, state)
    residuals = corner_residuals(rig, state)
    return SolveResult(
        calibration=calibration,
        model=problem.color_model.name,
        depth_geometry=rig.geometry,
        color_rms_px=_rms(residuals[0].residuals[residuals[0].kept]),
        color_held_out_rms_px=float(np.sqrt(np.average(squared, weights=weights))),
        infrared_rms_px=_rms(residuals[1].residuals[residuals[1].kept]) if len(residuals) > 1 else None,
        infrared_held_out_rms_px=_infrared_held_out(rig),
        board_bend_mm=None if bend is None else (1e3 * float(bend[0]), 1e3 * float(bend[1])),
        parameters=parameters,
        covariance=covariance,
        models=(*color.trials, *rig.trials),
        views=view_reports(views, rig, poses, residuals, data, calibration.depth_correction, board),
        residuals=residuals,
        trust=trust_region(problem, covariance, state.shared),
        depth=report,
        warnings=(
            *color.warnings,
            *rig.warnings,
            *check_coverage(problem.color.pixels, inputs.color_size),
            *_scale_warnings(data),
        ),
        seconds=time.perf_counter() - begin,
        versions={name: importlib.metadata.version(name) for name in ("rgbd-seg", "numpy", "scipy")},
        inputs=replace(inputs, depth_geometry=rig.geometry),
    )


def resolve(result: SolveResult, options: SolveOptions | None = None, *, board: Board | None = None) -> SolveResult:
    """Solve again from the inputs kept in a result.

    Args:
        options: where they leave the geometry to be found ("auto"), it stays what was found before.
        board: the same board with measured lengths.
    Raises:
        CalibrationError: the board is laid out otherwise.
        CalibrationRejectedError: with these options it cannot be solved.
    """
    options, inputs = options or SolveOptions(), result.inputs
    if options.depth_geometry == "auto":
        options = replace(options, depth_geometry=inputs.depth_geometry)
    if board is not None:
        inputs = replace(inputs, board=parse_board(inputs.board).with_lengths(board).text())
    return solve(inputs, options, initial=result.calibration)


def _rig(color: CameraSolution, inputs: SolveInputs, options: SolveOptions, initial: Calibration | None) -> RigSolution:
    views, size = inputs.views, inputs.depth_size or inputs.color_size
    wanted = options.depth_geometry
    infrared = sum(view.infrared is not None and len(view.infrared) > 0 for view in views)
    if wanted == "infrared" or (wanted == "auto" and infrared >= options.fewest_views):
        return with_infrared(color, views, size, options)
    known: tuple[Intrinsics, RigidTransform] | None = None
    if initial is not None:
        known = initial.depth, initial.T_color_depth
    has_depth = any(view.depth is not None and len(view.depth) for view in views)
    if wanted == "none" or not has_depth:
        alone = with_depth_only(color, views, size, replace(options, depth_geometry="registered"), None)
        return replace(alone, geometry="none")
    return with_depth_only(color, views, size, options, known)


def _with_depth(
    calibration: Calibration, data: DepthData, options: SolveOptions
) -> tuple[Calibration, DepthReport | None]:
    if not len(data):
        return calibration, None
    scale = float(np.median(data.measured / data.truth))
    if abs(scale - 1) > _SCALE_IMPOSSIBLE:
        raise CalibrationRejectedError(
            f"depth is {scale:.3g} times the board's distance; expected 1. Check metres_per_unit "
            f"({calibration.metres_per_unit:g}), the board's square size, and that depth and colour belong together"
        )
    terms = replace(options.depth, terms=options.depth.terms if options.correct_depth else ())
    correction, trials, held = fit_depth(data, calibration.depth.size, terms)
    report = depth_report(data, calibration.depth.size, correction, trials, held)
    return replace(calibration, depth_correction=correction), report


def _scale_warnings(data: DepthData) -> list[str]:
    if not len(data):
        return []
    scale = float(np.median(data.measured / data.truth))
    if abs(scale - 1) < _SCALE_SUSPECT:
        return []
    return [
        f"depth is {100 * (scale - 1):+.1f} % off the board's distance: measure the printed squares, a wrong square "
        "size would be corrected into the depth"
    ]


def _infrared_held_out(rig: RigSolution) -> float | None:
    problem = rig.cleaned.problem
    if problem.infrared is None:
        return None
    squared, weights = held_out(problem, rig.cleaned.solution.state, infrared=True)
    return float(np.sqrt(np.average(squared, weights=weights)))


def _rms(residuals: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(np.sqrt((residuals**2).sum(axis=1).mean())) if len(residuals) else float("nan")
