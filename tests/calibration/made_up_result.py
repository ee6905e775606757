"""A solve result made up from random numbers: everything a report can show, without solving anything."""

import numpy as np

from rgbd_calibration.depth_result import DepthError, DepthReport, DepthTerm
from rgbd_calibration.result import (
    CornerResiduals,
    ModelTrial,
    ParameterEstimate,
    SolveInputs,
    SolveResult,
    TrustRegion,
    ViewReport,
)
from rgbd_calibration.views import Corners, DepthSamples, View
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady
from rgbd_seg.transform import RigidTransform

WIDTH, HEIGHT = 640, 480


def made_up_result(*, views: int = 24, noise_px: float = 0.12, with_depth: bool = True, seed: int = 0) -> SolveResult:
    """``noise_px`` is the RMS of the residuals; 0.12 passes the default limits, 1.0 fails them."""
    rng = np.random.default_rng(seed)
    pixels = rng.uniform((5, 5), (WIDTH - 5, HEIGHT - 5), (views * 40, 2))
    residuals = rng.normal(0, noise_px, pixels.shape)
    kept = rng.random(len(pixels)) > 0.02
    residuals[~kept] *= 8
    used = [number % 11 != 7 for number in range(views)]
    camera = Intrinsics(
        width=WIDTH, height=HEIGHT, fx=434.6, fy=434.7, cx=321.6, cy=239.5, distortion=BrownConrady((0.1, -0.2, 0, 0))
    )
    calibration = Calibration(color=camera, depth=camera, T_color_depth=RigidTransform.identity(), metres_per_unit=1e-4)
    return SolveResult(
        calibration=calibration,
        model="brown_conrady_4",
        depth_geometry="registered",
        color_rms_px=noise_px * 1.41,
        color_held_out_rms_px=noise_px * 1.5,
        infrared_rms_px=None,
        infrared_held_out_rms_px=None,
        board_bend_mm=(0.12, -0.31),
        parameters=tuple(
            ParameterEstimate(name=name, value=value, sigma=sigma, unit=unit)
            for name, value, sigma, unit in (
                ("color.fx", 434.6, 0.11, "px"),
                ("color.fy", 434.7, 0.11, "px"),
                ("color.cx", 321.6, 0.09, "px"),
                ("color.cy", 239.5, 0.10, "px"),
                ("color.k1", 0.1, 0.0021, ""),
                ("color.k2", -0.2, 0.0102, ""),
                ("T_color_depth.tx", -0.032, 4e-5, "m"),
                ("T_color_depth.rx", 0.0861, 3e-5, "rad"),
            )
        ),
        covariance=np.eye(8),
        models=tuple(
            ModelTrial(
                camera="color",
                model=name,
                parameters=count,
                training_rms_px=training,
                held_out_rms_px=held_out,
                held_out_sigma_px=0.004,
                chosen=name == "brown_conrady_4",
                note="",
            )
            for name, count, training, held_out in (
                ("pinhole", 4, 0.31, 0.32),
                ("brown_conrady_4", 8, 0.17, 0.18),
                ("brown_conrady_14", 18, 0.165, 0.21),
            )
        ),
        views=tuple(
            ViewReport(
                name=f"rgb_{number:04d}.png",
                used=used[number],
                reason="" if used[number] else "moved during the exposure (RMS 2.41 px, others 0.17 px)",
                corners=40,
                rejected_corners=int((~kept[number * 40 : number * 40 + 40]).sum()),
                color_rms_px=float(noise_px * rng.uniform(1.2, 1.6)),
                depth_bias_mm=float(rng.normal(1.4, 0.3)) if with_depth else None,
                depth_bias_after_mm=float(rng.normal(0, 0.2)) if with_depth else None,
                distance_m=float(rng.uniform(0.25, 0.6)),
                tilt_deg=float(rng.uniform(0, 45)),
            )
            for number in range(views)
        ),
        residuals=(
            CornerResiduals(
                camera="color",
                view=np.repeat(np.arange(views), 40).astype(np.float64),
                ids=np.tile(np.arange(40), views).astype(np.float64),
                pixels=pixels,
                residuals=residuals,
                kept=kept,
            ),
        ),
        trust=_trust(),
        depth=_depth(rng) if with_depth else None,
        warnings=("no view tilts the board beyond 45°; more tilt would fix the focal length better",),
        seconds=1.7,
        versions={"rgbd-seg": "0.1.0", "numpy": "2.4"},
        inputs=SolveInputs(
            board="charuco:10x8:0.020875:0.0104375:ARUCO_ORIGINAL:legacy",
            color_size=(HEIGHT, WIDTH),
            depth_size=(HEIGHT, WIDTH),
            metres_per_unit=1e-4,
            depth_geometry="registered",
            views=(
                View(
                    name="rgb_0000.png",
                    color=Corners(ids=np.arange(4), pixels=pixels[:4]),
                    depth=DepthSamples(pixels=pixels[:4], metres=np.full(4, 0.4)),
                ),
            ),
        ),
    )


def _trust() -> TrustRegion:
    v, u = np.mgrid[-1:1:24j, -1:1:32j]
    radius = np.hypot(u, v)
    angle = np.linspace(0, 2 * np.pi, 40)
    return TrustRegion(
        sigma_px=(0.02 + 0.1 * radius**4).astype(np.float32),
        trusted=radius < 1.15,
        limit_px=0.2,
        polygon=np.stack([320 + 310 * np.cos(angle), 240 + 230 * np.sin(angle)], axis=-1),
    )


def _depth(rng: np.random.Generator) -> DepthReport:
    v, u = np.mgrid[-1:1:24j, -1:1:32j]
    before = (1.4 + 0.8 * u - 0.4 * v + rng.normal(0, 0.1, u.shape)).astype(np.float32)
    before[0, :3] = np.nan
    distance = np.linspace(0.25, 0.6, 15)
    return DepthReport(
        samples=120_000,
        near_m=0.25,
        far_m=0.6,
        before=DepthError(median_mm=1.38, rms_mm=1.9, spread_mm=0.9),
        after=DepthError(median_mm=0.01, rms_mm=0.8, spread_mm=0.7),
        held_out=DepthError(median_mm=0.05, rms_mm=0.9, spread_mm=0.7),
        terms=(
            DepthTerm(name="scale_offset", held_out_rms_before_mm=1.9, held_out_rms_after_mm=1.1, kept=True),
            DepthTerm(name="wiggling", held_out_rms_before_mm=1.1, held_out_rms_after_mm=1.12, kept=False),
            DepthTerm(
                name="temperature",
                held_out_rms_before_mm=float("nan"),
                held_out_rms_after_mm=float("nan"),
                kept=False,
                note="no temperatures given",
            ),
        ),
        bias_before_mm=before,
        bias_after_mm=(before - 1.4 - 0.8 * u + 0.4 * v).astype(np.float32),
        correction_mm=(-1.4 - 0.8 * u + 0.4 * v).astype(np.float32),
        distance_m=distance,
        distance_bias_before_mm=1.4 + 2 * (distance - 0.4) + rng.normal(0, 0.1, 15),
        distance_bias_after_mm=rng.normal(0, 0.1, 15),
    )
