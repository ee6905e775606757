"""Depth before and after correction, as numbers and as maps."""

import itertools

import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.depth_fit import DepthData
from rgbd_calibration.depth_result import DepthError, DepthReport, DepthTerm
from rgbd_calibration.depth_sampling import surface_depth
from rgbd_calibration.views import View
from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.camera import Intrinsics
from rgbd_seg.depth_correction import DepthCorrection
from rgbd_seg.transform import RigidTransform

_MAP_ROWS = 12
_FEWEST = 5  # samples of a cell
_BINS = 12


def depth_data(
    views: list[View], poses: dict[int, RigidTransform], board: Board, bend: Float64 | None, depth: Intrinsics
) -> DepthData:
    """Measured against true depth on the board.

    Args:
        poses: ``T_depth_board`` of each view to be used.
        bend: (2,) bow of the board, metres; None for flat.
    """
    index, pixels, measured, truth, temperature = [], [], [], [], []
    for view, pose in poses.items():
        samples = views[view].depth
        if samples is None or not len(samples):
            continue
        expected = surface_depth(depth, pose, board, bend, samples.pixels)
        good = np.isfinite(expected)
        index.append(np.full(int(good.sum()), view))
        pixels.append(samples.pixels[good])
        measured.append(samples.metres[good])
        truth.append(expected[good])
        warm = views[view].temperature
        temperature.append(np.full(int(good.sum()), np.nan if warm is None else warm))
    return DepthData(
        view=np.concatenate([np.empty(0, dtype=np.int64), *index]),
        pixels=np.concatenate([np.empty((0, 2)), *pixels]),
        measured=np.concatenate([np.empty(0), *measured]),
        truth=np.concatenate([np.empty(0), *truth]),
        temperature=np.concatenate([np.empty(0), *temperature]),
    )


def depth_report(
    data: DepthData,
    size: tuple[int, int],
    correction: DepthCorrection | None,
    terms: tuple[DepthTerm, ...],
    held_out: Float64,
) -> DepthReport:
    """Numbers and maps; ``held_out`` (n,) are residuals of views that the correction was not fitted to."""
    before = data.measured - data.truth
    after = corrected(data, correction) - data.truth
    edges = np.linspace(data.truth.min(), data.truth.max() + 1e-9, _BINS + 1)
    bins = [(data.truth >= a) & (data.truth < b) for a, b in itertools.pairwise(edges)]
    return DepthReport(
        samples=len(data),
        near_m=float(data.measured.min()),
        far_m=float(data.measured.max()),
        before=depth_error(before),
        after=depth_error(after),
        held_out=depth_error(held_out),
        terms=terms,
        bias_before_mm=_cells(data, before, size),
        bias_after_mm=_cells(data, after, size),
        correction_mm=_shift(correction, size, float(np.median(data.measured))),
        distance_m=(edges[:-1] + edges[1:]) / 2,
        distance_bias_before_mm=np.array([_middle(before, chosen) for chosen in bins]),
        distance_bias_after_mm=np.array([_middle(after, chosen) for chosen in bins]),
    )


def corrected(data: DepthData, correction: DepthCorrection | None) -> Float64:
    """(n,) corrected measurements, metres."""
    if correction is None:
        return data.measured
    known = np.isfinite(data.temperature)
    temperature = np.where(known, data.temperature, correction.reference_temperature)
    return correction.corrected_metres(data.measured, data.pixels, temperature)


def depth_error(residual: Float64) -> DepthError:
    """Median, RMS and robust spread of residuals in metres."""
    middle = float(np.median(residual))
    return DepthError(
        median_mm=1e3 * middle,
        rms_mm=1e3 * float(np.sqrt(np.mean(residual**2))),
        spread_mm=1e3 * 1.4826 * float(np.median(np.abs(residual - middle))),
    )


def _middle(residual: Float64, chosen: Bool) -> float:
    return 1e3 * float(np.median(residual[chosen])) if chosen.sum() >= _FEWEST else float("nan")


def _shape(size: tuple[int, int]) -> tuple[int, int]:
    return _MAP_ROWS, max(1, round(_MAP_ROWS * size[1] / size[0]))


def _cells(data: DepthData, residual: Float64, size: tuple[int, int]) -> Float32:
    rows, columns = _shape(size)
    row = np.minimum(((data.pixels[:, 1] + 0.5) / size[0] * rows).astype(int), rows - 1)
    column = np.minimum(((data.pixels[:, 0] + 0.5) / size[1] * columns).astype(int), columns - 1)
    cell = row * columns + column
    values = [_middle(residual, cell == index) for index in range(rows * columns)]
    return np.array(values, dtype=np.float32).reshape(rows, columns)


def _shift(correction: DepthCorrection | None, size: tuple[int, int], distance: float) -> Float32:
    rows, columns = _shape(size)
    if correction is None:
        return np.zeros((rows, columns), dtype=np.float32)
    u, v = np.meshgrid((np.arange(columns) + 0.5) * size[1] / columns, (np.arange(rows) + 0.5) * size[0] / rows)
    pixels = np.column_stack([u.ravel(), v.ravel()]) - 0.5
    shift = correction.corrected_metres(np.full(len(pixels), distance), pixels) - distance
    return np.asarray(1e3 * shift, dtype=np.float32).reshape(rows, columns)
