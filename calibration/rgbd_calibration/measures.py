"""The measures that limits judge: freed from resolution and distance, so that one file serves every camera.

Image errors become pixels of a picture 1000 pixels wide; depth errors per cent of the distance they were
measured at.
"""

import numpy as np

from rgbd_calibration.result import SolveResult
from rgbd_calibration.verify_result import VerifyResult

Z_95 = 1.959964  # half of a normal 95 % interval, in σ
GRID = (8, 6)  # cells of the colour picture for coverage, across and down


def solve_measures(result: SolveResult) -> dict[str, float]:
    """Measures of the ``solve`` section of the limits; what was not measured is left out."""
    color, depth = result.calibration.color, result.calibration.depth
    used = [view for view in result.views if view.used]
    per_1000 = 1000 / color.width
    held_out = [result.color_held_out_rms_px * per_1000]
    if result.infrared_held_out_rms_px is not None:
        held_out.append(result.infrared_held_out_rms_px * 1000 / depth.width)
    measures = {
        "reprojection_heldout": float(np.max(held_out)),
        "reprojection_worst_view": per_1000 * max((view.color_rms_px or 0.0 for view in used), default=np.nan),
        "views_used": float(len(used)),
        "views_rejected": 100 * (len(result.views) - len(used)) / max(len(result.views), 1),
        "coverage": coverage_percent(result),
    }
    return measures | _intervals(result) | _depth(result)


def verify_measures(result: VerifyResult, color_width: int) -> dict[str, float]:
    """Measures of the ``verify`` section of the limits; what was not measured is left out."""
    per_1000 = 1000 / color_width
    millimetres = 1000 * float(np.median([view.distance_m for view in result.views])) if result.views else np.nan
    measures = {
        "reprojection": result.reprojection_rms_px * per_1000,
        "focal_deviation": result.focal_error_percent,
        "edge_error": _times(result.edge_error_px, per_1000),
        "depth_bias": _times(result.depth_bias_mm, 100 / millimetres),
        "fill_rate": result.fill_rate_percent,
        "z_accuracy": result.z_accuracy_percent,
        "spatial_noise": _times(result.spatial_noise_mm, 100 / millimetres),
        "temporal_noise": _times(result.temporal_noise_mm, 100 / millimetres),
        "findings": float(len(result.findings)),
    }
    return {name: float(value) for name, value in measures.items() if value is not None}


def coverage_percent(result: SolveResult) -> float:
    """Share of the colour picture's cells in which a corner was used."""
    width, height = result.calibration.color.width, result.calibration.color.height
    seen = np.zeros(GRID[::-1], dtype=bool)
    for residuals in result.residuals:
        if residuals.camera == "color":
            cells = (residuals.pixels[residuals.kept] + 0.5) / (width, height) * GRID
            column, row = np.clip(cells.astype(int), 0, np.array(GRID) - 1).T
            seen[row, column] = True
    return 100 * float(seen.mean())


def _intervals(result: SolveResult) -> dict[str, float]:
    sigma = {parameter.name: parameter.sigma for parameter in result.parameters}
    color = result.calibration.color
    focal = sigma.get("color.fx", sigma.get("color.f", np.nan))
    measures = {
        "focal_interval": 100 * Z_95 * focal / color.fx,
        "principal_point_interval": Z_95 * max(sigma.get("color.cx", 0), sigma.get("color.cy", 0)) * 1000 / color.width,
    }
    shifts = [sigma[f"T_color_depth.t{axis}"] for axis in "xyz" if f"T_color_depth.t{axis}" in sigma]
    turns = [sigma[f"T_color_depth.r{axis}"] for axis in "xyz" if f"T_color_depth.r{axis}" in sigma]
    if shifts:
        measures["baseline_interval"] = 1000 * Z_95 * max(shifts)
    if turns:
        measures["rotation_interval"] = float(np.rad2deg(Z_95 * max(turns)))
    return {name: float(value) for name, value in measures.items()}


def _depth(result: SolveResult) -> dict[str, float]:
    with_depth = [view.depth for view in result.inputs.views if view.depth is not None]
    if not with_depth:
        return {}
    seen = {"depth_seen": 100 * sum(len(samples) > 0 for samples in with_depth) / len(with_depth)}
    distances = [view.distance_m for view in result.views if view.used and view.distance_m]
    if result.depth is None or not distances:
        return seen
    millimetres = 1000 * float(np.median(distances))
    return seen | {
        "depth_bias": 100 * result.depth.held_out.median_mm / millimetres,
        "depth_rms": 100 * result.depth.held_out.rms_mm / millimetres,
    }


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
