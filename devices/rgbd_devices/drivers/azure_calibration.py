"""The factory calibration of an Azure Kinect, as its recordings carry it."""

import json
from collections.abc import Mapping
from typing import Any

from rgbd_devices.drivers.rotation import nearest_pose
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady
from rgbd_seg.errors import CalibrationError, ConfigError, FrameError
from rgbd_seg.transform import RigidTransform

_MILLIMETRE = 0.001

# Mode → (calibrated picture's size at this mode's scale, what the mode crops off its left and top, size delivered).
# Source: Azure Kinect Sensor SDK, src/transformation/mode_specific_calibration.c.
_Mode = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
_DEPTH_MODES: Mapping[str, _Mode] = {
    "NFOV_2X2BINNED": ((512, 512), (96, 90), (320, 288)),
    "NFOV_UNBINNED": ((1024, 1024), (192, 180), (640, 576)),
    "WFOV_2X2BINNED": ((512, 512), (0, 0), (512, 512)),
    "WFOV_UNBINNED": ((1024, 1024), (0, 0), (1024, 1024)),
}
_COLOR_MODES: Mapping[str, _Mode] = {
    "720P": ((1280, 960), (0, 120), (1280, 720)),
    "1080P": ((1920, 1440), (0, 180), (1920, 1080)),
    "1440P": ((2560, 1920), (0, 240), (2560, 1440)),
    "1536P": ((2048, 1536), (0, 0), (2048, 1536)),
    "2160P": ((3840, 2880), (0, 360), (3840, 2160)),
    "3072P": ((4096, 3072), (0, 0), (4096, 3072)),
}


def azure_calibration(data: bytes, *, depth_mode: str, color_mode: str) -> Calibration:
    """The calibration for the pictures of these modes.

    Args:
        data: the attached ``calibration.json``.
        depth_mode: such as ``NFOV_UNBINNED``.
        color_mode: such as ``720P``.
    Raises:
        FrameError: the file is damaged, or the modes are unknown.
    """
    depth_frame, color_frame = _mode(_DEPTH_MODES, depth_mode, "depth"), _mode(_COLOR_MODES, color_mode, "colour")
    try:
        cameras = json.loads(data.rstrip(b"\0"))["CalibrationInformation"]["Cameras"]
        by_location = {camera["Location"].rpartition("Location")[2]: camera for camera in cameras}
        depth, color = by_location["D0"], by_location["PV0"]
        return Calibration(
            color=_intrinsics(color, color_frame),
            depth=_intrinsics(depth, depth_frame),
            T_color_depth=_pose(color) @ _pose(depth).inverse(),
            metres_per_unit=_MILLIMETRE,
        )
    except (KeyError, TypeError, ValueError, IndexError, CalibrationError, ConfigError) as error:
        raise FrameError(f"the recording's calibration.json is damaged ({error!r}); expected Azure Kinect's") from error


def _mode(modes: Mapping[str, _Mode], name: str, stream: str) -> _Mode:
    if name not in modes:
        raise FrameError(f"the recording has the {stream} mode {name or 'OFF'}; expected one of {', '.join(modes)}")
    return modes[name]


def _intrinsics(camera: Mapping[str, Any], mode: _Mode) -> Intrinsics:
    """Lengths in the file are relative to the calibrated picture, from the corner of its first pixel."""
    (full_width, full_height), (left, top), (width, height) = mode
    values = [float(value) for value in camera["Intrinsics"]["ModelParameters"]]
    kind = str(camera["Intrinsics"]["ModelType"])
    cx, cy, fx, fy, k1, k2, k3, k4, k5, k6, center_x, center_y, p2, p1 = values[:14]
    if not kind.endswith("BrownConrady") or center_x or center_y:
        raise CalibrationError(f"lens model {kind} with centre ({center_x:g}, {center_y:g}); expected Brown–Conrady")
    if camera["SensorWidth"] * 9 == camera["SensorHeight"] * 16:
        # Old units were calibrated in 16:9: 384 of 3072 rows are missing at the top and at the bottom.
        cy, fy = (cy * 2304 + 384) / 3072, fy * 2304 / 3072
    return Intrinsics(
        width=width,
        height=height,
        fx=fx * full_width,
        fy=fy * full_height,
        cx=cx * full_width - left - 0.5,
        cy=cy * full_height - top - 0.5,
        distortion=BrownConrady((k1, k2, p1, p2, k3, k4, k5, k6)),
    )


def _pose(camera: Mapping[str, Any]) -> RigidTransform:
    rotation = [float(value) for value in camera["Rt"]["Rotation"]]
    return nearest_pose([rotation[0:3], rotation[3:6], rotation[6:9]], camera["Rt"]["Translation"])
