"""Offset and drift between the clocks of colour and depth, and what pairing makes of them."""

from dataclasses import dataclass

from rgbd_devices.clock_fit import ClockFit, ClockLine

_LEAST_SPAN = 10.0  # seconds before drift may be believed
_LEAST_DRIFT = 10e-6  # below, ten minutes bring 6 ms: left alone
_SIGMAS = 5.0
_MOST_UNCERTAIN = 5e-6


@dataclass(frozen=True, kw_only=True)
class SyncReport:
    """Depth's clock seen from colour's."""

    offset: float  # seconds by which depth's stamp of one moment exceeds colour's, now
    drift_ppm: float  # parts per million by which depth's clock runs fast
    uncertainty_ppm: float  # of the drift, one sigma
    seconds: float  # of evidence
    corrected: bool  # pairing takes it into account


class Synchronisation:
    """Follows both clocks and says how much of a stamp difference is not a difference in time.

    With trusted clocks nothing is corrected until a drift is proven; then only what the drift has added since the
    start, because the constant part of what arrival times tell may be transport (a picture's decoding, say).
    """

    def __init__(self, *, trusted: bool) -> None:
        self._trusted = trusted
        self._color, self._depth = ClockFit(), ClockFit()
        self._start: int | None = None  # device ns of colour's first picture
        self._anchor: float | None = None  # ns: the offset at the start, set once drift is proven

    def add_color(self, timestamp: int, arrival: int) -> None:
        """A colour picture: device ns, host ns."""
        if self._start is None:
            self._start = timestamp
        self._color.add(timestamp, arrival)

    def add_depth(self, timestamp: int, arrival: int) -> None:
        """A depth picture: device ns, host ns."""
        self._depth.add(timestamp, arrival)

    def correction(self, color_timestamp: int) -> float:
        """Nanoseconds to take from (depth's stamp − colour's stamp) near this colour stamp."""
        color, depth = self._color.line(), self._depth.line()
        if self._trusted:
            if color is None or depth is None or self._start is None:
                return 0.0
            if self._anchor is None and _drift_proven(color, depth):
                # Once believed, a drift stays corrected: hesitation would move the pairs to and fro.
                self._anchor = _offset(color, depth, self._start)
            return 0.0 if self._anchor is None else _offset(color, depth, color_timestamp) - self._anchor
        if color is not None and depth is not None:
            return _offset(color, depth, color_timestamp)
        quick_color, quick_depth = self._color.quickest(), self._depth.quickest()
        return 0.0 if quick_color is None or quick_depth is None else quick_color - quick_depth

    def report(self) -> SyncReport | None:
        """What is known; None in the first seconds."""
        color, depth = self._color.line(), self._depth.line()
        if color is None or depth is None:
            return None
        latest = color.reference + round(color.span * 1e9)
        return SyncReport(
            offset=_offset(color, depth, latest) * 1e-9,
            drift_ppm=_drift(color, depth) * 1e6,
            uncertainty_ppm=_uncertainty(color, depth) * 1e6,
            seconds=min(color.span, depth.span),
            corrected=not self._trusted or self._anchor is not None,
        )


def _drift_proven(color: ClockLine, depth: ClockLine) -> bool:
    if min(color.span, depth.span) < _LEAST_SPAN:
        return False
    drift, uncertainty = abs(_drift(color, depth)), _uncertainty(color, depth)
    return drift > max(_LEAST_DRIFT, _SIGMAS * uncertainty) and uncertainty < _MOST_UNCERTAIN


def _offset(color: ClockLine, depth: ClockLine, color_timestamp: int) -> float:
    """Depth's stamp − colour's stamp, ns, of the moment that colour stamps so."""
    host = color_timestamp + color.at(color_timestamp)
    # host = stamp + excess + slope · (stamp − reference), solved for depth's stamp
    since = (host - depth.reference - depth.excess) / (1 + depth.slope)
    return (depth.reference - color_timestamp) + since


def _drift(color: ClockLine, depth: ClockLine) -> float:
    return (1 + color.slope) / (1 + depth.slope) - 1


def _uncertainty(color: ClockLine, depth: ClockLine) -> float:
    return float((color.uncertainty**2 + depth.uncertainty**2) ** 0.5)
