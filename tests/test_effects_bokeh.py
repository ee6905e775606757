"""Bokeh and blur: the lens, the light, the edges, and the depth they are given."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.camera import Intrinsics
from rgbd_seg.effects import BlurOptions, BokehOptions, blur, bokeh
from rgbd_seg.effects.aperture import disc, gaussian
from rgbd_seg.effects.depth_completion import complete
from rgbd_seg.effects.lens import NEAR_SHARE, STRONGEST, Lens, strength_lens
from rgbd_seg.effects.lens_blur import plan_bokeh
from rgbd_seg.effects.lens_plan import Sheets, make_plan
from rgbd_seg.effects.push_pull import fill
from rgbd_seg.effects.thin_lens import render, render_linear
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.linear_light import decode, encode

FX = 500.0


def pinhole(height: int, width: int) -> Intrinsics:
    return Intrinsics(width=width, height=height, fx=FX, fy=FX, cx=width / 2, cy=height / 2)


def portrait(height: int = 160, width: int = 200, seed: int = 0) -> tuple[RgbdFrame, AlphaMatte]:
    """A saturated red subject at 1 m with a soft edge, before a grey wall with texture at 3 m."""
    rng = np.random.default_rng(seed)
    wall = np.repeat(rng.integers(60, 200, (height, width, 1)), 3, axis=2).astype(np.uint8)
    y, x = np.mgrid[:height, :width]
    away = np.hypot(y - height / 2, x - width / 2) - height / 4
    alpha = np.clip(0.5 - away / 4, 0, 1).astype(np.float32)
    subject = np.zeros_like(wall)
    subject[..., 0] = 150 + 100 * (x % 7 > 3)
    a = alpha[..., None]
    color = encode(a * decode(subject) + (1 - a) * decode(wall))
    depth = np.where(alpha > 0.5, 1, 3).astype(np.float32)
    frame = RgbdFrame(color=color, depth=depth, intrinsics=pinhole(height, width))
    return frame, AlphaMatte(alpha=alpha)


@pytest.mark.parametrize("stray", [1e-30, 1e-6, 1e-3])
def test_a_stray_sample_before_the_lens_costs_neither_memory_nor_the_subject(stray):
    frame, matte = portrait()
    depth = frame.depth.copy()
    depth[4:7, 4:7] = stray
    drawn = bokeh(RgbdFrame(color=frame.color, depth=depth, intrinsics=frame.intrinsics), matte)
    np.testing.assert_array_equal(drawn[70:90, 90:110], frame.color[70:90, 90:110])


def point_of_light(side: int, across: int) -> RgbdFrame:
    color = np.zeros((side, side, 3), np.uint8)
    low = (side - across) // 2
    color[low : low + across, low : low + across] = 255
    return RgbdFrame(color=color, depth=np.full((side, side), 4, np.float32), intrinsics=pinhole(side, side))


@pytest.mark.parametrize("diameter", [0.0, 0.7, 1.0, 3.0, 8.5, 20.0])
def test_apertures_keep_light_and_have_the_variance_of_a_disc(diameter):
    for shape in (disc, gaussian):
        kernel = shape(diameter)
        assert kernel.sum() == pytest.approx(1, abs=1e-5)
        if diameter >= 3:
            offset = np.arange(kernel.shape[0]) - kernel.shape[0] // 2
            variance = (kernel.sum(axis=0) * offset**2).sum()
            assert variance == pytest.approx(diameter**2 / 16, rel=0.12)


def test_a_point_out_of_focus_has_the_thin_lens_diameter():
    lens = Lens(focus_disparity=1 / 2, pixels_per_disparity=0.03 * FX)
    assert lens.coc_px(np.float32(1 / 6)) == pytest.approx(0.03 * FX * (1 / 2 - 1 / 6))
    assert lens.coc_px(np.float32(1 / 1)) < 0


@pytest.mark.parametrize(("diameter", "across"), [(9, 3), (21, 3), (60, 9)])
def test_a_far_point_of_light_becomes_a_disc_of_the_right_diameter(diameter, across):
    """Also where it is drawn at a quarter of the resolution; flat inside, as no Gaussian is."""
    frame = point_of_light(161, across)
    aperture = diameter / (FX * (1 / 1 - 1 / 4))
    options = BokehOptions(aperture=aperture, focus_distance=1.0, highlights=0)
    light = decode(bokeh(frame, AlphaMatte(alpha=np.zeros((161, 161), np.float32)), options))[..., 0]
    y, x = np.mgrid[:161, :161] - 80
    from_centre = np.hypot(y, x)
    found = 2 * np.sqrt((light > light[80, 80] / 2).sum() / np.pi)
    assert found == pytest.approx(diameter, abs=1 + 0.04 * diameter)
    assert light[from_centre > diameter / 2 + across / 2 + 3].max() < 0.03 * light[80, 80]
    inside = light[from_centre < diameter / 2 - across / 2 - 2]
    if inside.size > 20:
        assert inside.std() < 0.08 * inside.mean()
    assert light.sum() == pytest.approx(across**2 * 65535, rel=0.06)


@pytest.mark.parametrize("diameter", [6.0, 13.0, 20.0, 34.0, 70.0])
def test_a_spread_point_has_the_variance_of_its_disc_at_every_resolution(diameter):
    """Going down and up the pyramid spreads light by itself, which the discs make up for."""
    y, x = np.mgrid[:257, :257] - 128.0
    spot = np.exp(-(x**2 + y**2) / (2 * 10.0**2)).astype(np.float32)  # wide enough for the coarsest pixels
    coc = np.full((1, 1), diameter, np.float32)
    out = render_linear(
        np.repeat(spot[..., None], 3, axis=2),
        np.zeros((257, 257), np.float32),
        Sheets(background=coc, subject=coc),
        keep_subject_sharp=False,
    )[..., 0].astype(np.float64)
    spread = (out * (x**2 + y**2)).sum() / out.sum() / 2 - (spot * (x**2 + y**2)).sum() / spot.sum() / 2
    assert out.sum() == pytest.approx(spot.sum(), rel=1e-3)
    assert spread == pytest.approx(diameter**2 / 16, rel=0.02, abs=0.1)


@settings(max_examples=15, deadline=None)
@given(
    value=st.integers(0, 255),
    near=st.floats(0.3, 1),
    far=st.floats(1.5, 8),
    strength=st.floats(0.05, 1),
    sharp=st.booleans(),
    seed=st.integers(0, 9),
)
def test_a_constant_picture_stays_constant(value, near, far, strength, sharp, seed):
    rng = np.random.default_rng(seed)
    matte = portrait(96, 120)[1]
    depth = np.where(matte.alpha > 0.5, 1, rng.choice([near, far], (96, 120))).astype(np.float32)
    depth[:48] = cv2.GaussianBlur(depth[:48], (0, 0), 5)
    flat = RgbdFrame(color=np.full((96, 120, 3), value, np.uint8), depth=depth)
    for out in (
        bokeh(flat, matte, BokehOptions(strength=strength, keep_subject_sharp=sharp)),
        blur(flat, matte, BlurOptions(strength=strength)),
        blur(flat, matte, BlurOptions(strength=strength, shape="gaussian")),
    ):
        assert np.abs(out.astype(int) - value).max() <= 1


@pytest.mark.parametrize("large", [False, True])
def test_the_subject_stays_sharp_to_the_bit(large):
    frame, matte = portrait(160, 2404) if large else portrait()
    solid = matte.alpha == 1
    assert solid.any()
    for out in (bokeh(frame, matte, BokehOptions(strength=1)), blur(frame, matte, BlurOptions(strength=1))):
        assert np.array_equal(out[solid], frame.color[solid])
        assert not np.array_equal(out[~solid], frame.color[~solid])


@pytest.mark.parametrize("large", [False, True])
def test_no_colour_of_the_subject_leaks_into_the_background(large):
    frame, matte = portrait(160, 2404) if large else portrait()
    outside = matte.alpha == 0
    for out in (bokeh(frame, matte, BokehOptions(strength=1)), blur(frame, matte, BlurOptions(strength=1))):
        assert np.ptp(out[outside].astype(int), axis=1).max() <= 1


def test_no_dark_or_bright_rim_surrounds_the_subject():
    """Before an even wall, the wall is even up to the subject's edge."""
    frame, matte = portrait()
    alpha = matte.alpha[..., None]
    red = np.broadcast_to(np.array([200, 0, 0], np.uint8), frame.color.shape)
    color = encode(alpha * decode(red) + (1 - alpha) * decode(np.full_like(frame.color, 128)))
    even = RgbdFrame(color=color, depth=frame.depth)
    out = bokeh(even, matte, BokehOptions(strength=1))
    assert np.abs(out[matte.alpha == 0].astype(int) - 128).max() <= 1
    assert np.abs(out.astype(int) - color).max() <= 12  # what is half subject, too


