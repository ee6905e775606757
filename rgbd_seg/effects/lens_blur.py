"""Bokeh: the picture as a wide lens focused on the subject would have taken it."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import UInt8
from rgbd_seg.effects.depth_completion import DisparitySheets, complete
from rgbd_seg.effects.lens import LARGEST, NEAR_SHARE, STRONGEST, Lens, aperture_metres, focal_pixels, strength_lens
from rgbd_seg.effects.lens_plan import Sheets
from rgbd_seg.effects.thin_lens import render
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair
from rgbd_seg.options import check_range

_PLANE = 0.5  # of the subject's disparity: where the background stands when there is no depth at all


@dataclass(frozen=True, kw_only=True)
class BokehOptions:
    """The lens, its focus, and how faithful to be.

    Give the size of the blur in one of three ways. ``strength`` 0–1: very distant background becomes a disc of
    strength × 7 % of the picture's shorter side (with relative depth: the farthest in the picture). ``aperture``:
    diameter of the lens opening in metres. ``f_number``, with ``focal_length`` in metres or, without, as of a
    full-frame lens of the same field of view. The last two need metric depth. If the frame has no intrinsics, a
    26 mm equivalent lens is assumed.

    Focus is the subject, or ``focus_point`` (x, y) in pixels of the picture, or ``focus_distance`` in metres.
    """

    strength: float = 0.5
    aperture: float | None = None
    f_number: float | None = None
    focal_length: float | None = None
    focus_point: tuple[float, float] | None = None
    focus_distance: float | None = None
    keep_subject_sharp: bool = True  # as phones do; False is the true lens

    def __post_init__(self) -> None:
        check_range("strength", self.strength, 0, 1)
        for name, low, high in (
            ("aperture", 1e-4, 1.0),
            ("f_number", 0.5, 128.0),
            ("focal_length", 1e-4, 10.0),
            ("focus_distance", 1e-2, 1e4),
        ):
            value = getattr(self, name)
            if value is not None:
                check_range(name, value, low, high)
        if self.aperture is not None and self.f_number is not None:
            raise ConfigError("both aperture and f_number are given; expected one of them")
        if self.focal_length is not None and self.f_number is None:
            raise ConfigError("focal_length is given without f_number; expected both")
        if self.focus_point is not None and self.focus_distance is not None:
            raise ConfigError("both focus_point and focus_distance are given; expected one of them")

    @property
    def is_physical(self) -> bool:
        """True if the blur is given by a lens, not by strength."""
        return self.aperture is not None or self.f_number is not None


def bokeh(frame: RgbdFrame, matte: AlphaMatte, options: BokehOptions = BokehOptions()) -> UInt8:
    """The picture through a wide lens: blur grows with the distance from the focus.

    Computed in linear light, far to near, over a background that is filled behind the subject with background
    colour only. Without depth, all background lies on one plane.

    Returns:
        (H, W, 3). With ``keep_subject_sharp``, pixels of alpha 1 with nothing blurred before them, and all pixels
        at strength 0, are the picture's own.
    Raises:
        FrameError: the matte is not of this frame, or the focus point is outside the picture.
        ConfigError: a lens in metres was asked for, but depth is relative or missing.
    """
    check_pair(frame, matte)
    if options.strength == 0 and not options.is_physical:
        return frame.color.copy()
    disparity = _disparity(frame, matte)
    lens = _lens(frame, disparity, options)
    return render(
        frame.color,
        matte,
        _sheets(lens, disparity, _largest(options) * min(frame.size)),
        keep_subject_sharp=options.keep_subject_sharp,
    )


def _largest(options: BokehOptions) -> float:
    """Diameter of the largest disc that is drawn, as a share of the shorter side."""
    return LARGEST if options.is_physical else NEAR_SHARE * STRONGEST * options.strength


def _sheets(lens: Lens, disparity: DisparitySheets, largest: float) -> Sheets:
    """Circles of confusion of both sheets, at most ``largest`` pixels wide."""
    background, subject = (
        np.clip(lens.coc_px(values), -largest, largest) for values in (disparity.background, disparity.subject)
    )
    return Sheets(background=background, subject=subject)


def _disparity(frame: RgbdFrame, matte: AlphaMatte) -> DisparitySheets:
    if frame.depth is not None:
        found = complete(frame.depth, matte.alpha)
        if found.measured:
            return found
    plane = np.full((1, 1), _PLANE, np.float32)
    return DisparitySheets(plane, np.ones((1, 1), np.float32), np.ones((1, 1), np.bool_), False)


def _lens(frame: RgbdFrame, disparity: DisparitySheets, options: BokehOptions) -> Lens:
    metric = disparity.measured and frame.depth_is_metric
    if not metric and (options.is_physical or options.focus_distance is not None):
        found = "relative" if disparity.measured else "missing"
        raise ConfigError(
            f"aperture, f_number and focus_distance need metric depth, but depth is {found}; use strength"
        )
    focus = _focus_disparity(frame, disparity, options)
    if not options.is_physical:
        farthest = 0.0 if metric else float(np.percentile(disparity.background, 1))
        return strength_lens(options.strength, frame.size, focus, farthest)
    fx = focal_pixels(frame.intrinsics, frame.size)
    pupil = aperture_metres(
        aperture=options.aperture,
        f_number=options.f_number,
        focal_length=options.focal_length,
        fx=fx,
        longest=max(frame.size),
    )
    return Lens(focus_disparity=focus, pixels_per_disparity=pupil * fx)


def _focus_disparity(frame: RgbdFrame, disparity: DisparitySheets, options: BokehOptions) -> float:
    if options.focus_distance is not None:
        return 1 / options.focus_distance
    if options.focus_point is not None:
        return _disparity_at(frame, disparity, options.focus_point)
    if disparity.solid.any():
        return float(np.median(disparity.subject[disparity.solid]))
    return float(np.percentile(disparity.background, 90))  # nobody there: what is near


def _disparity_at(frame: RgbdFrame, disparity: DisparitySheets, point: tuple[float, float]) -> float:
    height, width = frame.size
    x, y = point
    if not (0 <= x < width and 0 <= y < height):
        raise FrameError(f"focus_point is {point}; expected a pixel of the {width}×{height} picture")
    rows, columns = disparity.background.shape
    j, i = min(int((y + 0.5) * rows / height), rows - 1), min(int((x + 0.5) * columns / width), columns - 1)
    sheet = disparity.subject if disparity.solid[j, i] else disparity.background
    return float(sheet[j, i])
