"""Cleaner raw depth, whatever the sensor: edge-preserving, over time, flying pixels, holes.

The parameters mean what RealSense's filters of the same names mean, so that their users keep the look:

====================================  =============================================
``rs.spatial_filter``                 ``magnitude``, ``alpha``, ``delta``
``rs.temporal_filter``                ``temporal_alpha``, ``temporal_delta``, ``persistence``
``rs.hole_filling_filter``            ``holes``: left (0), farthest (1), nearest (2)
====================================  =============================================
"""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from rgbd_seg.arrays import Float32, UInt8, UInt16, describe
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import FrameSet, RawFrame
from rgbd_seg.options import check_choice, check_range

HOLES = ("keep", "left", "farthest", "nearest")
# RealSense's persistency index → measured in at least so many of the last so many frames
_PERSISTENCE = ((0, 1), (8, 8), (2, 3), (2, 4), (2, 8), (1, 2), (1, 5), (1, 8), (1, 8))
_ALWAYS = 8

_F = TypeVar("_F", bound=RawFrame)


@dataclass(frozen=True, kw_only=True)
class DepthFilterOptions:
    """Deltas are in metres: RealSense's 20 units of 1 mm are 0.02. A stage that is off costs nothing."""

    flying_pixels: float = 0.0  # relative depth step up to which neighbours support a pixel, such as 0.02; 0: off
    least_support: int = 3  # of eight neighbours
    magnitude: int = 2  # rounds of spatial smoothing; 0: off
    alpha: float = 0.5  # weight of the pixel itself
    delta: float = 0.02  # metres; a step beyond is an edge
    temporal: bool = True
    temporal_alpha: float = 0.4  # weight of the newest frame
    temporal_delta: float = 0.02  # metres; a change beyond is motion
    persistence: int = (
        3  # 0: holes stay; 1 measured in 8 of 8, 2: 2/3, 3: 2/4, 4: 2/8, 5: 1/2, 6: 1/5, 7: 1/8, 8: always
    )
    holes: str = "keep"

    def __post_init__(self) -> None:
        check_range("flying_pixels", self.flying_pixels, 0, 1)
        check_range("least_support", self.least_support, 1, 8)
        check_range("magnitude", self.magnitude, 0, 5)
        check_range("alpha", self.alpha, 0.0, 1)
        check_range("delta", self.delta, 0, 10)
        check_range("temporal_alpha", self.temporal_alpha, 0, 1)
        check_range("temporal_delta", self.temporal_delta, 0, 10)
        check_range("persistence", self.persistence, 0, 8)
        check_choice("holes", self.holes, HOLES)


class DepthFilter:
    """Filters the frames of one camera in order; it remembers the past for the temporal stage."""

    def __init__(self, options: DepthFilterOptions | None = None) -> None:
        self.options = options or DepthFilterOptions()
        self._last: Float32 | None = None
        self._seen: UInt8 | None = None
        self._session = 0

    def __call__(self, raw: UInt16, metres_per_unit: float) -> UInt16:
        """Raw depth, filtered; ``raw`` is left as it was.

        Args:
            raw: (h, w) sensor units, 0 = not measured.
        Returns:
            (h, w) sensor units, 0 = not measured.
        Raises:
            FrameError: ``raw`` is no (h, w) uint16 array.
        """
        if raw.ndim != 2 or raw.dtype != np.uint16:
            raise FrameError(f"raw depth is {describe(raw)}; expected an (h, w) uint16 array")
        from rgbd_devices import depth_filter_kernels as kernels

        options = self.options
        depth = raw.astype(np.float32)
        if options.flying_pixels > 0:
            depth = kernels.flying(depth, options.flying_pixels, options.least_support)
        if options.magnitude > 0:
            kernels.smooth_edges_kept(depth, options.alpha, options.delta / metres_per_unit, options.magnitude)
        if options.temporal:
            self._over_time(depth, metres_per_unit)
        if options.holes == "left":
            kernels.fill_from_left(depth)
        elif options.holes != "keep":
            kernels.fill_from_around(depth, options.holes == "nearest")
        return np.rint(depth).astype(np.uint16)

    def filtered(self, frame: _F) -> _F:
        """``frame`` with its depth filtered; a reconnected camera starts a new past."""
        if isinstance(frame, FrameSet) and frame.session != self._session:
            self._session = frame.session
            self.forget()
        return replace(frame, raw_depth=self(frame.raw_depth, frame.calibration.metres_per_unit))

    def forget(self) -> None:
        """Start anew, as after a cut."""
        self._last = self._seen = None

    def _over_time(self, depth: Float32, metres_per_unit: float) -> None:
        from rgbd_devices.depth_filter_kernels import smooth_in_time

        options = self.options
        if self._last is None or self._seen is None or self._last.shape != depth.shape:
            self._last, self._seen = np.zeros_like(depth), np.zeros(depth.shape, np.uint8)
        least, window = _PERSISTENCE[options.persistence]
        if options.persistence == _ALWAYS:
            self._seen[self._last > 0] = 1  # what was ever measured counts as just seen
        delta = options.temporal_delta / metres_per_unit
        smooth_in_time(depth, self._last, self._seen, options.temporal_alpha, delta, least, window)
