"""Kalibr camchain YAML: cam0 is the colour camera, cam1 the depth camera.

``T_cn_cnm1`` maps points of the camera before to this one, so cam1 holds T_depth_color. Kalibr counts the
top-level keys as cameras, therefore the unit of raw depth sits inside cam1.
"""

from pathlib import Path
from typing import Any

from rgbd_calibration.convert.lens import brown_lens, brown_terms
from rgbd_calibration.convert.options import ReadOptions
from rgbd_calibration.convert.yaml_text import read_yaml, write_yaml
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import Distortion, KannalaBrandt, NoDistortion
from rgbd_seg.errors import CalibrationError, CalibrationFileError
from rgbd_seg.transform import RigidTransform


def write(path: Path, calibration: Calibration) -> None:
    """Write a camchain of two cameras.

    Raises:
        CalibrationError: a lens that Kalibr cannot express (radtan has no k3).
        OutputError: the file cannot be written.
    """
    color = _camera(calibration.color, "cam1", "/color/image_raw")
    depth = _camera(calibration.depth, "cam0", "/depth/image_raw")
    depth["T_cn_cnm1"] = calibration.T_color_depth.inverse().matrix().tolist()
    depth["metres_per_unit"] = calibration.metres_per_unit
    write_yaml(path, {"cam0": color, "cam1": depth})


def read(path: Path, options: ReadOptions) -> Calibration:
    """Read a camchain whose cam0 is colour and cam1 depth.

    Raises:
        CalibrationFileError: damaged, not two cameras, or an unknown model.
    """
    chain = read_yaml(path)
    if set(chain) != {"cam0", "cam1"}:
        raise CalibrationFileError(f"{path} holds {', '.join(map(str, chain))}; expected cam0 (colour), cam1 (depth)")
    try:
        return Calibration(
            color=_intrinsics(chain["cam0"]),
            depth=_intrinsics(chain["cam1"]),
            T_color_depth=RigidTransform.from_matrix(chain["cam1"]["T_cn_cnm1"]).inverse(),
            metres_per_unit=options.depth_unit(chain["cam1"].get("metres_per_unit"), str(path)),
        )
    except CalibrationError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise CalibrationFileError(f"{path} is not a Kalibr camchain: {type(error).__name__} {error}") from error


def _camera(camera: Intrinsics, overlaps: str, topic: str) -> dict[str, Any]:
    model, terms = _model(camera.distortion)
    return {
        "cam_overlaps": [int(overlaps[-1])],
        "camera_model": "pinhole",
        "distortion_coeffs": list(terms),
        "distortion_model": model,
        "intrinsics": [camera.fx, camera.fy, camera.cx, camera.cy],
        "resolution": [camera.width, camera.height],
        "rostopic": topic,
    }


def _model(lens: Distortion) -> tuple[str, tuple[float, ...]]:
    if isinstance(lens, KannalaBrandt):
        return "equi", lens.terms
    if isinstance(lens, NoDistortion):
        return "none", ()
    return "radtan", brown_terms(lens, 4, "Kalibr radtan")


def _intrinsics(camera: dict[str, Any]) -> Intrinsics:
    if camera["camera_model"] != "pinhole":
        raise CalibrationFileError(
            f"camera_model is {camera['camera_model']!r}; expected pinhole (omni, eucm and ds have no equal here)"
        )
    fx, fy, cx, cy = map(float, camera["intrinsics"])
    width, height = map(int, camera["resolution"])
    terms = tuple(map(float, camera.get("distortion_coeffs") or ()))
    lens = _lens(camera.get("distortion_model", "none"), terms)
    return Intrinsics(width=width, height=height, fx=fx, fy=fy, cx=cx, cy=cy, distortion=lens)


def _lens(model: str, terms: tuple[float, ...]) -> Distortion:
    match model:
        case "none":
            return NoDistortion()
        case "radtan":
            return brown_lens(terms)
        case "equi":
            return KannalaBrandt(terms)
        case _:
            raise CalibrationFileError(f"unknown distortion_model {model!r}; expected radtan, equi or none")
