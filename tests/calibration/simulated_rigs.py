"""Rigs with known truth, shared by the calibration tests."""

import numpy as np

from rgbd_calibration.board import parse_board
from rgbd_calibration.simulate import DepthErrors, SimulatedRig
from rgbd_calibration.views import View
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady
from rgbd_seg.transform import RigidTransform

BOARD = "charuco:14x10:0.025:0.018:5X5_100:new"


def rig(errors: DepthErrors | None = None, *, width: int = 1280) -> SimulatedRig:
    """A colour camera of 1280×720 (or 640×360) beside a depth camera of 1024×848, 52 mm apart."""
    color = Intrinsics(
        width=1280,
        height=720,
        fx=911.3,
        fy=911.3,
        cx=643.7,
        cy=352.1,
        distortion=BrownConrady((0.12, -0.25, 0.0008, -0.0005, 0.12)),
    )
    return SimulatedRig(
        board=parse_board(BOARD),
        color=color if width == 1280 else color.resized(width, width * 720 // 1280),
        depth=Intrinsics(
            width=1024,
            height=848,
            fx=732.2,
            fy=732.2,
            cx=516.8,
            cy=414.6,
            distortion=BrownConrady((0.09, -0.27, 0.0, 0.0, 0.09)),
        ),
        T_color_depth=RigidTransform.from_rotation_vector([0.01, -0.02, 0.005], [0.052, 0.001, -0.003]),
        errors=errors or DepthErrors(noise=0.002, offset=0.004),
    )


def views(
    of: SimulatedRig,
    count: int,
    random: np.random.Generator,
    *,
    noise_px: float = 0.1,
    infrared: bool = True,
    depth_samples: int = 0,
    tilt_deg: float = 40.0,
) -> list[View]:
    """Views at random poses."""
    return [
        of.view(f"{index:02}", pose, random, noise_px=noise_px, infrared=infrared, depth_samples=depth_samples)
        for index, pose in enumerate(of.poses(count, random, tilt_deg=tilt_deg))
    ]


def registered(of: SimulatedRig) -> SimulatedRig:
    """The same rig with depth registered to colour."""
    return SimulatedRig(
        board=of.board, color=of.color, depth=of.color, T_color_depth=RigidTransform.identity(), errors=of.errors
    )
