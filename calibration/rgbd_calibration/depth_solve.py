"""Where the depth camera is: from infrared corners, or from planes when it gives depth alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.bundle import State
from rgbd_calibration.color_solve import CameraSolution, solve_camera
from rgbd_calibration.covariance import color_depth
from rgbd_calibration.depth_sampling import surface_depth
from rgbd_calibration.lens_model import PINHOLE
from rgbd_calibration.observations import CornerSet, PlaneSet
from rgbd_calibration.options import SolveOptions
from rgbd_calibration.outliers import Cleaned, clean
from rgbd_calibration.problem import Problem
from rgbd_calibration.result import ModelTrial
from rgbd_calibration.rotations import orthonormal
from rgbd_calibration.views import Corners, View
from rgbd_seg.arrays import Float64
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import CalibrationRejectedError
from rgbd_seg.transform import RigidTransform

_MOVED_SHARE = 0.2  # of the views disagreeing about where the depth camera is: the rig moved
_WORTH = 0.7  # free geometry must bring the depth residual below this share of the registered one's
_INDEPENDENT = 12.0  # depth samples of a view that count: the errors of neighbours are alike
_LEAST_PLANE_VIEWS = 8
_NO_CORNERS = Corners(ids=np.empty(0, dtype=np.int64), pixels=np.empty((0, 2)))


@dataclass(frozen=True, kw_only=True, eq=False)
class RigSolution:
    """Both cameras."""

    cleaned: Cleaned
    everything: Problem
    depth: Intrinsics
    T_color_depth: RigidTransform
    geometry: str
    trials: tuple[ModelTrial, ...]
    rejected: dict[int, str]
    warnings: tuple[str, ...]


def with_infrared(
    color: CameraSolution, views: Sequence[View], size: tuple[int, int], options: SolveOptions
) -> RigSolution:
    """Colour and infrared corners in one bundle.

    Raises:
        CalibrationRejectedError: too few infrared views, or the rig moved between views.
    """
    board = color.everything.board
    infrared = [None if index in color.rejected else view.infrared for index, view in enumerate(views)]
    alone = [replace(view, color=corners or _NO_CORNERS) for view, corners in zip(views, infrared, strict=True)]
    own = solve_camera(board, alone, size, replace(options, bend=False), camera="depth")
    both = sorted(set(range(len(views))) - set(color.rejected) - set(own.rejected))
    model = own.cleaned.problem.color_model
    start = _joined(color, own, both)
    problem = replace(
        color.everything,
        depth_size=size,
        depth_model=model,
        infrared=CornerSet.of([view if i in both else None for i, view in enumerate(infrared)], board),
        sigma_color=color.cleaned.problem.sigma_color,
        sigma_infrared=own.cleaned.problem.sigma_color,
    )
    cleaned = clean(problem, start)
    _check_rig(cleaned, len(both), views)
    state, layout = cleaned.solution.state, problem.layout()
    rejected = color.rejected | cleaned.rejected
    lost = {i: f"infrared: {why}" for i, why in own.rejected.items() if i not in rejected}
    return RigSolution(
        cleaned=cleaned,
        everything=problem,
        depth=model.intrinsics(state.shared[layout.depth], size),
        T_color_depth=color_depth(state),
        geometry="infrared",
        trials=own.trials,
        rejected=rejected,
        warnings=tuple(f"view {views[i].name} used for colour only ({why})" for i, why in lost.items()),
    )


def _joined(color: CameraSolution, own: CameraSolution, both: Sequence[int]) -> State:
    """Start of the joint bundle: the relative pose that the views agree on best."""
    a, b = color.state, own.state
    turns = b.rotation[both] @ np.swapaxes(a.rotation[both], 1, 2)
    turn = orthonormal(np.median(turns, axis=0))
    move = np.median(b.translation[both] - np.einsum("vij,vj->vi", turns, a.translation[both]), axis=0)
    layout = replace(color.everything, depth_model=own.cleaned.problem.color_model).layout()
    shared = np.zeros(layout.size)
    old = color.everything.layout()
    shared[layout.color], shared[layout.bend] = a.shared[old.color], a.shared[old.bend]
    shared[layout.depth] = b.shared[own.cleaned.problem.layout().color]
    return replace(a, shared=shared, rotation_depth_color=turn, translation_depth_color=move)


def _check_rig(cleaned: Cleaned, count: int, views: Sequence[View]) -> None:
    moved = sorted(cleaned.rejected)
    if len(moved) > _MOVED_SHARE * count:
        names = ", ".join(views[index].name for index in moved[:6])
        raise CalibrationRejectedError(
            f"{len(moved)} of {count} views disagree with the others about where the depth camera is ({names}"
            f"{' …' if len(moved) > 6 else ''}) though each camera alone is fine: the rig moved, or colour and "
            "infrared were not taken at the same moment. Fix the cameras to each other, hold the board still, repeat"
        )


def with_depth_only(
    color: CameraSolution,
    views: Sequence[View],
    size: tuple[int, int],
    options: SolveOptions,
    initial: tuple[Intrinsics, RigidTransform] | None,
) -> RigSolution:
    """Depth tied to colour by the board's planes, or known to be registered to it.

    Unless told, depth counts as registered (seen from the colour camera) if a free relative pose and focal length
    would not explain it clearly better.
    """
    registered = _registered(color, size)
    if options.depth_geometry == "registered":
        return registered
    try:
        free = _from_planes(color, views, size, initial or (registered.depth, RigidTransform.identity()))
    except (CalibrationRejectedError, np.linalg.LinAlgError):
        if options.depth_geometry == "planes":
            raise
        return registered
    if options.depth_geometry == "planes":
        return free
    planes = plane_set(views, set(color.rejected))
    as_seen = plane_residual(color.everything.board, planes, color.state, registered.depth, RigidTransform.identity())
    explained = plane_residual(
        color.everything.board, planes, free.cleaned.solution.state, free.depth, free.T_color_depth
    )
    return free if _spread(explained, planes) < _WORTH * _spread(as_seen, planes) else registered


def plane_set(views: Sequence[View], without: set[int]) -> PlaneSet:
    """The depth samples of all views but some; σ 1 m, to be set from residuals."""
    parts = [(i, v.depth) for i, v in enumerate(views) if v.depth is not None and len(v.depth) and i not in without]
    metres = np.concatenate([np.empty(0), *(depth.metres for _, depth in parts)])
    return PlaneSet(
        view=np.concatenate([np.empty(0, dtype=np.int64), *(np.full(len(depth), i) for i, depth in parts)]),
        pixels=np.concatenate([np.empty((0, 2)), *(depth.pixels for _, depth in parts)]),
        metres=metres,
        sigma=np.ones(len(metres)),
    )


def plane_residual(
    board: Board, planes: PlaneSet, state: State, depth: Intrinsics, T_color_depth: RigidTransform
) -> Float64:
    """(m,) measured minus the board's plane, metres."""
    result = np.full(len(planes), np.nan)
    back = T_color_depth.inverse()
    for view in np.unique(planes.view):
        own = planes.view == view
        pose = RigidTransform(rotation=state.rotation[view], translation=state.translation[view])
        result[own] = planes.metres[own] - surface_depth(depth, back @ pose, board, None, planes.pixels[own])
    return result


