"""Replacement that looks shot on location: framing, light, moving backgrounds, and who stands before whom."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replacement_scenes import BLUE, GREY, RED, SIZE, flat, replaced, room, smooth_picture, subject

from rgbd_seg import effects
from rgbd_seg.effects.framing import Framing
from rgbd_seg.effects.light_match import Light, LightGains
from rgbd_seg.effects.light_wrap import wrapped
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import AlphaMatte, RgbdFrame, Timestamp
from rgbd_seg.linear_light import decode, encode
from rgbd_seg.samples import load_sample

# Framing


@pytest.mark.parametrize("mode", ["fill", "fit", "crop", "stretch"])
def test_a_background_of_the_frames_size_is_itself(mode: str) -> None:
    picture = smooth_picture()
    assert np.array_equal(Framing(mode=mode).picture(picture, SIZE), picture)


@settings(max_examples=40, deadline=None)
@given(
    mode=st.sampled_from(["fill", "fit", "crop", "stretch"]),
    shape=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    anchor=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    turns=st.integers(0, 3),
    mirrored=st.booleans(),
)
def test_every_framing_has_the_size_and_adds_no_colour(mode, shape, size, anchor, turns, mirrored) -> None:
    framing = Framing(mode=mode, anchor=anchor, quarter_turns=turns, mirrored=mirrored)
    out = framing.picture(flat(RED, shape), size)
    assert out.shape == (*size, 3)
    assert np.abs(out.astype(int) - RED).max() <= 1
    depth = framing.depth(np.full((max(1, shape[0] // 2), max(1, shape[1] // 2)), 2, np.float32), shape, size)
    assert depth.shape[0] <= size[0]
    assert depth.shape[1] <= size[1]
    assert np.all((depth == 2) | np.isnan(depth))
    assert np.isfinite(depth).any()


def test_fit_shows_all_and_fill_cuts() -> None:
    wide = flat(GREY, (20, 80))
    wide[:, :10], wide[:, 70:] = RED, BLUE
    fit = Framing(mode="fit").picture(wide, (40, 40))
    assert np.abs(fit[20, 1].astype(int) - RED).max() < 20
    assert np.abs(fit[20, 38].astype(int) - BLUE).max() < 20
    assert np.all(Framing().picture(wide, (40, 40)) == GREY)
    left = Framing(anchor=(0.0, 1.0)).picture(wide, (40, 40))
    assert np.abs(left[20, 2].astype(int) - RED).max() < 20
    tall = np.rot90(wide, -1)  # red above, blue below
    low = Framing(anchor=(0.0, 1.0)).picture(tall, (40, 40))
    assert np.abs(low[38, 20].astype(int) - BLUE).max() < 20


def test_crop_keeps_pixels_and_turns_turn() -> None:
    picture = smooth_picture(size=(200, 300))
    assert np.array_equal(Framing(mode="crop", anchor=(0, 0)).picture(picture, SIZE), picture[:120, :160])
    turned = Framing(quarter_turns=1, mode="stretch").picture(picture, (300, 200))
    assert np.array_equal(turned, np.rot90(picture, -1))
    assert np.array_equal(Framing(mirrored=True, mode="stretch").picture(picture, (200, 300)), picture[:, ::-1])


def test_depth_is_framed_as_its_picture() -> None:
    y, x = np.mgrid[:100, :200]
    picture = np.dstack([x, y, 0 * x]).astype(np.uint8)
    framing = Framing(anchor=(0.25, 0.7), mirrored=True)
    seen = framing.picture(picture, (50, 60))
    depth = framing.depth((1 + x / 100).astype(np.float32), (100, 200), (50, 60))
    assert depth.shape == (50, 60)
    assert np.abs((depth - 1) * 100 - seen[..., 0]).max() < 2


# Light


@pytest.mark.parametrize("name", ["bob", "sweater", "windblown"])
def test_the_same_picture_under_another_light_is_brought_back(name: str) -> None:
    color = load_sample(name).frame.color
    for gains in ((0.5, 0.5, 0.5), (0.55, 0.6, 0.75)):
        other = encode(decode(color) * np.float32(gains))
        back = Light.of(other).towards(Light.of(color)).apply(other)
        shadowless = color.min(axis=2) > 20  # below, 8 bits of the darker picture hold too little
        bright = color.max(axis=2) < 220  # above, brightened light bends instead of clipping
        error = np.abs(back.astype(int) - color)[shadowless & bright]
        assert error.mean() < 1.5


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), other=st.integers(0, 99), amount=st.floats(0, 1))
def test_light_is_matched_within_bounds_and_by_the_amount(seed: int, other: int, amount: float) -> None:
    here, there = Light.of(smooth_picture(seed)), Light.of(smooth_picture(other) // 4)
    whole, part, none = (here.towards(there, share) for share in (1.0, amount, 0.0))
    stops = np.log2([whole.red, whole.green, whole.blue])
    assert np.all(np.abs(stops) <= 2.0)
    np.testing.assert_allclose(np.log2([part.red, part.green, part.blue]), amount * stops, atol=1e-9)
    assert none == LightGains()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 2), (500, 3)])
def test_every_picture_has_a_light(size: tuple[int, int]) -> None:
    for color in ((0, 0, 0), (255, 255, 255), RED):
        gains = Light.of(flat(color, size)).towards(Light.of(smooth_picture()))
        assert np.isfinite([gains.red, gains.green, gains.blue]).all()


def test_a_lamp_moves_the_light_little() -> None:
    picture = load_sample("bob").frame.color
    lamp = picture.copy()
    lamp[:20, :20] = 255
    change = Light.of(picture).towards(Light.of(lamp))
    np.testing.assert_allclose(np.log2([change.red, change.green, change.blue]), 0, atol=0.1)


def test_brightened_light_rises_and_never_clips() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    out = LightGains(2.5, 1.0, 0.5).apply(ramp)[0].astype(int)
    assert np.all(np.diff(out, axis=0) >= 0)
    assert np.array_equal(out[:230, 1], np.arange(230))
    assert np.all(out[:200, 2] <= np.arange(200))


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.floats(0.25, 4)] * 3))
def test_any_light_keeps_the_order_of_tones_and_white_without_colour(gains: tuple[float, float, float]) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    out = LightGains(*gains).apply(ramp)[0].astype(int)
    assert np.all(np.diff(out, axis=0) >= 0)
    if max(gains) <= 1:
        assert np.ptp(out[255]) <= 1


def test_matching_leaves_the_subject_and_plain_colours_alone() -> None:
    frame, matte = subject()
    dark = smooth_picture(3) // 3
    out = replaced(frame, matte, background=dark, match=1.0)
    assert np.array_equal(out[matte.alpha == 1], frame.color[matte.alpha == 1])
    away = matte.alpha == 0
    assert out[away].mean() > dark[away].mean() + 10  # the frame is brighter
    plain = replaced(frame, matte, background=(10, 10, 10), match=1.0)
    assert np.all(plain[away] == 10)
    same = replaced(frame, matte, background=frame.color, match=1.0)
    assert np.abs(same[away].astype(int) - frame.color[away]).max() <= 1


def test_camera_noise_does_not_make_the_background_flicker() -> None:
    frame, matte = subject()
    background = effects.Background.prepare(smooth_picture(5), SIZE)
    rng = np.random.default_rng(0)
    outs = []
    for _ in range(8):
        noisy = np.clip(frame.color + rng.normal(0, 3, frame.color.shape), 0, 255).astype(np.uint8)
        outs.append(replaced(dataclasses.replace(frame, color=noisy), matte, background=background, match=1.0))
    away = matte.alpha == 0
    steps = [np.abs(a.astype(int) - b)[away].mean() for a, b in itertools.pairwise(outs)]
    assert max(steps) < 0.5


def test_light_wraps_at_the_edge_only_and_only_adds() -> None:
    frame, matte = subject()
    out = wrapped(frame, matte, flat((255, 255, 255)), 1.0).astype(int)
    inner = np.hypot(*(np.mgrid[:120, :160] - np.array([60, 80])[:, None, None])) < 30
    assert np.array_equal(out[inner], frame.color[inner])
    rim = (matte.alpha == 1) & ~inner
    assert (out[rim] >= frame.color[rim]).all()
    assert out[rim].mean() > frame.color[rim].mean() + 3
    black = wrapped(frame, matte, flat((0, 0, 0)), 1.0)
    edge = matte.alpha > 0
    sharp = np.where((matte.alpha == 1)[..., None], frame.color, matte.foreground)
    assert np.array_equal(black[edge], sharp[edge])


def test_a_background_of_fine_lights_spills_as_much_as_an_even_one_of_the_same_light() -> None:
    size = (480, 640)
    alpha = np.zeros(size, np.float32)
    alpha[:, 320:] = 1
    frame, matte = RgbdFrame(color=flat((0, 0, 0), size)), AlphaMatte(alpha=alpha)
    checked = np.where(np.indices(size).sum(axis=0)[..., None] % 2, np.uint8(255), np.zeros(3, np.uint8))
    even = flat((188, 188, 188), size)  # half of white's light
    fine, plain = (replaced(frame, matte, background=one, light_wrap=1.0) for one in (checked, even))
    assert plain[240, 320, 0] > 100
    assert np.abs(fine[:, 320:].astype(int) - plain[:, 320:]).max() <= 1


def test_light_wrap_grows_with_its_amount() -> None:
    frame, matte = subject()
    white = flat((255, 255, 255))
    means = [replaced(frame, matte, background=white, light_wrap=amount).mean() for amount in (0, 0.3, 1)]
    assert means[0] < means[1] < means[2]


# Moving backgrounds


def frames_of(count: int) -> list[np.ndarray]:
    return [flat((10 * k, 0, 0)) for k in range(count)]


def test_a_list_loops_and_an_iterator_holds_its_last_picture() -> None:
    looped = effects.PictureSequence(frames_of(5), rate=10)
    assert [int(looped.at(t)[0, 0, 0]) for t in (0, 0.1, 0.45, 0.5, 1.2)] == [0, 10, 40, 0, 20]
    once = effects.PictureSequence(iter(frames_of(3)), rate=10)
    assert [int(once.at(t)[0, 0, 0]) for t in (0, 0.1, 0.5, 9)] == [0, 10, 20, 20]
    still = effects.PictureSequence(frames_of(3), rate=10, loop=False)
    assert int(still.at(9)[0, 0, 0]) == 20
    array = effects.PictureSequence(np.stack(frames_of(3)), rate=10)
    assert [int(array.at(t)[0, 0, 0]) for t in (0, 0.25, 0.35)] == [0, 20, 0]


def test_a_video_keeps_time_with_the_frames_and_starts_anew_with_their_clock() -> None:
    frame, matte = subject()
    video = effects.VideoBackground(effects.PictureSequence(frames_of(9), rate=10))
    moments = (("device", 700_000), ("device", 700_100), ("device", 700_320), ("device", 3), ("host", 900))
    shown = []
    for clock, milliseconds in moments:
        moment = Timestamp(milliseconds * 1_000_000, clock)
        pair = dataclasses.replace(frame, timestamp=moment), dataclasses.replace(matte, timestamp=moment)
        shown.append(int(replaced(*pair, background=video)[0, 0, 0]))
    assert shown == [0, 10, 30, 0, 0]


def test_bad_moving_backgrounds_are_refused() -> None:
    with pytest.raises(FrameError, match="no pictures"):
        effects.PictureSequence([])
    with pytest.raises(FrameError, match="no pictures"):
        effects.PictureSequence(iter(()))
    with pytest.raises(FrameError, match="background"):
        effects.PictureSequence([np.zeros((4, 4), np.uint8)])
    with pytest.raises(ConfigError, match="rate"):
        effects.PictureSequence(frames_of(1), rate=0)


# Bad input


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"match": 1.5}, "match"),
        ({"light_wrap": -0.1}, "light_wrap"),
        ({"blur": float("nan")}, "blur"),
        ({"subject_distance": -1.0}, "subject_distance"),
        ({"pictures": [1]}, "pictures"),
        ({"background": "red"}, "background colour"),
        ({"background": None}, "background colour"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        effects.ReplaceOptions(**options)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"distance": -2.0}, "distance"),
        ({"distance": 0.0}, "distance"),
        ({"distance": float("nan")}, "distance"),
        ({"height": -1.0}, "height"),
        ({"height": 1.0, "height_px": 10.0}, "both height"),
        ({"center": (0.0, 0.0), "center_px": (1.0, 1.0)}, "both center"),
        ({"center": (0.0,)}, "center"),
        ({"center": ("left", 0.0)}, "center"),
        ({"center_px": (float("inf"), 0.0)}, "center_px"),
    ],
)
def test_impossible_pictures_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        effects.PlacedPicture(**({"picture": flat(RED, (4, 4)), "distance": 1.0} | change))


def test_pictures_of_another_form_are_refused() -> None:
    with pytest.raises(FrameError, match="picture"):
        effects.PlacedPicture(picture=np.zeros((4, 4), np.uint8), distance=1.0)
    with pytest.raises(FrameError, match="alpha"):
        effects.PlacedPicture(picture=flat(RED, (4, 4)), alpha=np.zeros((4, 5), np.float32), distance=1.0)
    with pytest.raises(FrameError, match="relative"):
        effects.ReplaceOptions(background=dataclasses.replace(room(), depth_is_metric=False))
    with pytest.raises(ConfigError, match=r"Background\.prepare"):
        effects.ReplaceOptions(background=effects.Background.prepare((0, 0, 0), SIZE), blur=0.5)
    for bad in (
        {"mode": "zoom"},
        {"anchor": (2.0, 0.0)},
        {"anchor": 0.5},
        {"anchor": ("left", 0)},
        {"quarter_turns": 4},
    ):
        with pytest.raises(ConfigError):
            Framing(**bad)


def test_a_background_that_only_fits_another_size_is_refused() -> None:
    frame, matte = subject()
    prepared = effects.Background.prepare(smooth_picture(), (60, 80))
    with pytest.raises(FrameError, match="prepare it again"):
        replaced(frame, matte, background=prepared)
