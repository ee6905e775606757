"""A depth correction for a rig whose cameras are already calibrated, such as by its maker."""

from dataclasses import replace

import numpy as np

from rgbd_calibration.board import parse_board
from rgbd_calibration.depth_fit import DepthFitOptions, fit_depth
from rgbd_calibration.depth_report import depth_data, depth_report
from rgbd_calibration.depth_result import DepthReport
from rgbd_calibration.motion import check_views
from rgbd_calibration.outliers import FEWEST_CORNERS
from rgbd_calibration.pose import refined_pose
from rgbd_calibration.result import SolveInputs
from rgbd_seg.arrays import Float64
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationRejectedError

_FEWEST_VIEWS = 6


def correct_depth(
    inputs: SolveInputs,
    calibration: Calibration,
    options: DepthFitOptions | None = None,
    *,
    bend: Float64 | None = None,
) -> tuple[Calibration, DepthReport]:
    """The calibration with a new depth correction; intrinsics and relative pose stay as they are.

    Args:
        bend: (2,) bow of the board along x and y in metres; None for flat.
    Raises:
        CalibrationRejectedError: too few views show the board and depth on it.
    """
    board, poses, lost = parse_board(inputs.board), {}, []
    for index, view in enumerate(inputs.views):
        enough = view.depth is not None and len(view.depth) and len(view.color) >= FEWEST_CORNERS
        pose = refined_pose(board, view.color, calibration.color, bend) if enough else None
        if pose is None:
            lost.append(f"{view.name}: no board or no depth on it")
        else:
            poses[index] = calibration.T_color_depth.inverse() @ pose.T_camera_board
    check_views(len(poses), _FEWEST_VIEWS, lost)
    data = depth_data(list(inputs.views), poses, board, bend, calibration.depth)
    if not len(data):
        raise CalibrationRejectedError("no view has depth on the board; expected depth pictures within range")
    correction, terms, held_out = fit_depth(data, calibration.depth.size, options)
    report = depth_report(data, calibration.depth.size, correction, terms, np.asarray(held_out))
    return replace(calibration, depth_correction=correction), report
