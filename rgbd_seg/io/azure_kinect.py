"""Azure Kinect's own calibration: the JSON that the sensor keeps and its recordings carry.

Its parameters are divided by the size of the calibrated picture and count from the corner of its first pixel; each
camera mode is a scaled crop of the whole sensor. Poses ``Rt`` map the depth camera's frame to each camera, metres.
Its Brown–Conrady is OpenCV's with eight terms. Source: Azure Kinect Sensor SDK, src/transformation.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, NoDistortion
from rgbd_seg.errors import CalibrationFileError
from rgbd_seg.transform import RigidTransform

MILLIMETRES = 0.001  # the sensor's DEPTH16 pictures
_MODELS = ("BrownConrady", "Rational6KT")
_MOST_DEVIATION = 1e-3  # from a rotation; the file holds single precision, which is off by about 1e-8


@dataclass(frozen=True)
class AzureMode:
    """How a camera mode is cut from its sensor; sizes are (width, height)."""

    name: str  # as recordings call it
    sensor: tuple[int, int]  # the whole sensor at this mode's scale
    crop: tuple[int, int]  # (left, top) of the picture in it
    size: tuple[int, int]  # of the picture


# Source: Azure Kinect Sensor SDK, src/transformation/mode_specific_calibration.c.
DEPTH_MODES = (
    AzureMode("NFOV_2X2BINNED", (512, 512), (96, 90), (320, 288)),
    AzureMode("NFOV_UNBINNED", (1024, 1024), (192, 180), (640, 576)),
    AzureMode("WFOV_2X2BINNED", (512, 512), (0, 0), (512, 512)),
    AzureMode("WFOV_UNBINNED", (1024, 1024), (0, 0), (1024, 1024)),
)
COLOR_MODES = (
    AzureMode("720P", (1280, 960), (0, 120), (1280, 720)),
    AzureMode("1080P", (1920, 1440), (0, 180), (1920, 1080)),
    AzureMode("1440P", (2560, 1920), (0, 240), (2560, 1440)),
    AzureMode("1536P", (2048, 1536), (0, 0), (2048, 1536)),
    AzureMode("2160P", (3840, 2880), (0, 360), (3840, 2160)),
    AzureMode("3072P", (4096, 3072), (0, 0), (4096, 3072)),
)


def parse_azure_kinect(
    data: bytes, *, color: AzureMode, depth: AzureMode, metres_per_unit: float = MILLIMETRES
) -> Calibration:
    """The calibration for the pictures of two modes.

    Args:
        data: the JSON; zero bytes may follow it.
    Raises:
        CalibrationFileError: damaged, of another camera, or a lens model with no equal here.
    """
    try:
        cameras = json.loads(data.rstrip(b"\0\n "))["CalibrationInformation"]["Cameras"]
        by_location = {str(camera["Location"]).rpartition("Location")[2]: camera for camera in cameras}
        of_color, of_depth = by_location["PV0"], by_location["D0"]
        return Calibration(
            color=_intrinsics(of_color, color),
            depth=_intrinsics(of_depth, depth),
            T_color_depth=_pose(of_color) @ _pose(of_depth).inverse(),
            metres_per_unit=metres_per_unit,
        )
    except CalibrationFileError:
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise CalibrationFileError(
            f"the calibration is damaged ({error!r}); expected Azure Kinect's, with a depth and a colour camera"
        ) from error


def _intrinsics(camera: Mapping[str, Any], mode: AzureMode) -> Intrinsics:
    lens = camera["Intrinsics"]
    cx, cy, fx, fy, k1, k2, k3, k4, k5, k6, center_x, center_y, p2, p1 = map(float, lens["ModelParameters"][:14])
    _check_lens(str(lens["ModelType"]), (center_x, center_y), (p1, p2))
    (width, height), (left, top) = mode.sensor, mode.crop
    rows = _calibrated_rows(camera, mode)
    terms = (k1, k2, p1, p2, k3, k4, k5, k6)
    return Intrinsics(
        width=mode.size[0],
        height=mode.size[1],
        fx=fx * width,
        fy=fy * rows,
        cx=cx * width - left - 0.5,
        cy=cy * rows + (height - rows) / 2 - top - 0.5,
        distortion=BrownConrady(terms) if any(terms) else NoDistortion(),
    )


def _calibrated_rows(camera: Mapping[str, Any], mode: AzureMode) -> float:
    """Rows of the sensor that the calibration is of; old units' colour was calibrated in 16:9, the middle of 4:3."""
    width, height = mode.sensor
    rows: float = width * camera["SensorHeight"] / camera["SensorWidth"]
    if rows not in (height, width * 9 / 16):
        raise CalibrationFileError(
            f"the calibration is of {camera['SensorWidth']}×{camera['SensorHeight']} pixels; expected {width}:{height} "
            "or 16:9, as of an Azure Kinect"
        )
    return rows


def _check_lens(kind: str, center: tuple[float, float], tangential: tuple[float, float]) -> None:
    # Rational6KT weighs the tangential terms otherwise; a moved centre of distortion has no equal.
    if not kind.endswith(_MODELS) or any(center) or (not kind.endswith(_MODELS[0]) and any(tangential)):
        raise CalibrationFileError(
            f"the lens model is {kind} with centre {center} and tangential terms {tangential}; expected Brown–Conrady "
            "with centre (0, 0)"
        )


def _pose(camera: Mapping[str, Any]) -> RigidTransform:
    rotation = np.array(camera["Rt"]["Rotation"], dtype=np.float64).reshape(3, 3)
    u, _, vt = np.linalg.svd(rotation)
    nearest = u @ vt
    if not np.abs(nearest - rotation).max() < _MOST_DEVIATION:
        raise CalibrationFileError(f"Rt.Rotation is {rotation.tolist()}; expected a rotation matrix")
    return RigidTransform(rotation=nearest, translation=np.array(camera["Rt"]["Translation"], dtype=np.float64))
