"""How a device's clock runs against the host's, learnt from when its pictures arrive."""

from collections import deque
from dataclasses import dataclass

import numpy as np

_BUCKET = 1_000_000_000  # ns of device time from which the quickest arrival is kept
_BUCKETS = 120  # two minutes: long enough for 1 ppm, short enough to follow a warming crystal
_LEAST_BUCKETS = 5


@dataclass(frozen=True, kw_only=True)
class ClockLine:
    """``arrival − timestamp`` as a straight line over the device's time."""

    reference: int  # device ns
    excess: float  # ns: arrival − timestamp at ``reference``, by the quickest way
    slope: float  # ns per ns; −1e-6 is a device clock 1 ppm fast
    uncertainty: float  # of the slope, one sigma
    span: float  # seconds of evidence

    def at(self, timestamp: int) -> float:
        """``arrival − timestamp`` expected of the quickest picture stamped so, ns."""
        return self.excess + self.slope * (timestamp - self.reference)


class ClockFit:
    """Fits the line through each second's quickest arrival.

    Transport only ever delays, so the least delayed picture of a second tells the clocks' difference best. The slope
    is the median over all pairs of seconds (Theil–Sen), which a few congested seconds do not bend.
    """

    def __init__(self) -> None:
        self._buckets: deque[tuple[int, int]] = deque(maxlen=_BUCKETS)  # (timestamp, excess), ns
        self._open: tuple[int, int] | None = None  # the bucket being filled
        self._bucket = 0
        self._line: ClockLine | None = None

    def add(self, timestamp: int, arrival: int) -> None:
        """One picture: device ns and host ns."""
        bucket, excess = timestamp // _BUCKET, arrival - timestamp
        if self._open is None or bucket == self._bucket:
            if self._open is None or excess < self._open[1]:
                self._open = (timestamp, excess)
            self._bucket = bucket
            return
        self._buckets.append(self._open)
        self._open, self._bucket, self._line = (timestamp, excess), bucket, None

    def quickest(self) -> float | None:
        """The least ``arrival − timestamp`` of the latest seconds, ns; what is known before a line is."""
        known = [*list(self._buckets)[-_LEAST_BUCKETS:], *([self._open] if self._open else [])]
        return float(min(excess for _, excess in known)) if known else None

    def line(self) -> ClockLine | None:
        """The line, renewed every second; None until some seconds have passed."""
        if self._line is None and len(self._buckets) >= _LEAST_BUCKETS:
            self._line = _fitted(np.array(self._buckets, dtype=np.int64))
        return self._line


def _fitted(points: np.ndarray) -> ClockLine:
    reference, base = int(points[0, 0]), int(points[0, 1])
    # Differences first: nanoseconds since 1970 do not fit a float64.
    t, excess = (points[:, 0] - reference).astype(np.float64), (points[:, 1] - base).astype(np.float64)
    first, second = np.triu_indices(len(t), 1)
    slope = float(np.median((excess[second] - excess[first]) / (t[second] - t[first])))
    rest = excess - slope * t
    level = float(np.median(rest))
    scatter = 1.4826 * float(np.median(np.abs(rest - level)))
    spread = float(np.sqrt(np.square(t - t.mean()).sum()))
    return ClockLine(
        reference=reference, excess=base + level, slope=slope, uncertainty=scatter / spread, span=float(t[-1]) * 1e-9
    )
