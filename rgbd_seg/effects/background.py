"""What stands behind the subject, brought to the form of the frames."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rgbd_seg.arrays import Float32, UInt8, check_color
from rgbd_seg.effects.framing import FILLED, Framing
from rgbd_seg.effects.light_match import Light, LightGains
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.options import check_range

RgbColor = tuple[int, int, int]
Source = UInt8 | RgbColor | RgbdFrame  # what can be prepared


@dataclass(frozen=True, eq=False)
class Background:
    """A background brought to the size of the frames once, for video."""

    picture: UInt8  # (H, W, 3)
    depth: Float32 | None = None  # (h, w) metres of the same view, NaN = not known: behind everything
    sharp: UInt8 | None = None  # (H, W, 3) as it was before it was blurred, if it was
    is_plain: bool = False  # one colour: as asked for, whatever the light

    @staticmethod
    def prepare(
        source: "Source | Background",
        size: tuple[int, int],
        *,
        framing: Framing = FILLED,
        blur: float = 0.0,
        focus_distance: float | None = None,
    ) -> "Background":
        """``source`` as it is seen in a picture of ``size`` (H, W).

        Args:
            source: a picture (h, w, 3), scaled and cropped about its centre unless ``framing`` says otherwise;
                a picture with metric depth, which may stand before the subject where it is nearer, its holes being
                part of what has their colour close by; a colour.
            size: of the frames.
            framing: which part is seen.
            blur: 0–1, as in `BlurOptions`; with measured depth, as by a lens (`BokehOptions`) focused at
                ``focus_distance``.
            focus_distance: metres, the subject's.
        Raises:
            ConfigError: a colour is not three values of 0 to 255, or an option is out of range.
            FrameError: a picture is not (h, w, 3) uint8, its depth is not metric, or a prepared background has
                another size.
        """
        check_range("blur", blur, 0, 1)
        if isinstance(source, Background):
            return source._for(size)
        if isinstance(source, RgbdFrame):
            framed = _with_depth(source, size, framing)
        elif isinstance(source, np.ndarray):
            framed = Background(framing.picture(check_color(source, "background"), size))
        else:
            return Background(np.full((*size, 3), check_rgb(source), np.uint8), is_plain=True)
        return framed._blurred(blur, focus_distance) if blur > 0 else framed

    @cached_property
    def light(self) -> Light:
        """The light it was taken in; blur does not change that."""
        return Light.of(self.picture if self.sharp is None else self.sharp)

    def in_light(self, gains: LightGains) -> "Background":
        """The same in another light."""
        sharp = None if self.sharp is None else gains.apply(self.sharp)
        return Background(gains.apply(self.picture), self.depth, sharp, self.is_plain)

    def _for(self, size: tuple[int, int]) -> "Background":
        if self.picture.shape[:2] != size:
            raise FrameError(
                f"the background was prepared for {self.picture.shape[:2]}, the picture is {size}; "
                "prepare it again for this size"
            )
        return self

    def _blurred(self, strength: float, focus_distance: float | None) -> "Background":
        from rgbd_seg.effects.background_blur import BlurOptions, blur
        from rgbd_seg.effects.lens_blur import BokehOptions, bokeh

        frame = RgbdFrame(color=self.picture, depth=self.depth)
        nobody = AlphaMatte(alpha=np.zeros(frame.size, np.float32))
        if self.depth is not None and np.isfinite(self.depth).any() and focus_distance is not None:
            picture = bokeh(frame, nobody, BokehOptions(strength=strength, focus_distance=focus_distance))
        else:
            picture = blur(frame, nobody, BlurOptions(strength=strength))
        return Background(picture, self.depth, self.picture)


def check_source(source: object) -> None:
    """Refuse what no background can be made of.

    Raises:
        ConfigError: a colour is not three values of 0 to 255.
        FrameError: a picture is not (h, w, 3) uint8, or its depth is not metric.
    """
    if isinstance(source, np.ndarray):
        check_color(source, "background")
    elif isinstance(source, RgbdFrame):
        _check_metric(source)
    elif not isinstance(source, Background):
        check_rgb(source)


def check_rgb(color: object) -> RgbColor:
    """``color``, if it is one.

    Raises:
        ConfigError: it is not three whole numbers of 0 to 255.
    """
    values = tuple(color) if isinstance(color, (tuple, list)) else ()
    if len(values) != 3 or not all(isinstance(v, (int, np.integer)) and 0 <= v <= 255 for v in values):
        raise ConfigError(f"background colour is {color!r}; expected three whole numbers of 0 to 255")
    return int(values[0]), int(values[1]), int(values[2])


def _with_depth(frame: RgbdFrame, size: tuple[int, int], framing: Framing) -> Background:
    _check_metric(frame)
    picture = framing.picture(frame.color, size)
    if frame.depth is None:
        return Background(picture)
    from rgbd_seg.effects.depth_completion import bridged

    return Background(picture, framing.depth(bridged(frame.depth, frame.color), frame.size, size))


def _check_metric(frame: RgbdFrame) -> None:
    if frame.depth is not None and not frame.depth_is_metric:
        raise FrameError("the background's depth is relative; expected metres, or give its picture alone")
