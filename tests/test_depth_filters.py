"""Filters that leave holes holes and edges edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.depth_filters import denoise, remove_flying_pixels
from rgbd_seg.errors import ConfigError, FrameError

quick = settings(max_examples=20, deadline=None)


def step_scene(noise: float = 0.0, seed: int = 0) -> np.ndarray:
    depth = np.full((60, 80), 3.0)
    depth[15:45, 20:50] = 1.0
    depth *= 1 + noise * np.random.default_rng(seed).standard_normal(depth.shape)
    return depth.astype(np.float32)


def test_noise_falls_on_both_sides_of_an_edge() -> None:
    clean, noisy = step_scene(), step_scene(0.004)
    result = denoise(noisy, 1.5)
    before, after = np.abs(noisy / clean - 1), np.abs(result / clean - 1)
    assert after.std() < 0.4 * before.std()
    # Right at the edge too: nothing is smeared across.
    edge = np.zeros(clean.shape, bool)
    edge[14:46, 19:51] = True
    edge[17:43, 22:48] = False
    assert after[edge].max() < 0.015


@quick
@given(seed=st.integers(0, 999), sigma=st.floats(0.3, 4))
def test_holes_stay_exactly_the_holes(seed: int, sigma: float) -> None:
    rng = np.random.default_rng(seed)
    depth = step_scene(0.003, seed)
    depth[rng.random(depth.shape) < 0.3] = np.nan
    depth[30:50, 10:30] = np.nan
    result = denoise(depth, sigma)
    np.testing.assert_array_equal(np.isnan(result), np.isnan(depth))
    known = np.isfinite(depth)
    # Values stay within the tolerance of the measurement, so holes pulled nothing towards zero.
    assert (np.abs(result[known] / depth[known] - 1) <= 0.03).all()


@quick
@given(value=st.floats(0.1, 20), sigma=st.floats(0.2, 5))
def test_constant_is_untouched(value: float, sigma: float) -> None:
    depth = np.full((13, 9), value, np.float32)
    depth[4, 4] = np.nan
    result = denoise(depth, sigma)
    np.testing.assert_allclose(result[np.isfinite(depth)], np.float32(value), rtol=1e-6)


def test_slanted_surface_is_not_bent() -> None:
    depth = (1 + 0.002 * np.arange(100, dtype=np.float32))[None].repeat(30, 0)
    np.testing.assert_allclose(denoise(depth, 2)[6:-6, 6:-6], depth[6:-6, 6:-6], rtol=2e-5)


def test_smallest_map() -> None:
    assert denoise(np.array([[2.0]], np.float32))[0, 0] == 2
    assert remove_flying_pixels(np.array([[2.0]], np.float32))[0, 0] == 2


def test_flying_pixels_go_and_surfaces_stay() -> None:
    depth = step_scene(0.002)
    flying = np.zeros(depth.shape, bool)
    flying[15:45, 19] = flying[15:45, 50] = flying[14, 20:50] = flying[45, 20:50] = True
    depth[flying] = np.random.default_rng(3).uniform(1.3, 2.7, flying.sum())
    result = remove_flying_pixels(depth)
    removed = np.isnan(result)
    assert removed[flying].mean() > 0.97
    assert removed[~flying].mean() < 0.002
    np.testing.assert_array_equal(result[~removed], depth[~removed])


def test_a_ramp_two_pixels_wide_goes() -> None:
    row = np.array([1, 1, 1, 1, 1.6, 2.3, 3, 3, 3, 3], np.float32)
    result = remove_flying_pixels(row[None].repeat(9, 0))
    assert np.isnan(result[4]).tolist() == [False] * 4 + [True, True] + [False] * 4


def test_thin_things_and_steep_surfaces_stay() -> None:
    finger = np.full((30, 30), 3.0, np.float32)
    finger[:, 14] = 1.0
    finger[20, 5] = 1.0
    np.testing.assert_array_equal(remove_flying_pixels(finger), finger)
    steep = (0.5 * 1.08 ** np.arange(25)).astype(np.float32)[None].repeat(8, 0)
    np.testing.assert_array_equal(remove_flying_pixels(steep, 0.03), steep)


@quick
@given(seed=st.integers(0, 999))
def test_threads_do_not_change_the_result(seed: int) -> None:
    depth = np.random.default_rng(seed).choice(np.array([1, 1.01, 2, np.nan], np.float32), (150, 40))
    np.testing.assert_array_equal(denoise(depth, threads=1), denoise(depth, threads=4))
    np.testing.assert_array_equal(remove_flying_pixels(depth, threads=1), remove_flying_pixels(depth, threads=4))


def test_input_is_left_alone() -> None:
    depth = step_scene(0.01)
    kept = depth.copy()
    denoise(depth)
    remove_flying_pixels(depth)
    np.testing.assert_array_equal(depth, kept)


def test_bad_input_is_refused() -> None:
    for filtered in (denoise, remove_flying_pixels):
        with pytest.raises(FrameError, match="float32"):
            filtered(np.ones((3, 3)))  # type: ignore[arg-type]
        with pytest.raises(FrameError, match="shape"):
            filtered(np.ones(3, np.float32))
    with pytest.raises(ConfigError, match="sigma"):
        denoise(step_scene(), 0)
    with pytest.raises(ConfigError, match="tolerance"):
        denoise(step_scene(), tolerance=1)
    with pytest.raises(ConfigError, match="step"):
        remove_flying_pixels(step_scene(), 0)
