"""Another background behind the subject, and things beside it: lit, blurred and ordered as if shot there."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from rgbd_seg.arrays import UInt8
from rgbd_seg.effects.background import Background, RgbColor, check_source
from rgbd_seg.effects.compositing import composite
from rgbd_seg.effects.framing import FILLED, Framing
from rgbd_seg.effects.light_match import Light
from rgbd_seg.effects.moving_background import VideoBackground
from rgbd_seg.effects.placed_picture import PlacedPicture
from rgbd_seg.errors import ConfigError
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair
from rgbd_seg.options import check_range


@dataclass(frozen=True, kw_only=True, eq=False)
class ReplaceOptions:
    """What to put behind the subject, and beside it.

    ``background`` is a picture (h, w, 3); a picture with metric depth, parts of which may stand before the subject;
    a colour (r, g, b) of 0–255; a ``VideoBackground``; a prepared ``Background``, which spares video the scaling of
    every frame; or the word ``own`` for the frame's own, so that pictures can be placed in it.
    """

    background: UInt8 | RgbColor | RgbdFrame | Background | VideoBackground | Literal["own"] = (255, 255, 255)
    framing: Framing = FILLED
    match: float = 0.0  # 0–1: exposure and white balance of the background brought to those of the frame
    light_wrap: float = 0.0  # 0–1: light of the background that spills over the subject's edge
    blur: float = 0.0  # 0–1, as in `BlurOptions`; by a lens focused on the subject where distances are known
    pictures: tuple[PlacedPicture, ...] = ()
    subject_distance: float | None = None  # metres at which the subject stands there; None: as measured

    def __post_init__(self) -> None:
        own = isinstance(self.background, str) and self.background == "own"
        if not own and not isinstance(self.background, VideoBackground):
            check_source(self.background)
        for name in ("match", "light_wrap", "blur"):
            check_range(name, getattr(self, name), 0, 1)
        if self.subject_distance is not None:
            check_range("subject_distance", self.subject_distance, 1e-2, 1e4)
        if not isinstance(self.pictures, tuple) or not all(isinstance(one, PlacedPicture) for one in self.pictures):
            raise ConfigError(f"pictures are {self.pictures!r}; expected a tuple of PlacedPicture")
        if isinstance(self.background, Background) and (self.blur > 0 or self.framing != FILLED):
            raise ConfigError("blur or framing is given with a prepared background; give them to Background.prepare")


def replace_background(
    frame: RgbdFrame,
    matte: AlphaMatte,
    options: ReplaceOptions = ReplaceOptions(),
) -> UInt8:
    """The subject before another background, with pictures before and behind both.

    Order is by distance in metres. Where the subject's depth is not metric or not measured, ``subject_distance`` says
    where it stands; without that it is before everything. A background without depth is behind everything.

    Returns:
        (H, W, 3). Without pictures, light wrap and depth of the background: where alpha is 1 the frame's own pixels,
        where it is 0 the background's as prepared (and matched), to the bit. The frame's own background without
        pictures gives the frame.
    Raises:
        FrameError: the matte is not of this frame, or a background cannot be brought to its form.
    """
    check_pair(frame, matte)
    background = _background(frame, matte, options)
    if background is None and not options.pictures:
        return frame.color.copy()
    if background is not None and options.match > 0 and not background.is_plain:
        gains = background.light.towards(Light.of(frame.color), options.match)
        background = background.in_light(gains)
    if background is not None and options.light_wrap > 0:
        frame, matte = _lit(frame, matte, background.picture, options.light_wrap)
    if background is not None and background.depth is None and not options.pictures:
        return composite(frame, matte, background.picture)
    from rgbd_seg.effects.layered_scene import compose

    return compose(
        frame,
        matte,
        background,
        options.pictures,
        wanted_distance=options.subject_distance,
        blur=options.blur,
    )


def _background(frame: RgbdFrame, matte: AlphaMatte, options: ReplaceOptions) -> Background | None:
    source = options.background
    if isinstance(source, str):
        return None
    if isinstance(source, VideoBackground):
        source = source.picture(frame.timestamp)
    focus = None
    if options.blur > 0 and isinstance(source, RgbdFrame):
        from rgbd_seg.effects.occlusion import distances, middle_of

        subject = distances(frame, matte, options.subject_distance).subject
        focus = None if subject is None else middle_of(subject, matte.alpha)
    return Background.prepare(source, frame.size, framing=options.framing, blur=options.blur, focus_distance=focus)


def _lit(frame: RgbdFrame, matte: AlphaMatte, background: UInt8, amount: float) -> tuple[RgbdFrame, AlphaMatte]:
    from rgbd_seg.effects.light_wrap import wrapped

    color = wrapped(frame, matte, background, amount)
    return dataclasses.replace(frame, color=color), dataclasses.replace(matte, foreground=color)
