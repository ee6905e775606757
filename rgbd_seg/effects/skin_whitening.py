"""Whiten (美白 in camera apps): the subject's skin lighter and less yellow, as under a larger, cooler light."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.skin import check_mattes, find_skin, log_light_table
from rgbd_seg.effects.skin_lift import UNITS, lift
from rgbd_seg.effects.subject_box import box_of
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair
from rgbd_seg.options import check_range
from rgbd_seg.scaling import resized

_MOST_STOPS = 0.8  # of light at strength 1
_LESS_COLOR = 0.25  # of the skin's distance to grey, at strength 1


@dataclass(frozen=True, kw_only=True)
class WhitenOptions:
    """``strength`` 0 is the picture itself; 1 is 0.8 stops more light on the skin and a quarter less colour.

    ``mattes`` are a phone's own (`rgbd_seg.io.Photo.mattes`), used where they are given.
    """

    strength: float = 0.5
    mattes: Mapping[str, Float32] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        check_range("strength", self.strength, 0, 1)
        check_mattes(self.mattes)


def whiten(frame: RgbdFrame, matte: AlphaMatte, options: WhitenOptions = WhitenOptions()) -> UInt8:
    """The subject's skin brightened and made less yellow, in linear light.

    The same number of stops on every skin tone; highlights roll off to white instead of clipping. Hair, clothes and
    the background are left alone: pixels with alpha 0, and all at strength 0, are the picture's own.

    Returns:
        (H, W, 3).
    Raises:
        FrameError: the matte is not of this frame.
    """
    check_pair(frame, matte)
    if options.strength == 0:
        return frame.color.copy()
    found = find_skin(
        frame.color, matte.alpha, depth=frame.depth if frame.depth_is_metric else None, mattes=options.mattes
    )
    around = box_of(found.skin, 0, 2)
    if around is None:
        return frame.color.copy()
    amount = options.strength * found.skin[around.slices]
    light = log_light_table()[resized(frame.color, found.skin.shape)[around.slices]]
    grey = light @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    stops = np.empty((*amount.shape, 4), np.float32)
    stops[..., :3] = _LESS_COLOR * amount[..., None] * np.clip(grey[..., None] - light, -1.5, 1.5)
    stops[..., 3] = _MOST_STOPS * amount
    change = np.rint(UNITS * stops).astype(np.int16)
    return lift(frame.color, matte.alpha, change, around.scaled(found.skin.shape, frame.size))