def test_a_near_object_spreads_over_the_subject():
    frame, matte = portrait()
    depth = frame.depth.copy()
    color = frame.color.copy()
    alpha = matte.alpha.copy()
    depth[:, 100:120], color[:, 100:120], alpha[:, 100:120] = 0.4, (0, 0, 255), 0
    frame = RgbdFrame(color=color, depth=depth, intrinsics=frame.intrinsics)
    out = bokeh(frame, AlphaMatte(alpha=alpha), BokehOptions(aperture=0.012))
    assert out[80, 96:99, 2].min() > 20  # blue light on the red subject, left of the bar
    assert np.array_equal(out[80, 70], color[80, 70])  # and none far from it


def test_sixty_percent_of_holes_make_no_speckle():
    frame, matte = portrait(240, 320)
    rng = np.random.default_rng(5)
    noisy = frame.depth + rng.normal(0, 0.02, frame.depth.shape).astype(np.float32)
    holed = np.where(rng.random(noisy.shape) < 0.6, np.nan, noisy).astype(np.float32)
    with_holes = RgbdFrame(color=frame.color, depth=holed, intrinsics=frame.intrinsics)
    whole, out = (bokeh(f, matte, BokehOptions(strength=0.7)) for f in (frame, with_holes))
    assert cv2.PSNR(whole, out) > 38
    assert np.abs(whole.astype(int) - out).max() < 30


