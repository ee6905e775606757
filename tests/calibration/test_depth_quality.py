"""Golden figures of the depth-quality definitions, on planes made to order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_calibration.depth_quality import depth_quality
from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import FrameError

CAMERA = Intrinsics(width=160, height=120, fx=150, fy=150, cx=79.5, cy=59.5)
ROI = np.ones((120, 160), dtype=bool)


def _plane(a: float, b: float, distance: float) -> Float64:
    xy, _ = CAMERA.rays(CAMERA.pixel_grid())
    return np.asarray(distance / (1 + a * xy[..., 0] + b * xy[..., 1]))


def _frames(truth: Float64, noise: float, count: int = 1, seed: int = 0) -> list[Float32]:
    random = np.random.default_rng(seed)
    return [(truth + noise * random.normal(size=truth.shape)).astype(np.float32) for _ in range(count)]


@settings(max_examples=15, deadline=None)
@given(a=st.floats(-0.5, 0.5), b=st.floats(-0.5, 0.5), distance=st.floats(0.3, 3))
def test_a_perfect_plane_has_no_error(a: float, b: float, distance: float) -> None:
    truth = _plane(a, b, distance)
    quality = depth_quality([truth.astype(np.float32)] * 2, ROI, CAMERA, truth)
    assert quality.fill_rate_percent == 100
    assert quality.z_accuracy_percent == pytest.approx(0, abs=1e-4)
    assert quality.spatial_noise_mm == pytest.approx(0, abs=1e-3)
    assert quality.temporal_noise_mm == 0


def test_the_figures_are_what_was_put_in() -> None:
    truth = _plane(0.2, -0.1, 1.0)
    frames = _frames(truth + 0.02, 0.004, count=20)
    quality = depth_quality(frames, ROI, CAMERA, truth)
    assert quality.bias_mm == pytest.approx(20, abs=0.1)
    assert quality.z_accuracy_percent == pytest.approx(2.0, abs=0.05)
    assert quality.spatial_noise_mm == pytest.approx(4, rel=0.03)
    assert quality.temporal_noise_mm == pytest.approx(4, rel=0.05)


def test_z_accuracy_is_signed_and_a_median() -> None:
    truth = _plane(0, 0, 2.0)
    near = truth - 0.03
    near[:20] += 5.0  # a stray region must not move the median
    quality = depth_quality([near.astype(np.float32)], ROI, CAMERA, truth)
    assert quality.z_accuracy_percent == pytest.approx(-1.5, abs=1e-3)


def test_fill_rate_counts_holes_in_the_region_only() -> None:
    depth = _plane(0, 0, 1.0).astype(np.float32)
    roi = np.zeros_like(ROI)
    roi[20:60, 40:90] = True
    depth[20:30, 40:90] = np.nan
    depth[:10] = np.nan
    assert depth_quality([depth], roi, CAMERA).fill_rate_percent == pytest.approx(75)


def test_what_cannot_be_told_is_nan() -> None:
    depth = _plane(0, 0, 1.0).astype(np.float32)
    one = depth_quality([depth], ROI, CAMERA)
    assert np.isnan(one.temporal_noise_mm)
    assert np.isnan(one.z_accuracy_percent)
    nothing = depth_quality([np.full_like(depth, np.nan)] * 2, ROI, CAMERA, depth.astype(np.float64))
    assert nothing.fill_rate_percent == 0
    assert np.isnan([nothing.z_accuracy_percent, nothing.spatial_noise_mm, nothing.temporal_noise_mm]).all()
    assert np.isnan(depth_quality([depth], np.zeros_like(ROI), CAMERA).fill_rate_percent)


def test_sizes_must_agree() -> None:
    with pytest.raises(FrameError, match="one common size"):
        depth_quality([np.ones((3, 3), np.float32)], ROI, CAMERA)
    with pytest.raises(FrameError, match="one common size"):
        depth_quality([], ROI, CAMERA)
