"""ROS ``camera_info`` YAML (camera_calibration_parsers) for each camera, and the pose between them.

A folder holds ``color.yaml``, ``depth.yaml`` and ``depth_to_color.yaml``; the last is a
``geometry_msgs/TransformStamped`` (quaternion x y z w), since camera_info has no place for a pose.
Depth images of type 16UC1 are millimetres by REP 118.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from rgbd_calibration.convert.lens import brown_lens, brown_terms, padded_brown_terms
from rgbd_calibration.convert.options import ReadOptions
from rgbd_calibration.convert.yaml_text import read_yaml, write_yaml
from rgbd_seg import atomic
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import Distortion, KannalaBrandt
from rgbd_seg.errors import CalibrationFileError
from rgbd_seg.transform import RigidTransform

COLOR, DEPTH, POSE = "color.yaml", "depth.yaml", "depth_to_color.yaml"
REP_118_MILLIMETRES = 0.001


def write(folder: Path, calibration: Calibration) -> None:
    """Write the three files.

    Raises:
        CalibrationError: a lens that ROS cannot express; nothing is written.
        OutputError: the folder cannot be written.
    """
    color = camera_info(calibration.color, "color")
    depth = camera_info(calibration.depth, "depth")
    atomic.make_folder(folder)
    write_yaml(folder / COLOR, color)
    write_yaml(folder / DEPTH, depth)
    write_yaml(folder / POSE, _pose(calibration))


def read(folder: Path, options: ReadOptions) -> Calibration:
    """Read what `write` writes, or the same three files from elsewhere.

    Raises:
        CalibrationFileError: a file is missing or damaged, or its lens model unknown.
    """
    if not folder.is_dir():
        raise CalibrationFileError(f"{folder} is not a folder; expected one with {COLOR}, {DEPTH} and {POSE}")
    pose = read_yaml(folder / POSE)
    unit = pose.get("metres_per_unit", REP_118_MILLIMETRES)
    return Calibration(
        color=intrinsics(read_yaml(folder / COLOR)),
        depth=intrinsics(read_yaml(folder / DEPTH)),
        T_color_depth=_transform(pose),
        metres_per_unit=options.depth_unit(unit, str(folder)),
    )


def camera_info(camera: Intrinsics, name: str) -> dict[str, Any]:
    """The content of one ``camera_info`` file; rectification is identity, projection the matrix itself."""
    model, terms = _model(camera.distortion)
    K = camera.matrix()
    return {
        "image_width": camera.width,
        "image_height": camera.height,
        "camera_name": name,
        "camera_matrix": _matrix(3, 3, K.ravel().tolist()),
        "distortion_model": model,
        "distortion_coefficients": _matrix(1, len(terms), list(terms)),
        "rectification_matrix": _matrix(3, 3, np.eye(3).ravel().tolist()),
        "projection_matrix": _matrix(3, 4, np.hstack([K, np.zeros((3, 1))]).ravel().tolist()),
    }


def intrinsics(content: dict[str, Any]) -> Intrinsics:
    """The inverse of `camera_info`.

    Raises:
        CalibrationFileError: a key is missing or the model unknown.
    """
    try:
        K = np.array(content["camera_matrix"]["data"], dtype=np.float64).reshape(3, 3)
        terms = [float(value) for value in content["distortion_coefficients"]["data"]]
        if K[0, 1] != 0:
            raise CalibrationFileError(f"camera_matrix has skew {K[0, 1]:g}; expected 0, which all models here assume")
        return Intrinsics(
            width=int(content["image_width"]),
            height=int(content["image_height"]),
            fx=K[0, 0],
            fy=K[1, 1],
            cx=K[0, 2],
            cy=K[1, 2],
            distortion=_lens(str(content["distortion_model"]), terms),
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, CalibrationFileError):
            raise
        raise CalibrationFileError(f"not a ROS camera_info file: {type(error).__name__} {error}") from error


def _model(lens: Distortion) -> tuple[str, tuple[float, ...]]:
    if isinstance(lens, KannalaBrandt):
        return "equidistant", lens.terms
    if any(padded_brown_terms(lens, "ROS camera_info")[5:]):
        return "rational_polynomial", brown_terms(lens, 8, "ROS rational_polynomial")
    return "plumb_bob", brown_terms(lens, 5, "ROS plumb_bob")


def _lens(model: str, terms: Sequence[float]) -> Distortion:
    match model:
        case "plumb_bob" | "rational_polynomial":
            return brown_lens(terms)
        case "equidistant" | "fisheye":
            return KannalaBrandt(tuple(terms))
        case _:
            raise CalibrationFileError(
                f"unknown distortion_model {model!r}; expected plumb_bob, rational_polynomial or equidistant"
            )


def _matrix(rows: int, cols: int, data: list[float]) -> dict[str, Any]:
    return {"rows": rows, "cols": cols, "data": data}


def _pose(calibration: Calibration) -> dict[str, Any]:
    x, y, z, w = Rotation.from_matrix(calibration.T_color_depth.rotation).as_quat().tolist()
    tx, ty, tz = calibration.T_color_depth.translation.tolist()
    return {
        "header": {"frame_id": "color_optical_frame"},
        "child_frame_id": "depth_optical_frame",
        "transform": {
            "translation": {"x": tx, "y": ty, "z": tz},
            "rotation": {"x": x, "y": y, "z": z, "w": w},
        },
        "metres_per_unit": calibration.metres_per_unit,
    }


def _transform(content: dict[str, Any]) -> RigidTransform:
    try:
        rotation, translation = content["transform"]["rotation"], content["transform"]["translation"]
        quaternion = [float(rotation[axis]) for axis in "xyzw"]
        return RigidTransform(
            rotation=Rotation.from_quat(quaternion).as_matrix(),
            translation=np.array([float(translation[axis]) for axis in "xyz"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CalibrationFileError(f"{POSE} is not a transform: {type(error).__name__} {error}") from error