@pytest.mark.parametrize("depth", [None, np.full((5, 4), np.nan, np.float32)])
def test_without_depth_the_background_is_one_plane(depth):
    frame, matte = portrait()
    bare = RgbdFrame(color=frame.color, depth=depth)
    out = bokeh(bare, matte)
    assert np.array_equal(out[matte.alpha == 1], frame.color[matte.alpha == 1])
    corner = np.s_[:30, :40]
    assert out[corner].std() < 0.5 * frame.color[corner].std()
    with pytest.raises(ConfigError, match=r"missing.*strength"):
        bokeh(bare, matte, BokehOptions(f_number=2.0))


def test_a_lens_in_metres_is_refused_for_relative_depth():
    frame, matte = portrait()
    relative = RgbdFrame(color=frame.color, depth=frame.depth, depth_is_metric=False)
    assert bokeh(relative, matte).shape == frame.color.shape
    for options in (BokehOptions(aperture=0.01), BokehOptions(f_number=2), BokehOptions(focus_distance=2)):
        with pytest.raises(ConfigError, match=r"relative.*strength"):
            bokeh(relative, matte, options)


def test_an_f_number_is_an_aperture():
    frame, matte = portrait()
    direct = bokeh(frame, matte, BokehOptions(aperture=0.025))
    assert np.array_equal(direct, bokeh(frame, matte, BokehOptions(f_number=2, focal_length=0.05)))
    full_frame = FX / 200 * 0.036  # focal length of this field of view on a full-frame sensor
    implied = bokeh(frame, matte, BokehOptions(f_number=full_frame / 0.025))
    assert np.abs(direct.astype(int) - implied).max() <= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"aperture": 0.0},
        {"f_number": 0.1},
        {"focus_distance": -1.0},
        {"aperture": 0.01, "f_number": 2.0},
        {"focal_length": 0.05},
        {"focus_point": (1, 1), "focus_distance": 1.0},
        {"focus_point": (1,)},
        {"focus_point": (1, float("nan"))},
    ],
)
def test_wrong_options_are_refused(wrong):
    with pytest.raises(ConfigError):
        BokehOptions(**wrong)


def test_focus_at_a_point_keeps_that_point():
    frame, matte = portrait()
    for point, sharp in (((10, 10), matte.alpha == 0), ((100, 80), matte.alpha == 1)):
        out = bokeh(frame, matte, BokehOptions(strength=1, focus_point=point, keep_subject_sharp=False))
        away = cv2.erode(sharp.astype(np.uint8), np.ones((31, 31))) > 0
        error = np.abs(out.astype(int) - frame.color)
        assert error[away].max() <= 1
        assert error[~sharp].mean() > 5
    with pytest.raises(FrameError, match="focus_point"):
        bokeh(frame, matte, BokehOptions(focus_point=(200, 10)))


def test_strength_means_the_same_at_every_distance():
    near, far = strength_lens(1, (100, 200), 1.0, 0.0), strength_lens(1, (100, 200), 0.25, 0.0)
    assert near.coc_px(np.float32(0)) == pytest.approx(far.coc_px(np.float32(0)))


def test_a_subject_as_far_as_the_wall_in_relative_depth_keeps_the_wall_sharp():
    """Relative disparity ends where the picture does: the subject may be the farthest thing, before it lies noise."""
    frame, matte = portrait()
    rng = np.random.default_rng(3)
    disparity = np.full(frame.size, 0.2, np.float32)
    disparity[:, :40] = 0.8  # a plant near the camera
    noisy = 1 / (disparity + rng.uniform(0, 0.004, frame.size).astype(np.float32))
    relative = RgbdFrame(color=frame.color, depth=noisy, depth_is_metric=False)
    plan = plan_bokeh(relative, matte, BokehOptions(strength=1))
    wall, plant = (abs(float(plan.lens.coc_px(np.float32(d)))) for d in (0.204, 0.8))
    assert wall < 0.5
    assert plant == pytest.approx(NEAR_SHARE * STRONGEST * min(frame.size), rel=0.05)