def _registered(color: CameraSolution, size: tuple[int, int]) -> RigSolution:
    problem = color.cleaned.problem
    camera = problem.color_model.intrinsics(color.state.shared[problem.layout().color], problem.color_size)
    return RigSolution(
        cleaned=color.cleaned,
        everything=color.everything,
        depth=camera.resized(size[1], size[0]),
        T_color_depth=RigidTransform.identity(),
        geometry="registered",
        trials=(),
        rejected=color.rejected,
        warnings=(),
    )


def _from_planes(
    color: CameraSolution,
    views: Sequence[View],
    size: tuple[int, int],
    initial: tuple[Intrinsics, RigidTransform],
) -> RigSolution:
    planes = plane_set(views, set(color.rejected))
    if len(np.unique(planes.view)) < _LEAST_PLANE_VIEWS:
        raise CalibrationRejectedError(
            f"{len(np.unique(planes.view))} views show depth on the board, {_LEAST_PLANE_VIEWS} are needed to find the "
            "depth camera from planes; take more views within the depth camera's range"
        )
    depth, T_color_depth = initial
    model = PINHOLE  # planes see a lens too weakly; depth alone usually comes undistorted
    back = T_color_depth.inverse()
    problem = replace(color.cleaned.problem, depth_size=size, depth_model=model, planes=planes)
    layout, old = problem.layout(), color.cleaned.problem.layout()
    shared = np.zeros(layout.size)
    shared[layout.color], shared[layout.bend] = color.state.shared[old.color], color.state.shared[old.bend]
    shared[layout.depth] = model.start(model.full(depth))
    state = replace(
        color.state, shared=shared, rotation_depth_color=back.rotation, translation_depth_color=back.translation
    )
    for loss in (1.0, 1.5, None):
        residual = problem.blocks(state)[-1].residual[:, 0] * (problem.planes or planes).sigma
        problem = replace(problem, planes=_weighted(planes, residual))
        state = problem.solve(state, loss_scale=loss).state
    solution = problem.solve(state)
    return RigSolution(
        cleaned=replace(color.cleaned, problem=problem, solution=solution),
        everything=replace(color.everything, depth_size=size, depth_model=model, planes=problem.planes),
        depth=model.intrinsics(solution.state.shared[layout.depth], size),
        T_color_depth=color_depth(solution.state),
        geometry="planes",
        trials=(),
        rejected=color.rejected,
        warnings=(),
    )


def _weighted(planes: PlaneSet, residual: Float64) -> PlaneSet:
    """σ so that each view counts as a dozen samples: neighbouring depth pixels err together."""
    spread = 1.4826 * float(np.nanmedian(np.abs(residual))) + 1e-5
    _, index, counts = np.unique(planes.view, return_inverse=True, return_counts=True)
    return replace(planes, sigma=spread * np.sqrt(np.maximum(counts[index] / _INDEPENDENT, 1.0)))


def _spread(residual: Float64, planes: PlaneSet) -> float:
    """Typical residual once a common scale and offset are taken out, metres."""
    good = np.isfinite(residual)
    matrix = np.column_stack([planes.metres[good], np.ones(good.sum())])
    rest = residual[good]
    for _ in range(3):
        weight = 1 / np.maximum(np.abs(rest), 1e-4)
        fit = np.linalg.lstsq(matrix * np.sqrt(weight)[:, None], residual[good] * np.sqrt(weight), rcond=None)[0]
        rest = residual[good] - matrix @ fit
    return float(np.median(np.abs(rest)))
