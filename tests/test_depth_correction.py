"""The depth correction: what it adds, its file form, its speed."""

import dataclasses
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.depth_correction import DepthCorrection, spline_basis
from rgbd_seg.errors import CalibrationError, CalibrationFileError, FrameError
from rgbd_seg.transform import RigidTransform

RANDOM = np.random.default_rng(0)
FULL = DepthCorrection(
    size=(48, 64),
    scale=1.01,
    offset=0.003,
    wiggle=tuple(0.004 * RANDOM.normal(size=12)),
    wiggle_range=(0.0, 0.375),
    wiggle_periodic=True,
    surface=tuple(map(tuple, 0.002 * RANDOM.normal(size=(5, 6)))),
    temperature_coefficient=0.001,
    reference_temperature=30.0,
)
CAMERA = Intrinsics(width=64, height=48, fx=50, fy=50, cx=31.5, cy=23.5)


def _calibration(correction: DepthCorrection | None) -> Calibration:
    return Calibration(
        color=CAMERA,
        depth=CAMERA,
        T_color_depth=RigidTransform.identity(),
        metres_per_unit=0.001,
        depth_correction=correction,
    )


@settings(max_examples=30, deadline=None)
@given(position=st.lists(st.floats(-2, 3), min_size=1, max_size=20), count=st.integers(4, 20), periodic=st.booleans())
def test_spline_weights_sum_to_one(position: list[float], count: int, periodic: bool) -> None:
    basis = spline_basis(np.array(position), count, periodic=periodic)
    np.testing.assert_allclose(basis.sum(axis=1), 1.0, atol=1e-12)
    assert (basis >= -1e-15).all()


def test_a_periodic_spline_repeats_and_another_holds_its_ends() -> None:
    x = np.array([0.1, 0.4])
    np.testing.assert_allclose(spline_basis(x, 8, periodic=True), spline_basis(x + 3, 8, periodic=True), atol=1e-12)
    np.testing.assert_allclose(spline_basis(np.array([1.7]), 8), spline_basis(np.array([1.0]), 8))


@pytest.mark.parametrize("temperature", [None, 22.0])
def test_the_fast_way_is_the_exact_way(temperature: float | None) -> None:
    depth = RANDOM.uniform(0.2, 20, FULL.size).astype(np.float32)
    pixels = CAMERA.pixel_grid().reshape(-1, 2)
    exact = FULL.corrected_metres(depth.ravel().astype(np.float64), pixels, temperature).reshape(FULL.size)
    fast = FULL.apply(depth, temperature)
    near = depth < 15
    np.testing.assert_allclose(fast[near], exact[near], atol=2e-5)
    # Beyond 16 m the wiggle is held: never further off than its amplitude.
    np.testing.assert_allclose(fast[~near], exact[~near], atol=0.3)


def test_what_was_not_measured_stays_so() -> None:
    depth = np.full(FULL.size, 1.0, np.float32)
    depth[0, :4] = (np.nan, 0.0, -1.0, np.inf)
    corrected = FULL.apply(depth)
    assert np.isnan(corrected[0, :4]).all()
    assert np.isfinite(corrected[1:]).all()
    below = DepthCorrection(size=(1, 1), offset=-0.5).apply(np.array([[0.3]], np.float32))
    assert np.isnan(below).all()


def test_without_a_correction_depth_is_itself() -> None:
    depth = np.ones(CAMERA.size, np.float32)
    assert _calibration(None).correct(depth) is depth
    assert "depth_correction" not in _calibration(None).to_dict()


def test_the_file_keeps_the_correction(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    _calibration(FULL).save(path)
    loaded = Calibration.load(path)
    assert loaded.depth_correction is not None
    assert loaded.depth_correction.to_dict() == FULL.to_dict()
    depth = np.ones(CAMERA.size, np.float32)
    np.testing.assert_array_equal(loaded.correct(depth, 35.0), FULL.apply(depth, 35.0))


def test_wrong_values_are_refused() -> None:
    with pytest.raises(CalibrationError, match="for \\(h, w\\)"):
        _calibration(dataclasses.replace(FULL, size=(10, 10)))
    with pytest.raises(FrameError, match="depth"):
        FULL.apply(np.ones((3, 3), np.float32))
    for wrong in (
        {"scale": 0.0},
        {"offset": float("nan")},
        {"wiggle": (0.1,), "wiggle_periodic": False},
        {"wiggle_range": (1.0, 0.5)},
        {"surface": ((0.0, 0.0), (0.0,))},
        {"surface": ((0.0,) * 3,) * 4},
    ):
        with pytest.raises(CalibrationError):
            dataclasses.replace(FULL, **wrong)  # type: ignore[arg-type]
    content = FULL.to_dict()
    with pytest.raises(CalibrationFileError, match="offset"):
        DepthCorrection.from_dict({key: value for key, value in content.items() if key != "offset"})
    with pytest.raises(CalibrationFileError, match="wrong kind"):
        DepthCorrection.from_dict(content | {"wiggle": 3})


def test_an_hd_frame_is_the_same_on_one_thread_and_on_all() -> None:
    correction = dataclasses.replace(FULL, size=(720, 1280))
    depth = RANDOM.uniform(0.3, 4, (720, 1280)).astype(np.float32)
    threads = numba.get_num_threads()
    on_all = correction.apply(depth, 31.0)
    numba.set_num_threads(1)
    try:
        on_one = correction.apply(depth, 31.0)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(on_all, on_one)
    rows, columns = RANDOM.integers(0, 720, 500), RANDOM.integers(0, 1280, 500)
    pixels = np.column_stack([columns, rows]).astype(float)
    exact = correction.corrected_metres(depth[rows, columns].astype(float), pixels, 31.0)
    np.testing.assert_allclose(on_all[rows, columns], exact, atol=2e-5)
