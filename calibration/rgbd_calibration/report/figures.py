"""The report's drawings, each from one part of a result."""

import numpy as np

from rgbd_calibration.depth_result import DepthReport
from rgbd_calibration.report.colors import BLUE, GRAY, GREEN, ORANGE, RED, diverging, sequential
from rgbd_calibration.report.svg import Plot
from rgbd_calibration.result import CornerResiduals, SolveResult
from rgbd_seg.arrays import Float32, Float64

_ARROW_PIXELS = 0.03  # of the picture's width: how long a typical large residual is drawn
_BAR_ROOM = 72.0


def coverage(result: SolveResult) -> str:
    """Used and rejected corners over the colour picture; the region not to be trusted is shaded."""
    camera = result.calibration.color
    plot = _picture_plot(camera.width, camera.height)
    shade = np.where(result.trust.trusted[..., None], 255, np.array([240, 224, 205])).astype(np.uint8)
    plot.picture(shade, (-0.5, -0.5, camera.width - 0.5, camera.height - 0.5))
    for residuals in result.residuals:
        if residuals.camera == "color":
            plot.points(residuals.pixels[residuals.kept], BLUE, size=2.6, opacity=0.55)
            plot.crosses(residuals.pixels[~residuals.kept], RED)
    plot.line(result.trust.polygon, GREEN, width=1.4, dash="6 3", closed=True)
    return plot.svg("Coverage of the colour picture")


def uncertainty(result: SolveResult) -> str:
    """How far a projected point is uncertain over the colour picture."""
    camera, sigma = result.calibration.color, result.trust.sigma_px
    plot = _picture_plot(camera.width, camera.height, right=_BAR_ROOM)
    finite = sigma[np.isfinite(sigma)]
    limit = max(float(np.percentile(finite, 95)) if len(finite) else 1.0, 1e-9)
    picture = sequential(sigma.astype(np.float64), limit)
    plot.picture(picture, (-0.5, -0.5, camera.width - 0.5, camera.height - 0.5))
    plot.color_bar(sequential(np.linspace(0, limit, 64)[:, None], limit), "0", f"{limit:.2g}", "px (1 σ)")
    return plot.svg("Uncertainty of a projected point")


def residual_arrows(residuals: CornerResiduals, width: int, height: int) -> tuple[str, float]:
    """Residuals as arrows at their corners, and by how much they are magnified."""
    kept = residuals.residuals[residuals.kept]
    length = np.hypot(kept[:, 0], kept[:, 1])
    typical = float(np.percentile(length, 95)) if len(length) else 1.0
    magnified = _round_down(_ARROW_PIXELS * width / max(typical, 1e-9))
    plot = _picture_plot(width, height)
    plot.arrows(residuals.pixels[residuals.kept], magnified * kept, BLUE)
    return plot.svg(f"Residuals of the {residuals.camera} picture"), magnified


