"""Portrait light: from the right side, on the subject alone, and without the sensor's noise in it."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.camera import Intrinsics
from rgbd_seg.effects import LightOptions, portrait_light
from rgbd_seg.effects.key_light import PRESETS
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import AlphaMatte, RgbdFrame, Timestamp
from rgbd_seg.linear_light import WHITE, decode, encode

HEIGHT, WIDTH, RADIUS, FOCAL = 240, 320, 80.0, 300.0
SKIN = (170, 120, 95)


def ball(
    color: tuple[int, int, int] = SKIN,
    *,
    noise: float = 0.0,
    holes: float = 0.0,
    grain: int = 1,
    depth: bool = True,
    seed: int = 0,
) -> tuple[RgbdFrame, AlphaMatte]:
    """A ball of one colour at 1 m before a wall at 3 m; the sensor has noise, holes, and samples ``grain`` px apart."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    away = np.hypot(x - WIDTH / 2 + 0.5, y - HEIGHT / 2 + 0.5)
    alpha = np.clip(RADIUS - away + 0.5, 0, 1).astype(np.float32)
    surface = 1 + RADIUS / FOCAL - np.sqrt(np.maximum(RADIUS**2 - away**2, 0)) / FOCAL
    z = np.where(away < RADIUS, surface, 3)
    grains = rng.normal(size=(HEIGHT // grain, WIDTH // grain)).astype(np.float32)
    z = z * (1 + noise * cv2.resize(grains, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR))
    z = np.where(rng.random(z.shape) < holes, np.nan, z).astype(np.float32)
    wall = decode(np.array((90, 140, 160), np.uint8))
    light = wall + alpha[..., None] * (decode(np.array(color, np.uint8)) - wall)
    intrinsics = Intrinsics(width=WIDTH, height=HEIGHT, fx=FOCAL, fy=FOCAL, cx=WIDTH / 2 - 0.5, cy=HEIGHT / 2 - 0.5)
    foreground = np.broadcast_to(np.array(color, np.uint8), (HEIGHT, WIDTH, 3)).copy()
    frame = RgbdFrame(color=encode(light), depth=z if depth else None, intrinsics=intrinsics)
    return frame, AlphaMatte(alpha=alpha, foreground=foreground)


def gain(frame: RgbdFrame, matte: AlphaMatte, options: LightOptions) -> np.ndarray:
    """(H, W) by how much green light grew."""
    before, after = decode(frame.color)[..., 1], decode(portrait_light(frame, matte, options))[..., 1]
    return np.asarray(after / before)


def side(x: int, y: int) -> tuple[slice, slice]:
    """A patch of the ball, in tenths of its radius from the middle."""
    row, column = HEIGHT // 2 + round(y * RADIUS / 10), WIDTH // 2 + round(x * RADIUS / 10)
    return slice(row - 5, row + 6), slice(column - 5, column + 6)


@pytest.mark.parametrize("depth", [True, False])
@pytest.mark.parametrize("preset", ["studio", "contour"])
def test_light_comes_from_where_the_lamp_stands(preset, depth):
    frame, matte = ball(depth=depth)
    for azimuth, elevation, lit, dark in (
        (60, 0, side(6, 0), side(-6, 0)),
        (-60, 0, side(-6, 0), side(6, 0)),
        (0, 60, side(0, -6), side(0, 6)),
        (0, -60, side(0, 6), side(0, -6)),
    ):
        seen = gain(frame, matte, LightOptions(preset=preset, azimuth=azimuth, elevation=elevation))
        assert seen[lit].mean() > 1.15 * seen[dark].mean()


@settings(max_examples=8, deadline=None)
@given(azimuth=st.floats(-180, 180), elevation=st.floats(-90, 90), softness=st.floats(0, 1))
def test_a_mirrored_lamp_lights_a_mirrored_picture(azimuth, elevation, softness):
    frame, matte = ball()
    mirrored = RgbdFrame(color=frame.color[:, ::-1].copy(), depth=frame.depth[:, ::-1].copy())
    there = portrait_light(
        RgbdFrame(color=frame.color, depth=frame.depth),
        matte,
        LightOptions(azimuth=azimuth, elevation=elevation, softness=softness),
    )
    back = portrait_light(
        mirrored,
        AlphaMatte(alpha=matte.alpha[:, ::-1].copy(), foreground=matte.foreground),
        LightOptions(azimuth=-azimuth, elevation=elevation, softness=softness),
    )
    assert np.abs(there.astype(int) - back[:, ::-1]).max() <= 6
    assert np.abs(there.astype(int) - back[:, ::-1]).mean() < 0.3


@pytest.mark.parametrize("preset", PRESETS)
def test_strength_0_is_the_picture_and_more_is_farther_from_it(preset):
    frame, matte = ball()
    away = []
    for strength in (0, 0.3, 0.6, 1):
        out = portrait_light(frame, matte, LightOptions(preset=preset, strength=strength))
        away.append(float(np.abs(out.astype(int) - frame.color).mean()))
    assert away[0] == 0
    assert away[0] < away[1] < away[2] < away[3]


def test_more_intensity_is_more_light():
    frame, matte = ball()
    seen = [gain(frame, matte, LightOptions(intensity=i))[side(3, -3)].mean() for i in (0, 0.5, 1, 2)]
    assert seen == sorted(seen)
    assert seen[0] == pytest.approx(0.72, abs=0.02)  # studio's ambient light alone


@pytest.mark.parametrize("preset", ["studio", "contour"])
def test_the_background_is_not_lit(preset):
    frame, matte = ball()
    out = portrait_light(frame, matte, LightOptions(preset=preset, intensity=2, azimuth=150))
    assert np.array_equal(out[matte.alpha == 0], frame.color[matte.alpha == 0])


def test_the_stage_is_black_and_its_mono_form_grey():
    frame, matte = ball()
    stage = portrait_light(frame, matte, LightOptions(preset="stage"))
    mono = portrait_light(frame, matte, LightOptions(preset="stage-mono"))
    assert stage[matte.alpha == 0].max() == 0
    assert mono[matte.alpha == 0].max() == 0
    assert np.ptp(mono, axis=2).max() <= 1
    assert mono[side(1, -1)].mean() > 40
    assert np.ptp(stage[side(1, -1)], axis=2).mean() > 20
    half = portrait_light(frame, matte, LightOptions(preset="stage", strength=0.5))
    wall = decode(half)[0, 0] / decode(frame.color)[0, 0]
    assert wall == pytest.approx([0.5, 0.5, 0.5], abs=0.02)


def test_warmth_turns_light_amber_or_blue():
    frame, matte = ball()
    ratio = []
    for warmth in (-1, 0, 1):
        out = portrait_light(frame, matte, LightOptions(warmth=warmth))[side(3, -3)].reshape(-1, 3)
        light = decode(out).mean(axis=0)
        ratio.append(light[0] / light[2])
    assert 1.15 * ratio[0] < ratio[1]
    assert 1.15 * ratio[1] < ratio[2]


def test_a_softer_lamp_wraps_farther_around():
    frame, matte = ball()
    terminator = side(-6, 0)
    hard, soft = (
        gain(frame, matte, LightOptions(azimuth=70, elevation=0, softness=s))[terminator].mean() for s in (0, 1)
    )
    assert soft > hard + 0.05


@pytest.mark.parametrize(("noise", "grain", "most"), [(0.005, 1, 0.02), (0.004, 2, 0.025), (0.004, 3, 0.05)])
def test_noise_of_the_sensor_is_not_seen(noise, grain, most):
    options = LightOptions(preset="contour")
    inner = side(0, 0)[0].start - 25, side(0, 0)[1].start - 25
    inner = np.s_[inner[0] : inner[0] + 60, inner[1] : inner[1] + 60]
    clean = gain(*ball(), options)[inner]
    first, second = (gain(*ball(noise=noise, holes=0.05, grain=grain, seed=seed), options)[inner] for seed in (1, 2))
    assert np.std(first - second) / np.sqrt(2) < most  # plain normals of a blurred map give 0.3
    assert np.abs(first - clean).mean() < most


def test_a_large_hole_takes_the_slope_of_what_is_around():
    frame, matte = ball()
    holed = frame.depth.copy()
    holed[100:140, 170:200] = np.nan
    options = LightOptions(preset="contour")
    clean = gain(frame, matte, options)
    seen = gain(RgbdFrame(color=frame.color, depth=holed, intrinsics=frame.intrinsics), matte, options)
    assert np.abs(seen - clean)[matte.alpha == 1].max() < 0.2


def test_no_rim_at_the_silhouette():
    """From the camera's side, the edge is neither nearly black nor brighter than the middle."""
    frame, matte = ball()
    seen = gain(frame, matte, LightOptions(preset="contour", azimuth=0, elevation=0))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    away = np.hypot(x - WIDTH / 2 + 0.5, y - HEIGHT / 2 + 0.5)
    rings = [seen[(away > r) & (away <= r + 2)].mean() for r in range(2, int(RADIUS) - 2, 2)]
    assert max(rings) <= rings[0] * 1.05
    assert min(rings) > 0.55 * rings[0]
    assert np.abs(np.diff(rings)).max() < 0.1


def test_a_step_in_depth_is_no_slope_but_casts_a_shadow():
    """A flat hand 25 cm before a flat chest."""
    color = np.full((HEIGHT, WIDTH, 3), SKIN, np.uint8)
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[20:, 40:280] = 1
    depth = np.full((HEIGHT, WIDTH), 1.2, np.float32)
    depth[60:120, 170:230] = 0.95
    frame, matte = RgbdFrame(color=color, depth=depth), AlphaMatte(alpha=alpha, foreground=color)
    frontal = gain(frame, matte, LightOptions(preset="contour", azimuth=0, elevation=0))[40:-20, 60:260]
    assert np.ptp(frontal) < 0.03
    lamp = LightOptions(preset="contour", azimuth=50, elevation=30, softness=0.2)
    shaded = gain(frame, matte, lamp)
    assert shaded[130:145, 130:145].mean() < 0.8 * shaded[180:200, 240:260].mean()
    away = gain(frame, matte, LightOptions(preset="contour", azimuth=-50, elevation=30, softness=0.2))
    assert away[130:145, 130:145].mean() > 1.2 * shaded[130:145, 130:145].mean()


def test_relative_depth_needs_no_scale():
    frame, matte = ball()
    options = LightOptions(preset="contour")
    pictures = [
        portrait_light(RgbdFrame(color=frame.color, depth=frame.depth * s, depth_is_metric=False), matte, options)
        for s in (np.float32(1), np.float32(7))
    ]
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() <= 2
    seen = decode(pictures[0])[..., 1] / decode(frame.color)[..., 1]
    assert seen[side(5, 0)].mean() > 1.15 * seen[side(-5, 0)].mean()


def test_light_and_dark_skin_get_the_same_stops():
    stops = []
    for tone in ((180, 126, 96), (84, 54, 40)):
        frame, matte = ball(tone)
        stops.append(np.log2(gain(frame, matte, LightOptions(preset="contour"))))
    for place in (side(5, 0), side(0, 0), side(-5, 0)):
        assert stops[0][place].mean() == pytest.approx(stops[1][place].mean(), abs=0.05)


def test_bright_light_does_not_clip():
    frame, matte = ball((250, 220, 200))
    out = portrait_light(frame, matte, LightOptions(intensity=2))
    assert (decode(out)[matte.alpha == 1] >= WHITE).mean() < 0.5
    assert out[side(3, -3)][..., 2].mean() < 255


@pytest.mark.parametrize(
    ("size", "depth_size"), [((1, 1), (1, 1)), ((3, 5), (7, 2)), ((40, 30), (1, 1)), ((64, 48), (20, 300))]
)
@pytest.mark.parametrize("preset", PRESETS)
def test_any_size_of_picture_and_depth(size, depth_size, preset):
    rng = np.random.default_rng(0)
    color = rng.integers(0, 256, (*size, 3), np.uint8)
    depth = rng.uniform(0.5, 2, depth_size).astype(np.float32)
    alpha = rng.random(size, np.float32)
    for frame in (RgbdFrame(color=color, depth=depth), RgbdFrame(color=color)):
        assert portrait_light(frame, AlphaMatte(alpha=alpha), LightOptions(preset=preset)).shape == color.shape


def test_nobody_and_no_depth_at_all():
    frame, matte = ball()
    nobody = AlphaMatte(alpha=np.zeros_like(matte.alpha))
    assert np.array_equal(portrait_light(frame, nobody), frame.color)
    assert portrait_light(frame, nobody, LightOptions(preset="stage")).max() == 0
    blind = RgbdFrame(color=frame.color, depth=np.full_like(frame.depth, np.nan))
    assert np.array_equal(portrait_light(blind, matte), portrait_light(RgbdFrame(color=frame.color), matte))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("preset", "disco"),
        ("azimuth", 181),
        ("elevation", -91),
        ("intensity", -0.1),
        ("intensity", float("nan")),
        ("warmth", 1.5),
        ("softness", -1),
        ("strength", 2),
    ],
)
def test_options_out_of_range_are_refused(name, value):
    with pytest.raises(ConfigError, match=name):
        LightOptions(**{name: value})


