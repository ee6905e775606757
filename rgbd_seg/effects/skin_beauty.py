"""Beautify: calmer skin that is still skin.

Skin has three scales. The broad one is the shape of the face and its light, the finest is pores: both stay. Between
them lie blotches, shine and fine wrinkles, and only that band is attenuated, on skin, and less the stronger the
feature is, so that brows, lips, glasses and moles keep their edges. All of it is sums of logarithms of light, so that
the same strength is the same relative change on every skin tone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.effects.skin import SkinMap, check_mattes, find_skin
from rgbd_seg.effects.skin_lift import UNITS, Int16, lift, log_codes
from rgbd_seg.effects.skin_tone import even_tone, under_eyes
from rgbd_seg.effects.subject_box import box_of
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair
from rgbd_seg.options import check_range
from rgbd_seg.scaling import resized

_FACE = 420.0  # pixels that a face has at most where it is worked on: then a pore is one pixel
_BROAD = 0.05  # of the face's width: features larger than this are the face's shape and stay
_MEDIUM = 0.006  # of the face's width: fine lines are smaller than this
_FEATURE_STOPS = 0.4  # contrast above which a feature is taken for a brow, a lip or a rim
_SHAPE_STOPS = 0.28  # contrast below which something larger is taken for a blotch, not for shape
_SHARES = (0.45, 0.95)  # of fine lines, and of blotches, that are taken away at strength 1
_SPOT_SHARES = (0.6, 1.0)  # the same on a blemish
_SPOT = 0.018  # of the face's width: radius of the ring of skin around a blemish
_SPOT_NOISE = 0.06  # stops, least darkness of a blemish
_SPOT_DEEPEST = 0.8  # stops; what is darker is a mole, a nostril or a pupil, and stays
_MOST_TONE = 0.25  # stops


@dataclass(frozen=True, kw_only=True)
class BeautifyOptions:
    """``strength`` scales all, 0 is the picture itself; the others, 0–1, are the shares of each part in it.

    ``smoothing`` calms blotches, shine and fine lines; ``blemishes`` removes small dark spots (moles stay); ``tone``
    evens colour and brightens gently; ``eyes`` brightens shadows under the eyes. ``mattes`` are a phone's own
    (`rgbd_seg.io.Photo.mattes`: skin, glasses), used where they are given.
    """

    strength: float = 0.5
    tone: float = 0.5
    smoothing: float = 1.0
    blemishes: float = 1.0
    eyes: float = 0.5
    mattes: Mapping[str, Float32] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in ("strength", "tone", "smoothing", "blemishes", "eyes"):
            check_range(name, getattr(self, name), 0, 1)
        check_mattes(self.mattes)


def beautify(frame: RgbdFrame, matte: AlphaMatte, options: BeautifyOptions = BeautifyOptions()) -> UInt8:
    """The subject's skin smoothed, evened and slightly brightened; pores, edges, hair and the background stay.

    Returns:
        (H, W, 3). Pixels with alpha 0, and all at strength 0, are the picture's own.
    Raises:
        FrameError: the matte is not of this frame.
    """
    check_pair(frame, matte)
    if options.strength == 0:
        return frame.color.copy()
    depth = frame.depth if frame.depth_is_metric else None
    found = find_skin(frame.color, matte.alpha, depth=depth, mattes=options.mattes)
    if found.face_px < 4:
        return frame.color.copy()
    around = box_of(found.skin, 0, 2)
    if around is None:
        return frame.color.copy()
    part = SkinMap(found.skin[around.slices].copy(), found.luminance[around.slices].copy(), found.face_px)
    box = around.scaled(found.skin.shape, frame.size)
    face = found.face_px * max(frame.size) / max(found.skin.shape)
    return lift(frame.color, matte.alpha, _change(frame.color[box.slices], part, face, options), box)


def _change(color: UInt8, found: SkinMap, face: float, options: BeautifyOptions) -> Int16:
    """(h, w, 4) for `lift`, at a resolution that pores do not reach; ``face`` is its width in the picture."""
    from rgbd_seg.effects.skin_beauty_kernels import calm_rows

    scale = min(1.0, _FACE / face)
    face *= scale
    size = max(1, round(color.shape[0] * scale)), max(1, round(color.shape[1] * scale))
    small = np.ascontiguousarray(resized(color, size))
    # Blurred as encoded, which is fast, and nearly the same as its logarithm over so few pixels.
    fine = np.asarray(cv2.GaussianBlur(small, (3, 3), 0.8), np.uint8)
    sigma = max(_MEDIUM * face, 1.6)
    reach = 2 * round(2 * sigma) + 1
    medium = np.asarray(cv2.GaussianBlur(small, (reach, reach), sigma), np.uint8)
    coarse = _coarse(medium, found, face, options)
    shares = np.array([*(options.smoothing * np.array(_SHARES)), *_SPOT_SHARES], np.float32)
    change = np.empty((*size, 4), np.int16)
    tables = log_codes(), coarse, shares, _FEATURE_STOPS * UNITS
    Bands().run(lambda first, last: calm_rows(fine, medium, *tables, change, first, last), size[0])
    return change


def _coarse(medium: UInt8, found: SkinMap, face: float, options: BeautifyOptions) -> Float32:
    """(12, k, l) maps for `calm_rows`, at about a quarter of the size."""
    height, width = medium.shape[:2]
    spots = _spots(medium, found, face) if options.blemishes > 0 else None
    shrink = min(4.0, max(1.0, _BROAD * face / 2.5))  # leaves the broad radius 2.5 pixels at least
    size = max(1, round(height / shrink)), max(1, round(width / shrink))
    small = cv2.LUT(resized(medium, size), log_codes()).astype(np.float32)
    skin = resized(found.skin, size)
    coarse = np.zeros((12, *size), np.float32)
    coarse[6] = options.strength * skin
    weight = skin
    if spots is not None:
        coarse[7] = options.blemishes * resized(spots, size)
        weight = skin * (1 - coarse[7])
    _edge_keeping(small, weight, max(1, round(_BROAD * face / shrink)), coarse)
    light = small * np.float32(1 / UNITS)
    if options.tone > 0:
        tone = UNITS * options.tone * coarse[6]
        coarse[8:11] = np.moveaxis(even_tone(light, skin, face / shrink), 2, 0) * tone
        coarse[11] = _MOST_TONE * tone
    if options.eyes > 0:
        coarse[11] += UNITS * options.eyes * options.strength * under_eyes(found, size)
    return coarse


def _edge_keeping(light: Float32, weight: Float32, radius: int, coarse: Float32) -> None:
    """Light smoothed over skin only, each channel guided by luminance (guided filter, He 2013, weighted by skin).

    Slope and offset of each channel are written to channels 0–5 of ``coarse``; they may be enlarged (He 2015).
    """
    from rgbd_seg.effects.skin_beauty_kernels import guided_lines, guided_terms

    window = (2 * radius + 1, 2 * radius + 1)
    terms, lines = np.empty((3, *light.shape), np.float32), np.empty((2, *light.shape), np.float32)
    guided_terms(light, weight, terms)
    for k in range(3):
        cv2.blur(terms[k], window, dst=terms[k], borderType=cv2.BORDER_REFLECT)
    guided_lines(terms, (_SHAPE_STOPS * UNITS) ** 2, lines)
    for k in range(2):
        coarse[k:6:2] = np.moveaxis(cv2.blur(lines[k], window, borderType=cv2.BORDER_REFLECT), 2, 0)


def _spots(medium: UInt8, found: SkinMap, face: float) -> Float32 | None:
    """Blemishes, (h, w) in [0, 1] at half the size; None where the face is too small to tell."""
    from rgbd_seg.effects.skin_beauty_kernels import find_spots

    radius = _SPOT * face / 2
    if radius < 1.2:
        return None
    size = (medium.shape[0] + 1) // 2, (medium.shape[1] + 1) // 2
    green = np.ascontiguousarray(resized(medium, size)[..., 1])
    light = cv2.LUT(green, log_codes()).astype(np.float32) * np.float32(1 / UNITS)
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), max(0.35 * radius, 0.6)), np.float32)
    skin = resized(found.skin, size)
    spots = np.empty(size, np.float32)
    find_spots(light, skin, radius, _SPOT_NOISE, _SPOT_DEEPEST, spots)
    if not spots.any():
        return None
    # A seed is the middle of a spot: the whole of it is meant.
    reach = 2 * round(1.5 * radius) + 1
    spots = cv2.dilate(spots, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return np.asarray(cv2.GaussianBlur(spots, (0, 0), max(0.5 * radius, 0.6)), np.float32)
