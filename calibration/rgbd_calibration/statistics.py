"""What a line's measurements say: yield, capability, and control limits.

Formulas: AIAG "Statistical Process Control", 2nd edition, chapters II (individuals chart) and IV (indices);
the same in NIST/SEMATECH e-Handbook 6.1.6 and 6.3.2.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.errors import ConfigError

D2_OF_TWO = 1.128  # mean range of two normal samples, in σ
RUN_LENGTH = 8  # that many in a row on one side of the centre are no accident (AIAG SPC: 7 to 9)


@dataclass(frozen=True, kw_only=True)
class Capability:
    """How well a process fits between its limits. ``cp cpk`` use the short-term σ, ``pp ppk`` the overall σ.

    A one-sided limit has no ``cp``; its ``cpk`` looks at that side alone. Missing figures are None.
    """

    count: int
    mean: float
    sigma_within: float  # mean moving range / 1.128
    sigma_overall: float  # sample standard deviation
    cp: float | None
    cpk: float | None
    pp: float | None
    ppk: float | None


@dataclass(frozen=True, kw_only=True)
class ControlLimits:
    """An individuals chart: centre ± 3 short-term σ, and what lies outside or runs on one side."""

    center: float
    lower: float
    upper: float
    outside: tuple[int, ...]  # positions beyond the limits
    runs: tuple[int, ...]  # positions that end a run of `RUN_LENGTH` on one side


def capability(values: Sequence[float], *, lower: float | None = None, upper: float | None = None) -> Capability:
    """Capability indices of one measure.

    Args:
        values: measurements in time order, at least two.
        lower: specification limit, None = unlimited below.
        upper: specification limit, None = unlimited above.
    Raises:
        ConfigError: fewer than two values, or limits the wrong way round.
    """
    data = _checked(values)
    if lower is not None and upper is not None and lower >= upper:
        raise ConfigError(f"lower limit {lower} is not below the upper limit {upper}")
    within, overall = _moving_sigma(data), float(np.std(data, ddof=1))
    mean = float(np.mean(data))
    return Capability(
        count=len(data),
        mean=mean,
        sigma_within=within,
        sigma_overall=overall,
        cp=_index(lower, upper, within),
        cpk=_centred_index(mean, lower, upper, within),
        pp=_index(lower, upper, overall),
        ppk=_centred_index(mean, lower, upper, overall),
    )


def control_limits(values: Sequence[float]) -> ControlLimits:
    """Limits of an individuals chart, and the points that break its first two rules.

    Args:
        values: measurements in time order, at least two.
    Raises:
        ConfigError: fewer than two values.
    """
    data = _checked(values)
    center, spread = float(np.mean(data)), 3 * _moving_sigma(data)
    outside = np.flatnonzero((data < center - spread) | (data > center + spread))
    return ControlLimits(
        center=center,
        lower=center - spread,
        upper=center + spread,
        outside=tuple(outside.tolist()),
        runs=_runs(data, center),
    )


def _checked(values: Sequence[float]) -> Float64:
    data = np.asarray(values, dtype=np.float64)
    data = data[np.isfinite(data)]
    if len(data) < 2:
        raise ConfigError(f"{len(data)} finite values; expected at least 2 to tell how they spread")
    return data


def _moving_sigma(data: Float64) -> float:
    return float(np.mean(np.abs(np.diff(data)))) / D2_OF_TWO


def _index(lower: float | None, upper: float | None, sigma: float) -> float | None:
    if lower is None or upper is None or sigma == 0:
        return None
    return (upper - lower) / (6 * sigma)


def _centred_index(mean: float, lower: float | None, upper: float | None, sigma: float) -> float | None:
    if sigma == 0:
        return None
    sides = [] if upper is None else [(upper - mean) / (3 * sigma)]
    sides += [] if lower is None else [(mean - lower) / (3 * sigma)]
    return min(sides, default=None)


def _runs(data: Float64, center: float) -> tuple[int, ...]:
    ends, length, side = [], 0, 0.0
    for position, now in enumerate(np.sign(data - center)):
        length = length + 1 if now == side and now != 0 else 1
        side = now
        if length >= RUN_LENGTH:
            ends.append(position)
    return tuple(ends)
