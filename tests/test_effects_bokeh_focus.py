"""Around the lens of bokeh: presets, what is in focus, highlights, depth with holes, and steadiness in time."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.camera import Intrinsics
from rgbd_seg.effects import Aperture, BokehOptions, BokehVideo, FocusPull, bokeh, plan_bokeh
from rgbd_seg.effects.depth_completion import DisparitySheets, complete
from rgbd_seg.effects.disparity_stabiliser import DisparityStabiliser
from rgbd_seg.effects.focus import find_focus, find_head
from rgbd_seg.effects.highlights import MOST, find_highlights, recover_highlights
from rgbd_seg.effects.lens_presets import PRESETS, SENSORS
from rgbd_seg.errors import BackendMissingError, ConfigError, DeviceNotFoundError, FrameError
from rgbd_seg.frames import AlphaMatte, RgbdFrame, Timestamp
from rgbd_seg.linear_light import WHITE, decode, encode
from rgbd_seg.samples import load_sample, sample_names

HEIGHT, WIDTH, FX = 240, 320, 300.0


def person(raised_hand: bool = False) -> np.ndarray:
    """(240, 320) the outline of a head, neck, trunk and arm; the head's middle is (160, 60), its radius 26."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, (160, 62), (24, 30), 0, 0, 360, 1, -1)
    cv2.rectangle(mask, (150, 85), (170, 110), 1, -1)
    cv2.ellipse(mask, (160, 190), (60, 90), 0, 0, 360, 1, -1)
    if raised_hand:
        cv2.line(mask, (205, 150), (235, 30), 1, 14)
        cv2.circle(mask, (235, 20), 11, 1, -1)
    return mask > 0


def portrait(*, depth: np.ndarray | None = None) -> tuple[RgbdFrame, AlphaMatte]:
    """A person at 1.2 m whose face is at 1.1 m and whose knees at 0.9 m, before a textured wall at 3 m."""
    solid = person()
    alpha = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 0.8)
    rng = np.random.default_rng(0)
    color = cv2.resize(rng.integers(40, 200, (60, 80, 3), np.uint8), (WIDTH, HEIGHT))
    color[solid] = (190, 140, 120)
    if depth is None:
        surface = np.full((HEIGHT, WIDTH), 1.2, np.float32)
        surface[:110], surface[200:] = 1.1, 0.9
        depth = np.where(solid, surface, 3).astype(np.float32)
    intrinsics = Intrinsics(width=WIDTH, height=HEIGHT, fx=FX, fy=FX, cx=WIDTH / 2, cy=HEIGHT / 2)
    return RgbdFrame(color=color, depth=depth, intrinsics=intrinsics), AlphaMatte(alpha=alpha)


def test_presets_open_as_wide_as_their_names_say():
    assert PRESETS["full-frame-50-f1.4"].aperture == pytest.approx(0.05 / 1.4)
    assert PRESETS["mft-25-f1.4"].equivalent == pytest.approx(0.052, rel=0.01)
    assert PRESETS["phone-main"].equivalent == pytest.approx(0.025, rel=0.02)
    for preset in PRESETS.values():
        assert preset.sensor in SENSORS
        assert 1e-3 < preset.aperture < 0.1


def test_a_preset_is_its_aperture():
    frame, matte = portrait()
    named = bokeh(frame, matte, BokehOptions(preset="full-frame-85-f1.8"))
    assert np.array_equal(named, bokeh(frame, matte, BokehOptions(aperture=0.085 / 1.8)))


def test_a_smaller_sensor_means_a_smaller_opening_for_one_f_number():
    frame, matte = portrait()
    full, half = (plan_bokeh(frame, matte, BokehOptions(f_number=2, sensor=s)) for s in ("full-frame", "mft"))
    assert full.aperture == pytest.approx(FX / WIDTH * 36e-3 / 2)
    assert half.aperture / full.aperture == pytest.approx(17.3 / 36)