def test_filling_takes_nothing_from_what_is_not_trusted():
    rng = np.random.default_rng(6)
    values = rng.normal(50, 1, (2, 33, 47)).astype(np.float32)
    weight = np.ones((33, 47), np.float32)
    weight[10:25, 12:40] = 0
    values[:, weight == 0] = 1e6
    filled = fill(values, weight)
    assert np.array_equal(filled[:, weight == 1], values[:, weight == 1])
    assert np.abs(filled - 50).max() < 6
    assert np.array_equal(fill(values, np.zeros_like(weight)), np.zeros_like(values))


def test_depth_of_the_subject_that_spreads_past_its_edge_is_not_background():
    """Depth of a low resolution shows the subject a few pixels too wide; taken for wall it would stay sharp."""
    frame, matte = portrait()
    wide = np.where(cv2.dilate(matte.alpha, np.ones((5, 5))) > 0.5, 1, 3).astype(np.float32)
    sheets = complete(wide, matte.alpha)
    assert np.abs(1 / sheets.background - 3).max() < 0.1
    assert np.abs(1 / sheets.subject - 1).max() < 0.1
    assert frame.depth is not None


def test_a_plan_covers_every_circle_of_confusion_once():
    sheets = Sheets(background=np.float32([[-40, -1, 0.5, 33]]), subject=np.float32([[0]]))
    plan = make_plan(sheets, True, disc)
    nodes = plan.nodes
    assert nodes == sorted(nodes, reverse=True)
    assert nodes[0] == 33
    assert nodes[-1] == -40
    assert max(2 * one.reach + 1 for one in (plan.focus, *plan.far, *plan.near)) <= 17


def test_bands_meet_without_a_seam(monkeypatch):
    frame, matte = portrait(300, 200)
    whole = bokeh(frame, matte, BokehOptions(strength=1, keep_subject_sharp=False))
    monkeypatch.setattr("rgbd_seg.effects.thin_lens._STRIP", 20000)
    assert (
        np.abs(bokeh(frame, matte, BokehOptions(strength=1, keep_subject_sharp=False)).astype(int) - whole).max() <= 1
    )


def test_half_resolution_gives_what_full_resolution_gives(monkeypatch):
    frame, matte = portrait(301, 403)
    smooth = cv2.GaussianBlur(frame.color, (0, 0), 2)
    y = np.linspace(0.8, 4, 301, dtype=np.float32)[:, None]
    depth = np.where(matte.alpha > 0.5, 1, y).astype(np.float32)
    sheets = complete(depth, matte.alpha)
    lens = Lens(focus_disparity=1.0, pixels_per_disparity=20)
    coc = Sheets(background=lens.coc_px(sheets.background), subject=lens.coc_px(sheets.subject))
    full = render(smooth, matte, coc, keep_subject_sharp=True)
    monkeypatch.setattr("rgbd_seg.effects.lens_scene._LARGE", 1)
    half = render(smooth, matte, coc, keep_subject_sharp=True)
    assert cv2.PSNR(full, half) > 42


@pytest.mark.parametrize(("scene", "floor"), [("4", 43.0), ("15", 40.5)])
def test_against_a_path_traced_lens(shared, scene, floor):
    """PSNR at gamma 2.2, white at the 99th percentile; no blur gives 26–29 dB, 24 hard layers 38.8–39.6."""
    folder = shared / "data" / "bokeh_truth" / scene
    sharp, truth = (np.load(folder / f"{name}_lin.npy").astype(np.float32) for name in ("color", "dof"))
    depth, alpha = (np.load(folder / f"{name}.npy").astype(np.float32) for name in ("color_z", "alpha"))
    camera = json.loads((folder / "timing.json").read_text())["dof_params"]
    lens = Lens(focus_disparity=1 / camera["zf"], pixels_per_disparity=camera["D"] * camera["fx"])
    sheets = complete(depth, alpha)
    coc = Sheets(background=lens.coc_px(sheets.background), subject=lens.coc_px(sheets.subject))
    out = render_linear(sharp, alpha, coc, keep_subject_sharp=False)
    white = np.percentile(truth, 99)
    shown, wanted = (np.clip(light / white, 0, 1) ** (1 / 2.2) for light in (out, truth))
    assert -10 * np.log10(((shown - wanted) ** 2).mean()) > floor
