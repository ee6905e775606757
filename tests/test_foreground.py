"""The subject's colour without the old background."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.foreground import estimate_foreground
from rgbd_seg.io.pictures import read_cutout
from rgbd_seg.linear_light import decode, encode
from rgbd_seg.samples import load_sample

lengths = st.integers(1, 40)
HAIR = Path(__file__).parents[1] / "benchmarks" / "hair"
GREEN = np.array([0, 200, 0], np.uint8)


def _mixed(front: UInt8, back: UInt8, alpha: Float32) -> UInt8:
    part = alpha[..., None]
    return encode(decode(front) * part + decode(np.broadcast_to(back, front.shape)) * (1 - part))


def _filled(color: UInt8, known: np.ndarray) -> UInt8:
    """Every pixel outside ``known`` takes the colour of the nearest one inside."""
    rows, columns = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    return color[rows, columns]


@settings(max_examples=40, deadline=None)
@given(height=lengths, width=lengths, seed=st.integers(0, 999))
def test_solid_and_empty_pixels_keep_their_colour(height: int, width: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    color = random.integers(0, 256, (height, width, 3), np.uint8)
    alpha = random.choice(np.float32([0, 0.3, 1]), (height, width))
    foreground = estimate_foreground(color, alpha)
    assert foreground.dtype == np.uint8
    settled = (alpha == 0) | (alpha == 1)
    np.testing.assert_array_equal(foreground[settled], color[settled])


@settings(max_examples=20, deadline=None)
@given(height=lengths, width=lengths, value=st.integers(0, 255), seed=st.integers(0, 99))
def test_a_picture_of_one_colour_stays_so(height: int, width: int, value: int, seed: int) -> None:
    color = np.full((height, width, 3), value, np.uint8)
    alpha = np.random.default_rng(seed).random((height, width), np.float32)
    assert np.abs(estimate_foreground(color, alpha).astype(int) - value).max() <= 1


@pytest.mark.parametrize(("name", "behind"), [("curls", "windblown"), ("bob", "wave"), ("windblown", "bob")])
def test_a_new_background_shows_less_than_half_of_the_old_one(name: str, behind: str) -> None:
    """Known foreground over known background with known alpha, then over green."""
    alpha = load_sample(name).alpha
    front = _filled(load_sample(name).frame.color, alpha > 0.98)
    other = load_sample(behind)
    back = _filled(other.frame.color, cv2.dilate(other.alpha, np.ones((9, 9))) < 0.01)
    back = cv2.resize(back, alpha.shape[::-1])
    picture = _mixed(front, back, alpha)
    truth = _mixed(front, GREEN, alpha).astype(int)
    band = (alpha > 0.02) & (alpha < 0.98)

    def error(foreground: UInt8) -> float:
        return float(np.abs(_mixed(foreground, GREEN, alpha) - truth)[band].mean())

    assert error(estimate_foreground(picture, alpha)) < 0.4 * error(picture)
    assert error(estimate_foreground(picture, alpha, working_side=320)) < 0.5 * error(picture)


@pytest.mark.parametrize("person", ["bob", "curls", "wave", "windblown"])
def test_hair_before_plain_colours_has_half_the_error_of_alpha_blending(person: str) -> None:
    """Path-traced strands with their true colour and coverage, before a wall, then before plain colours."""
    front, alpha = read_cutout(HAIR / f"{person}.png")
    assert alpha is not None
    band = (alpha > 0.05) & (alpha < 0.95)
    wall = load_sample("wave").frame.color
    bricks = wall[: alpha.shape[0], -alpha.shape[1] :]
    for back in (bricks, np.broadcast_to(np.uint8([150, 160, 140]), front.shape)):
        picture = _mixed(front, back, alpha)
        found = estimate_foreground(picture, alpha, working_side=320)
        errors = []
        for new in ((255, 255, 255), (0, 0, 0), (230, 0, 20), (0, 200, 0), (0, 40, 230)):
            truth = _mixed(front, np.uint8(new), alpha).astype(int)
            errors.append([np.abs(_mixed(f, np.uint8(new), alpha) - truth)[band].mean() for f in (found, picture)])
        ours, blended = np.mean(errors, axis=0)
        assert ours <= 0.5 * blended


def test_what_is_unexplained_goes_to_the_side_that_varies() -> None:
    """Striped hair before an even wall keeps its stripes; an even coat before a striped wall does not get them."""
    stripes = np.repeat(np.tile(np.uint8([[60], [200]]), (30, 1))[..., None], 3, axis=2)
    striped = np.broadcast_to(stripes, (60, 200, 3))
    even = np.full((60, 200, 3), 120, np.uint8)
    alpha = np.tile(np.clip((np.arange(200, dtype=np.float32) - 96) / 8, 0, 1), (60, 1))
    middle = np.s_[10:50, 98:104]
    hair = estimate_foreground(_mixed(striped, even, alpha), alpha)
    assert np.abs(hair[middle].astype(int) - striped[middle]).mean() < 12
    coat = estimate_foreground(_mixed(even, striped, alpha), alpha)
    assert np.abs(coat[middle].astype(int) - even[middle]).mean() < 12


def test_a_straight_edge_between_two_colours_is_unmixed() -> None:
    """Red over blue through a ramp of alpha: the ramp's foreground is red again."""
    alpha = np.tile(np.clip((np.arange(200, dtype=np.float32) - 90) / 20, 0, 1), (120, 1))
    red = np.broadcast_to(np.uint8([200, 30, 30]), (120, 200, 3))
    foreground = estimate_foreground(_mixed(red, np.uint8([20, 40, 220]), alpha), alpha)
    strong = alpha > 0.2
    assert np.abs(foreground.astype(int) - red)[strong].max() < 20


def test_bad_input_is_refused() -> None:
    color = np.zeros((4, 5, 3), np.uint8)
    with pytest.raises(FrameError, match="alpha"):
        estimate_foreground(color, np.zeros((5, 4), np.float32))
    with pytest.raises(FrameError, match="color"):
        estimate_foreground(color[..., 0], np.zeros((4, 5), np.float32))
    with pytest.raises(ConfigError, match="working_side"):
        estimate_foreground(color, np.zeros((4, 5), np.float32), working_side=4)
