"""What became of each view and each corner."""

from collections.abc import Sequence

import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.bundle import State
from rgbd_calibration.depth_fit import DepthData
from rgbd_calibration.depth_report import corrected, depth_error
from rgbd_calibration.depth_solve import RigSolution
from rgbd_calibration.observations import CornerSet
from rgbd_calibration.outliers import pixel_errors
from rgbd_calibration.result import CornerResiduals, ViewReport
from rgbd_calibration.views import View
from rgbd_seg.arrays import Bool, Float64
from rgbd_seg.depth_correction import DepthCorrection
from rgbd_seg.transform import RigidTransform


def corner_residuals(rig: RigSolution, state: State) -> tuple[CornerResiduals, ...]:
    """Colour's residuals, then infrared's if there are any."""
    color, infrared = pixel_errors(rig.everything, state)
    result = [_residuals("color", rig.everything.color, color, rig.cleaned.color_kept)]
    if rig.everything.infrared is not None and infrared is not None and rig.cleaned.infrared_kept is not None:
        result.append(_residuals("infrared", rig.everything.infrared, infrared, rig.cleaned.infrared_kept))
    return tuple(result)


def view_reports(
    views: Sequence[View],
    rig: RigSolution,
    poses: dict[int, RigidTransform],
    residuals: Sequence[CornerResiduals],
    data: DepthData,
    correction: DepthCorrection | None,
    board: Board,
) -> tuple[ViewReport, ...]:
    """One report for each view, used or not."""
    before, after = data.measured - data.truth, corrected(data, correction) - data.truth
    reports = []
    for index, view in enumerate(views):
        if index not in poses:
            reports.append(
                ViewReport(
                    name=view.name,
                    used=False,
                    reason=rig.rejected.get(index, ""),
                    corners=len(view.color),
                    temperature_c=view.temperature,
                )
            )
            continue
        own = data.view == index
        first = depth_error(before[own]) if own.any() else None
        second = depth_error(after[own]) if own.any() else None
        pose, middle = poses[index], poses[index].apply(board.center())
        color = residuals[0]
        reports.append(
            ViewReport(
                name=view.name,
                used=True,
                corners=len(view.color),
                rejected_corners=int(np.sum(~color.kept[color.view == index])),
                color_rms_px=_rms(color, index),
                infrared_rms_px=_rms(residuals[1], index) if len(residuals) > 1 else None,
                depth_bias_mm=first.median_mm if first else None,
                depth_rms_mm=first.rms_mm if first else None,
                depth_bias_after_mm=second.median_mm if second else None,
                depth_rms_after_mm=second.rms_mm if second else None,
                distance_m=float(middle[2]),
                tilt_deg=float(np.rad2deg(np.arccos(np.clip(pose.rotation[2, 2], -1, 1)))),
                temperature_c=view.temperature,
                T_color_board=pose,
            )
        )
    return tuple(reports)


def _residuals(camera: str, corners: CornerSet, errors: Float64, kept: Bool) -> CornerResiduals:
    return CornerResiduals(
        camera=camera,
        view=corners.view.astype(np.float64),
        ids=corners.ids.astype(np.float64),
        pixels=corners.pixels,
        residuals=errors,
        kept=kept,
    )


def _rms(residuals: CornerResiduals, view: int) -> float | None:
    own = residuals.residuals[(residuals.view == view) & residuals.kept]
    return float(np.sqrt((own**2).sum(axis=1).mean())) if len(own) else None