def test_the_plan_tells_what_was_assumed():
    frame, matte = portrait()
    known = plan_bokeh(frame, matte, BokehOptions(f_number=2))
    assert (known.fx, known.fx_is_assumed) == (FX, False)
    unknown = plan_bokeh(RgbdFrame(color=frame.color, depth=frame.depth), matte, BokehOptions(f_number=2))
    assert unknown.fx_is_assumed
    assert unknown.fx == pytest.approx(0.72 * WIDTH)  # 26 mm equivalent
    assert plan_bokeh(frame, matte).aperture is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"preset": "nikon"}, "full-frame-50-f1.4"),
        ({"preset": "phone-main", "f_number": 2.0}, "one of them"),
        ({"sensor": "huge", "f_number": 2.0}, "aps-c"),
        ({"focus_on": "dog"}, "nearest"),
        ({"highlights": 1.5}, "0 to 1"),
        ({"highlights": float("nan")}, "0 to 1"),
        ({"shape": "disc"}, "Aperture"),
    ],
)
def test_wrong_options_are_refused(wrong, told):
    with pytest.raises(ConfigError, match=told):
        BokehOptions(**wrong)


@pytest.mark.parametrize("raised_hand", [False, True])
@pytest.mark.parametrize("scale", [1, 4])
def test_the_head_is_found_and_not_a_raised_hand(raised_hand, scale):
    mask = cv2.resize(person(raised_hand).astype(np.uint8), None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    head = find_head(mask > 0)
    assert head is not None
    assert np.hypot(head.x / scale - 160, head.y / scale - 60) < 12
    assert 18 < head.radius / scale < 32


def test_a_head_cut_by_the_picture_is_found():
    head = find_head(person()[70:])  # forehead outside
    assert head is not None
    assert abs(head.x - 160) < 12
    assert head.y < 40


def test_no_head_where_there_is_nobody():
    assert find_head(np.zeros((50, 50), np.bool_)) is None
    specks = np.zeros((50, 50), np.bool_)
    specks[::7, ::7] = True
    assert find_head(specks) is None


@pytest.mark.parametrize("name", sample_names())
def test_the_head_of_rendered_people_is_in_their_upper_half(name):
    sample = load_sample(name)
    head = find_head(sample.alpha > 0.95)
    assert head is not None
    rows = np.flatnonzero((sample.alpha > 0.95).any(axis=1))
    assert head.y - head.radius < rows[0] + 0.25 * np.ptp(rows)
    assert head.y < rows[0] + 0.45 * np.ptp(rows)


def test_focus_is_where_it_is_asked_for():
    frame, matte = portrait()
    for options, metres, on in (
        (BokehOptions(), 1.1, "face"),
        (BokehOptions(focus_on="nearest"), 0.9, "nearest"),
        (BokehOptions(focus_on="subject"), 1.2, "subject"),
        (BokehOptions(focus_point=(5, 5)), 3.0, "point"),
        (BokehOptions(focus_distance=2.0), 2.0, "distance"),
    ):
        plan = plan_bokeh(frame, matte, options)
        assert plan.focus.on == on
        assert plan.focus_distance == pytest.approx(metres, rel=0.02)
    nobody = plan_bokeh(frame, AlphaMatte(alpha=np.zeros_like(matte.alpha)))
    assert nobody.focus.on == "near"
    with pytest.raises(FrameError, match="focus_point"):
        plan_bokeh(frame, matte, BokehOptions(focus_point=(WIDTH, 0)))


def test_moving_the_focus_does_not_change_the_lens():
    frame, matte = portrait()
    lenses = [plan_bokeh(frame, matte, BokehOptions(focus_distance=z)).lens for z in (0.5, 1.0, 3.0)]
    assert len({lens.pixels_per_disparity for lens in lenses}) == 1


@settings(max_examples=25, deadline=None)
@given(
    start=st.floats(0.1, 20),
    end=st.floats(0.1, 20),
    frames=st.integers(2, 40),
    easing=st.sampled_from(["linear", "smooth"]),
)
def test_a_pull_goes_evenly_in_disparity_from_one_end_to_the_other(start, end, frames, easing):
    pull = FocusPull(start=start, end=end, frames=frames, easing=easing)
    disparities = np.array([1 / options.focus_distance for options in pull])
    assert len(disparities) == len(pull) == frames
    assert pull.at(-1).focus_distance == start
    assert pull.at(2).focus_distance == end
    steps = np.diff(disparities) * np.sign(1 / end - 1 / start)
    assert steps.min() >= -1e-12
    if easing == "linear":
        np.testing.assert_allclose(steps, steps.mean(), atol=1e-9)


def test_a_pull_moves_sharpness_from_the_subject_to_the_wall():
    frame, matte = portrait()
    pull = FocusPull(start=1.2, end=3.0, frames=3, lens=BokehOptions(aperture=0.03, keep_subject_sharp=False))
    wall = np.s_[5:60, 5:100]
    contrast = [bokeh(frame, matte, options)[wall].std() for options in pull]
    assert contrast[0] < contrast[1] < contrast[2]
    assert contrast[2] == pytest.approx(frame.color[wall].std(), rel=0.02)


@pytest.mark.parametrize("point", [5, "12", ("left", 4), (1, None), (1, 2, 3)])
def test_a_focus_point_that_is_none_is_refused(point):
    with pytest.raises(ConfigError, match=r"focus_point is .* expected x and y"):
        BokehOptions(focus_point=point)


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": 0.0, "end": 1.0},
        {"start": None, "end": 1.0},
        {"start": 1.0, "end": 2.0, "frames": 1},
        {"start": 1.0, "end": 2.0, "frames": 30 * 2.0},
    ],
)
def test_a_wrong_pull_is_refused(wrong):
    with pytest.raises(ConfigError):
        FocusPull(**wrong)
    with pytest.raises(ConfigError, match="focus of its own"):
        FocusPull(start=1, end=2, lens=BokehOptions(focus_distance=1))


