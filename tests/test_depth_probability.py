"""Depth's opinion: silent on holes, sure of the subject's layer, and fair to hands and held things."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rgbd_seg.arrays import Float32
from rgbd_seg.depth_alignment import find_shift, moved
from rgbd_seg.depth_probability import (
    DEPTH_PROBABILITY_MODES,
    DepthProbabilityMode,
    between_samples,
    depth_probability,
    normalised_depth,
)
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import Segmentation
from rgbd_seg.fusion import fuse
from tests.scenes import SIZE, body, iou, scene, unsure

few = settings(max_examples=40, deadline=None)
maps = arrays(np.float32, (6, 8), elements=st.floats(0.125, 8, width=32))


def fused(depth: Float32, hint: Float32, **options: object) -> Float32:
    opinion = depth_probability(depth, hint, **options)  # type: ignore[arg-type]
    return fuse(Segmentation(value=hint, probability=hint), opinion, depth)


@few
@given(
    depth=maps,
    hint=arrays(np.float32, (6, 8), elements=st.floats(0, 1, width=32)),
    hole=arrays(np.bool_, (6, 8)),
    mode=st.sampled_from(DEPTH_PROBABILITY_MODES),
    metric=st.booleans(),
)
def test_missing_depth_is_no_opinion_and_measured_depth_always_has_one(
    depth: Float32, hint: Float32, hole: np.ndarray, mode: DepthProbabilityMode, metric: bool
) -> None:
    holed = np.where(hole, np.nan, depth).astype(np.float32)
    opinion = depth_probability(holed, hint, mode=mode, metric=metric)
    np.testing.assert_array_equal(np.isnan(opinion), hole)
    assert opinion.dtype == np.float32
    measured = opinion[~hole]
    assert ((measured >= 0) & (measured <= 1)).all()


@pytest.mark.parametrize("mode", DEPTH_PROBABILITY_MODES)
@pytest.mark.parametrize("people", ["front", "all"])
def test_all_holes_give_no_opinion_anywhere(mode: DepthProbabilityMode, people: str) -> None:
    nothing = np.full((5, 7), np.nan, np.float32)
    hint = np.full((5, 7), 0.9, np.float32)
    assert np.isnan(depth_probability(nothing, hint, mode=mode, people=people)).all()  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", DEPTH_PROBABILITY_MODES)
@pytest.mark.parametrize("wrong", [0.0, -1.0, np.inf, -np.inf])
def test_what_is_no_distance_is_not_near(mode: DepthProbabilityMode, wrong: float) -> None:
    depth, hint = np.full((6, 8), 2, np.float32), np.full((6, 8), 0.6, np.float32)
    hint[:, 4:] = 0.1
    depth[:, 4:] = 3
    holed = depth.copy()
    depth[2, 3], holed[2, 3] = wrong, np.nan
    opinion = depth_probability(depth, hint, mode=mode)
    assert np.isnan(opinion[2, 3])
    np.testing.assert_array_equal(opinion, depth_probability(holed, hint, mode=mode))
    assert np.isnan(normalised_depth(depth)[2, 3])


def test_linear_is_the_published_formula() -> None:
    depth = np.array([[1.0, 2.0, 4.0, np.nan]], np.float32)
    np.testing.assert_allclose(depth_probability(depth, mode="linear"), [[0.75, 0.5, 0.0, np.nan]], rtol=1e-6)
    np.testing.assert_allclose(depth_probability(depth, mode="linear", d_max=2.0), [[0.5, 0.0, 0.0, np.nan]])
    np.testing.assert_allclose(normalised_depth(depth, 8.0), [[0.125, 0.25, 0.5, np.nan]])


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 2)])
def test_tiny_pictures(shape: tuple[int, int]) -> None:
    opinion = depth_probability(np.full(shape, 1.5, np.float32), np.full(shape, 0.9, np.float32))
    assert np.isfinite(opinion).all()


def test_a_sloppy_colour_outline_is_corrected_by_depth() -> None:
    room = scene()
    sloppy = unsure(cv2.dilate(room.person.astype(np.uint8), np.ones((9, 9))) > 0)
    better = fused(room.depth, sloppy)
    assert iou(sloppy, room.person) < 0.9
    assert iou(better, room.person) > 0.975


def test_the_person_behind_is_not_the_subject_unless_asked_for() -> None:
    room = scene(behind=True)
    hint = unsure(room.person | room.other)
    visible = room.other & (hint > 0.5)
    front = fused(room.depth, hint)
    assert iou(front, room.person) > 0.97
    assert (front[visible] > 0.5).mean() < 0.02
    everyone = fused(room.depth, hint, people="all")
    assert iou(everyone, room.person | room.other) > 0.96
    there = fused(room.depth, hint, focus=(0.8, 0.6))
    assert iou(there, room.other) > 0.9
    assert (there[room.person] > 0.5).mean() < 0.02


def test_focus_chooses_between_two_side_by_side() -> None:
    room = scene(center=70)
    second = body(190, 30)
    depth = np.where(second, np.float32(1.2), room.depth)
    hint = unsure(room.person | second)
    assert (
        iou(fused(depth, hint), room.person) > 0.96
    )  # one is the front person: at equal depth, the one nearer the middle
    assert iou(fused(depth, hint, people="all"), room.person | second) > 0.96
    assert iou(fused(depth, hint, focus=(190 / 256, 0.7)), second) > 0.95
    assert iou(fused(depth, hint, focus=(70 / 256, 0.7)), room.person) > 0.95


def test_a_focus_beside_the_person_means_the_person() -> None:
    """At an outline a sensor mixes two depths; a finger that misses by a little must not choose that mixture."""
    person = np.zeros((120, 160), np.float32)
    cv2.ellipse(person, (80, 80), (35, 70), 0, 0, 360, 1, -1)
    inverse = cv2.GaussianBlur(np.where(person > 0, 1, 0.3).astype(np.float32), (0, 0), 2)
    hint = np.where(cv2.dilate(person, np.ones((5, 5), np.uint8)) > 0, 0.9, 0.05).astype(np.float32)
    for x in (40, 42, 44, 116, 118, 120):
        opinion = depth_probability(1 / inverse, hint, focus=(x / 160, 80 / 120))
        assert (opinion[person > 0] > 0.5).mean() > 0.9, x


def test_a_hand_towards_the_camera_is_kept() -> None:
    room = scene()
    hand = np.zeros(SIZE, np.uint8)
    cv2.circle(hand, (150, 110), 22, 1, -1)
    hand = hand > 0
    depth = np.where(hand, np.float32(0.6), room.depth)
    hint = unsure(room.person | hand)
    result = fused(depth, hint)
    assert (result[hand & (hint > 0.6)] > 0.5).mean() > 0.99
    assert iou(result, room.person | hand) > 0.96  # and so is the body behind it


def test_a_body_that_recedes_stays_one_subject() -> None:
    """Legs at 0.8 m, head at 1.7 m: one surface, wider than the gap to the person behind in other scenes."""
    room = scene()
    slope = np.linspace(1.7, 0.8, SIZE[0], dtype=np.float32)[:, None]
    depth = np.where(room.person, slope, np.float32(3.0)).astype(np.float32)
    assert iou(fused(depth, unsure(room.person)), room.person) > 0.97


def test_a_nearer_thing_is_decided_by_colour() -> None:
    room = scene(nearer=True)
    hint = unsure(room.person)
    assert (fused(room.depth, hint)[room.other] > 0.5).mean() < 0.01
    unnoticed = np.full_like(hint, 0.5)
    unnoticed[room.person] = 0.95
    opinion = depth_probability(room.depth, np.where(room.other, np.float32(0.9), hint))
    assert np.median(opinion[room.other]) > 0.5  # had colour called it the person, depth would not object


def test_a_contact_at_equal_depth_is_left_to_colour() -> None:
    """Floor and feet share their depth; depth must not pull the floor into the person."""
    room = scene()
    depth = np.full(SIZE, 2.0, np.float32)
    opinion = depth_probability(depth, unsure(room.person))
    assert 0.3 < np.median(opinion) < 0.7


@pytest.mark.parametrize("scale", [0.01, 1.0, 50.0])
def test_relative_depth_needs_no_units(scale: float) -> None:
    room = scene(behind=True)
    hint = unsure(room.person | room.other)
    here = depth_probability(room.depth, hint, metric=False)
    there = depth_probability((room.depth * np.float32(scale)).astype(np.float32), hint, metric=False)
    np.testing.assert_allclose(here, there, atol=0.02)


def test_confidence_shrinks_the_opinion() -> None:
    room = scene()
    hint = unsure(room.person)
    sure = depth_probability(room.depth, hint, confidence=np.ones(SIZE, np.float32))
    unsure_half = depth_probability(room.depth, hint, confidence=np.full(SIZE, 0.5, np.float32))
    none = depth_probability(room.depth, hint, confidence=np.zeros(SIZE, np.float32))
    assert (np.abs(unsure_half - 0.5) <= np.abs(sure - 0.5) + 1e-3).mean() > 0.99
    np.testing.assert_allclose(none, 0.5, atol=1e-6)


def test_low_confidence_still_tells_people_apart() -> None:
    room = scene(behind=True)
    hint = unsure(room.person | room.other)
    confidence = np.where(room.other, np.float32(0.3), np.float32(1)).astype(np.float32)
    result = fused(room.depth, hint, confidence=confidence)
    assert (result[room.other & (hint > 0.5)] > 0.2).mean() < 0.02


def test_opinions_of_the_layer_are_bounded() -> None:
    room = scene()
    opinion = depth_probability(room.depth, unsure(room.person))
    assert opinion.max() <= 0.98 + 1e-6
    assert opinion[~room.person].min() >= 5e-4


@pytest.mark.parametrize("offset", [(0, 0), (4, 0), (-3, 2), (0, -4)])
def test_a_shift_between_depth_and_colour_is_found(offset: tuple[int, int]) -> None:
    room = scene()
    depth = cv2.warpAffine(
        room.depth, np.float32([[1, 0, offset[0]], [0, 1, offset[1]]]), SIZE[::-1], borderMode=cv2.BORDER_REPLICATE
    )
    hint = unsure(room.person, 1.0)
    shift = find_shift(depth_probability(depth, hint), hint)
    np.testing.assert_allclose(shift, (-offset[0], -offset[1]), atol=0.8)


def test_moving_depth_leaves_unmeasured_borders() -> None:
    depth = np.arange(1, 13, dtype=np.float32).reshape(3, 4)
    result = moved(depth, (1.2, -0.9))
    np.testing.assert_array_equal(result, [[np.nan, 5, 6, 7], [np.nan, 9, 10, 11], [np.nan] * 4])


def test_wrong_input_is_named() -> None:
    depth = np.ones((4, 4), np.float32)
    with pytest.raises(FrameError, match="no colour probability"):
        depth_probability(depth)
    with pytest.raises(FrameError, match="hint is float32 of shape"):
        depth_probability(depth, np.ones((4, 5), np.float32))
    with pytest.raises(FrameError, match="float64"):
        depth_probability(depth.astype(np.float64), depth)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="expected one of layer, linear"):
        depth_probability(depth, depth, mode="square")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="d_max is 0"):
        depth_probability(depth, mode="linear", d_max=0.0)
    with pytest.raises(ConfigError, match="focus"):
        depth_probability(depth, depth, focus=(1.5, 0.5))


def test_an_opinion_of_sparse_samples_fades_between_them() -> None:
    """Half-way between a sample of the subject and one of the wall it is even; samples close by stay as they are."""
    opinion = np.full((64, 128), 0.02, np.float32)
    opinion[:, 64:] = 0.98
    opinion[0, 0] = np.nan
    assert between_samples(opinion, 2.0) is opinion
    faded = between_samples(opinion, 16.0)
    assert np.isnan(faded[0, 0])
    assert np.allclose(faded[32, 63:65], 0.5, atol=0.15)
    assert (np.diff(faded[32]) >= -1e-6).all()
    assert faded[32, 40] < 0.05 < 0.95 < faded[32, 88]
