"""Whiten (美白 in camera apps): the subject's skin lighter and less yellow, as under a larger, cooler light."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import UInt8
from rgbd_seg.effects.skin import find_skin
from rgbd_seg.effects.skin_lift import lift
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair
from rgbd_seg.options import check_range

_MOST_STOPS = 0.8  # of light at strength 1
_LESS_COLOR = 0.25  # of the skin's distance to grey, at strength 1


@dataclass(frozen=True, kw_only=True)
class WhitenOptions:
    """``strength`` 0 is the picture itself; 1 is 0.8 stops more light on the skin and a quarter less colour."""

    strength: float = 0.5

    def __post_init__(self) -> None:
        check_range("strength", self.strength, 0, 1)


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
    found = find_skin(frame.color, matte.alpha)
    grey = found.light @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    towards_grey = np.clip(grey[..., None] - found.light, -1.5, 1.5)
    amount = options.strength * found.skin
    return lift(frame.color, matte.alpha, _LESS_COLOR * amount[..., None] * towards_grey, _MOST_STOPS * amount)
