"""Bokeh: the picture as a wide lens focused on the subject would have taken it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.bokeh_options import DEFAULT, BokehOptions
from rgbd_seg.effects.depth_completion import LONGEST, DisparitySheets, complete
from rgbd_seg.effects.focus import Focus, find_focus
from rgbd_seg.effects.highlights import find_highlights
from rgbd_seg.effects.lens import LARGEST, NEAR_SHARE, STRONGEST, Lens, aperture_metres, focal_pixels, strength_lens
from rgbd_seg.effects.lens_plan import Sheets
from rgbd_seg.effects.lens_presets import PRESETS, SENSORS
from rgbd_seg.effects.thin_lens import render
from rgbd_seg.errors import ConfigError
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair

__all__ = ["BokehOptions", "BokehPlan", "bokeh", "draw_bokeh", "find_disparity", "plan_bokeh"]

_PLANE = 0.5  # of the subject's disparity: where the background stands when there is no depth at all
_SMALL = 1920  # pixels of the longer side, up to which sheets of half the working size serve


@dataclass(frozen=True, kw_only=True, eq=False)
class BokehPlan:
    """The lens and the focus that were chosen for a picture, and how wide everything is drawn."""

    lens: Lens
    focus: Focus
    sheets: Sheets
    metric: bool
    aperture: float | None  # metres, of the lens opening; None: blur by strength
    fx: float | None  # pixels, where a lens was asked for
    fx_is_assumed: bool  # the frame has no intrinsics

    @property
    def focus_distance(self) -> float | None:
        """Metres that are sharp; None without metric depth, or at infinity."""
        return 1 / self.focus.disparity if self.metric and self.focus.disparity > 0 else None


def bokeh(frame: RgbdFrame, matte: AlphaMatte, options: BokehOptions = DEFAULT) -> UInt8:
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
    return draw_bokeh(frame, matte, plan_bokeh(frame, matte, options), options)


def plan_bokeh(
    frame: RgbdFrame,
    matte: AlphaMatte,
    options: BokehOptions = DEFAULT,
    *,
    disparity: DisparitySheets | None = None,
    focus: Focus | None = None,
) -> BokehPlan:
    """The lens and focus for a picture, as ``bokeh`` chooses them, without drawing.

    Args:
        disparity: sheets completed (and filtered in time) before; None: completed here.
        focus: found before; None: found here.
    Raises:
        as `bokeh`.
    """
    check_pair(frame, matte)
    disparity = disparity or find_disparity(frame, matte)
    metric = disparity.measured and frame.depth_is_metric
    if not metric and (options.is_physical or options.focus_distance is not None):
        found = "relative" if disparity.measured else "missing"
        raise ConfigError(
            "aperture, f_number, preset and focus_distance need metric depth, "
            f"but depth is {found}; use strength and focus_point"
        )
    focus = focus or find_focus(frame.size, disparity, options)
    fx = focal_pixels(frame.intrinsics, frame.size) if options.is_physical else None
    pupil = None if fx is None else _pupil(options, fx, max(frame.size))
    if fx is None or pupil is None:
        farthest = 0.0 if metric else float(np.percentile(disparity.background, 1))
        # As wide as if focused on the subject: a lens does not change while its focus is moved.
        strength = strength_lens(options.strength, frame.size, focus.subject, farthest)
        lens = Lens(focus_disparity=focus.disparity, pixels_per_disparity=strength.pixels_per_disparity)
    else:
        lens = Lens(focus_disparity=focus.disparity, pixels_per_disparity=pupil * fx)
    return BokehPlan(
        lens=lens,
        focus=focus,
        sheets=_sheets(lens, disparity, _largest(options) * min(frame.size)),
        metric=metric,
        aperture=pupil,
        fx=fx,
        fx_is_assumed=frame.intrinsics is None,
    )


def draw_bokeh(frame: RgbdFrame, matte: AlphaMatte, plan: BokehPlan, options: BokehOptions) -> UInt8:
    """The picture as planned. (H, W, 3).

    Raises:
        BackendMissingError: another device than the cpu was asked for, and torch is not installed.
        DeviceNotFoundError: there is no such device.
    """
    return _renderer(options.device)(
        frame.color,
        matte,
        plan.sheets,
        keep_subject_sharp=options.keep_subject_sharp,
        aperture=options.shape,
        quality=options.quality,
        gain=_gain(frame, matte, options),
    )


@cache
def _renderer(device: str) -> Callable[..., UInt8]:
    if device == "cpu":
        return render
    from rgbd_seg.effects.torch_lens import TorchLens

    return TorchLens(device).render


def _gain(frame: RgbdFrame, matte: AlphaMatte, options: BokehOptions) -> UInt8 | None:
    """Highlights to put back; none of the subject's while it stays as the camera saw it."""
    gain = find_highlights(frame.color, options.highlights)
    if gain is None or not options.keep_subject_sharp:
        return gain
    return np.where(matte.alpha > 0, np.uint8(0), gain)


def find_disparity(frame: RgbdFrame, matte: AlphaMatte) -> DisparitySheets:
    """Disparity of background and subject without holes; one plane behind the subject if there is no depth."""
    if frame.depth is not None:
        longest = LONGEST if max(frame.size) > _SMALL else max(LONGEST // 2, round(0.375 * max(frame.size)))
        found = complete(frame.depth, matte.alpha, frame.color, frame.confidence, longest=longest)
        if found.measured:
            return found
    plane = np.full((1, 1), _PLANE, np.float32)
    return DisparitySheets(plane, np.ones((1, 1), np.float32), np.ones((1, 1), np.bool_), False)


def _pupil(options: BokehOptions, fx: float, longest: int) -> float:
    """Diameter of the lens opening in metres."""
    if options.preset is not None:
        return PRESETS[options.preset].aperture
    return aperture_metres(
        aperture=options.aperture,
        f_number=options.f_number,
        focal_length=options.focal_length,
        fx=fx,
        longest=longest,
        sensor=SENSORS[options.sensor][0],
    )


def _largest(options: BokehOptions) -> float:
    """Diameter of the largest disc that is drawn, as a share of the shorter side."""
    return LARGEST if options.is_physical else NEAR_SHARE * STRONGEST * options.strength


def _sheets(lens: Lens, disparity: DisparitySheets, largest: float) -> Sheets:
    """Circles of confusion of both sheets, at most ``largest`` pixels wide."""

    def bounded(values: Float32) -> Float32:
        return np.asarray(np.clip(lens.coc_px(values), -largest, largest), np.float32)

    return Sheets(background=bounded(disparity.background), subject=bounded(disparity.subject))
