"""librealsense's intrinsics and extrinsics as this package's."""

from typing import Any

import numpy as np

from rgbd_devices.drivers.lens_fit import fitted_lens
from rgbd_devices.drivers.rotation import nearest_pose
from rgbd_seg.arrays import Float64
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, Distortion, KannalaBrandt, NoDistortion
from rgbd_seg.errors import CalibrationError

_GRID = 24  # points along each side of the picture for fitting a lens


def realsense_calibration(rs: Any, color: Any, depth: Any, metres_per_unit: float) -> Calibration:
    """The calibration of two stream profiles.

    Args:
        rs: the module.
        color: ``rs.video_stream_profile``.
        depth: the same.
        metres_per_unit: librealsense's depth scale.
    Raises:
        CalibrationError: the camera tells a lens model that cannot be expressed.
    """
    pose = depth.get_extrinsics_to(color)
    rotation = np.asarray(pose.rotation, dtype=np.float64).reshape(3, 3).T  # librealsense stores columns
    return Calibration(
        color=intrinsics_of(rs, color.get_intrinsics()),
        depth=intrinsics_of(rs, depth.get_intrinsics()),
        T_color_depth=nearest_pose(rotation, pose.translation),
        metres_per_unit=metres_per_unit,
    )


def intrinsics_of(rs: Any, found: Any) -> Intrinsics:
    """``rs.intrinsics`` → intrinsics; formulas as in librealsense's ``rsutil.h``.

    Raises:
        CalibrationError: the lens model cannot be expressed.
    """
    ideal = Intrinsics(width=found.width, height=found.height, fx=found.fx, fy=found.fy, cx=found.ppx, cy=found.ppy)
    return Intrinsics(**{**vars(ideal), "distortion": _lens(rs, found, ideal)})


def _lens(rs: Any, found: Any, ideal: Intrinsics) -> Distortion:
    model, terms = str(found.model).rpartition(".")[2], [float(term) for term in found.coeffs]
    if model == "none" or not any(terms):
        return NoDistortion()
    match model:
        case "brown_conrady":
            return BrownConrady(tuple(terms[:5]))
        case "kannala_brandt4":
            return KannalaBrandt(tuple(terms[:4]))
        case "modified_brown_conrady" | "inverse_brown_conrady":
            # Versions of librealsense read the terms differently: what counts is where this one puts points.
            points = _grid(ideal)
            pixels = [rs.rs2_project_point_to_pixel(found, [x, y, 1.0]) for x, y in points.tolist()]
            distorted = (np.asarray(pixels) - (ideal.cx, ideal.cy)) / (ideal.fx, ideal.fy)
            return fitted_lens(points, distorted, max(ideal.fx, ideal.fy))
    raise CalibrationError(f"the camera's lens model is {model}, which is not known; calibrate it: rgbd-seg calibrate")


def _grid(ideal: Intrinsics) -> Float64:
    """(n, 2) normalised coordinates of points all over the picture."""
    u, v = np.meshgrid(np.linspace(0, ideal.width - 1, _GRID), np.linspace(0, ideal.height - 1, _GRID))
    return np.stack([(u.ravel() - ideal.cx) / ideal.fx, (v.ravel() - ideal.cy) / ideal.fy], axis=1)
