"""Beautify on a drawn face with all its features: what goes, what stays, and the same for every skin."""

import cv2
import numpy as np
import pytest

from rgbd_seg.effects import BeautifyOptions, WhitenOptions, beautify, whiten
from rgbd_seg.effects.eyes import find_eyes
from rgbd_seg.effects.skin import find_skin
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.linear_light import decode, encode

LIGHT, MEDIUM, DARK, DEEPEST = (225, 186, 166), (172, 120, 92), (84, 54, 40), (58, 44, 36)
TONES = [LIGHT, MEDIUM, DARK, DEEPEST]
HEIGHT, WIDTH = 420, 360
HEAD = (170, 180, 130, 100)  # row, column, half height, half width
SPOT, MOLE = (230, 130), (225, 235)
EYES = ((150, 140), (150, 220))


def disc(row: float, column: float, half_height: float, half_width: float, soft: float = 1.5) -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    away = np.hypot((y - row) / half_height, (x - column) / half_width)
    return np.clip((1 - away) * min(half_height, half_width) / soft + 0.5, 0, 1).astype(np.float32)


def portrait(tone: tuple[int, int, int]) -> tuple[RgbdFrame, AlphaMatte, dict[str, np.ndarray]]:
    """A face with blotches, pores, a blemish, a mole, shadows under the eyes, brows, lips and glasses; a blue shirt."""
    rng = np.random.default_rng(1)
    stops = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    blotches = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 3)
    stops += (0.07 * blotches / blotches.std() + rng.normal(0, 0.06, (HEIGHT, WIDTH)))[..., None]
    redness = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 9)
    stops += 0.06 * (redness / redness.std())[..., None] * np.array([1, -0.5, 0], np.float32)
    stops -= 0.45 * disc(*SPOT, 4, 4)[..., None] * np.array([0.5, 1, 1], np.float32)
    stops -= 2.0 * disc(*MOLE, 4, 4)[..., None]
    brows, lashes, shadows = (np.zeros((HEIGHT, WIDTH), np.float32) for _ in range(3))
    for row, column in EYES:
        brows = np.maximum(brows, disc(row - 24, column, 4, 24))
        lashes = np.maximum(lashes, disc(row, column, 7, 16))
        shadows = np.maximum(shadows, disc(row + 22, column, 9, 22, 8))
    stops -= 0.35 * shadows[..., None] + 3 * np.maximum(brows, lashes)[..., None]
    lips = disc(250, 180, 10, 32)
    stops += lips[..., None] * np.array([-0.1, -1.1, -0.7], np.float32)
    glasses = np.maximum(disc(137, 180, 1.5, 70, 1), disc(140, 112, 6, 1.5, 1))
    head, shirt = disc(*HEAD), disc(440, 180, 90, 170)
    light = decode(np.array(tone, np.uint8)) * np.exp2(stops)
    light += glasses[..., None] * (200 - light)
    light = light * head[..., None] + (1 - head[..., None]) * decode(np.array([30, 60, 140], np.uint8))
    alpha = np.maximum(head, shirt)
    light = light * alpha[..., None] + (1 - alpha[..., None]) * decode(np.array([150, 155, 150], np.uint8))
    others = np.maximum.reduce([brows, lashes, lips, glasses, disc(*SPOT, 9, 9), disc(*MOLE, 9, 9)])
    inner = disc(HEAD[0], HEAD[1], HEAD[2] - 20, HEAD[3] - 20)
    parts = {
        "skin": (inner == 1) & (cv2.dilate(np.maximum(others, shadows), np.ones((15, 15))) == 0),
        "brows": brows == 1,
        "lashes": lashes == 1,
        "lips": lips == 1,
        "glasses": glasses == 1,
        "mole": disc(*MOLE, 4, 4) == 1,
        "spot": disc(*SPOT, 3, 3) == 1,
        "shadows": (shadows == 1) & (cv2.dilate(lashes, np.ones((9, 9))) == 0),
        "cheeks": (disc(EYES[0][0] + 60, 140, 6, 20) + disc(EYES[0][0] + 60, 220, 6, 20) > 0),
    }
    return RgbdFrame(color=encode(light)), AlphaMatte(alpha=alpha), parts


def stops(picture: np.ndarray) -> np.ndarray:
    """(H, W) log2 of green light."""
    return np.log2(decode(picture)[..., 1] + 20)


def band(picture: np.ndarray, where: np.ndarray, fine: float, broad: float) -> float:
    """Spread of what is larger than ``fine`` and smaller than ``broad``, stops, of nothing but ``where``."""
    light, weight = stops(picture), where.astype(np.float32)
    smooth = [
        cv2.GaussianBlur(light * weight, (0, 0), s) / (cv2.GaussianBlur(weight, (0, 0), s) + 1e-6)
        for s in (fine, broad)
    ]
    return float((smooth[0] - smooth[1])[where].std())


