"""Bokeh: the picture as a wide lens focused on the subject would have taken it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.at_once import at_once
from rgbd_seg.effects.bokeh_options import DEFAULT, BokehOptions
from rgbd_seg.effects.depth_completion import LONGEST, DisparitySheets, complete
from rgbd_seg.effects.focus import Focus, find_focus
from rgbd_seg.effects.highlights import find_highlights
from rgbd_seg.effects.lens import LARGEST, NEAR_SHARE, STRONGEST, Lens, aperture_metres, focal_pixels, strength_lens
from rgbd_seg.effects.lens_plan import Sheets
from rgbd_seg.effects.lens_presets import PRESETS, SENSORS
from rgbd_seg.effects.lens_scene import Backdrop, make_backdrop, quality_of
from rgbd_seg.effects.thin_lens import render
from rgbd_seg.errors import ConfigError
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair

__all__ = ["BokehOptions", "BokehPlan", "bokeh", "draw_bokeh", "find_disparity", "plan_bokeh", "prepare_light"]

_PLANE = 0.5  # of the subject's disparity: where the background stands when there is no depth at all
_LIVE = 320  # pixels of the longer side at which depth of video is completed
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


@dataclass(frozen=True, eq=False)
class PreparedLight:
    """What is drawn from a picture's colours, and does not depend on depth."""

    gain: UInt8 | None  # highlights to put back, see `find_highlights`
    backdrop: Backdrop


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
    plan, light = at_once(lambda: plan_bokeh(frame, matte, options), lambda: prepare_light(frame, matte, options))
    return draw_bokeh(frame, matte, plan, options, light)


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
        # As wide as if focused on the subject: a lens does not change while its focus is moved.
        strength = strength_lens(options.strength, frame.size, focus.subject, *_ends(disparity.background, metric))
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


def _ends(background: Float32, metric: bool) -> tuple[float, float | None]:
    """Disparity of the farthest thing, and of the nearest where a lens must be told it: metres end at infinity."""
    if metric:
        return 0.0, None
    farthest, nearest = np.percentile(background, (1, 99))
    return float(farthest), float(nearest)


def draw_bokeh(
    frame: RgbdFrame, matte: AlphaMatte, plan: BokehPlan, options: BokehOptions, light: PreparedLight | None = None
) -> UInt8:
    """The picture as planned. (H, W, 3).

    Args:
        light: of `prepare_light`, with the same options; None: prepared here.
    Raises:
        BackendMissingError: another device than the cpu was asked for, and torch is not installed.
        DeviceNotFoundError: there is no such device.
    """
    light = light or prepare_light(frame, matte, options)
    return _renderer(options.device)(
        frame.color,
        matte,
        plan.sheets,
        keep_subject_sharp=options.keep_subject_sharp,
        aperture=options.shape,
        quality=options.quality,
        gain=light.gain,
        backdrop=light.backdrop,
    )


@cache
def _renderer(device: str) -> Callable[..., UInt8]:
    if device == "cpu":
        return render
    from rgbd_seg.effects.torch_lens import TorchLens

    return TorchLens(device).render


def prepare_light(frame: RgbdFrame, matte: AlphaMatte, options: BokehOptions) -> PreparedLight:
    """What can be done while depth is still completed.

    No highlights of the subject are put back while it stays as the camera saw it.
    """
    gain = find_highlights(frame.color, options.highlights)
    if gain is not None and options.keep_subject_sharp:
        gain *= matte.alpha <= 0
    return PreparedLight(gain, make_backdrop(frame.color, matte.alpha, quality_of(options.quality, matte)))


def find_disparity(frame: RgbdFrame, matte: AlphaMatte) -> DisparitySheets:
    """Disparity of background and subject without holes; one plane behind the subject if there is no depth."""
    if frame.depth is not None:
        longest = _working_size(max(frame.size), matte)
        found = complete(frame.depth, matte.alpha, frame.color, frame.confidence, longest=longest)
        if found.measured:
            return found
    plane = np.full((1, 1), _PLANE, np.float32)
    return DisparitySheets(plane, np.ones((1, 1), np.float32), np.ones((1, 1), np.bool_), False)


def _working_size(longest: int, matte: AlphaMatte) -> int:
    """Pixels of the longer side at which depth is completed."""
    if longest > _SMALL:
        return LONGEST
    return _LIVE if quality_of("auto", matte) == "live" else max(LONGEST // 2, round(0.375 * longest))


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
