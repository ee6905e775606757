"""The board's pose in one view of a camera that is already calibrated."""

from dataclasses import dataclass, replace

import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.bundle import State
from rgbd_calibration.initial import board_pose
from rgbd_calibration.lens_model import PINHOLE
from rgbd_calibration.observations import CornerSet
from rgbd_calibration.outliers import with_robust_sigma
from rgbd_calibration.problem import Problem
from rgbd_calibration.views import Corners
from rgbd_seg.arrays import Float64
from rgbd_seg.camera import Intrinsics
from rgbd_seg.transform import RigidTransform

_LOSS_SCALE = 2.0  # σ
_ROUNDS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class BoardPose:
    """Where the board is, and how well its corners say so."""

    T_camera_board: RigidTransform
    residuals: Float64  # (n, 2) found minus predicted, pixels of the undistorted picture
    corners: Corners  # those used

    @property
    def rms_px(self) -> float:
        """RMS length of the residuals; a tenth of outliers does not change it much: the worst 5 % are left out."""
        squared = np.sort((self.residuals**2).sum(axis=1))
        return float(np.sqrt(squared[: max(1, int(np.ceil(0.95 * len(squared))))].mean()))


def refined_pose(board: Board, corners: Corners, camera: Intrinsics, bend: Float64 | None = None) -> BoardPose | None:
    """The pose with the smallest robust reprojection error; None if the corners allow none.

    Args:
        bend: (2,) bow of the board along x and y in metres; None for flat.
    """
    start = board_pose(board, corners, camera)
    if start is None:
        return None
    problem, state, used = ideal_problem(board, [corners], camera, [start[0]], bend)
    for _ in range(_ROUNDS):
        problem = with_robust_sigma(problem, state)
        state = problem.with_poses_only(state, loss_scale=_LOSS_SCALE)
    residuals = -problem.blocks(state)[0].residual * problem.sigma_color
    pose = RigidTransform(rotation=state.rotation[0], translation=state.translation[0])
    return BoardPose(T_camera_board=pose, residuals=residuals, corners=used[0])


def ideal_problem(
    board: Board,
    views: list[Corners],
    camera: Intrinsics,
    poses: list[RigidTransform],
    bend: Float64 | None = None,
) -> tuple[Problem, State, list[Corners]]:
    """A bundle problem in the undistorted picture, so that any lens model will do; the focal length is free."""
    used = []
    for corners in views:
        xy, valid = camera.rays(corners.pixels)
        pixels = xy * (camera.fx, camera.fy) + (camera.cx, camera.cy)
        used.append(Corners(ids=corners.ids[valid], pixels=pixels[valid]))
    model = PINHOLE.with_free_aspect()
    problem = Problem(
        board=board,
        color_size=camera.size,
        color=CornerSet.of(used, board),
        color_model=model,
        with_bend=bend is not None,
    )
    shared = np.zeros(problem.layout().size)
    shared[problem.layout().color] = model.start(model.full(replace(camera)))
    if bend is not None:
        shared[problem.layout().bend] = bend
    state = State(
        shared=shared,
        rotation=np.stack([pose.rotation for pose in poses]),
        translation=np.stack([pose.translation for pose in poses]),
        rotation_depth_color=np.eye(3),
        translation_depth_color=np.zeros(3),
    )
    return problem, state, used
