"""Whiten and beautify: only skin, every skin alike, and still skin."""

import cv2
import numpy as np
import pytest

from rgbd_seg.effects import BeautifyOptions, WhitenOptions, beautify, whiten
from rgbd_seg.effects.skin import find_skin
from rgbd_seg.errors import ConfigError
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.linear_light import WHITE, decode, encode

LIGHT, MEDIUM, DARK = (235, 198, 178), (180, 126, 96), (84, 54, 40)
TONES = [LIGHT, MEDIUM, DARK]


def face(tone: tuple[int, int, int], seed: int = 0) -> tuple[RgbdFrame, AlphaMatte, dict[str, np.ndarray]]:
    """A head with blotches and pores, a brow, blue clothes, before a wall of the very same skin tone."""
    height, width = 320, 256
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    head = np.hypot((y - 110) / 90, (x - 128) / 70) < 1
    clothes = (y > 210) & (np.abs(x - 128) < 100)
    brow = head & (np.abs(y - 80) < 4) & (np.abs(x - 128) < 40)
    light = np.broadcast_to(decode(np.array(tone, np.uint8)), (height, width, 3)).copy()
    blotches = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 2.5)
    pores = rng.normal(0, 0.08, (height, width)).astype(np.float32)
    texture = 0.08 * blotches / blotches.std() + pores
    light[head] *= np.exp2(texture[head])[:, None]
    light[clothes] = decode(np.array([30, 60, 140], np.uint8))
    light[brow] *= 0.12
    alpha = cv2.GaussianBlur((head | clothes).astype(np.float32), (5, 5), 1)
    alpha[cv2.erode((head | clothes).astype(np.uint8), np.ones((7, 7))) > 0] = 1
    alpha[cv2.dilate((head | clothes).astype(np.uint8), np.ones((7, 7))) == 0] = 0
    inner = cv2.erode(
        (head & ~cv2.dilate(brow.astype(np.uint8), np.ones((25, 25))).astype(bool)).astype(np.uint8), np.ones((15, 15))
    )
    parts = {
        "skin": inner > 0,
        "clothes": cv2.erode((clothes & ~head).astype(np.uint8), np.ones((9, 9))) > 0,
        "brow": brow,
    }
    return RgbdFrame(color=encode(light)), AlphaMatte(alpha=alpha.astype(np.float32)), parts


def stops(before: np.ndarray, after: np.ndarray, where: np.ndarray) -> float:
    old, new = (decode(picture)[where].mean() / WHITE for picture in (before, after))
    return float(np.log2(new / old))


@pytest.mark.parametrize("tone", TONES)
def test_skin_is_found_and_clothes_and_brows_are_not(tone):
    frame, matte, parts = face(tone)
    skin = cv2.resize(find_skin(frame.color, matte.alpha).skin, frame.size[::-1])
    assert skin[parts["skin"]].mean() > 0.8
    assert skin[parts["clothes"]].max() < 0.05
    assert skin[matte.alpha == 0].max() < 0.05


@pytest.mark.parametrize("effect", [whiten, beautify])
@pytest.mark.parametrize("tone", TONES)
def test_the_background_is_not_touched_even_if_it_has_the_hue_of_skin(effect, tone):
    frame, matte, _ = face(tone)
    out = effect(frame, matte)
    assert np.array_equal(out[matte.alpha == 0], frame.color[matte.alpha == 0])
    assert not np.array_equal(out, frame.color)


@pytest.mark.parametrize("effect", [whiten, beautify])
def test_nothing_happens_where_there_is_no_subject_or_no_skin(effect):
    frame, matte, _ = face(MEDIUM)
    assert np.array_equal(effect(frame, AlphaMatte(alpha=np.zeros_like(matte.alpha))), frame.color)
    blue = RgbdFrame(color=np.full((64, 64, 3), (20, 60, 200), np.uint8))
    assert np.array_equal(effect(blue, AlphaMatte(alpha=np.ones((64, 64), np.float32))), blue.color)


