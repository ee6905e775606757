"""Who stands before whom: the subject, placed pictures, and backgrounds that have depth."""

import dataclasses

import numpy as np
import pytest
from replacement_scenes import BLUE, GREEN, RED, SIZE, card, flat, replaced, room, smooth_picture, subject

from rgbd_seg import effects
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.linear_light import decode, encode
from rgbd_seg.samples import load_sample


@pytest.mark.parametrize(("distance", "in_front"), [(0.8, True), (1.3, True), (1.7, False), (3.0, False)])
def test_a_picture_stands_before_or_behind_the_subject(distance: float, in_front: bool) -> None:
    frame, matte = subject(1.5, noise=0.004)
    out = replaced(frame, matte, background=BLUE, pictures=(card(distance),))
    solid, away = matte.alpha == 1, matte.alpha == 0
    assert np.abs(out[away].astype(int) - RED).max() <= 1
    expected = np.broadcast_to(RED, frame.color.shape) if in_front else frame.color
    assert np.abs(out[solid].astype(int) - expected[solid]).max() <= 1


def test_soft_edges_before_a_picture_are_exact() -> None:
    """α·F + (1 − α)·picture, where the picture hides the whole background."""
    frame, matte = subject(1.5)
    out = replaced(frame, matte, background=BLUE, pictures=(card(2.5),))
    part = matte.alpha[..., None]
    truth = encode(decode(flat(GREEN)) * part + decode(flat(RED)) * (1 - part))
    assert np.abs(out.astype(int) - truth).max() <= 1


def test_a_transparent_picture_in_front_is_exact() -> None:
    frame, matte = subject(1.5)
    half = np.full((30, 40), 0.5, np.float32)
    out = replaced(frame, matte, background=BLUE, pictures=(card(1.0, alpha=half),))
    part = matte.alpha[..., None]
    behind = decode(flat(GREEN)) * part + decode(flat(BLUE)) * (1 - part)
    truth = encode(0.5 * decode(flat(RED)) + 0.5 * behind)
    assert np.abs(out.astype(int) - truth).max() <= 1


def test_of_two_pictures_the_nearer_is_seen_and_of_equals_the_later() -> None:
    frame, matte = subject(1.5)
    near, far = card(2.0, RED), card(2.5, GREEN)
    away = matte.alpha == 0
    for pictures in ((near, far), (far, near)):
        assert np.all(replaced(frame, matte, background=BLUE, pictures=pictures)[away] == RED)
    equal = replaced(frame, matte, background=BLUE, pictures=(card(2.0, RED), card(2.0, GREEN)))
    assert np.all(equal[away] == GREEN)


def test_a_picture_between_two_parts_of_the_subject() -> None:
    """An arm at 1.0 m before the picture at 1.4 m, the body at 2.0 m behind it."""
    frame, matte = subject(2.0)
    depth = frame.depth.copy()
    depth[:, 80:][matte.alpha[:, 80:] > 0.5] = 1.0
    color = frame.color.copy()
    color[:, 80:][matte.alpha[:, 80:] > 0.5] = (180, 120, 60)
    frame = dataclasses.replace(frame, depth=depth, color=color)
    out = replaced(frame, matte, background=BLUE, pictures=(card(1.4),))
    assert np.abs(out[60, 55:74].astype(int) - RED).max() <= 2
    assert np.abs(out[60, 87:110].astype(int) - (180, 120, 60)).max() <= 2


def test_no_fighting_where_picture_and_subject_are_equally_far() -> None:
    frame, matte = subject(1.5, noise=0.004)
    out = replaced(frame, matte, background=BLUE, pictures=(card(1.5),))
    solid = matte.alpha == 1
    assert np.abs(out[solid].astype(int) - frame.color[solid]).max() <= 2  # the subject wins, all of it


def test_without_depth_the_matte_decides() -> None:
    for frame, matte in (subject(None), subject(1.5)):
        blind = dataclasses.replace(frame, depth=None if frame.depth is None else np.full(SIZE, np.nan, np.float32))
        out = replaced(blind, matte, background=BLUE, pictures=(card(0.5),))
        assert np.array_equal(out[matte.alpha == 1], frame.color[matte.alpha == 1])
        told = replaced(blind, matte, background=BLUE, pictures=(card(0.5),), subject_distance=2.0)
        assert np.all(told == RED)
    relative = dataclasses.replace(subject(1.5)[0], depth_is_metric=False)
    out = replaced(relative, matte, background=BLUE, pictures=(card(0.5),))
    assert np.array_equal(out[matte.alpha == 1], frame.color[matte.alpha == 1])


def test_pictures_in_the_frames_own_background() -> None:
    frame, matte = subject(1.5)
    assert np.array_equal(replaced(frame, matte, background="own"), frame.color)
    away = effects.PlacedPicture(picture=flat(RED, (9, 9)), distance=2.0, center_px=(-500.0, 0.0))
    assert np.array_equal(replaced(frame, matte, background="own", pictures=(away,)), frame.color)
    behind_wall = replaced(frame, matte, background="own", pictures=(card(6.0),))
    assert np.abs(behind_wall.astype(int) - frame.color).max() <= 2
    between = replaced(frame, matte, background="own", pictures=(card(2.5),))
    part = matte.alpha[..., None]
    truth = encode(decode(flat(GREEN)) * part + decode(flat(RED)) * (1 - part))
    assert np.abs(between.astype(int) - truth).max() <= 2


