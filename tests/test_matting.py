"""Alpha from a coarse probability: exact where it is certain, close to the truth at hair, sound on odd input."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.depth_probability import depth_probability
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.fusion import fuse_odds
from rgbd_seg.io.photo import read_photo
from rgbd_seg.matting import VIDEO_MATTING, MattingOptions, find_trimap, refine_alpha
from rgbd_seg.samples import load_sample, sample_names
from rgbd_seg.segmentation.create import create_segmenter
from rgbd_seg.training.metrics import hair_sad

lengths = st.integers(1, 40)


def _random_picture(height: int, width: int, seed: int) -> UInt8:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def _network_view(alpha: Float32) -> Float32:
    """What a network of 256×256 pixels might say: soft, thin hair lost, shifted by one of its pixels."""
    small = cv2.GaussianBlur(cv2.resize(alpha, (256, 256), interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    small = cv2.morphologyEx(small, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    shifted = cv2.warpAffine(small, np.float32([[1, 0, 0.8], [0, 1, 0.6]]), (256, 256), borderMode=cv2.BORDER_REPLICATE)
    return np.clip((shifted - 0.5) * 1.6 + 0.5, 0, 1)


def _edge_band(alpha: Float32) -> Bool:
    mixed = ((alpha > 0.02) & (alpha < 0.98)).astype(np.uint8)
    mixed |= cv2.morphologyEx((alpha > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    return cv2.dilate(mixed, np.ones((13, 13))) > 0


def _agreement(alpha: Float32, matte: Float32) -> float:
    """IoU at 0.5, at the matte's size."""
    ours = cv2.resize(alpha, matte.shape[::-1], interpolation=cv2.INTER_AREA) > 0.5
    theirs = matte > 0.5
    return np.count_nonzero(ours & theirs) / np.count_nonzero(ours | theirs)


@settings(max_examples=40, deadline=None)
@given(height=lengths, width=lengths, h=lengths, w=lengths, seed=st.integers(0, 999), value=st.sampled_from([0.0, 1.0]))
def test_certainty_everywhere_stays_exact(height: int, width: int, h: int, w: int, seed: int, value: float) -> None:
    alpha = refine_alpha(_random_picture(height, width, seed), np.full((h, w), value, np.float32))
    assert alpha.shape == (height, width)
    assert alpha.dtype == np.float32
    assert (alpha == value).all()


@settings(max_examples=40, deadline=None)
@given(height=lengths, width=lengths, h=lengths, w=lengths, seed=st.integers(0, 999), flat=st.booleans())
def test_any_size_and_content_gives_finite_alpha_in_range(
    height: int, width: int, h: int, w: int, seed: int, flat: bool
) -> None:
    random = np.random.default_rng(seed)
    color = np.full((height, width, 3), 90, np.uint8) if flat else _random_picture(height, width, seed)
    depth = random.uniform(0.3, 3, (w, h)).astype(np.float32)
    depth[random.random(depth.shape) < 0.3] = np.nan
    probability = random.random((h, w), np.float32)
    alpha = refine_alpha(color, probability, depth=depth, options=MattingOptions(working_side=24))
    assert np.isfinite(alpha).all()
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_depth_that_was_never_measured_changes_nothing() -> None:
    sample = load_sample("curls")
    probability = _network_view(sample.alpha)
    holes = np.full((60, 80), np.nan, np.float32)
    np.testing.assert_array_equal(
        refine_alpha(sample.frame.color, probability, depth=holes), refine_alpha(sample.frame.color, probability)
    )


@pytest.mark.parametrize("options", [MattingOptions(), VIDEO_MATTING], ids=["photo", "video"])
def test_a_mirrored_picture_gives_mirrored_alpha(options: MattingOptions) -> None:
    sample = load_sample("windblown")
    color, probability = sample.frame.color, _network_view(sample.alpha)
    alpha = refine_alpha(color, probability, depth=sample.true_depth, options=options)
    mirrored = refine_alpha(
        np.ascontiguousarray(color[:, ::-1]),
        np.ascontiguousarray(probability[:, ::-1]),
        depth=np.ascontiguousarray(sample.true_depth[:, ::-1]),
        options=options,
    )
    assert np.abs(mirrored[:, ::-1] - alpha).mean() < 1e-3