def test_a_matte_of_another_frame_is_refused():
    frame, matte = ball()
    with pytest.raises(FrameError):
        portrait_light(frame, AlphaMatte(alpha=matte.alpha[:-1]))
    with pytest.raises(FrameError):
        portrait_light(frame, AlphaMatte(alpha=matte.alpha, timestamp=Timestamp(5)))


def test_a_soft_edge_is_lit_by_its_share_alone():
    """Half-transparent hair over a bright wall: the wall's share stays as it was."""
    frame, matte = ball((20, 15, 12))
    thin = AlphaMatte(alpha=matte.alpha * np.float32(0.3), foreground=matte.foreground)
    wall, hair = (decode(np.array(c, np.uint8)) for c in ((240, 240, 240), (20, 15, 12)))
    light = wall + thin.alpha[..., None] * (hair - wall)
    picture = RgbdFrame(color=encode(light), depth=frame.depth, intrinsics=frame.intrinsics)
    out = portrait_light(picture, thin, LightOptions(intensity=2))
    assert np.abs(out.astype(int) - picture.color).max() <= 4
    stage = portrait_light(picture, thin, LightOptions(preset="stage"))
    assert stage.max() < 20
    blurred = cv2.GaussianBlur(out, (3, 3), 0)
    assert np.abs(blurred.astype(int) - out)[side(0, 0)].max() <= 1


@pytest.mark.parametrize("preset", ["studio", "contour"])
def test_a_still_scene_does_not_flicker(preset):
    """Frame to frame, the lit subject differs by little more than the camera's own noise, times the light added."""
    pictures, lit = [], []
    for seed in range(4):
        frame, matte = ball(noise=0.005, holes=0.05, seed=seed)
        noise = np.random.default_rng(seed).normal(0, 2, frame.color.shape)
        color = np.clip(np.rint(frame.color + noise), 0, 255).astype(np.uint8)
        picture = RgbdFrame(color=color, depth=frame.depth, intrinsics=frame.intrinsics)
        pictures.append(color.astype(int))
        lit.append(portrait_light(picture, AlphaMatte(alpha=matte.alpha), LightOptions(preset=preset)).astype(int))
    inside = ball()[1].alpha == 1
    flicker, given = (
        np.mean([np.abs(b - a)[inside].mean() for a, b in itertools.pairwise(frames)]) for frames in (lit, pictures)
    )
    assert flicker < 1.3 * given
