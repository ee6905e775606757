"""librealsense's structures as JSON: ``rs2_intrinsics``, ``rs2_extrinsics`` and the depth scale.

``{"depth": {width height fx fy ppx ppy model coeffs}, "color": {…}, "depth_to_color": {rotation translation},
"depth_scale": …}``. The rotation is **column-major**, as in ``rs2_extrinsics``. Models are written with
librealsense's names; "inverse" and "modified" Brown–Conrady with coefficients bend otherwise than OpenCV's
model (rsutil.h) and are refused rather than approximated.
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
from rgbd_seg.distortion import Distortion, KannalaBrandt, NoDistortion
from rgbd_seg.errors import CalibrationError, CalibrationFileError
from rgbd_seg.transform import RigidTransform


def write(path: Path, calibration: Calibration) -> None:
    """Write both cameras, their pose and the depth scale.

    Raises:
        CalibrationError: a lens with more than five terms, which rs2_intrinsics cannot hold.
        OutputError: the file cannot be written.
    """
    content = {
        "depth": _camera(calibration.depth),
        "color": _camera(calibration.color),
        "depth_to_color": {
            "rotation": calibration.T_color_depth.rotation.T.ravel().tolist(),
            "translation": calibration.T_color_depth.translation.tolist(),
        },
        "depth_scale": calibration.metres_per_unit,
    }
    atomic.write_bytes(path, (json.dumps(content, indent=1) + "\n").encode())


def read(path: Path, options: ReadOptions) -> Calibration:
    """Read what `write` writes.

    Raises:
        CalibrationFileError: damaged, or a lens model with no equal here.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        pose = content["depth_to_color"]
        rotation = np.array(pose["rotation"], dtype=np.float64)
        if rotation.shape != (9,):
            raise CalibrationFileError(f"rotation has shape {rotation.shape}; expected 9 numbers, column by column")
        return Calibration(
            color=_intrinsics(content["color"]),
            depth=_intrinsics(content["depth"]),
            T_color_depth=RigidTransform(
                rotation=rotation.reshape(3, 3).T, translation=np.array(pose["translation"], dtype=np.float64)
            ),
            metres_per_unit=options.depth_unit(content.get("depth_scale"), str(path)),
        )
    except OSError as error:
        raise CalibrationFileError(f"cannot read {path}: {error.strerror}") from error
    except CalibrationError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CalibrationFileError(
            f"{path} is not a RealSense calibration JSON: {type(error).__name__} {error}"
        ) from error


def _camera(camera: Intrinsics) -> dict[str, Any]:
    lens = camera.distortion
    if isinstance(lens, KannalaBrandt):
        model, terms = "kannala_brandt4", (*lens.terms, 0.0)
    elif isinstance(lens, NoDistortion):
        model, terms = "none", (0.0,) * 5
    else:
        model, terms = "brown_conrady", brown_terms(lens, 5, "RealSense brown_conrady")
    return {
        "width": camera.width,
        "height": camera.height,
        "fx": camera.fx,
        "fy": camera.fy,
        "ppx": camera.cx,
        "ppy": camera.cy,
        "model": model,
        "coeffs": list(terms),
    }


def _intrinsics(content: dict[str, Any]) -> Intrinsics:
    coeffs = tuple(map(float, content["coeffs"]))
    return Intrinsics(
        width=int(content["width"]),
        height=int(content["height"]),
        fx=float(content["fx"]),
        fy=float(content["fy"]),
        cx=float(content["ppx"]),
        cy=float(content["ppy"]),
        distortion=_lens(str(content["model"]), coeffs),
    )


def _lens(name: str, coeffs: tuple[float, ...]) -> Distortion:
    # pyrealsense2 prints "distortion.brown_conrady", rs2_distortion_to_string "Brown Conrady".
    model = name.lower().removeprefix("distortion.").replace(" ", "_")
    if model == "none" or (model.endswith("brown_conrady") and not any(coeffs)):
        return NoDistortion()
    match model:
        case "brown_conrady":
            return brown_lens(coeffs)
        case "modified_brown_conrady" if coeffs[2] == 0 and coeffs[3] == 0:
            return brown_lens(coeffs)  # differs from OpenCV's only in the tangential terms
        case "kannala_brandt4":
            return KannalaBrandt(coeffs[:4])
        case _:
            raise CalibrationFileError(
                f"lens model {name!r} with coefficients {coeffs} has no equal here; expected none, brown_conrady, "
                "kannala_brandt4, or coefficients of zero: calibrate this camera with `rgbd-calibrate solve`"
            )