def pores(picture: np.ndarray, where: np.ndarray) -> float:
    light = stops(picture)
    return float((light - cv2.GaussianBlur(light, (0, 0), 0.8))[where].std())


@pytest.mark.parametrize("tone", TONES)
def test_blotches_go_and_pores_stay(tone):
    frame, matte, parts = portrait(tone)
    out = beautify(frame, matte, BeautifyOptions(strength=1, tone=0))
    assert band(out, parts["skin"], 2, 10) < 0.6 * band(frame.color, parts["skin"], 2, 10)
    assert pores(out, parts["skin"]) > 0.75 * pores(frame.color, parts["skin"])


@pytest.mark.parametrize("effect", [beautify, whiten])
def test_every_tone_gets_the_same_relative_change(effect):
    """Brightening in stops and calming in ratio, of skin that is dark, medium or light."""
    brighter, calmer = [], []
    for tone in TONES:
        frame, matte, parts = portrait(tone)
        skin = parts["skin"]
        out = effect(frame, matte)
        brighter.append(float((stops(out) - stops(frame.color))[skin].mean()))
        calmer.append(band(out, skin, 2, 10) / band(frame.color, skin, 2, 10))
    # Light skin has less room below white; the shoulder that keeps it from clipping costs it some.
    assert brighter[1] == pytest.approx(brighter[2], abs=0.04)
    assert brighter[0] == pytest.approx(brighter[2], abs=0.15)
    assert brighter[3] == pytest.approx(brighter[2], abs=0.04)
    # whitening light skin also bends its contrast, near white.
    assert np.ptp(calmer) < (0.12 if effect is beautify else 0.2)


@pytest.mark.parametrize("tone", TONES)
def test_brows_lips_glasses_and_a_mole_stay(tone):
    frame, matte, parts = portrait(tone)
    out = beautify(frame, matte, BeautifyOptions(strength=1, tone=0, eyes=0))
    change = np.abs(stops(out) - stops(frame.color))
    for name, most in (("brows", 0.05), ("lashes", 0.05), ("lips", 0.15), ("glasses", 0.15), ("mole", 0.15)):
        assert change[parts[name]].mean() < most, name


@pytest.mark.parametrize("tone", TONES)
def test_a_blemish_fades_and_does_not_if_not_wanted(tone):
    frame, matte, parts = portrait(tone)

    def darkness(picture: np.ndarray) -> float:
        light = stops(picture)
        ring = (disc(*SPOT, 14, 14) - disc(*SPOT, 8, 8)) > 0.9
        return float(light[ring].mean() - light[parts["spot"]].mean())

    before = darkness(frame.color)
    wanted = darkness(beautify(frame, matte, BeautifyOptions(strength=1, tone=0)))
    unwanted = darkness(beautify(frame, matte, BeautifyOptions(strength=1, tone=0, blemishes=0)))
    assert before > 0.3
    assert wanted < 0.4 * before
    assert wanted < unwanted


@pytest.mark.parametrize("tone", TONES)
def test_eyes_are_found_and_what_is_dark_below_them_brightened(tone):
    frame, matte, parts = portrait(tone)
    found = find_skin(frame.color, matte.alpha)
    eyes = find_eyes(found)
    assert eyes is not None
    scale = frame.size[0] / found.skin.shape[0]
    for (x, y), (row, column) in zip((eyes.left, eyes.right), EYES, strict=True):
        assert np.hypot((x + 0.5) * scale - column, (y + 0.5) * scale - row) < 14
    with_, without = (beautify(frame, matte, BeautifyOptions(strength=1, tone=0, eyes=e)) for e in (1, 0))
    difference = stops(with_) - stops(without)
    assert difference[parts["shadows"]].mean() > 0.08
    assert np.abs(difference[parts["cheeks"]]).mean() < 0.05


def test_no_eyes_are_found_where_there_is_no_face():
    rng = np.random.default_rng(0)
    color = np.clip(rng.normal((172, 120, 92), 6, (200, 200, 3)), 0, 255).astype(np.uint8)
    assert find_eyes(find_skin(color, np.ones((200, 200), np.float32))) is None


def test_colour_is_evened_and_kept():
    frame, matte, parts = portrait(MEDIUM)
    out = beautify(frame, matte, BeautifyOptions(strength=1, tone=1, smoothing=0, blemishes=0, eyes=0))

    def redness(picture: np.ndarray) -> np.ndarray:
        light = np.log2(decode(picture) + 20)
        return cv2.GaussianBlur(light[..., 0] - light[..., 1], (0, 0), 6)[parts["skin"]]

    assert redness(out).std() < 0.85 * redness(frame.color).std()
    assert redness(out).mean() == pytest.approx(redness(frame.color).mean(), abs=0.06)


