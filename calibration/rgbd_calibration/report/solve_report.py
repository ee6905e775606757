"""The report of a solve."""

import math
from pathlib import Path

from scipy.spatial.transform import Rotation

from rgbd_calibration.measures import Z_95
from rgbd_calibration.report import figures, page
from rgbd_calibration.report.tables import fixed, limits_table, number, run_facts, sources_table
from rgbd_calibration.result import SolveResult
from rgbd_calibration.run_info import RunInfo
from rgbd_calibration.verdict import Verdict
from rgbd_seg import atomic

_GEOMETRY = {
    "registered": "depth registered to colour by the camera",
    "planes": "depth tied to colour by the board's planes",
    "infrared": "depth camera's infrared picture",
    "none": "no depth",
}


def write_solve_report(path: Path, result: SolveResult, verdict: Verdict, info: RunInfo) -> None:
    """Write the report, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    atomic.write_bytes(Path(path), solve_report(result, verdict, info).encode())


def solve_report(result: SolveResult, verdict: Verdict, info: RunInfo) -> str:
    """The report of a solve as one HTML file."""
    camera = result.calibration.color
    used = sum(view.used for view in result.views)
    subtitle = (
        f"{camera.width}×{camera.height} colour, board {result.inputs.board}, {used} of {len(result.views)} views"
    )
    body = [
        page.header("RGB-D calibration", subtitle, verdict.outcome.value),
        page.facts([*run_facts(info), ("solved in", f"{result.seconds:.1f} s")]),
        page.notes(verdict.reasons),
        page.notes(result.warnings, mild=True),
        page.heading("Limits"),
        limits_table(verdict),
        page.heading("What was solved"),
        page.facts(_summary(result)),
        page.figures([_view_errors(result)]),
        page.heading("Colour camera", new_page=True),
        page.figures(_color_figures(result)),
    ]
    body += _infrared(result)
    body += _depth(result)
    body += [
        page.heading("Parameters", new_page=True),
        _parameters(result),
        page.heading("Lens models tried"),
        _models(result),
        page.heading("Views"),
        _views(result),
        page.heading("Where the limits come from"),
        sources_table(verdict),
        page.footer(
            f"Inputs SHA-256 {info.inputs_sha256}. {_versions(result)}. "
            "The inputs are kept in result.json, from which this can be solved again."
        ),
    ]
    return page.page(f"Calibration {info.serial}", [part for part in body if part])


def _summary(result: SolveResult) -> list[tuple[str, str]]:
    calibration = result.calibration
    translation = 1000 * calibration.T_color_depth.translation
    bend = result.board_bend_mm
    return [
        ("lens model", result.model.replace("_", " ")),
        ("focal length", f"{calibration.color.fx:.3f} / {calibration.color.fy:.3f} px"),
        ("principal point", f"{calibration.color.cx:.2f}, {calibration.color.cy:.2f} px"),
        ("RMS error", f"{result.color_rms_px:.3f} px (held out {result.color_held_out_rms_px:.3f})"),
        ("depth", _GEOMETRY.get(result.depth_geometry, result.depth_geometry)),
        ("depth to colour", ", ".join(number(float(value), 3) for value in translation) + " mm"),
        ("unit of raw depth", f"{calibration.metres_per_unit:g} m"),
        ("bend of the board", "held flat" if bend is None else f"{bend[0]:+.2f}, {bend[1]:+.2f} mm"),
    ]


def _view_errors(result: SolveResult) -> str:
    caption = "RMS of the corners used; crosses: views rejected."
    return page.figure(figures.view_errors(result), "Error of every view", caption, wide=True)


def _color_figures(result: SolveResult) -> list[str]:
    camera = result.calibration.color
    parts = [
        page.figure(
            figures.coverage(result),
            "Coverage",
            "Corners used (blue), rejected (red crosses), their hull (green); shaded: do not trust the result there.",
        ),
        page.figure(
            figures.uncertainty(result),
            "Uncertainty",
            "1 σ of where a point in space appears, from the covariance of all parameters.",
        ),
    ]
    for residuals in result.residuals:
        if residuals.camera == "color":
            arrows, magnified = figures.residual_arrows(residuals, camera.width, camera.height)
            caption = f"Found minus predicted, magnified {magnified:g} times; a pattern means a missing lens term."
            parts.append(page.figure(arrows, "Residuals", caption))
            histogram = figures.residual_histogram(residuals)
            parts.append(page.figure(histogram, "Histogram of residuals", "Both components; tails mean outliers."))
    parts.append(
        page.figure(figures.poses(result), "Board poses", "Tilted views at several distances fix the focal length.")
    )
    return parts


def _infrared(result: SolveResult) -> list[str]:
    camera = result.calibration.depth
    parts = []
    for residuals in result.residuals:
        if residuals.camera != "color":
            arrows, magnified = figures.residual_arrows(residuals, camera.width, camera.height)
            parts.append(page.figure(arrows, "Residuals", f"Found minus predicted, magnified {magnified:g} times."))
            histogram = figures.residual_histogram(residuals)
            parts.append(page.figure(histogram, "Histogram of residuals", "Both components."))
    return [page.heading("Infrared picture of the depth camera"), page.figures(parts)] if parts else []


def _depth(result: SolveResult) -> list[str]:
    depth = result.depth
    if depth is None:
        return []
    width, height = result.calibration.depth.width, result.calibration.depth.height
    limit = figures.map_limit(depth.bias_before_mm, depth.bias_after_mm)
    correction = 1.25 * figures.map_limit(depth.correction_mm)
    maps = (
        (depth.bias_before_mm, limit, "Bias before", "Median of measured minus board plane; grey: not seen."),
        (depth.bias_after_mm, limit, "Bias after correction", "The same scale as before."),
        (depth.correction_mm, correction, "Correction", "What is added to depth at the median distance."),
    )
    parts = [
        page.figure(
            figures.bias_by_distance(depth),
            "Bias by distance",
            f"Median of measured minus board plane; known from {depth.near_m:.2f} to {depth.far_m:.2f} m.",
        )
    ]
    parts += [
        page.figure(figures.depth_map(values, scale, width, height, name), name, caption)
        for values, scale, name, caption in maps
    ]
    rows = [
        [name, fixed(error.median_mm, 2), fixed(error.rms_mm, 2), fixed(error.spread_mm, 2)]
        for name, error in (
            ("before correction", depth.before),
            ("after, on the same views", depth.after),
            ("after, on views held out", depth.held_out),
        )
    ]
    terms = [
        [
            term.name.replace("_", " "),
            fixed(term.held_out_rms_before_mm, 3),
            fixed(term.held_out_rms_after_mm, 3),
            "kept" if term.kept else "left out",
            term.note,
        ]
        for term in depth.terms
    ]
    return [
        page.heading("Depth", new_page=True),
        page.table(["measured minus board plane", "median, mm", "RMS, mm", "spread, mm"], rows, numbers=(1, 2, 3)),
        page.figures(parts),
        page.heading("Terms of the depth correction"),
        page.table(["term", "held-out RMS without, mm", "with, mm", "decision", "note"], terms, numbers=(1, 2)),
    ]


def _parameters(result: SolveResult) -> str:
    rows = []
    # The solver states a rotation's uncertainty about the solution itself, where its own value is zero.
    turn = Rotation.from_matrix(result.calibration.T_color_depth.rotation).as_rotvec()
    turns = {f"T_color_depth.r{axis}": float(angle) for axis, angle in zip("xyz", turn, strict=True)}
    for parameter in result.parameters:
        value = turns.get(parameter.name, parameter.value)
        scale, unit = {"m": (1000.0, "mm"), "rad": (math.degrees(1), "°")}.get(parameter.unit, (1.0, parameter.unit))
        half = Z_95 * parameter.sigma * scale
        digits = max(0, 1 - math.floor(math.log10(half))) if half > 0 and math.isfinite(half) else 4
        digits = min(digits, 8)
        rows.append([parameter.name, f"{value * scale:.{digits}f}".replace("-", "−"), f"± {half:.{digits}f}", unit])
    return page.table(["parameter", "value", "95 % interval", "unit"], rows, numbers=(1, 2))


def _models(result: SolveResult) -> str:
    rows = [
        [
            trial.camera,
            trial.model.replace("_", " "),
            str(trial.parameters),
            fixed(trial.training_rms_px, 4),
            fixed(trial.held_out_rms_px, 4),
            fixed(trial.held_out_sigma_px, 4),
            "chosen" if trial.chosen else "",
            trial.note,
        ]
        for trial in result.models
    ]
    columns = ["camera", "model", "terms", "training RMS, px", "held-out RMS, px", "± (1 σ)", "", "note"]
    return page.table(columns, rows, numbers=(2, 3, 4, 5))


def _views(result: SolveResult) -> str:
    rows = [
        [
            view.name,
            "used" if view.used else "rejected",
            f"{view.corners}" + (f" (−{view.rejected_corners})" if view.rejected_corners else ""),
            fixed(view.color_rms_px, 3),
            fixed(view.distance_m, 3),
            fixed(view.tilt_deg, 1),
            fixed(view.depth_bias_mm, 2),
            fixed(view.depth_bias_after_mm, 2),
            view.reason,
        ]
        for view in result.views
    ]
    columns = ["view", "", "corners", "RMS, px", "distance, m", "tilt, °", "depth bias, mm", "after", "reason"]
    return page.table(columns, rows, numbers=(2, 3, 4, 5, 6, 7))


def _versions(result: SolveResult) -> str:
    return ", ".join(f"{name} {version}" for name, version in result.versions.items())
