"""What a user may ask of bokeh."""

import math
from dataclasses import dataclass

from rgbd_seg.effects.aperture import DISC, Aperture
from rgbd_seg.effects.lens_presets import PRESETS, SENSORS
from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_choice, check_range

FOCUS = ("face", "nearest", "subject")
QUALITIES = ("auto", "photo", "live")
_LENSES = ("aperture", "f_number", "preset")


@dataclass(frozen=True, kw_only=True)
class BokehOptions:
    """The lens, its focus, and how faithful to be.

    Give the size of the blur in one of four ways. ``strength`` 0–1: focused on the subject, very distant background
    becomes a disc of strength × 7 % of the picture's shorter side (with relative depth: the farthest in the picture).
    ``aperture``: diameter of the lens opening in metres. ``f_number``, with ``focal_length`` in metres or, without,
    as of a lens on ``sensor`` with the picture's own field of view. ``preset``: a lens by its name, see
    ``lens_presets``. The last three need metric depth. If the frame has no intrinsics, the field of view of a 26 mm
    equivalent lens is assumed; `plan_bokeh` tells what was.

    Focus is where ``focus_on`` says: the subject's ``face`` (found from alpha and depth, the middle of the ``subject``
    if there is none), what is ``nearest`` of it, or the subject as a whole. Or ``focus_point`` (x, y) in pixels of the
    picture, or ``focus_distance`` in metres.
    """

    strength: float = 0.5
    aperture: float | None = None
    f_number: float | None = None
    focal_length: float | None = None
    sensor: str = "full-frame"
    preset: str | None = None
    shape: Aperture = DISC  # of a point out of focus
    highlights: float = 0.5  # 0–1: how much of the light that the camera clipped is put back; 1: up to 8 times
    focus_on: str = "face"
    focus_point: tuple[float, float] | None = None
    focus_distance: float | None = None
    keep_subject_sharp: bool = True  # as phones do; False is the true lens
    quality: str = "auto"  # photo, live (faster, for video), or auto: live for frames of a stream
    device: str = "cpu"  # or a torch device, such as cuda; never replaced by another

    def __post_init__(self) -> None:
        check_range("strength", self.strength, 0, 1)
        check_range("highlights", self.highlights, 0, 1)
        check_choice("sensor", self.sensor, tuple(SENSORS))
        check_choice("focus_on", self.focus_on, FOCUS)
        check_choice("quality", self.quality, QUALITIES)
        if self.preset is not None:
            check_choice("preset", self.preset, tuple(PRESETS))
        if not isinstance(self.shape, Aperture):
            raise ConfigError(f"shape is {self.shape!r}; expected an Aperture")
        for name, low, high in (
            ("aperture", 1e-4, 1.0),
            ("f_number", 0.5, 128.0),
            ("focal_length", 1e-4, 10.0),
            ("focus_distance", 1e-2, 1e4),
        ):
            value = getattr(self, name)
            if value is not None:
                check_range(name, value, low, high)
        self._check_point()
        self._check_conflicts()

    def _check_point(self) -> None:
        point = self.focus_point
        try:
            is_point = point is None or (len(point) == 2 and all(map(math.isfinite, point)))
        except TypeError:
            is_point = False
        if not is_point:
            raise ConfigError(f"focus_point is {point!r}; expected x and y in pixels")

    def _check_conflicts(self) -> None:
        given = [name for name in _LENSES if getattr(self, name) is not None]
        if len(given) > 1:
            raise ConfigError(f"both {given[0]} and {given[1]} are given; expected one of them")
        if self.focal_length is not None and self.f_number is None:
            raise ConfigError("focal_length is given without f_number; expected both")
        if self.focus_point is not None and self.focus_distance is not None:
            raise ConfigError("both focus_point and focus_distance are given; expected one of them")

    @property
    def is_physical(self) -> bool:
        """True if the blur is given by a lens, not by strength."""
        return any(getattr(self, name) is not None for name in _LENSES)


DEFAULT = BokehOptions()