@pytest.mark.parametrize("effect", ["beautify", "whiten"])
def test_stronger_is_farther_and_the_background_is_the_pictures_own(effect):
    frame, matte, parts = portrait(DARK)
    away = []
    for strength in (0, 0.25, 0.5, 0.75, 1):
        if effect == "beautify":
            out = beautify(frame, matte, BeautifyOptions(strength=strength))
        else:
            out = whiten(frame, matte, WhitenOptions(strength=strength))
        away.append(float(np.abs(out.astype(int) - frame.color)[parts["skin"]].mean()))
        assert np.array_equal(out[matte.alpha == 0], frame.color[matte.alpha == 0])
    assert away[0] == 0
    assert away == sorted(away)


def test_hair_of_skins_colour_keeps_its_strands():
    rng = np.random.default_rng(3)
    frame, matte, _ = portrait(LIGHT)
    strands = cv2.GaussianBlur(rng.normal(0, 1, (1, WIDTH)).astype(np.float32), (0, 0), 1.5)
    strands = np.broadcast_to(0.6 * strands / strands.std(), (HEIGHT, WIDTH))
    hair = (np.maximum(disc(170, 60, 140, 45), disc(170, 300, 140, 45)) > 0.5) & (disc(*HEAD) == 0)
    light = decode(frame.color)
    light[hair] = decode(np.array(LIGHT, np.uint8)) * np.exp2(strands[hair] - 0.4)[:, None]
    picture = RgbdFrame(color=encode(light))
    alpha = np.maximum(matte.alpha, hair.astype(np.float32))
    skin = cv2.resize(find_skin(picture.color, alpha).skin, (WIDTH, HEIGHT))
    deep = cv2.erode(hair.astype(np.uint8), np.ones((25, 25))) > 0
    assert skin[deep].mean() < 0.3
    out = beautify(picture, AlphaMatte(alpha=alpha), BeautifyOptions(strength=1, tone=0))
    assert band(out, deep, 0.8, 6) > 0.85 * band(picture.color, deep, 0.8, 6)


def test_what_lies_far_behind_is_not_the_subjects_skin():
    frame, matte, _ = portrait(MEDIUM)
    color = frame.color.copy()
    color[60:300, 300:] = MEDIUM
    alpha = matte.alpha.copy()
    alpha[60:300, 300:] = 1  # a matte that took a wooden wall for the subject
    depth = np.full(alpha.shape, 1.0, np.float32)
    depth[:, 295:] = 2.5
    wall = np.s_[90:270, 320:]
    without, with_ = (cv2.resize(find_skin(color, alpha, depth=d).skin, (WIDTH, HEIGHT)) for d in (None, depth))
    assert without[wall].mean() > 0.5
    assert with_[wall].mean() < 0.05
    assert with_[140:200, 165:195].mean() > 0.8


def test_a_phones_own_mattes_are_used():
    frame, matte, parts = portrait(MEDIUM)
    left = np.zeros((HEIGHT // 2, WIDTH // 2), np.float32)
    left[:, : WIDTH // 4] = 1
    glasses = np.zeros((HEIGHT, WIDTH), np.float32)
    glasses[: HEIGHT // 2] = 1
    for effect, options in ((beautify, BeautifyOptions), (whiten, WhitenOptions)):
        out = effect(frame, matte, options(strength=1, mattes={"skin": left, "glasses": glasses}))
        changed = np.abs(out.astype(int) - frame.color).sum(axis=2) > 0
        assert not changed[:, WIDTH // 2 + 10 :].any()
        assert not changed[: HEIGHT // 2 - 10].any()
        assert changed[parts["skin"] & (np.mgrid[:HEIGHT, :WIDTH][0] > HEIGHT // 2 + 10)].mean() > 0.3


@pytest.mark.parametrize(
    "matte", [np.ones((4, 4, 2), np.float32), np.ones((4, 4), np.uint8), np.full((4, 4), np.nan, np.float32), 3]
)
def test_bad_mattes_are_refused(matte):
    for options in (BeautifyOptions, WhitenOptions):
        with pytest.raises(FrameError, match="skin"):
            options(mattes={"skin": matte})


@pytest.mark.parametrize("name", ["strength", "tone", "smoothing", "blemishes", "eyes"])
@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan")])
def test_options_out_of_range_are_refused(name, value):
    with pytest.raises(ConfigError, match=name):
        BeautifyOptions(**{name: value})


@pytest.mark.parametrize("size", [(1, 1), (2, 7), (3, 3), (40, 9), (600, 4)])
def test_any_size_of_picture(size):
    rng = np.random.default_rng(0)
    color = np.clip(rng.normal((172, 120, 92), 8, (*size, 3)), 0, 255).astype(np.uint8)
    frame, matte = RgbdFrame(color=color), AlphaMatte(alpha=np.ones(size, np.float32))
    for effect in (beautify, whiten):
        assert effect(frame, matte).shape == color.shape