@pytest.mark.parametrize("name", sample_names())
def test_alpha_of_the_samples_is_near_the_truth(name: str) -> None:
    sample = load_sample(name)
    probability = _network_view(sample.alpha)
    alpha = refine_alpha(sample.frame.color, probability, depth=sample.true_depth)
    plain = cv2.resize(probability, sample.alpha.shape[::-1])
    band = _edge_band(sample.alpha)
    error, error_plain = (np.abs(a - sample.alpha)[band].mean() for a in (alpha, plain))
    assert error < 0.09
    assert error < 0.7 * error_plain
    assert np.abs(alpha - sample.alpha)[~band].mean() < 1e-3  # no veil over the background, no holes in the body
    assert _agreement(alpha, sample.alpha) > max(0.96, _agreement(plain, sample.alpha))


def test_video_is_nearly_as_good() -> None:
    sample = load_sample("windblown")
    probability = _network_view(sample.alpha)
    band = _edge_band(sample.alpha)
    quick = refine_alpha(sample.frame.color, probability, options=VIDEO_MATTING)
    plain = cv2.resize(probability, sample.alpha.shape[::-1])
    assert np.abs(quick - sample.alpha)[band].mean() < 0.75 * np.abs(plain - sample.alpha)[band].mean()
    assert np.abs(quick - sample.alpha)[~band].mean() < 2e-5  # no seam where the solved pixels end


@pytest.mark.parametrize("edge", [900, 1011, 1013])
def test_a_straight_edge_of_a_large_picture_stays_where_it_is(edge: int) -> None:
    color = np.full((1200, 2000, 3), 60, np.uint8)
    color[:, edge:] = (180, 170, 150)
    noisy = color + np.random.default_rng(0).integers(-4, 5, color.shape)
    person = cv2.resize((np.arange(2000) >= edge).astype(np.float32)[None], (250, 1), interpolation=cv2.INTER_AREA)
    probability = cv2.GaussianBlur(np.tile(person, (150, 1)), (0, 0), 1)
    alpha = refine_alpha(noisy.astype(np.uint8), probability)
    assert alpha[:, : edge - 2].max() < 0.1
    assert alpha[:, edge + 2 :].min() > 0.9
    assert (alpha[:, edge - 1] < 0.5).all()
    assert (alpha[:, edge] > 0.5).all()