def lamps(radius: int, surround: int) -> np.ndarray:
    color = np.full((200, 300, 3), surround, np.uint8)
    cv2.circle(color, (150, 100), radius, (255, 255, 250), -1)
    return color


def test_a_lamp_in_the_dark_is_brightened_within_bounds():
    light = recover_highlights(lamps(1, 20))
    assert light[100, 150, 0] / WHITE == pytest.approx(MOST, rel=0.1)
    assert light.max() <= MOST * WHITE * 1.001
    half = recover_highlights(lamps(1, 20), 0.5)
    assert half[100, 150, 0] / WHITE == pytest.approx(1 + 0.5 * (MOST - 1), rel=0.1)


def test_skies_white_walls_and_pale_surroundings_are_left_alone():
    for color in (lamps(60, 20), lamps(2, 235), np.full((90, 120, 3), 255, np.uint8)):
        assert find_highlights(color) is None


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), strength=st.floats(0, 1))
def test_what_is_not_clipped_never_changes_and_what_is_keeps_its_hue(seed, strength):
    rng = np.random.default_rng(seed)
    color = cv2.resize(rng.integers(0, 256, (24, 32, 3), np.uint8), (160, 120), interpolation=cv2.INTER_CUBIC)
    color[rng.random(color.shape[:2]) < 0.01] = (255, 180, 90)
    before, after = decode(color), recover_highlights(color, strength)
    clipped = color.max(axis=2) >= 254
    assert np.array_equal(before[~clipped], after[~clipped])
    ratio = after / np.maximum(before, 1)
    assert np.ptp(np.where(before > 1, ratio, ratio.max(axis=2, keepdims=True)), axis=2).max() < 1e-4
    assert ratio.max() <= MOST * 1.001


