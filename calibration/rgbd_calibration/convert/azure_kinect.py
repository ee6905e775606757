"""Azure Kinect's raw calibration JSON (``k4a_device_get_raw_calibration``); `rgbd_seg.io.azure_kinect` explains it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rgbd_calibration.convert.lens import brown_terms
from rgbd_calibration.convert.options import ReadOptions
from rgbd_seg import atomic
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import CalibrationFileError
from rgbd_seg.io.azure_kinect import COLOR_MODES, DEPTH_MODES, MILLIMETRES, AzureMode, parse_azure_kinect
from rgbd_seg.transform import RigidTransform

DEPTH_SENSOR = (1024, 1024)
COLOR_SENSOR = (4096, 3072)
DEFAULT_METRIC_RADIUS = 1.7  # what the SDK assumes where the file says 0
_MODEL = "CALIBRATION_LensDistortionModelBrownConrady"
_LOCATIONS = {"depth": "CALIBRATION_CameraLocationD0", "color": "CALIBRATION_CameraLocationPV0"}


def write(path: Path, calibration: Calibration) -> None:
    """Write the parts of the raw calibration that concern the two cameras.

    Raises:
        CalibrationError: a lens with more than eight terms, or picture sizes that are no mode of that camera.
        OutputError: the file cannot be written.
    """
    identity = RigidTransform.identity()
    cameras = [
        _camera(calibration.depth, "depth", DEPTH_MODES, DEPTH_SENSOR, identity),
        _camera(calibration.color, "color", COLOR_MODES, COLOR_SENSOR, calibration.T_color_depth),
    ]
    content = {"CalibrationInformation": {"Cameras": cameras, "InertialSensors": [], "Metadata": {}}}
    atomic.write_bytes(path, (json.dumps(content, indent=1) + "\n").encode())


def read(path: Path, options: ReadOptions) -> Calibration:
    """Read a raw calibration for the picture sizes in ``options`` (else 1280×720 colour, 640×576 depth).

    Raises:
        CalibrationFileError: damaged, an unknown lens model, or sizes that are no mode of that camera.
    """
    color = _mode(options.color_size or (1280, 720), COLOR_MODES, "color")
    depth = _mode(options.depth_size or (640, 576), DEPTH_MODES, "depth")
    unit = options.depth_unit(MILLIMETRES, str(path))
    try:
        return parse_azure_kinect(path.read_bytes(), color=color, depth=depth, metres_per_unit=unit)
    except OSError as error:
        raise CalibrationFileError(f"cannot read {path}: {error.strerror}") from error
    except CalibrationFileError as error:
        raise CalibrationFileError(f"{path}: {error}") from error


def _camera(
    camera: Intrinsics, name: str, modes: Sequence[AzureMode], sensor: tuple[int, int], pose: RigidTransform
) -> dict[str, Any]:
    mode = _mode((camera.width, camera.height), modes, name)
    (width, height), (left, top) = mode.sensor, mode.crop
    k1, k2, p1, p2, k3, k4, k5, k6 = brown_terms(camera.distortion, 8, "Azure Kinect JSON")
    scaled = [
        (camera.cx + 0.5 + left) / width,
        (camera.cy + 0.5 + top) / height,
        camera.fx / width,
        camera.fy / height,
    ]
    return {
        "Intrinsics": {
            "ModelParameterCount": 14,
            "ModelParameters": [*scaled, k1, k2, k3, k4, k5, k6, 0, 0, p2, p1],
            "ModelType": _MODEL,
        },
        "Location": _LOCATIONS[name],
        "Purpose": f"CALIBRATION_CameraPurpose{'Depth' if name == 'depth' else 'PhotoVideo'}",
        "MetricRadius": DEFAULT_METRIC_RADIUS,
        "Rt": {"Rotation": pose.rotation.ravel().tolist(), "Translation": pose.translation.tolist()},
        "SensorHeight": sensor[1],
        "SensorWidth": sensor[0],
        "Shutter": "CALIBRATION_ShutterTypeUndefined",
        "ThermalAdjustmentParams": {"Params": [0] * 12},
    }


def _mode(size: tuple[int, int], modes: Sequence[AzureMode], name: str) -> AzureMode:
    by_size = {mode.size: mode for mode in modes}
    if size not in by_size:
        expected = ", ".join(f"{width}×{height}" for width, height in by_size)
        raise CalibrationFileError(
            f"{name}: {size[0]}×{size[1]} is no picture size of an Azure Kinect; it has {expected}"
        )
    return by_size[size]
