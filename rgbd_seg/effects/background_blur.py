"""Blur: all of the background by the same amount, as video calls do it."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import UInt8
from rgbd_seg.effects.aperture import disc, gaussian
from rgbd_seg.effects.lens import STRONGEST
from rgbd_seg.effects.lens_plan import Sheets
from rgbd_seg.effects.thin_lens import render
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair
from rgbd_seg.options import check_choice, check_range


@dataclass(frozen=True, kw_only=True)
class BlurOptions:
    """``strength`` 0–1: a point becomes a disc of strength × 7 % of the picture's shorter side.

    ``shape`` is ``disc``, as of a lens, or ``gaussian``, softer, of the same spread.
    """

    strength: float = 0.5
    shape: str = "disc"

    def __post_init__(self) -> None:
        check_range("strength", self.strength, 0, 1)
        check_choice("shape", self.shape, ("disc", "gaussian"))


def blur(frame: RgbdFrame, matte: AlphaMatte, options: BlurOptions = BlurOptions()) -> UInt8:
    """The subject sharp before an evenly blurred background, in linear light. Depth is not used.

    The background is filled behind the subject with its own colours first, so that neither a halo of the subject's
    colour nor a dark rim surrounds it.

    Returns:
        (H, W, 3). Pixels with alpha 1, and all at strength 0, are the picture's own.
    Raises:
        FrameError: the matte is not of this frame.
    """
    check_pair(frame, matte)
    diameter = options.strength * STRONGEST * min(frame.size)
    if diameter == 0:
        return frame.color.copy()
    everywhere = np.full((1, 1), diameter, np.float32)
    return render(
        frame.color,
        matte,
        Sheets(background=everywhere, subject=everywhere),
        keep_subject_sharp=True,
        aperture=disc if options.shape == "disc" else gaussian,
    )