def test_a_background_with_depth_hides_the_subject_where_it_is_nearer() -> None:
    frame, matte = subject(1.5)
    out = replaced(frame, matte, background=room())
    away, solid = matte.alpha == 0, matte.alpha == 1
    assert np.array_equal(out[away], room().color[away])
    hidden, shown = solid.copy(), solid.copy()
    hidden[:, :86], shown[:, 75:] = False, False
    assert np.abs(out[hidden].astype(int) - RED).max() <= 2
    assert np.abs(out[shown].astype(int) - GREEN).max() <= 2
    nearer = replaced(frame, matte, background=room(), subject_distance=0.8)
    assert np.abs(nearer[solid].astype(int) - GREEN).max() <= 1
    farther = replaced(frame, matte, background=room(), subject_distance=5.0)
    measured = np.zeros(SIZE, bool)
    measured[:100] = True
    assert np.abs(farther[measured].astype(int) - room().color[measured]).max() <= 2


def test_a_hole_in_the_depth_of_what_is_nearer_does_not_let_the_subject_through() -> None:
    frame, matte = subject(1.5)
    behind = room()
    depth = behind.depth.copy()
    hole = np.s_[50:70, 90:104]
    depth[hole] = np.nan
    out = replaced(frame, matte, background=dataclasses.replace(behind, depth=depth))
    assert np.all(matte.alpha[hole] == 1)
    assert np.abs(out[hole].astype(int) - RED).max() <= 2


@pytest.mark.parametrize("wall_color", [BLUE, (180, 40, 40)])
def test_what_is_too_far_to_measure_stays_behind_the_subject(wall_color: tuple[int, int, int]) -> None:
    """The wall is out of the sensor's range: of another colour than the board before it, it does not come near."""
    frame, matte = subject(1.5)
    behind = room()
    color, depth = behind.color.copy(), behind.depth.copy()
    color[:, :80], depth[:, :80] = wall_color, np.nan
    out = replaced(frame, matte, background=dataclasses.replace(behind, color=color, depth=depth))
    wall, board = matte.alpha == 1, matte.alpha == 1
    wall[:, 75:], board[:, :86] = False, False
    assert np.abs(out[wall].astype(int) - GREEN).max() <= 2
    assert np.abs(out[board].astype(int) - RED).max() <= 2


def test_the_edge_of_what_is_nearer_is_soft_and_has_its_own_colour() -> None:
    """A board with a soft edge: across it no colour of the wall behind may lie on the subject."""
    frame, matte = subject(1.5)
    ramp = np.clip((np.arange(160) - 78) / 4, 0, 1).astype(np.float32)[None, :, None]
    color = encode(decode(flat(RED)) * ramp + decode(flat(BLUE)) * (1 - ramp))
    depth = np.where(ramp[..., 0] > 0.5, 1.0, 3.0).astype(np.float32) * np.ones(SIZE, np.float32)
    out = replaced(frame, matte, background=RgbdFrame(color=color, depth=depth))
    truth = encode(decode(flat(RED)) * ramp + decode(flat(GREEN)) * (1 - ramp))
    across = np.s_[50:70, 70:90]
    assert np.abs(out[across].astype(int) - truth[across]).mean() < 6
    assert out[across][..., 2].max() < 60  # blue


def test_a_picture_stands_in_the_depth_of_the_background() -> None:
    frame, _ = subject(1.5)
    nobody = AlphaMatte(alpha=np.zeros(SIZE, np.float32))
    out = replaced(frame, nobody, background=room(), pictures=(card(2.0, GREEN),))
    assert np.abs(out[:100, :75].astype(int) - GREEN).max() <= 2
    assert np.abs(out[:100, 85:].astype(int) - RED).max() <= 2


def test_size_and_place_in_metres_and_pixels_agree() -> None:
    frame, _ = subject(1.5)
    nobody = AlphaMatte(alpha=np.zeros(SIZE, np.float32))
    metres = effects.PlacedPicture(
        picture=flat(RED, (30, 20)), distance=2.0, height=0.4, center=(0.2, -0.1)
    )  # 0.4 m · 140 px / 2 m = 28 px
    pixels = effects.PlacedPicture(
        picture=flat(RED, (30, 20)), distance=2.0, height_px=28.0, center_px=(79.5 + 14, 59.5 - 7)
    )
    first, second = (replaced(frame, nobody, background=BLUE, pictures=(one,)) for one in (metres, pixels))
    assert np.array_equal(first, second)
    covered = (decode(first)[..., 0] - decode(flat(BLUE))[..., 0]) / (decode(flat(RED)) - decode(flat(BLUE)))[0, 0, 0]
    assert covered.sum() == pytest.approx(28 * 28 * 20 / 30, rel=0.01)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    assert (covered * columns).sum() / covered.sum() == pytest.approx(93.5, abs=0.05)
    assert (covered * rows).sum() / covered.sum() == pytest.approx(52.5, abs=0.05)


