"""Depth takes its outlines from colour, and only its outlines."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.resampling import resize_depth
from rgbd_seg.upsampling import UpsamplingOptions, upsample_depth


def disc(size: int, radius: float) -> np.ndarray:
    """A disc in the middle of a square picture, its radius a fraction of the picture."""
    x = (np.arange(size) + 0.5) / size - 0.5
    return np.hypot(x[None, :], x[:, None]) < radius


def disc_scene(coarse: int, fine: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coarse depth, fine colour, fine truth of a disc 1 m away before a wall at 3 m."""
    rng = np.random.default_rng(0)
    color = np.where(disc(fine, 0.3)[..., None], (180, 120, 90), (60, 80, 110)) + rng.normal(0, 4, (fine, fine, 3))
    depth = np.where(disc(coarse, 0.3), 1.0, 3.0).astype(np.float32)
    return depth, color.clip(0, 255).astype(np.uint8), np.where(disc(fine, 0.3), 1.0, 3.0)


@pytest.mark.parametrize("fine", [160, 200, 640])
def test_outline_follows_colour(fine: int) -> None:
    depth, color, truth = disc_scene(40, fine)
    result = upsample_depth(depth, color)
    wrong = (np.abs(result - truth) > 0.1).mean()
    plain = (np.abs(resize_depth(depth, truth.shape) - truth) > 0.1).mean()
    assert wrong < 0.004
    assert wrong < 0.35 * plain


def test_nothing_lies_between_two_surfaces() -> None:
    depth, color, _ = disc_scene(40, 333)
    result = upsample_depth(depth, color)
    assert (np.minimum(np.abs(result - 1), np.abs(result - 3)) < 1e-4).all()


def test_texture_does_not_become_depth() -> None:
    rng = np.random.default_rng(0)
    color = cv2.resize(rng.integers(0, 255, (30, 30, 3)).astype(np.uint8), (300, 300), interpolation=cv2.INTER_NEAREST)
    x = np.linspace(1, 1.2, 50, dtype=np.float32)
    result = upsample_depth(x[None].repeat(50, 0), color)
    truth = np.interp((np.arange(300) + 0.5) / 6 - 0.5, np.arange(50), x)
    assert np.abs(result - truth).max() < 0.012


def test_small_holes_are_filled_from_the_side_of_their_colour() -> None:
    depth, color, truth = disc_scene(40, 160)
    holed = depth.copy()
    holed[17:20, 6:10] = np.nan  # across the outline
    holed[20, 20] = np.nan
    result = upsample_depth(holed, color)
    assert np.isfinite(result).all()
    assert (np.abs(result - truth) > 0.1).mean() < 0.005


def test_large_holes_stay_unless_asked() -> None:
    depth, color, truth = disc_scene(40, 160)
    depth[2:12, 2:22] = np.nan
    result = upsample_depth(depth, color)
    hole = np.zeros(truth.shape, bool)
    hole[8:48, 8:88] = True
    assert np.isnan(result[14:42, 14:82]).all()
    assert np.isfinite(result[~cv2.dilate(hole.astype(np.uint8), np.ones((9, 9))).astype(bool)]).all()
    filled = upsample_depth(depth, color, UpsamplingOptions(fill_all=True))
    assert np.isfinite(filled).all()
    assert (np.abs(filled - truth) > 0.1).mean() < 0.01


def test_all_holes_stay_holes() -> None:
    result = upsample_depth(np.full((4, 4), np.nan, np.float32), np.zeros((9, 9, 3), np.uint8))
    assert np.isnan(result).all()
    result = upsample_depth(
        np.full((4, 4), np.nan, np.float32), np.zeros((9, 9, 3), np.uint8), UpsamplingOptions(fill_all=True)
    )
    assert np.isnan(result).all()


@settings(max_examples=20, deadline=None)
@given(
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    grow=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    seed=st.integers(0, 99),
)
def test_values_come_from_the_measurement(size: tuple, grow: tuple, seed: int) -> None:
    rng = np.random.default_rng(seed)
    depth = rng.uniform(0.5, 4, size).astype(np.float32)
    depth[rng.random(size) < 0.2] = np.nan
    color = rng.integers(0, 255, (size[0] * grow[0], size[1] * grow[1], 3)).astype(np.uint8)
    result = upsample_depth(depth, color)
    assert result.shape == color.shape[:2]
    assert result.dtype == np.float32
    known = result[np.isfinite(result)]
    if known.size:
        assert known.min() >= np.nanmin(depth) * 0.9999
        assert known.max() <= np.nanmax(depth) * 1.0001
    np.testing.assert_array_equal(result, upsample_depth(depth, color, UpsamplingOptions(threads=3)))


def test_rendered_people(shared: Path) -> None:
    for name in ("2", "4"):
        folder = shared / "data" / "rendered" / name
        color = cv2.cvtColor(cv2.imread(str(folder / "color.png")), cv2.COLOR_BGR2RGB)
        truth = cv2.imread(str(folder / "depth.png"), cv2.IMREAD_UNCHANGED).astype(np.float32) / 1000
        coarse = resize_depth(truth, (truth.shape[0] // 4, truth.shape[1] // 4), "nearest")
        result = upsample_depth(coarse, color)
        naive = cv2.resize(coarse, truth.shape[::-1], interpolation=cv2.INTER_LINEAR)
        assert (np.abs(result - truth) > 0.1).mean() < 0.4 * (np.abs(naive - truth) > 0.1).mean()


def test_bad_input_is_refused() -> None:
    color = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(FrameError, match="float64"):
        upsample_depth(np.ones((2, 2)), color)  # type: ignore[arg-type]
    with pytest.raises(FrameError, match="RGB"):
        upsample_depth(np.ones((2, 2), np.float32), color[..., 0])
    with pytest.raises(ConfigError, match="picture only 4×4"):
        upsample_depth(np.ones((5, 2), np.float32), color)
    with pytest.raises(ConfigError, match="color_sigma"):
        UpsamplingOptions(color_sigma=0)
    with pytest.raises(ConfigError, match="largest_hole"):
        UpsamplingOptions(largest_hole=-1)
