"""Azure Kinect's raw calibration JSON (``k4a_device_get_raw_calibration``).

Parameters are divided by the size of the whole sensor and count from the corner of its first pixel; each
camera mode is a scaled crop of the sensor (Azure Kinect Sensor SDK, mode_specific_calibration.c). Poses
``Rt`` map the depth camera's frame to each camera, metres. Its Brown–Conrady is OpenCV's with eight terms.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from rgbd_calibration.convert.lens import brown_lens, brown_terms
from rgbd_calibration.convert.options import ReadOptions
from rgbd_seg import atomic
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import CalibrationError, CalibrationFileError
from rgbd_seg.transform import RigidTransform

MILLIMETRES = 0.001  # the sensor's DEPTH16 images
DEPTH_SENSOR = (1024, 1024)
COLOR_SENSOR = (4096, 3072)
# Picture size → (size of the whole sensor at that scale, left and top of the crop).
DEPTH_MODES = {
    (320, 288): ((512, 512), (96, 90)),
    (640, 576): ((1024, 1024), (192, 180)),
    (512, 512): ((512, 512), (0, 0)),
    (1024, 1024): ((1024, 1024), (0, 0)),
}
COLOR_MODES = {
    (1280, 720): ((1280, 960), (0, 120)),
    (1920, 1080): ((1920, 1440), (0, 180)),
    (2560, 1440): ((2560, 1920), (0, 240)),
    (2048, 1536): ((2048, 1536), (0, 0)),
    (3840, 2160): ((3840, 2880), (0, 360)),
    (4096, 3072): ((4096, 3072), (0, 0)),
}
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
    try:
        content = json.loads(path.read_text(encoding="utf-8").rstrip("\0\n "))
        cameras = {camera["Location"]: camera for camera in content["CalibrationInformation"]["Cameras"]}
        depth, color = (cameras[_LOCATIONS[name]] for name in ("depth", "color"))
        from_depth = _pose(color) @ _pose(depth).inverse()
        return Calibration(
            color=_intrinsics(color, options.color_size or (1280, 720), COLOR_MODES),
            depth=_intrinsics(depth, options.depth_size or (640, 576), DEPTH_MODES),
            T_color_depth=from_depth,
            metres_per_unit=options.depth_unit(MILLIMETRES, str(path)),
        )
    except OSError as error:
        raise CalibrationFileError(f"cannot read {path}: {error.strerror}") from error
    except CalibrationError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise CalibrationFileError(
            f"{path} is not an Azure Kinect raw calibration: {type(error).__name__} {error}"
        ) from error


def _camera(
    camera: Intrinsics,
    name: str,
    modes: dict[tuple[int, int], tuple[tuple[int, int], tuple[int, int]]],
    sensor: tuple[int, int],
    pose: RigidTransform,
) -> dict[str, Any]:
    (width, height), (left, top) = _mode(camera.width, camera.height, modes, name)
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


def _intrinsics(
    camera: dict[str, Any], size: tuple[int, int], modes: dict[tuple[int, int], tuple[tuple[int, int], tuple[int, int]]]
) -> Intrinsics:
    lens = camera["Intrinsics"]
    cx, cy, fx, fy, k1, k2, k3, k4, k5, k6, codx, cody, p2, p1 = map(float, lens["ModelParameters"][:14])
    # Rational6KT weighs the tangential terms otherwise and moves the centre of distortion.
    if lens["ModelType"] != _MODEL and (codx or cody or p1 or p2):
        raise CalibrationFileError(f"lens model is {lens['ModelType']!r}; expected {_MODEL!r}")
    (width, height), (left, top) = _mode(*size, modes, camera["Location"])
    return Intrinsics(
        width=size[0],
        height=size[1],
        fx=fx * width,
        fy=fy * height,
        cx=cx * width - left - 0.5,
        cy=cy * height - top - 0.5,
        distortion=brown_lens((k1, k2, p1, p2, k3, k4, k5, k6)),
    )


def _mode(
    width: int, height: int, modes: dict[tuple[int, int], tuple[tuple[int, int], tuple[int, int]]], name: str
) -> tuple[tuple[int, int], tuple[int, int]]:
    if (width, height) not in modes:
        expected = ", ".join(f"{w}×{h}" for w, h in modes)
        raise CalibrationFileError(f"{name}: {width}×{height} is no picture size of an Azure Kinect; it has {expected}")
    return modes[width, height]


def _pose(camera: dict[str, Any]) -> RigidTransform:
    rotation = np.array(camera["Rt"]["Rotation"], dtype=np.float64).reshape(3, 3)
    # The file holds single precision; the nearest true rotation differs by about 1e-8.
    u, _, vt = np.linalg.svd(rotation)
    nearest = u @ vt
    if np.abs(nearest - rotation).max() > 1e-5:
        raise CalibrationFileError("Rt.Rotation is not a rotation matrix")
    return RigidTransform(rotation=nearest, translation=np.array(camera["Rt"]["Translation"], dtype=np.float64))
