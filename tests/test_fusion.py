"""Fusion: monotone, symmetric, bounded, and silent where depth is silent."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rgbd_seg.arrays import Float32
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import Segmentation
from rgbd_seg.fusion import (
    DEFAULT_THRESHOLDS,
    FUSION_MODES,
    FusionMode,
    centred,
    fuse,
    fuse_odds,
    fuse_product,
    fuse_product_normalised,
)

SIZE = (4, 5)
unit = st.floats(0, 1, width=32)
unit_maps = arrays(np.float32, SIZE, elements=unit)
depth_maps = arrays(np.float32, SIZE, elements=st.floats(0.125, 16, width=32))
holes = arrays(np.bool_, SIZE)
few = settings(max_examples=60, deadline=None)


def said(probability: Float32, value: Float32 | None = None) -> Segmentation:
    return Segmentation(value=probability if value is None else value, probability=probability)


@few
@given(seg=unit_maps, first=unit_maps, second=unit_maps)
def test_more_depth_evidence_never_lowers_the_subject(seg: Float32, first: Float32, second: Float32) -> None:
    low, high = np.minimum(first, second), np.maximum(first, second)
    assert (fuse_odds(seg, low) <= fuse_odds(seg, high) + 1e-6).all()
    assert (fuse(said(seg), low, None) <= fuse(said(seg), high, None) + 1e-6).all()


@few
@given(depth=unit_maps, first=unit_maps, second=unit_maps)
def test_more_colour_evidence_never_lowers_the_subject(depth: Float32, first: Float32, second: Float32) -> None:
    low, high = np.minimum(first, second), np.maximum(first, second)
    assert (fuse_odds(low, depth) <= fuse_odds(high, depth) + 1e-6).all()


@few
@given(first=unit_maps, second=unit_maps)
def test_odds_do_not_care_who_speaks_first(first: Float32, second: Float32) -> None:
    np.testing.assert_allclose(fuse_odds(first, second), fuse_odds(second, first), atol=1e-6)


@few
@given(seg=unit_maps, depth_prob=unit_maps, depth=depth_maps, mode=st.sampled_from(FUSION_MODES))
def test_every_rule_stays_a_finite_float32_in_0_1(
    seg: Float32, depth_prob: Float32, depth: Float32, mode: FusionMode
) -> None:
    fused = fuse(said(seg), depth_prob, depth, mode)
    assert fused.dtype == np.float32
    assert np.isfinite(fused).all()
    assert fused.min() >= 0
    assert fused.max() <= 1


@few
@given(seg=unit_maps, depth_prob=unit_maps, depth=depth_maps, hole=holes, mode=st.sampled_from(FUSION_MODES))
def test_where_depth_is_missing_colour_is_untouched_to_the_bit(
    seg: Float32, depth_prob: Float32, depth: Float32, hole: np.ndarray, mode: FusionMode
) -> None:
    silent = np.where(hole, np.nan, depth_prob).astype(np.float32)
    holed = np.where(hole, np.nan, depth).astype(np.float32)
    fused = fuse(said(seg), silent, holed, mode)
    np.testing.assert_array_equal(fused[hole], seg[hole])
    np.testing.assert_array_equal(centred(fused, silent, mode)[hole], seg[hole])


@pytest.mark.parametrize("mode", FUSION_MODES)
def test_without_depth_the_result_is_colours_own(mode: FusionMode) -> None:
    probability = np.random.default_rng(0).random(SIZE, dtype=np.float32)
    assert fuse(said(probability), None, None, mode) is probability
    nothing = np.full(SIZE, np.nan, np.float32)
    np.testing.assert_array_equal(fuse(said(probability), nothing, nothing, mode), probability)


@few
@given(seg=unit_maps)
def test_an_even_opinion_changes_nothing(seg: Float32) -> None:
    np.testing.assert_allclose(fuse_odds(seg, np.full(SIZE, 0.5, np.float32)), seg, atol=1e-6)


def test_certainties_that_contradict_each_other_cancel() -> None:
    one, zero = np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32)
    assert (fuse_odds(one, zero) == 0.5).all()
    assert (fuse_odds(zero, one) == 0.5).all()
    assert (fuse_odds(one, one) == 1).all()
    assert (fuse_odds(zero, zero) == 0).all()


def test_odds_by_hand() -> None:
    # odds 3 : 1 and 2 : 1 make 6 : 1
    fused = fuse_odds(np.full(SIZE, 3 / 4, np.float32), np.full(SIZE, 2 / 3, np.float32))
    np.testing.assert_allclose(fused, 6 / 7, rtol=1e-6)


def test_the_product_is_the_published_formula() -> None:
    segmentation = said(np.full(SIZE, 0.9, np.float32), np.full(SIZE, 0.8, np.float32))
    opinion = np.full(SIZE, 0.7, np.float32)
    depth = np.full(SIZE, 1.0, np.float32)
    depth[0, 0] = 4.0
    fused = fuse_product(segmentation, opinion, depth)
    np.testing.assert_allclose(fused[1:], 0.7 * (1 - 0.25) * 0.9 * 0.8, rtol=1e-6)
    assert fused[0, 0] == 0
    np.testing.assert_allclose(fuse_product(segmentation, opinion, depth, d_max=8.0)[0, 0], 0.7 * 0.5 * 0.72, rtol=1e-6)


def test_the_normalised_product_reaches_one_and_nothing_stays_nothing() -> None:
    random = np.random.default_rng(3)
    segmentation = said(random.random(SIZE, dtype=np.float32))
    opinion = random.random(SIZE, dtype=np.float32)
    depth = (1 + random.random(SIZE)).astype(np.float32)
    plain, normalised = (rule(segmentation, opinion, depth) for rule in (fuse_product, fuse_product_normalised))
    assert normalised.max() == pytest.approx(1)
    np.testing.assert_allclose(normalised, plain / plain.max(), rtol=1e-5)
    assert (fuse_product_normalised(segmentation, np.zeros(SIZE, np.float32), depth) == 0).all()


@few
@given(fused=unit_maps, threshold=st.floats(0.01, 0.99), mode=st.sampled_from(FUSION_MODES))
def test_centring_moves_the_threshold_to_one_half_and_keeps_the_order(
    fused: Float32, threshold: float, mode: FusionMode
) -> None:
    moved = centred(fused, fused, mode, threshold)
    clear = np.abs(fused - threshold) > 1e-3
    np.testing.assert_array_equal((moved > 0.5)[clear], (fused > threshold)[clear])
    order = np.argsort(fused.ravel())
    assert (np.diff(moved.ravel()[order]) >= -1e-6).all()


def test_odds_need_no_centring() -> None:
    fused = np.random.default_rng(0).random(SIZE, dtype=np.float32)
    assert centred(fused, fused, "odds") is fused
    assert set(DEFAULT_THRESHOLDS) == set(FUSION_MODES)


def test_wrong_input_is_named() -> None:
    probability = np.zeros(SIZE, np.float32)
    with pytest.raises(FrameError, match=r"depth_prob is float32 of shape \(2, 2\)"):
        fuse_odds(probability, np.zeros((2, 2), np.float32))
    with pytest.raises(FrameError, match="no depth"):
        fuse(said(probability), probability, None, "product")
    with pytest.raises(ConfigError, match="expected one of odds"):
        fuse(said(probability), probability, None, "sum")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="threshold"):
        centred(probability, probability, "odds", 1.0)
