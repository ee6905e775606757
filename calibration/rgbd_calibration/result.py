"""What a solve gives, and its file ``result.json``: the inputs are kept in it, so that it can be solved again."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rgbd_calibration.depth_result import DepthReport
from rgbd_calibration.result_json import ResultCodec
from rgbd_calibration.views import View
from rgbd_seg import atomic
from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationFileError, RgbdSegError
from rgbd_seg.transform import RigidTransform

FORMAT = "rgbd-calibration-result"
VERSION = 1


@dataclass(frozen=True, kw_only=True)
class ParameterEstimate:
    """One solved number and its 1-σ uncertainty; value ± 1.96 σ is the 95 % interval."""

    name: str  # "color.fx", "depth.cx", "T_color_depth.tx", "T_color_depth.rx" …
    value: float
    sigma: float
    unit: str  # "px", "m", "rad" or "" (distortion terms)


@dataclass(frozen=True, kw_only=True)
class ModelTrial:
    """One lens model that was tried, and how it does on views it was not fitted to."""

    camera: str  # "color" or "depth"
    model: str  # "pinhole", "brown_conrady_2", "brown_conrady_5", …, "kannala_brandt"
    parameters: int
    training_rms_px: float
    held_out_rms_px: float
    held_out_sigma_px: float  # standard error of the held-out RMS over views
    chosen: bool
    note: str = ""  # why it could not be fitted, if it could not


@dataclass(frozen=True, kw_only=True)
class ViewReport:
    """What became of one view. Figures are None where the view has no such picture or was not used."""

    name: str
    used: bool
    reason: str = ""  # why it was not used
    corners: int = 0
    rejected_corners: int = 0
    color_rms_px: float | None = None
    infrared_rms_px: float | None = None
    depth_bias_mm: float | None = None  # median of measured minus board plane, before correction
    depth_rms_mm: float | None = None  # about the plane, before correction
    depth_bias_after_mm: float | None = None
    depth_rms_after_mm: float | None = None
    distance_m: float | None = None  # to the middle of the board, along the axis
    tilt_deg: float | None = None  # between the board's normal and the axis
    temperature_c: float | None = None
    T_color_board: RigidTransform | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class CornerResiduals:
    """Every corner of every view with its residual (found minus predicted), rejected ones included."""

    camera: str  # "color" or "infrared"
    view: Float64  # (n,) index into `SolveResult.views`
    ids: Float64  # (n,) corner ids
    pixels: Float64  # (n, 2) found
    residuals: Float64  # (n, 2) pixels
    kept: Bool  # (n,)


@dataclass(frozen=True, kw_only=True, eq=False)
class TrustRegion:
    """Where in the colour picture the result may be trusted.

    ``sigma_px`` is how far a projected point is uncertain (1 σ, from the covariance), sampled on a grid over the
    whole picture; ``trusted`` is where that is small and corners were seen nearby.
    """

    sigma_px: Float32  # (rows, cols), cell centres evenly spread edge to edge
    trusted: Bool  # (rows, cols)
    limit_px: float
    polygon: Float64  # (n, 2) hull of all used corners, pixels


@dataclass(frozen=True, kw_only=True, eq=False)
class SolveInputs:
    """All that the solver was given, so that it can be run again."""

    board: str  # canonical text of the board, see `board.parse_board`
    color_size: tuple[int, int]  # (height, width)
    depth_size: tuple[int, int] | None
    metres_per_unit: float
    depth_geometry: str  # "registered", "planes", "infrared" or "none"
    views: tuple[View, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class SolveResult:
    """A calibration and all that is known about how good it is."""

    calibration: Calibration
    model: str  # the chosen colour lens model
    depth_geometry: str  # what tied depth to colour: "registered", "planes", "infrared" or "none"
    color_rms_px: float  # on the corners used
    color_held_out_rms_px: float  # on views not fitted to (cross-validated)
    infrared_rms_px: float | None
    infrared_held_out_rms_px: float | None
    board_bend_mm: tuple[float, float] | None  # estimated bow of the printed board along x and y; None: held flat
    parameters: tuple[ParameterEstimate, ...]
    covariance: Float64  # (p, p), order of `parameters`
    models: tuple[ModelTrial, ...]
    views: tuple[ViewReport, ...]
    residuals: tuple[CornerResiduals, ...]
    trust: TrustRegion
    depth: DepthReport | None
    warnings: tuple[str, ...]
    seconds: float  # of solving, reading pictures and detection not included
    versions: dict[str, str]  # software that made it
    inputs: SolveInputs

    def estimate(self, name: str) -> ParameterEstimate:
        """The parameter called ``name``; raises KeyError if it was not solved for."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

    def values(self) -> dict[str, float]:
        """The figures that limits, station log and statistics work on; see docs for units (in the names)."""
        used = [view for view in self.views if view.used]
        values: dict[str, float | None] = {
            "views_used": len(used),
            "views_rejected": len(self.views) - len(used),
            "corners_rejected_percent": self._corners_rejected_percent(),
            "color_width_px": self.calibration.color.width,
            "color_fx_px": self.calibration.color.fx,
            "color_fy_px": self.calibration.color.fy,
            "color_cx_px": self.calibration.color.cx,
            "color_cy_px": self.calibration.color.cy,
            "color_rms_px": self.color_rms_px,
            "color_held_out_rms_px": self.color_held_out_rms_px,
            "infrared_rms_px": self.infrared_rms_px,
            "infrared_held_out_rms_px": self.infrared_held_out_rms_px,
            "trusted_percent": 100 * float(self.trust.trusted.mean()),
            "tilt_max_deg": max((view.tilt_deg or 0.0 for view in used), default=0.0),
        }
        values |= self._sigmas()
        if self.depth is not None:
            values |= self.depth.values()
        return {name: float(value) for name, value in values.items() if value is not None}

    def _sigmas(self) -> dict[str, float | None]:
        sigma = {parameter.name: parameter.sigma for parameter in self.parameters}
        f = sigma.get("color.fx", sigma.get("color.f", np.nan))
        shift = [1e3 * sigma[f"T_color_depth.t{axis}"] for axis in "xyz" if f"T_color_depth.t{axis}" in sigma]
        turn = [np.rad2deg(sigma[f"T_color_depth.r{axis}"]) for axis in "xyz" if f"T_color_depth.r{axis}" in sigma]
        return {
            "color_focal_sigma_percent": 100 * f / self.calibration.color.fx,
            "color_principal_sigma_px": max(sigma.get("color.cx", 0.0), sigma.get("color.cy", 0.0)),
            "translation_sigma_mm": max(shift, default=None),
            "rotation_sigma_deg": max(turn, default=None),
        }

    def _corners_rejected_percent(self) -> float:
        kept = np.concatenate([np.ones(0, bool), *(residuals.kept for residuals in self.residuals)])
        return 100 * float(np.mean(~kept)) if len(kept) else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"format": FORMAT, "version": VERSION} | ResultCodec.encode_fields(self)

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> "SolveResult":
        """The inverse of `to_dict`.

        Raises:
            CalibrationFileError: not a result, damaged, or from a newer version.
        """
        if not isinstance(content, Mapping) or content.get("format") != FORMAT:
            raise CalibrationFileError(f'not a calibration result: expected a JSON object with "format": "{FORMAT}"')
        if not isinstance(content.get("version"), int) or content["version"] > VERSION:
            raise CalibrationFileError(
                f"result version is {content.get('version')!r}, this package reads up to {VERSION}; update rgbd-seg"
            )
        try:
            result: SolveResult = ResultCodec.decode(SolveResult, content)
        except (KeyError, TypeError, ValueError, RgbdSegError) as error:
            raise CalibrationFileError(f"the result is damaged: {error}; solve again from the pictures") from error
        return result

    def save(self, path: Path) -> None:
        """Write ``result.json``, whole or not at all.

        Raises:
            OutputError: the file cannot be written.
        """
        atomic.write_bytes(Path(path), (json.dumps(self.to_dict()) + "\n").encode())

    @staticmethod
    def load(path: Path) -> "SolveResult":
        """Read a file written by `save`.

        Raises:
            CalibrationFileError: missing, damaged, or from a newer version.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise CalibrationFileError(f"cannot read {path}: {error.strerror}") from error
        except ValueError as error:
            raise CalibrationFileError(f"{path} is not JSON ({error}); expected a result.json") from error
        return SolveResult.from_dict(content)

    def replaced(self, calibration: Calibration) -> "SolveResult":
        """The same result with another calibration in it."""
        return dataclasses.replace(self, calibration=calibration)
