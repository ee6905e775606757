"""One camera's intrinsics and the board's pose in each of its views, from nothing but corners."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.bundle import State
from rgbd_calibration.initial import board_pose, initial_focal
from rgbd_calibration.lens_model import BROWN_5, FISHEYE, PINHOLE, LensModel, lens_model
from rgbd_calibration.model_selection import Candidate, select
from rgbd_calibration.motion import check_tilts, check_views
from rgbd_calibration.observations import CornerSet
from rgbd_calibration.options import SolveOptions
from rgbd_calibration.outliers import FEWEST_CORNERS, Cleaned, clean
from rgbd_calibration.problem import Problem
from rgbd_calibration.result import ModelTrial
from rgbd_calibration.views import Corners, View
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import CalibrationRejectedError

_START_ROUNDS_LOSS = 3.0  # σ


@dataclass(frozen=True, kw_only=True, eq=False)
class CameraSolution:
    """One camera, solved on its own."""

    cleaned: Cleaned
    everything: Problem  # of the same models, outliers included
    trials: tuple[ModelTrial, ...]
    rejected: dict[int, str]
    warnings: tuple[str, ...]

    @property
    def state(self) -> State:
        """The solution's state."""
        return self.cleaned.solution.state


def solve_camera(
    board: Board, views: Sequence[View], size: tuple[int, int], options: SolveOptions, *, camera: str
) -> CameraSolution:
    """Choose the lens model and solve.

    Args:
        views: their colour corners are used.
        size: (height, width) of the pictures.
    Raises:
        CalibrationRejectedError: too few views, too little motion, or no model fits.
    """
    rejected = _unusable(views)
    check_views(len(views) - len(rejected), options.fewest_views, list(rejected.values()))
    corners = [None if index in rejected else view.color for index, view in enumerate(views)]
    first, state = _start(board, corners, size, rejected)
    check_views(len(views) - len(rejected), options.fewest_views, list(rejected.values()))
    rough = _flexible(first, state, options)
    rejected |= rough.rejected
    check_views(len(views) - len(rejected), options.fewest_views, list(rejected.values()))
    used = sorted(set(range(len(views))) - set(rejected))
    warnings = check_tilts(rough.solution.state.rotation[used][:, :, 2])
    models = [lens_model(name) for name in options.models]
    chosen, trials = select(
        rough.problem, rough.solution.state, models, bend=options.bend, square=options.square, camera=camera
    )
    return _final(first, chosen, trials, rejected, warnings)


def _final(
    first: Problem, chosen: Candidate, trials: tuple[ModelTrial, ...], rejected: dict[int, str], warnings: list[str]
) -> CameraSolution:
    everything = replace(chosen.problem, color=first.color.only(~np.isin(first.color.view, list(rejected))))
    cleaned = clean(everything, chosen.state)
    return CameraSolution(
        cleaned=cleaned,
        everything=everything,
        trials=trials,
        rejected=rejected | cleaned.rejected,
        warnings=tuple(warnings),
    )


def _unusable(views: Sequence[View]) -> dict[int, str]:
    rejected = {}
    for index, view in enumerate(views):
        count = len(view.color)
        if view.problem:
            rejected[index] = view.problem
        elif count < FEWEST_CORNERS:
            found = f"{count} corners of the board found, {FEWEST_CORNERS} needed"
            rejected[index] = found if count else "no board seen"
    return rejected


def _start(
    board: Board, views: Sequence[Corners | None], size: tuple[int, int], rejected: dict[int, str]
) -> tuple[Problem, State]:
    f = initial_focal(board, views, size)
    camera = Intrinsics(width=size[1], height=size[0], fx=f, fy=f, cx=(size[1] - 1) / 2, cy=(size[0] - 1) / 2)
    rotation, translation = np.tile(np.eye(3), (len(views), 1, 1)), np.tile([0.0, 0.0, 1.0], (len(views), 1))
    for index, corners in enumerate(views):
        if corners is None:
            continue
        found = board_pose(board, corners, camera)
        if found is None:
            rejected[index] = "its corners lie on no flat board"
        else:
            rotation[index], translation[index] = found[0].rotation, found[0].translation
    usable = [None if index in rejected else corners for index, corners in enumerate(views)]
    problem = Problem(board=board, color_size=size, color=CornerSet.of(usable, board), color_model=PINHOLE)
    state = State(
        shared=PINHOLE.start(PINHOLE.full(camera)),
        rotation=rotation,
        translation=translation,
        rotation_depth_color=np.eye(3),
        translation_depth_color=np.zeros(3),
    )
    return problem, state


def _flexible(first: Problem, state: State, options: SolveOptions) -> Cleaned:
    """Outliers by a lens model flexible enough not to call good corners wrong."""
    best: tuple[float, Problem, State] | None = None
    for model in _families(options):
        problem = replace(first, color_model=model, with_bend=options.bend is not False)
        try:
            solution = problem.solve(first.converted(state, problem), loss_scale=_START_ROUNDS_LOSS)
        except (CalibrationRejectedError, np.linalg.LinAlgError):
            continue
        if best is None or solution.cost < 0.7 * best[0]:
            best = solution.cost, problem, solution.state
    if best is None:
        raise CalibrationRejectedError("no lens model could be fitted; check the board's size against the print")
    return clean(best[1], best[2])


def _families(options: SolveOptions) -> list[LensModel]:
    allowed = {lens_model(name).family for name in options.models}
    return [model for model in (BROWN_5, FISHEYE) if model.family in allowed]