def residual_histogram(residuals: CornerResiduals) -> str:
    """Both components of the residuals, with the normal curve of the same spread."""
    values = residuals.residuals[residuals.kept].ravel()
    sigma = float(np.std(values)) if len(values) else 1.0
    limit = max(4 * sigma, 1e-6)
    counts, edges = np.histogram(np.clip(values, -limit, limit), bins=41, range=(-limit, limit))
    grid = np.linspace(-limit, limit, 161)
    normal = len(values) * (edges[1] - edges[0]) * np.exp(-0.5 * (grid / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    top = 1.08 * max(float(counts.max(initial=1)), float(normal.max(initial=1)))
    plot = Plot(x=(-limit, limit), y=(0, top), x_label="residual, px (x and y)", y_label="corners")
    plot.bars(edges[:-1], edges[1:], counts, BLUE, opacity=0.75)
    plot.line(np.stack([grid, normal], axis=-1), ORANGE)
    plot.legend([("found", BLUE), (f"normal, σ = {sigma:.3f} px", ORANGE)])
    return plot.svg(f"Histogram of the {residuals.camera} residuals")


def view_errors(result: SolveResult) -> str:
    """RMS error of every view in order; rejected views are marked below the axis."""
    errors = np.array([view.color_rms_px if view.color_rms_px is not None else np.nan for view in result.views])
    used = np.array([view.used for view in result.views])
    number = np.arange(1, len(errors) + 1)
    top = 1.15 * float(np.nanmax(np.where(used, errors, np.nan), initial=result.color_rms_px))
    plot = Plot(x=(0.3, len(errors) + 0.7), y=(0, top), x_label="view", y_label="RMS error, px", width=820, height=190)
    shown = used & np.isfinite(errors)
    plot.bars(number[shown] - 0.4, number[shown] + 0.4, errors[shown], BLUE, opacity=0.85)
    plot.crosses(np.stack([number[~used], np.full((~used).sum(), 0.05 * top)], axis=-1), RED)
    plot.level(result.color_held_out_rms_px, ORANGE, f"held-out {result.color_held_out_rms_px:.3f} px")
    return plot.svg("Error of every view")


def poses(result: SolveResult) -> str:
    """Distance and tilt of the board in every view."""
    views = [view for view in result.views if view.distance_m is not None and view.tilt_deg is not None]
    data = np.array([(view.distance_m, view.tilt_deg) for view in views], dtype=np.float64).reshape(-1, 2)
    used = np.array([view.used for view in views], dtype=bool)
    far = 1.1 * float(data[:, 0].max(initial=0.1))
    tilt = max(50.0, 1.1 * float(data[:, 1].max(initial=0)))
    plot = Plot(x=(0, far), y=(0, tilt), x_label="distance, m", y_label="tilt, °")
    plot.points(data[used], BLUE, size=6, opacity=0.7)
    plot.crosses(data[~used], RED)
    return plot.svg("Distance and tilt of the board")


def bias_by_distance(depth: DepthReport) -> str:
    """Median depth error by distance, before and after correction."""
    before, after = depth.distance_bias_before_mm, depth.distance_bias_after_mm
    both = np.concatenate([before, after, [0.0]])
    low, high = float(np.nanmin(both)), float(np.nanmax(both))
    room = max(0.15 * (high - low), 0.1)
    plot = Plot(
        x=(float(depth.distance_m.min()), float(depth.distance_m.max())),
        y=(low - room, high + 2 * room),
        x_label="distance, m",
        y_label="measured − board, mm",
    )
    plot.level(0.0, GRAY)
    for values, color in ((before, ORANGE), (after, BLUE)):
        line = np.stack([depth.distance_m, values], axis=-1)
        plot.line(line, color)
        plot.points(line, color, size=5)
    plot.legend([("before", ORANGE), ("after correction", BLUE)])
    return plot.svg("Depth bias by distance")


def depth_map(values_mm: Float32, limit_mm: float, width: int, height: int, title: str) -> str:
    """A map over the depth picture in millimetres, white at zero."""
    plot = _picture_plot(width, height, right=_BAR_ROOM)
    plot.picture(diverging(values_mm.astype(np.float64), limit_mm), (-0.5, -0.5, width - 0.5, height - 0.5))
    strip = diverging(np.linspace(-limit_mm, limit_mm, 64)[:, None], limit_mm)
    plot.color_bar(strip, f"−{limit_mm:.2g}", f"+{limit_mm:.2g}", "mm")
    return plot.svg(title)


def map_limit(*maps: Float32) -> float:
    """One colour scale for several maps: nearly all of their values lie within."""
    values: Float64 = np.abs(np.concatenate([m[np.isfinite(m)] for m in maps])).astype(np.float64)
    return max(float(np.percentile(values, 97)), 0.1) if len(values) else 1.0


def _picture_plot(width: int, height: int, *, right: float = 12.0) -> Plot:
    return Plot(
        x=(-0.5, width - 0.5),
        y=(-0.5, height - 0.5),
        x_label="u, px",
        y_label="v, px",
        equal=True,
        y_down=True,
        right=right,
    )


def _round_down(value: float) -> float:
    power = 10.0 ** np.floor(np.log10(value))
    return float(power * max(step for step in (1, 2, 5) if step * power <= value * 1.0001))
