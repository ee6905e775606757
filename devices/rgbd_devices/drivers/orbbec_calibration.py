"""Orbbec's intrinsics and extrinsics as this package's."""

from typing import Any

import numpy as np

from rgbd_devices.drivers.rotation import nearest_pose
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, Distortion, KannalaBrandt, NoDistortion
from rgbd_seg.errors import CalibrationError, DeviceError
from rgbd_seg.transform import RigidTransform

_MILLIMETRE = 0.001


def orbbec_calibration(color: Any, depth: Any, millimetres_per_unit: float) -> Calibration:
    """The calibration of two ``VideoStreamProfile``; with one missing, the other stands for both.

    Raises:
        CalibrationError: the camera tells a lens model that cannot be expressed.
        DeviceError: both are missing.
    """
    if color is None and depth is None:
        raise DeviceError("neither colour nor depth was chosen; expected at least one")
    pose = RigidTransform.identity()
    if color is not None and depth is not None:
        found = depth.get_extrinsic_to(color)
        pose = nearest_pose(np.reshape(found.rot, (3, 3)), np.ravel(found.transform) * _MILLIMETRE)
    return Calibration(
        color=_intrinsics(depth if color is None else color),
        depth=_intrinsics(color if depth is None else depth),
        T_color_depth=pose,
        metres_per_unit=millimetres_per_unit * _MILLIMETRE,
    )


def _intrinsics(profile: Any) -> Intrinsics:
    found = profile.get_intrinsic()
    return Intrinsics(
        width=int(found.width),
        height=int(found.height),
        fx=float(found.fx),
        fy=float(found.fy),
        cx=float(found.cx),
        cy=float(found.cy),
        distortion=_lens(profile.get_distortion()),
    )


def _lens(found: Any) -> Distortion:
    k1, k2, k3, k4, k5, k6 = (float(getattr(found, f"k{index}")) for index in range(1, 7))
    p1, p2 = float(found.p1), float(found.p2)
    model = str(found.model).rpartition(".")[2]
    if model == "NONE" or not any((k1, k2, k3, k4, k5, k6, p1, p2)):
        return NoDistortion()
    match model:
        case "BROWN_CONRADY":
            return BrownConrady((k1, k2, p1, p2, k3))
        case "BROWN_CONRADY_K6":
            return BrownConrady((k1, k2, p1, p2, k3, k4, k5, k6))
        case "KANNALA_BRANDT4":
            return KannalaBrandt((k1, k2, k3, k4))
    raise CalibrationError(f"the camera's lens model is {model}, which is not known; calibrate it: rgbd-seg calibrate")