@pytest.mark.parametrize("scale", [1, 9])
def test_lamps_bloom_into_bright_discs_without_colour(scale):
    color = cv2.resize(lamps(2, 20), None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    color[color > 200] = 255
    frame = RgbdFrame(color=color, depth=np.full((60, 90), 4, np.float32))
    matte = AlphaMatte(alpha=np.zeros(color.shape[:2], np.float32))
    options = BokehOptions(strength=1, focus_distance=1.0)
    plain, bloomed = (bokeh(frame, matte, BokehOptions(strength=1, focus_distance=1.0, highlights=h)) for h in (0, 1))
    middle = 100 * scale, 150 * scale
    assert options.highlights == 0.5
    assert decode(bloomed)[middle][0] > 4 * decode(plain)[middle][0]
    assert np.ptp(bloomed.astype(int), axis=2).max() <= 1
    assert np.array_equal(bloomed[: 20 * scale], plain[: 20 * scale])


def test_the_sharp_subject_keeps_its_highlights_as_they_were():
    frame, matte = portrait()
    color = frame.color.copy()
    color[60:63, 158:161] = 255
    frame = RgbdFrame(color=color, depth=frame.depth, intrinsics=frame.intrinsics)
    out = bokeh(frame, matte, BokehOptions(strength=1, highlights=1))
    assert np.array_equal(out[matte.alpha == 1], color[matte.alpha == 1])
    color[58:62, 130:140][matte.alpha[58:62, 130:140] > 0.1] = 255  # a glint on its soft edge
    assert ((color == 255).all(axis=2) & (matte.alpha > 0) & (matte.alpha < 1)).any()
    drawn = [bokeh(frame, matte, BokehOptions(strength=1, highlights=h)) for h in (0, 1)]
    assert np.array_equal(*drawn)


def test_a_hole_takes_the_depth_of_what_has_its_colour():
    """A grey chair at 2 m before a red wall at 4 m; the sensor lost the border between them."""
    color = np.zeros((120, 160, 3), np.uint8)
    color[:, :80], color[:, 80:] = (180, 60, 50), (90, 90, 95)
    truth = np.where(np.arange(160) < 80, 4, 2).astype(np.float32) * np.ones((120, 1), np.float32)
    holed = truth.copy()
    holed[:, 60:95] = np.nan
    alpha = np.zeros((120, 160), np.float32)
    led, smooth = (np.abs(complete(holed, alpha, guide).background - 1 / truth)[:, 60:95] for guide in (color, None))
    assert led.mean() < 0.25 * smooth.mean()
    assert led.max() < 0.06 or np.quantile(led, 0.9) < 0.03
    measured = complete(holed, alpha, color).background[:, :55]
    assert np.abs(measured - 1 / truth[:, :55]).max() < 1e-4


def test_depth_that_is_not_trusted_does_not_count():
    depth = np.full((60, 80), 3, np.float32)
    depth[20:30, 20:30] = 0.5
    confidence = np.ones_like(depth)
    confidence[20:30, 20:30] = 0
    sheets = complete(depth, np.zeros((60, 80), np.float32), None, confidence)
    np.testing.assert_allclose(sheets.background, 1 / 3, atol=1e-4)


def noisy(frame: RgbdFrame, moment: int, shift: int = 0) -> RgbdFrame:
    """The same with the noise and holes of a sensor, ``shift`` pixels to the right."""
    rng = np.random.default_rng(moment)
    depth = np.roll(frame.depth, shift, axis=1)
    depth = depth * (1 + 0.01 * rng.normal(size=depth.shape))
    depth[rng.random(depth.shape) < 0.15] = np.nan
    color = np.clip(np.roll(frame.color, shift, axis=1) + rng.normal(0, 2, frame.color.shape), 0, 255).astype(np.uint8)
    return RgbdFrame(
        color=color,
        depth=depth.astype(np.float32),
        intrinsics=frame.intrinsics,
        timestamp=Timestamp(moment * 33_000_000, "device"),
    )


def at(matte: AlphaMatte, frame: RgbdFrame, shift: int = 0) -> AlphaMatte:
    return AlphaMatte(alpha=np.roll(matte.alpha, shift, axis=1), timestamp=frame.timestamp)


def test_noise_of_a_static_scene_does_not_flicker():
    frame, matte = portrait()
    behind = matte.alpha < 0.01
    video, last = BokehVideo(BokehOptions(aperture=0.03)), None
    changes, given_changes = [], []
    for moment in range(12):
        now = noisy(frame, moment)
        drawn = video(now, at(matte, now)).astype(int)
        if last is not None:
            changes.append(np.abs(drawn - last[0])[behind].mean())
            given_changes.append(np.abs(now.color.astype(int) - last[1])[behind].mean())
        last = drawn, now.color.astype(int)
    assert np.mean(changes) < 0.5 * np.mean(given_changes)  # 1.5 is what must be


def test_sheets_are_steadier_than_the_sensor_and_follow_what_moves():
    frame, matte = portrait()
    stabiliser, single, steady = DisparityStabiliser(), [], []
    for moment in range(20):
        now = noisy(frame, moment)
        sheets = complete(now.depth, matte.alpha, now.color)
        single.append(sheets.background)
        steady.append(stabiliser(sheets, now.color).background)
    assert np.std(steady[10:], axis=0).mean() < 0.4 * np.std(single[10:], axis=0).mean()
    moved = noisy(frame, 20)
    nearer = RgbdFrame(color=255 - moved.color, depth=moved.depth * np.float32(0.5), intrinsics=moved.intrinsics)
    sheets = complete(nearer.depth, matte.alpha, nearer.color)
    np.testing.assert_allclose(stabiliser(sheets, nearer.color).background, sheets.background, rtol=1e-5)


def test_a_moving_person_leaves_no_trail():
    """What the person uncovers has the wall's depth in the next frame, and none of the person's."""
    frame, matte = portrait()
    stabiliser = DisparityStabiliser()
    for moment in range(8):
        shift = 6 * moment
        now = noisy(frame, moment, shift)
        sheets = stabiliser(complete(now.depth, np.roll(matte.alpha, shift, axis=1), now.color), now.color)
    assert np.abs(1 / sheets.background - 3).max() < 0.45
    assert np.median(np.abs(1 / sheets.subject[sheets.solid] - 1.2)) < 0.12


def test_what_passes_in_the_background_leaves_no_trail():
    frame, matte = portrait()
    stabiliser = DisparityStabiliser()
    for moment in range(12):
        color, depth = frame.color.copy(), frame.depth.copy()
        place = np.s_[150:200, 10:60] if moment < 10 else np.s_[150:200, 260:310]
        color[place], depth[place] = (20, 200, 30), 1.5
        sheets = stabiliser(complete(depth, matte.alpha, color), color)
        if moment >= 10:
            np.testing.assert_allclose(sheets.background[160:190, 20:50], 1 / 3, atol=0.02)
            np.testing.assert_allclose(sheets.background[160:190, 270:300], 1 / 1.5, atol=0.02)


def test_a_frame_of_another_size_starts_anew():
    stabiliser = DisparityStabiliser()
    for size in ((60, 80), (30, 40)):
        flat = np.full(size, 0.5, np.float32)
        sheets = DisparitySheets(flat, flat, np.zeros(size, np.bool_), True)
        assert stabiliser(sheets, np.zeros((120, 160, 3), np.uint8)) is sheets


def test_found_focus_glides_and_a_distance_is_followed_at_once():
    frame, matte = portrait()
    video = BokehVideo(BokehOptions(aperture=0.02, keep_subject_sharp=False))
    video(frame, matte)
    wall = np.s_[5:60, 5:100]
    pulled = video(frame, matte, BokehOptions(aperture=0.02, focus_distance=3.0, keep_subject_sharp=False))
    assert np.abs(pulled[wall].astype(int) - frame.color[wall]).mean() < 1
    gliding = video(frame, matte, BokehOptions(aperture=0.02, focus_point=(160, 60), keep_subject_sharp=False))
    assert np.abs(gliding[wall].astype(int) - frame.color[wall]).mean() < 8
    video.reset()
    fresh = video(frame, matte)
    assert np.array_equal(fresh, bokeh(frame, matte, video.options))


@pytest.mark.parametrize("cut", ["depth fails", "another scene"])
def test_focus_starts_anew_where_depth_does(cut):
    frame, matte = portrait()
    video = BokehVideo(BokehOptions(keep_subject_sharp=False))
    video(frame, matte)
    depth = np.full_like(frame.depth, np.nan) if cut == "depth fails" else 3 * frame.depth
    color = frame.color if cut == "depth fails" else 255 - frame.color
    after = RgbdFrame(color=color, depth=depth, intrinsics=frame.intrinsics)
    assert np.array_equal(video(after, matte), bokeh(after, matte, video.options))


def test_video_refuses_the_matte_of_another_frame():
    frame, matte = portrait()
    with pytest.raises(FrameError):
        BokehVideo()(noisy(frame, 1), matte)


def test_the_aperture_reaches_the_lens():
    color = np.zeros((161, 161, 3), np.uint8)
    color[79:82, 79:82] = 255
    frame = RgbdFrame(color=color, depth=np.full((161, 161), 4, np.float32))
    matte = AlphaMatte(alpha=np.zeros((161, 161), np.float32))
    wide = bokeh(frame, matte, BokehOptions(strength=1, focus_distance=1, shape=Aperture(anamorphic=0.5)))
    down, across = (np.ptp(np.flatnonzero(wide.sum(axis=2).sum(axis=axis))) for axis in (1, 0))
    assert down > 1.4 * across


def test_focus_without_depth_is_the_subject():
    frame, matte = portrait()
    plan = plan_bokeh(RgbdFrame(color=frame.color), matte)
    assert plan.focus_distance is None
    flat = DisparitySheets(
        np.full((1, 1), 0.5, np.float32), np.ones((1, 1), np.float32), np.ones((1, 1), np.bool_), False
    )
    assert find_focus(frame.size, flat, BokehOptions()).on == "subject"


def test_soft_hair_shows_the_background_that_the_picture_has_behind_it():
    """Half-covered pixels over a poster that reaches behind the subject: hardly blurred, the picture stays itself."""
    rows, columns = np.mgrid[:120, :160]
    alpha = np.clip((columns - 60) / 40, 0, 1).astype(np.float32)  # soft for 40 pixels
    poster = np.where(((rows > 40) & (rows < 80) & (columns > 64))[..., None], (250, 220, 60), (60, 60, 140))
    light = alpha[..., None] * decode(np.full((120, 160, 3), (30, 20, 15), np.uint8))
    light += (1 - alpha[..., None]) * decode(poster.astype(np.uint8))
    color = encode(light.astype(np.float32))
    frame = RgbdFrame(color=color, depth=np.where(alpha > 0.5, 1, 3).astype(np.float32))
    options = BokehOptions(strength=0.05, keep_subject_sharp=True)
    error = np.abs(bokeh(frame, AlphaMatte(alpha=alpha), options).astype(int) - color)
    assert error[50:70, 70:95].mean() < 6


def test_another_device_is_never_replaced_by_the_cpu() -> None:
    frame, matte = portrait()
    with pytest.raises((BackendMissingError, DeviceNotFoundError)):
        bokeh(frame, matte, BokehOptions(device="cuda:7"))
    with pytest.raises(ConfigError, match="quality is 'best'"):
        BokehOptions(quality="best")
