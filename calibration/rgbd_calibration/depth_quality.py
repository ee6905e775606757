"""Depth quality on a flat surface: fill rate, Z-accuracy, spatial and temporal noise.

Definitions as RealSense's depth quality tool states them ("Intel RealSense Depth Testing Methodology"); Orbbec and
Basler publish nearly the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import FrameError

_ROUNDS = 5
_OUTLIER = 3.0  # robust σ
_FEWEST = 20  # pixels


@dataclass(frozen=True, kw_only=True)
class DepthQuality:
    """Figures of one region of interest; NaN where too little was measured to tell."""

    fill_rate_percent: float  # pixels with a measurement
    z_accuracy_percent: float  # signed median of measured minus true plane, in percent of the range
    bias_mm: float  # the same in millimetres
    spatial_noise_mm: float  # RMS about the plane fitted to the measurements
    temporal_noise_mm: float  # median over pixels of the standard deviation over frames


def depth_quality(
    frames: Sequence[Float32], roi: Bool, camera: Intrinsics, truth: Float64 | None = None
) -> DepthQuality:
    """The figures of a flat surface seen in ``roi``.

    Args:
        frames: one or more (h, w) z-depths in metres of the unmoved scene, NaN = not measured.
        roi: (h, w) True where the surface is.
        camera: intrinsics of the depth picture.
        truth: (h, w) the surface's true z-depth in metres; without, Z-accuracy is unknown.
    Raises:
        FrameError: no frame, or the sizes differ.
    """
    if not frames or any(frame.shape != roi.shape for frame in frames) or roi.shape != camera.size:
        shapes = sorted({frame.shape for frame in frames})
        raise FrameError(f"frames are {shapes}, roi {roi.shape}, camera {camera.size}; expected one common size")
    count = int(roi.sum())
    values = np.stack([frame[roi] for frame in frames]).astype(np.float64) if count else np.empty((len(frames), 0))
    measured = np.isfinite(values)
    v, u = np.nonzero(roi)
    pixels = np.column_stack([u, v]).astype(np.float64)
    bias, accuracy = _accuracy(values, measured, None if truth is None else truth[roi])
    return DepthQuality(
        fill_rate_percent=100 * float(measured.mean()) if count else float("nan"),
        z_accuracy_percent=accuracy,
        bias_mm=bias,
        spatial_noise_mm=float(np.mean([1e3 * _spatial(row, pixels, camera) for row in values])),
        temporal_noise_mm=1e3 * _temporal(values, measured),
    )


def _accuracy(values: Float64, measured: Bool, truth: Float64 | None) -> tuple[float, float]:
    if truth is None or measured.sum() < _FEWEST:
        return float("nan"), float("nan")
    error = (values - truth)[measured]
    error = error[np.isfinite(error)]
    if not len(error):
        return float("nan"), float("nan")
    bias = float(np.median(error))
    return 1e3 * bias, 100 * bias / float(np.nanmedian(np.broadcast_to(truth, values.shape)[measured]))


def _spatial(values: Float64, pixels: Float64, camera: Intrinsics) -> float:
    """RMS distance along z from the plane fitted to the measurements, strays left out; metres.

    A plane is linear in inverse depth over ideal image coordinates: 1/z = a x + b y + c.
    """
    xy, valid = camera.rays(pixels)
    good = np.isfinite(values) & valid
    if good.sum() < _FEWEST:
        return float("nan")
    matrix, z = np.column_stack([xy[good], np.ones(good.sum())]), values[good]
    keep = np.ones(len(z), dtype=bool)
    residual = np.zeros(len(z))
    for _ in range(_ROUNDS):
        # Weighted by z², so that residuals of inverse depth stand for residuals of depth.
        weight = z[keep] ** 2
        plane = np.linalg.lstsq(matrix[keep] * weight[:, None], weight / z[keep], rcond=None)[0]
        residual = z - 1 / (matrix @ plane)
        spread = 1.4826 * float(np.median(np.abs(residual))) + 1e-9
        again = np.abs(residual) < _OUTLIER * 1.5 * spread
        if (again == keep).all():
            break
        keep = again
    return float(np.sqrt(np.mean(residual[keep] ** 2)))


def _temporal(values: Float64, measured: Bool) -> float:
    if len(values) < 2:
        return float("nan")
    enough = measured.sum(axis=0) >= 2
    if not enough.any():
        return float("nan")
    chosen = np.where(measured[:, enough], values[:, enough], np.nan)
    return float(np.median(np.nanstd(chosen, axis=0, ddof=1)))
