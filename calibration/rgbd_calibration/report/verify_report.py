"""The report of a check."""

from pathlib import Path

from rgbd_calibration.report import page
from rgbd_calibration.report.tables import fixed, limits_table, number, run_facts, sources_table
from rgbd_calibration.run_info import RunInfo
from rgbd_calibration.verdict import Verdict
from rgbd_calibration.verify_result import VerifyResult
from rgbd_seg import atomic
from rgbd_seg.calibration import Calibration


def write_verify_report(
    path: Path, result: VerifyResult, calibration: Calibration, verdict: Verdict, info: RunInfo
) -> None:
    """Write the report, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    atomic.write_bytes(Path(path), verify_report(result, calibration, verdict, info).encode())


def verify_report(result: VerifyResult, calibration: Calibration, verdict: Verdict, info: RunInfo) -> str:
    """The report of a check as one HTML file."""
    camera = calibration.color
    subtitle = (
        f"{camera.width}×{camera.height} colour, {len(result.views)} views, is the stored calibration still true?"
    )
    body = [
        page.header("RGB-D calibration check", subtitle, verdict.outcome.value),
        page.facts([*run_facts(info), ("checked in", f"{result.seconds:.1f} s")]),
        # The finding itself says more than the limit on how many there may be.
        page.notes([*result.findings, *(reason for reason in verdict.reasons if not reason.startswith("findings "))]),
        page.heading("Limits"),
        limits_table(verdict),
        page.heading("What was measured"),
        page.facts(_figures(result, calibration)),
        page.heading("Views"),
        _views(result),
        page.heading("Where the limits come from"),
        sources_table(verdict),
        page.footer(f"Inputs SHA-256 {info.inputs_sha256}."),
    ]
    return page.page(f"Check {info.serial}", [part for part in body if part])


def _figures(result: VerifyResult, calibration: Calibration) -> list[tuple[str, str]]:
    return [
        ("stored focal length", f"{calibration.color.fx:.3f} / {calibration.color.fy:.3f} px"),
        ("seen / stored − 1", _focal(result)),
        ("the same by depth", _with_unit(result.depth_focal_error_percent, 2, "%")),
        ("reprojection error", _with_unit(result.reprojection_rms_px, 3, "px")),
        ("colour–depth edge error", _with_unit(result.edge_error_px, 2, "px")),
        ("depth bias", _with_unit(result.depth_bias_mm, 2, "mm")),
        ("fill rate", _with_unit(result.fill_rate_percent, 1, "%")),
        ("Z-accuracy", _with_unit(result.z_accuracy_percent, 2, "%")),
        ("spatial noise", _with_unit(result.spatial_noise_mm, 2, "mm")),
        ("temporal noise", _with_unit(result.temporal_noise_mm, 2, "mm")),
    ]


def _focal(result: VerifyResult) -> str:
    if result.focal_error_percent is None or result.focal_sigma_percent is None:
        return "these views cannot tell"
    return f"{fixed(result.focal_error_percent, 2)} ± {1.96 * result.focal_sigma_percent:.2f} %"


def _views(result: VerifyResult) -> str:
    rows = [
        [
            view.name,
            str(view.corners),
            fixed(view.reprojection_rms_px, 3),
            fixed(view.edge_error_px, 2),
            fixed(view.depth_bias_mm, 2),
            fixed(view.fill_rate_percent, 1),
            fixed(view.z_accuracy_percent, 2),
            fixed(view.spatial_noise_mm, 2),
            number(view.distance_m, 3),
            fixed(view.tilt_deg, 1),
        ]
        for view in result.views
    ]
    columns = [
        *("view", "corners", "RMS, px", "edge error, px", "depth bias, mm", "fill, %"),
        *("Z-accuracy, %", "noise, mm", "distance, m", "tilt, °"),
    ]
    return page.table(columns, rows, numbers=tuple(range(1, 10)))


def _with_unit(value: float | None, decimals: int, unit: str) -> str:
    return "–" if value is None else f"{fixed(value, decimals)} {unit}"
