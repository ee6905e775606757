"""Linear light, compositing, background replacement and colour pop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rgbd_seg import effects
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import AlphaMatte, RgbdFrame, Timestamp
from rgbd_seg.linear_light import WHITE, decode, encode, encode_table, to_linear, to_srgb

SIZE = (7, 9)
pictures = hnp.arrays(np.uint8, (*SIZE, 3))
alphas = hnp.arrays(np.float32, SIZE, elements=st.floats(0, 1, width=32))
EVERY_EFFECT = [
    effects.bokeh,
    effects.blur,
    effects.replace_background,
    effects.whiten,
    effects.grayscale,
    effects.beautify,
]
WITH_STRENGTH = [
    (effects.bokeh, effects.BokehOptions),
    (effects.blur, effects.BlurOptions),
    (effects.whiten, effects.WhitenOptions),
    (effects.grayscale, effects.GrayscaleOptions),
    (effects.beautify, effects.BeautifyOptions),
]


def some_picture(height: int = 48, width: int = 64, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_every_name_is_there():
    assert sorted(effects.__all__) == sorted(effects._HOMES)
    assert all(callable(getattr(effects, name)) for name in effects.__all__)
    with pytest.raises(AttributeError):
        effects.no_such_effect  # noqa: B018


def test_srgb_goes_to_linear_light_and_back_exactly():
    every = np.arange(256, dtype=np.uint8)
    assert np.array_equal(encode(decode(every)), every)


def test_encoding_takes_the_nearest_srgb_value():
    linear = np.arange(65536) / WHITE
    error = np.abs(to_srgb(linear) * 255 - encode_table())
    assert error.max() <= 0.5 + 1e-6
    assert np.allclose(to_linear(to_srgb(linear)), linear, atol=1e-9)


def test_light_beyond_the_range_is_clipped():
    assert encode(np.array([-5.0, 1e9], np.float32)).tolist() == [0, 255]


def test_half_of_black_and_half_of_white_is_188():
    frame = RgbdFrame(color=np.full((4, 4, 3), 255, np.uint8))
    matte = AlphaMatte(alpha=np.full((4, 4), 0.5, np.float32))
    assert np.all(effects.replace_background(frame, matte, effects.ReplaceOptions(background=(0, 0, 0))) == 188)


@settings(max_examples=30, deadline=None)
@given(color=pictures, background=pictures, foreground=pictures, alpha=alphas)
def test_composite_keeps_whole_pixels_and_stays_between(color, background, foreground, alpha):
    matte = AlphaMatte(alpha=alpha, foreground=foreground)
    out = effects.composite(RgbdFrame(color=color), matte, background)
    assert np.array_equal(out[alpha == 1], color[alpha == 1])
    assert np.array_equal(out[alpha == 0], background[alpha == 0])
    mixed = (alpha > 0) & (alpha < 1)
    low, high = np.minimum(foreground, background), np.maximum(foreground, background)
    assert np.all((out >= low)[mixed] & (out <= high)[mixed])


@settings(max_examples=30, deadline=None)
@given(color=pictures, alpha=alphas)
def test_the_matting_equation_gives_the_picture_back(color, alpha):
    """A picture over itself is itself."""
    assert np.array_equal(effects.composite(RgbdFrame(color=color), AlphaMatte(alpha=alpha), color), color)


def test_composite_agrees_with_the_formula():
    rng = np.random.default_rng(1)
    color, background, alpha = some_picture(seed=1), some_picture(seed=2), rng.random((48, 64)).astype(np.float32)
    out = effects.composite(RgbdFrame(color=color), AlphaMatte(alpha=alpha), background)
    a = alpha[..., None].astype(np.float64)
    light = a * to_linear(color / 255) + (1 - a) * to_linear(background / 255)
    assert np.abs(out - to_srgb(light) * 255).max() <= 0.56  # rounding, and that of the 16-bit table


@pytest.mark.parametrize("effect", EVERY_EFFECT)
def test_a_matte_of_another_frame_is_refused(effect):
    frame = RgbdFrame(color=some_picture(), timestamp=Timestamp(1))
    with pytest.raises(FrameError, match="composite the frame"):
        effect(frame, AlphaMatte(alpha=np.ones((48, 64), np.float32), timestamp=Timestamp(2)))
    with pytest.raises(FrameError, match="size"):
        effect(frame, AlphaMatte(alpha=np.ones((48, 60), np.float32), timestamp=Timestamp(1)))


@pytest.mark.parametrize(("effect", "options"), WITH_STRENGTH)
def test_strength_zero_is_the_picture_and_out_of_range_is_refused(effect, options):
    frame = RgbdFrame(color=some_picture(), depth=np.full((12, 16), 2, np.float32))
    matte = AlphaMatte(alpha=np.random.default_rng(3).random((48, 64)).astype(np.float32))
    out = effect(frame, matte, options(strength=0))
    assert np.array_equal(out, frame.color)
    assert out is not frame.color
    for bad in (-0.1, 1.1, float("nan"), "0.5", None):
        with pytest.raises(ConfigError, match="strength"):
            options(strength=bad)


@pytest.mark.parametrize(("effect", "options"), WITH_STRENGTH[:2] + WITH_STRENGTH[3:4])
def test_the_whole_subject_is_the_picture(effect, options):
    frame = RgbdFrame(color=some_picture(), depth=np.full((12, 16), 2, np.float32))
    assert np.array_equal(
        effect(frame, AlphaMatte(alpha=np.ones((48, 64), np.float32)), options(strength=1)), frame.color
    )


@pytest.mark.parametrize("effect", EVERY_EFFECT)
def test_pictures_of_one_pixel_and_without_a_subject(effect):
    for height, width in ((1, 1), (1, 5), (33, 2)):
        frame = RgbdFrame(color=some_picture(height, width), depth=np.full((1, 1), 2, np.float32))
        for alpha in (0, 0.5, 1):
            out = effect(frame, AlphaMatte(alpha=np.full((height, width), alpha, np.float32)))
            assert out.shape == frame.color.shape
            assert out.dtype == np.uint8


def test_a_background_is_cut_to_cover_about_its_centre():
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, 15:25] = 200
    cover = effects.Background.prepare(wide, (20, 20)).picture
    assert cover.shape == (20, 20, 3)
    assert np.all(cover == 200)
    tall = effects.Background.prepare(some_picture(300, 20), (7, 11)).picture
    assert tall.shape == (7, 11, 3)


def test_a_prepared_background_gives_the_same_and_fits_one_size_only():
    frame = RgbdFrame(color=some_picture())
    matte = AlphaMatte(alpha=np.random.default_rng(4).random((48, 64)).astype(np.float32))
    source = some_picture(90, 50, seed=5)
    prepared = effects.Background.prepare(source, frame.size)
    first = effects.replace_background(frame, matte, effects.ReplaceOptions(background=source))
    assert np.array_equal(first, effects.replace_background(frame, matte, effects.ReplaceOptions(background=prepared)))
    with pytest.raises(FrameError, match="prepare it again"):
        effects.Background.prepare(prepared, (48, 65))


@pytest.mark.parametrize("bad", [(0, 0), (0, 0, 256), (0.5, 0, 0), "red", None])
def test_a_colour_that_is_none_is_refused(bad):
    with pytest.raises(ConfigError, match="background colour"):
        effects.ReplaceOptions(background=bad)


def test_a_background_of_another_kind_is_refused():
    with pytest.raises(FrameError, match="background"):
        effects.ReplaceOptions(background=np.zeros((4, 4), np.uint8))


def test_the_foreground_colour_keeps_the_old_background_out():
    """Half-transparent white hair before a green wall, moved before black, has no green in it."""
    green, white = np.array([0, 255, 0], np.uint8), np.array([255, 255, 255], np.uint8)
    mixed = encode((decode(green) + decode(white)) / 2)
    frame = RgbdFrame(color=np.broadcast_to(mixed, (8, 8, 3)).copy())
    alpha = np.full((8, 8), 0.5, np.float32)
    matte = AlphaMatte(alpha=alpha, foreground=np.full((8, 8, 3), 255, np.uint8))
    out = effects.replace_background(frame, matte, effects.ReplaceOptions(background=(0, 0, 0)))
    assert np.all(np.ptp(out, axis=2) == 0)


def test_grey_has_the_luminance_of_the_colour_it_replaces():
    frame = RgbdFrame(color=some_picture())
    out = effects.grayscale(frame, AlphaMatte(alpha=np.zeros((48, 64), np.float32)))
    assert np.all(np.ptp(out, axis=2) == 0)
    luminance = to_linear(frame.color / 255) @ [0.2126, 0.7152, 0.0722]
    assert np.abs(out[..., 0] - to_srgb(luminance) * 255).max() <= 0.6


def test_grey_leaves_the_subjects_share_of_a_mixed_pixel_in_colour():
    red, blue = np.array([255, 0, 0], np.uint8), np.array([0, 0, 255], np.uint8)
    mixed = encode((decode(red) + decode(blue)) / 2)
    frame = RgbdFrame(color=np.broadcast_to(mixed, (4, 4, 3)).copy())
    matte = AlphaMatte(alpha=np.full((4, 4), 0.5, np.float32), foreground=np.broadcast_to(red, (4, 4, 3)).copy())
    out = decode(effects.grayscale(frame, matte)[0, 0]) / WHITE
    grey_of_blue = 0.5 * 0.0722
    assert out == pytest.approx([0.5 + grey_of_blue, grey_of_blue, grey_of_blue], abs=0.005)