def test_twelve_megapixels_agree_with_half_a_megapixel() -> None:
    sample = load_sample("sweater")
    large = cv2.resize(sample.frame.color, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
    probability = _network_view(sample.alpha)
    small = cv2.resize(refine_alpha(large, probability), sample.alpha.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small - refine_alpha(sample.frame.color, probability)).mean() < 4e-3


def test_more_probability_is_never_less_alpha_on_the_whole() -> None:
    sample = load_sample("bob")
    probability = _network_view(sample.alpha)
    sums = [float(refine_alpha(sample.frame.color, np.clip(probability + s, 0, 1)).sum()) for s in (-0.2, 0, 0.2)]
    assert sums == sorted(sums)


@pytest.mark.parametrize("name", ["windblown", "wave"])
def test_edges_of_depth_bring_back_hair_that_the_network_lost(name: str) -> None:
    sample = load_sample(name)
    probability, size = _network_view(sample.alpha), sample.alpha.shape
    lost = [
        float(sample.alpha[find_trimap(probability, size, depth=depth) == 0].sum())
        for depth in (sample.true_depth, None)
    ]
    assert lost[0] < 0.6 * lost[1]
    error = [
        float(np.abs(refine_alpha(sample.frame.color, probability, depth=depth) - sample.alpha).mean())
        for depth in (sample.true_depth, None)
    ]
    assert error[0] < 0.99 * error[1]


@pytest.mark.parametrize("name", sample_names())
def test_depth_does_no_harm_in_hair(name: str) -> None:
    """Where the network lost none, too: reader, bob and dungarees are better with depth than without."""
    sample = load_sample(name)
    probability = _network_view(sample.alpha)
    with_depth, without = (
        hair_sad(refine_alpha(sample.frame.color, probability, depth=depth), sample.alpha)
        for depth in (sample.true_depth, None)
    )
    assert with_depth <= (1.0 if name in ("reader", "bob", "dungarees") else 1.05) * without


def test_trimap_holds_the_edge_and_leaves_the_rest_settled() -> None:
    sample = load_sample("wave")
    trimap = find_trimap(_network_view(sample.alpha), sample.alpha.shape)
    assert set(np.unique(trimap)) == {0, 128, 255}
    assert np.mean(trimap == 128) < 0.25
    assert np.mean(sample.alpha[trimap == 255]) > 0.995
    assert np.mean(sample.alpha[trimap == 0]) < 0.005


@pytest.mark.parametrize("name", sample_names())
@pytest.mark.parametrize("wider", [1, 3, 5])
def test_what_is_settled_stays_as_the_probability_says(name: str, wider: int) -> None:
    sample = load_sample(name)
    probability = _network_view(cv2.dilate(sample.alpha, np.ones((wider, wider))))
    trimap = find_trimap(probability, sample.alpha.shape)
    alpha = refine_alpha(sample.frame.color, probability)
    assert alpha[cv2.erode((trimap == 255).astype(np.uint8), np.ones((3, 3))) > 0].min() == 1
    assert alpha[cv2.erode((trimap == 0).astype(np.uint8), np.ones((3, 3))) > 0].max() == 0


def test_a_narrow_gap_between_arm_and_body_stays_open() -> None:
    sample = load_sample("reader")
    probability = _network_view(cv2.dilate(sample.alpha, np.ones((3, 3))))  # a coarser size sees no gap at all
    alpha = refine_alpha(sample.frame.color, probability)
    holes, labels = cv2.connectedComponents((sample.alpha < 0.5).astype(np.uint8))
    gaps = [labels == i for i in range(1, holes) if 200 < np.count_nonzero(labels == i) < 20_000]
    assert gaps
    for gap in gaps:
        assert alpha[gap].mean() < 0.5


def test_a_doubtful_claim_that_hangs_on_to_nobody_leaves_no_ghost() -> None:
    color = np.random.default_rng(0).integers(0, 256, (192, 256, 3), dtype=np.uint8)
    probability = np.zeros((192, 256), np.float32)
    probability[60:, 40:120] = 1
    probability[100:160, 190:230] = 0.4  # beside the person and as near: a corner of a sofa
    probability[80:90, 120:140] = 0.4  # the person's own hand

    alpha = refine_alpha(color, probability)

    assert not alpha[90:, 180:].any()
    assert (find_trimap(probability, color.shape[:2])[82:88, 122:138] == 128).all()


def test_bad_input_is_refused_with_the_reason() -> None:
    color = np.zeros((4, 5, 3), np.uint8)
    with pytest.raises(FrameError, match="float64"):
        refine_alpha(color, np.zeros((4, 5)))  # type: ignore[arg-type]
    with pytest.raises(FrameError, match="no pixels"):
        refine_alpha(color, np.zeros((0, 5), np.float32))
    with pytest.raises(FrameError, match="NaN"):
        refine_alpha(color, np.full((2, 2), np.nan, np.float32))
    with pytest.raises(FrameError, match="RGB"):
        refine_alpha(color[..., 0], np.zeros((4, 5), np.float32))
    with pytest.raises(ConfigError, match="trust"):
        MattingOptions(trust=2.0)


@pytest.mark.parametrize(("photo", "least"), [("standing_man.jpg", 0.985), ("selfie.heic", 0.992)])
def test_real_photos_agree_with_apples_matte(shared: Path, photo: str, least: float) -> None:
    shot = read_photo(shared / "data" / "iphone_portraits" / photo)
    assert shot.portrait_matte is not None
    assert shot.frame.depth is not None
    segmenter = create_segmenter("mediapipe-selfie", models_folder=shared / "weights")
    seen = segmenter.segment(shot.frame).probability
    depth = shot.frame.depth
    grown = cv2.resize(seen, depth.shape[::-1])
    opinion = depth_probability(depth, grown, metric=shot.frame.depth_is_metric)
    alpha = refine_alpha(shot.frame.color, fuse_odds(grown, opinion), depth=depth)
    assert _agreement(alpha, shot.portrait_matte) > least
