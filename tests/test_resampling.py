"""Resampling keeps edges, holes and pixel areas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.resampling import resize_depth, resize_map

NAN = np.float32(np.nan)
quick = settings(max_examples=30, deadline=None)
sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))
methods = st.sampled_from(["bilinear", "nearest"])


def scene(seed: int, size: tuple[int, int]) -> np.ndarray:
    """Three flat surfaces, 1, 2 and 4 m, and holes."""
    rng = np.random.default_rng(seed)
    return rng.choice(np.array([1, 2, 4, np.nan], np.float32), size, p=[0.3, 0.3, 0.2, 0.2])


@quick
@given(seed=st.integers(0, 99), old=sizes, new=sizes, method=methods)
def test_no_depth_appears_that_was_not_measured(seed: int, old: tuple, new: tuple, method: str) -> None:
    result = resize_depth(scene(seed, old), new, method)
    assert result.shape == new
    assert result.dtype == np.float32
    found = result[np.isfinite(result)]
    np.testing.assert_allclose(found, 2 ** np.rint(np.log2(found)), rtol=1e-6)


@quick
@given(old=sizes, new=sizes, method=methods)
def test_constant_stays_constant_and_holes_stay_holes(old: tuple, new: tuple, method: str) -> None:
    np.testing.assert_allclose(resize_depth(np.full(old, 1.7, np.float32), new, method), 1.7, rtol=1e-6)
    assert np.isnan(resize_depth(np.full(old, NAN), new, method)).all()


@pytest.mark.parametrize(("new", "error"), [((90, 130), 2e-5), ((30, 40), 2e-5), ((31, 47), 1e-3), ((15, 200), 2e-4)])
def test_slanted_surface_keeps_its_place(new: tuple[int, int], error: float) -> None:
    """Pixel areas keep their edges: a ramp over (x + ½)/w is the same ramp at every size."""

    def ramp(height: int, width: int) -> np.ndarray:
        x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
        return (2 + 0.3 * x[None, :] + 0.2 * y[:, None]).astype(np.float32)

    result = resize_depth(ramp(60, 80), new)
    np.testing.assert_allclose(result[3:-3, 3:-3], ramp(*new)[3:-3, 3:-3], atol=error)


def test_hole_grows_with_the_picture_and_no_further() -> None:
    depth = np.full((20, 20), 2, np.float32)
    depth[8:12, 5:9] = NAN
    result = resize_depth(depth, (80, 80))
    expected = np.zeros((80, 80), bool)
    expected[32:48, 20:36] = True
    # Corners are rounded: there, a fine pixel can have more measured weight than missing.
    assert (np.isnan(result) != expected).sum() <= 24
    np.testing.assert_array_equal(result[np.isfinite(result)], 2)


def test_edge_stays_at_its_place() -> None:
    depth = np.where(np.arange(10) < 4, 1.0, 3.0).astype(np.float32)[None].repeat(6, 0)
    for method in ("bilinear", "nearest"):
        np.testing.assert_array_equal(resize_depth(depth, (6, 40), method)[3], np.where(np.arange(40) < 16, 1, 3))


def test_shrinking_averages_noise() -> None:
    noisy = 2 + 0.01 * np.random.default_rng(0).standard_normal((400, 400)).astype(np.float32)
    assert resize_depth(noisy.astype(np.float32), (100, 100)).std() < 0.01 / 2.5


def test_same_size_is_a_copy() -> None:
    depth = scene(1, (5, 6))
    result = resize_depth(depth, (5, 6))
    np.testing.assert_array_equal(result, depth)
    assert not np.shares_memory(result, depth)


@quick
@given(seed=st.integers(0, 99), old=sizes, new=sizes)
def test_threads_do_not_change_the_result(seed: int, old: tuple, new: tuple) -> None:
    depth = scene(seed, old)
    tall = (new[0] * 4, new[1])
    np.testing.assert_array_equal(resize_depth(depth, tall, threads=1), resize_depth(depth, tall, threads=3))


@quick
@given(seed=st.integers(0, 99), old=sizes, new=sizes)
def test_maps_stay_in_range(seed: int, old: tuple, new: tuple) -> None:
    values = np.random.default_rng(seed).random(old).astype(np.float32)
    result = resize_map(values, new)
    assert result.shape == new
    assert result.min() >= values.min() - 1e-6
    assert result.max() <= values.max() + 1e-6
    values[::2] = NAN
    result = resize_map(values, new)
    known = result[np.isfinite(result)]
    assert ((known >= -1e-6) & (known <= 1 + 1e-6)).all()


def test_map_without_opinion_stays_without() -> None:
    values = np.full((8, 8), 0.75, np.float32)
    values[:, 4:] = NAN
    result = resize_map(values, (32, 32))
    np.testing.assert_allclose(result[:, :16], 0.75, rtol=1e-6)
    assert np.isnan(result[:, 16:]).all()


def test_bad_input_is_refused() -> None:
    good = np.ones((3, 3), np.float32)
    with pytest.raises(FrameError, match="float64"):
        resize_depth(good.astype(np.float64), (2, 2))  # type: ignore[arg-type]
    with pytest.raises(FrameError, match="shape"):
        resize_depth(np.ones((0, 3), np.float32), (2, 2))
    with pytest.raises(FrameError, match="list"):
        resize_map([[1.0]], (2, 2))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="size"):
        resize_depth(good, (0, 2))
    with pytest.raises(ConfigError, match="bilinear, nearest"):
        resize_depth(good, (2, 2), "bicubic")
    with pytest.raises(ConfigError, match="surface_step"):
        resize_depth(good, (2, 2), surface_step=float("nan"))
