"""A focus pull: what is sharp moves from one distance to another, as an assistant turns the ring."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from rgbd_seg.effects.bokeh_options import BokehOptions
from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_choice, check_range

EASINGS = ("linear", "smooth")
TRUE_LENS = BokehOptions(keep_subject_sharp=False)


@dataclass(frozen=True, kw_only=True)
class FocusPull:
    """Options of every frame of a pull from ``start`` to ``end`` metres.

    Focus moves in disparity (1/metres), in which blur is linear, so that the pull looks even; ``smooth`` starts and
    ends at rest. The lens stays the same. ``lens`` says all else; the subject is blurred too, as by the true lens,
    unless ``lens`` is given with ``keep_subject_sharp``.

        for frame, options in zip(frames, FocusPull(start=1.0, end=3.0, frames=60)): ...
    """

    start: float  # metres
    end: float
    frames: int = 60
    easing: str = "smooth"
    lens: BokehOptions = TRUE_LENS

    def __post_init__(self) -> None:
        check_range("start", self.start, 1e-2, 1e4)
        check_range("end", self.end, 1e-2, 1e4)
        check_range("frames", self.frames, 2, 1_000_000)
        if not isinstance(self.frames, (int, np.integer)):
            raise ConfigError(f"frames is {self.frames!r}; expected a whole number")
        check_choice("easing", self.easing, EASINGS)
        if self.lens.focus_distance is not None or self.lens.focus_point is not None:
            raise ConfigError("lens has a focus of its own; expected none, since the pull sets it")

    def __len__(self) -> int:
        return self.frames

    def __iter__(self) -> Iterator[BokehOptions]:
        return (self.at(k / (self.frames - 1)) for k in range(self.frames))

    def at(self, moment: float) -> BokehOptions:
        """The options at ``moment`` of the pull, 0 to 1; before and after it stands still."""
        t = min(max(moment, 0.0), 1.0)
        if self.easing == "smooth":
            t = t * t * (3 - 2 * t)
        if t in (0.0, 1.0):  # to the last digit what was asked for
            return replace(self.lens, focus_distance=self.end if t else self.start)
        return replace(self.lens, focus_distance=1 / ((1 - t) / self.start + t / self.end))