def test_a_picture_keeps_its_light_when_scaled_and_blurred() -> None:
    from rgbd_seg.effects.placed_picture import cut_out

    frame, _ = subject(1.5)
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (90, 70, 3), np.uint8)
    alpha = rng.random((90, 70), np.float32)
    placed = effects.PlacedPicture(picture=picture, alpha=alpha, distance=1.0, height_px=40.0)
    sharp, soft = cut_out(placed, frame), cut_out(placed, frame, 12.0)
    assert sharp is not None
    assert soft is not None
    scale = (40 / 90) ** 2
    assert sharp.light[..., 3].sum() == pytest.approx(alpha.sum() * scale, rel=0.02)
    assert soft.light.sum(axis=(0, 1)) == pytest.approx(sharp.light.sum(axis=(0, 1)), rel=0.01)
    assert np.all(soft.light[..., 3] <= 1 + 1e-5)


def test_blur_draws_pictures_by_their_distance_from_the_subject() -> None:
    frame, matte = subject(1.5)
    small = {"picture": flat(RED, (4, 4)), "height_px": 4.0, "center_px": (20.0, 20.0)}
    peaks = []
    for distance in (1.6, 3.0, 20.0):
        one = effects.PlacedPicture(distance=distance, **small)
        out = replaced(frame, matte, background=(0, 0, 0), pictures=(one,), blur=1.0)
        peaks.append(int(out[20, 20, 0]))
    assert peaks[0] == 200
    assert peaks[0] > peaks[1] > peaks[2]


def test_a_blurred_background_keeps_the_subject_sharp() -> None:
    frame, matte = subject(1.5)
    sharp = smooth_picture(7)
    sharp[::4] = 255
    for background in (sharp, RgbdFrame(color=sharp, depth=np.full(SIZE, 6, np.float32))):
        out = replaced(frame, matte, background=background, blur=1.0)
        assert np.array_equal(out[matte.alpha == 1], frame.color[matte.alpha == 1])
        assert out[10:20, 10:40].std() < 0.7 * sharp[10:20, 10:40].std()


@pytest.mark.parametrize("distance", [1.0, 6.0])
def test_a_blurred_picture_that_goes_on_beyond_the_frame_hides_all_of_it(distance: float) -> None:
    frame, matte = subject(1.5)
    out = replaced(frame, matte, background=BLUE, pictures=(card(distance),), blur=1.0)
    away = matte.alpha == 0
    assert np.abs(out[away].astype(int) - RED).max() <= 1


def test_a_blurred_picture_beside_the_frame_is_spread_into_it() -> None:
    frame, matte = subject(1.5)
    beside = effects.PlacedPicture(picture=flat(RED, (4, 4)), distance=50.0, height_px=40.0, center_px=(-21.0, 20.0))
    out = replaced(frame, matte, background=(0, 0, 0), pictures=(beside,), blur=1.0)
    assert out[20, 0, 0] > 60
    assert not out[20, 20].any()


def test_a_picture_right_before_the_lens_is_drawn_no_wider_than_bokeh_draws() -> None:
    """Unbounded, its disc would be five times as wide as the picture is high, and need all memory in a photo."""
    frame, matte = subject(1.5)
    near = effects.PlacedPicture(picture=flat(RED, (4, 4)), distance=0.02, height_px=60.0, center_px=(80.0, 60.0))
    out = replaced(frame, matte, background=(0, 0, 0), pictures=(near,), blur=1.0)
    assert np.abs(out[60, 80].astype(int) - RED).max() <= 1


def test_a_background_whose_depth_is_one_hole_is_blurred_as_one_without_depth() -> None:
    frame, matte = subject(1.5)
    holes = RgbdFrame(color=smooth_picture(7), depth=np.full(SIZE, np.nan, np.float32))
    out = replaced(frame, matte, background=holes, blur=0.5)
    assert np.array_equal(out, replaced(frame, matte, background=holes.color, blur=0.5))


def test_blur_does_not_change_what_light_a_background_was_taken_in() -> None:
    background = load_sample("bob").frame.color
    sharp, soft = (effects.Background.prepare(background, SIZE, blur=blur) for blur in (0.0, 1.0))
    assert soft.light == sharp.light
    assert not np.array_equal(soft.picture, sharp.picture)


def test_bands_of_rows_make_no_seams() -> None:
    """More rows than a band has; a picture across them all."""
    alpha = np.zeros((300, 40), np.float32)
    frame = RgbdFrame(color=flat(GREEN, (300, 40)), depth=np.full((30, 4), 2, np.float32))
    tall = effects.PlacedPicture(picture=smooth_picture(1), distance=1.0, height_px=400.0)
    out = replaced(frame, AlphaMatte(alpha=alpha), background=BLUE, pictures=(tall,)).astype(int)
    assert np.abs(np.diff(out, axis=0)).max() < 12
