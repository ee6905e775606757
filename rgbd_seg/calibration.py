"""What ties a depth camera to a colour camera, and its file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rgbd_seg import atomic
from rgbd_seg.arrays import Float32
from rgbd_seg.camera import Intrinsics
from rgbd_seg.depth_correction import DepthCorrection
from rgbd_seg.distortion import BrownConrady, Distortion, KannalaBrandt, NoDistortion, RadialTable
from rgbd_seg.errors import CalibrationError, CalibrationFileError, ConfigError
from rgbd_seg.transform import RigidTransform

FORMAT = "rgbd-seg-calibration"
VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Intrinsics of both cameras, their relative pose, and the unit of raw depth."""

    color: Intrinsics
    depth: Intrinsics
    T_color_depth: RigidTransform  # depth camera → colour camera, metres
    metres_per_unit: float  # raw depth × this = metres
    depth_correction: DepthCorrection | None = None  # None: depth is used as measured

    def __post_init__(self) -> None:
        if not 0 < self.metres_per_unit < 1:
            raise CalibrationError(
                f"metres_per_unit is {self.metres_per_unit}; expected the length of one raw unit in metres, "
                "such as 0.001 for millimetres"
            )
        if self.depth_correction is not None and self.depth_correction.size != self.depth.size:
            raise CalibrationError(
                f"the depth correction is for (h, w) = {self.depth_correction.size}, the depth camera gives "
                f"{self.depth.size}; expected the same"
            )

    def correct(self, depth: Float32, temperature: float | None = None) -> Float32:
        """Depth put right by what calibration found: scale, offset, wiggling, per-pixel error, temperature.

        Args:
            depth: (h, w) z-depth in metres in the depth camera's own grid, NaN = not measured.
            temperature: of the depth sensor, °C; None: as it was on average when calibrated.
        Returns:
            (h, w) z-depth in metres; ``depth`` itself when the calibration has no correction.
        Raises:
            FrameError: ``depth`` is not the size the correction was made for.
        """
        return depth if self.depth_correction is None else self.depth_correction.apply(depth, temperature)

    def save(self, path: Path) -> None:
        """Write the versioned JSON with its checksum, whole or not at all.

        Raises:
            OutputError: the file cannot be written.
        """
        atomic.write_bytes(Path(path), (json.dumps(self.to_dict(), indent=1) + "\n").encode())

    @staticmethod
    def load(path: Path) -> "Calibration":
        """Read a file written by `save`.

        Raises:
            CalibrationFileError: missing, not a calibration, damaged, or from a newer version.
        """
        path = Path(path)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CalibrationFileError(f"cannot read calibration {path}: {error.strerror}") from error
        except ValueError as error:
            raise CalibrationFileError(
                f"{path} is not JSON ({error}); expected a file written by rgbd-seg or rgbd-calibrate"
            ) from error
        try:
            return Calibration.from_dict(content)
        except CalibrationError as error:
            raise CalibrationFileError(f"{path}: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """The content of the file, checksum included."""
        content: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "color": {"intrinsics": intrinsics_to_dict(self.color)},
            "depth": {"intrinsics": intrinsics_to_dict(self.depth)},
            "T_color_depth": self.T_color_depth.matrix().tolist(),
            "metres_per_unit": self.metres_per_unit,
        }
        if self.depth_correction is not None:
            content["depth_correction"] = self.depth_correction.to_dict()
        return content | {"checksum": _checksum(content)}

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> "Calibration":
        """The inverse of `to_dict`.

        Raises:
            CalibrationFileError: not a calibration, damaged, or from a newer version.
        """
        _check_envelope(content)
        correction = content.get("depth_correction")
        try:
            return Calibration(
                color=intrinsics_from_dict(content["color"]["intrinsics"]),
                depth=intrinsics_from_dict(content["depth"]["intrinsics"]),
                T_color_depth=RigidTransform.from_matrix(content["T_color_depth"]),
                metres_per_unit=float(content["metres_per_unit"]),
                depth_correction=DepthCorrection.from_dict(correction) if correction is not None else None,
            )
        except KeyError as error:
            raise CalibrationFileError(f"the calibration lacks the key {error}") from error
        except (TypeError, ValueError, ConfigError) as error:
            raise CalibrationFileError(f"the calibration holds a wrong value: {error}") from error


def intrinsics_to_dict(intrinsics: Intrinsics) -> dict[str, Any]:
    """Plain JSON values of one camera; the ``intrinsics`` object of the calibration file."""
    return {
        "model": intrinsics.distortion.name,
        "width": intrinsics.width,
        "height": intrinsics.height,
        "fx": intrinsics.fx,
        "fy": intrinsics.fy,
        "cx": intrinsics.cx,
        "cy": intrinsics.cy,
        "distortion": _distortion_to_json(intrinsics.distortion),
    }


def intrinsics_from_dict(content: Mapping[str, Any]) -> Intrinsics:
    """The inverse of `intrinsics_to_dict`.

    Raises:
        CalibrationFileError: a key is missing or of the wrong kind, or the lens model is unknown.
    """
    try:
        return Intrinsics(
            width=_whole_number(content["width"], "width"),
            height=_whole_number(content["height"], "height"),
            fx=float(content["fx"]),
            fy=float(content["fy"]),
            cx=float(content["cx"]),
            cy=float(content["cy"]),
            distortion=_distortion_from_json(content["model"], content.get("distortion", [])),
        )
    except KeyError as error:
        raise CalibrationFileError(f"intrinsics lack the key {error}") from error
    except TypeError as error:
        raise CalibrationFileError(f"intrinsics hold a value of the wrong kind: {error}") from error


def _whole_number(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CalibrationFileError(f"{name} is {value!r}; expected a whole number of pixels")
    return value


def _distortion_to_json(distortion: Distortion) -> list[float] | dict[str, Any]:
    match distortion:
        case NoDistortion():
            return []
        case BrownConrady(terms=terms) | KannalaBrandt(terms=terms):
            return list(terms)
        case RadialTable():
            return {
                "straighten": list(distortion.straighten),
                "bend": list(distortion.bend),
                "center": list(distortion.center),
                "max_radius": distortion.max_radius,
            }
        case _:
            raise CalibrationError(f"lens model {distortion.name!r} has no file form")


def _distortion_from_json(model: str, values: Any) -> Distortion:
    match model:
        case "pinhole":
            return NoDistortion()
        case "brown_conrady":
            return BrownConrady(tuple(map(float, values)))
        case "kannala_brandt":
            return KannalaBrandt(tuple(map(float, values)))
        case "radial_table":
            return RadialTable(
                straighten=tuple(map(float, values["straighten"])),
                bend=tuple(map(float, values["bend"])),
                center=(float(values["center"][0]), float(values["center"][1])),
                max_radius=float(values["max_radius"]),
            )
        case _:
            raise CalibrationFileError(
                f"unknown lens model {model!r}; expected pinhole, brown_conrady, kannala_brandt or radial_table"
            )


def _check_envelope(content: Mapping[str, Any]) -> None:
    if not isinstance(content, Mapping) or content.get("format") != FORMAT:
        raise CalibrationFileError(f'not a calibration: expected a JSON object with "format": "{FORMAT}"')
    version = content.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise CalibrationFileError(f"calibration version is {version!r}; expected a whole number from 1")
    if version > VERSION:
        raise CalibrationFileError(
            f"calibration version is {version}, this package reads up to {VERSION}; update rgbd-seg"
        )
    body = {key: value for key, value in content.items() if key != "checksum"}
    if content.get("checksum") != _checksum(body):
        raise CalibrationFileError(
            f"checksum is {content.get('checksum')!r}, the content gives {_checksum(body)!r}; the file was "
            "damaged or edited by hand: restore it, or calibrate again"
        )


def _checksum(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