@pytest.mark.parametrize("tone", TONES)
def test_whitening_is_more_light_and_less_colour_the_stronger_the_more(tone):
    frame, matte, parts = face(tone)
    brighter, greyer = [], []
    for strength in (0.25, 0.5, 1.0):
        out = whiten(frame, matte, WhitenOptions(strength=strength))
        brighter.append(stops(frame.color, out, parts["skin"]))
        light = decode(out)[parts["skin"]].mean(axis=0)
        greyer.append(light[0] / light[2])
        assert np.array_equal(out[parts["clothes"]], frame.color[parts["clothes"]])
        assert out.max() <= 255
    assert 0 < brighter[0] < brighter[1] < brighter[2] < 0.9
    assert greyer[0] > greyer[1] > greyer[2]


def test_every_skin_tone_gets_the_same_change():
    changes = {}
    for tone in TONES[1:]:
        frame, matte, parts = face(tone)
        changes[tone] = stops(frame.color, whiten(frame, matte, WhitenOptions(strength=0.5)), parts["skin"])
    assert changes[MEDIUM] == pytest.approx(changes[DARK], abs=0.12)


def band(picture: np.ndarray, where: np.ndarray, fine: float, broad: float) -> float:
    light = np.log2(decode(picture)[..., 1] / WHITE + 1e-4)
    return float((cv2.GaussianBlur(light, (0, 0), fine) - cv2.GaussianBlur(light, (0, 0), broad))[where].std())


@pytest.mark.parametrize("tone", TONES)
def test_beautify_calms_blotches_and_keeps_pores_and_brows(tone):
    frame, matte, parts = face(tone)
    out = beautify(frame, matte, BeautifyOptions(strength=1, tone=0))
    skin = parts["skin"]
    assert band(out, skin, 1.5, 8) < 0.6 * band(frame.color, skin, 1.5, 8)
    pores = [
        (picture[..., 1].astype(np.float32) - cv2.GaussianBlur(picture[..., 1].astype(np.float32), (0, 0), 0.8))[skin]
        for picture in (frame.color, out)
    ]
    assert np.corrcoef(*pores)[0, 1] > 0.8
    assert pores[1].std() > 0.6 * pores[0].std()
    assert abs(stops(frame.color, out, parts["brow"])) < 0.1
    assert abs(stops(frame.color, out, skin)) < 0.05


def test_beautify_is_stronger_with_strength():
    frame, matte, parts = face(MEDIUM)
    left = [
        band(beautify(frame, matte, BeautifyOptions(strength=s, tone=0)), parts["skin"], 1.5, 8)
        for s in (0, 0.3, 0.6, 1)
    ]
    assert left == sorted(left, reverse=True)


def test_tone_out_of_range_is_refused():
    with pytest.raises(ConfigError, match="tone"):
        BeautifyOptions(tone=1.5)


def test_a_real_face_agrees_with_the_phones_own_skin_matte(shared):
    from rgbd_seg.io import read_photo

    photo = read_photo(shared / "data" / "iphone_portraits" / "selfie.heic")
    assert photo.portrait_matte is not None
    size = photo.frame.size[::-1]
    alpha = np.clip(cv2.resize(photo.portrait_matte, size), 0, 1)
    found = find_skin(photo.frame.color, alpha).skin
    wanted = cv2.resize(photo.mattes["skin"], found.shape[::-1], interpolation=cv2.INTER_AREA) > 0.5
    assert ((found > 0.5) & wanted).sum() / ((found > 0.5) | wanted).sum() > 0.78


def test_brown_hair_is_not_taken_for_skin(shared):
    folder = shared / "data" / "rendered" / "2"
    color = cv2.cvtColor(cv2.imread(str(folder / "color.png")), cv2.COLOR_BGR2RGB)
    alpha = cv2.imread(str(folder / "alpha.png"), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
    skin = cv2.resize(find_skin(color, alpha).skin, alpha.shape[::-1])
    cheek, hair = skin[215:225, 220:235], skin[205:245, 175:190]
    assert cheek.mean() > 0.8
    assert hair.mean() < 0.25
