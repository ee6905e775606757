"""Yield, failures and trends of a line, from its station log."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rgbd_calibration.station_log import LoggedValue, Run
from rgbd_calibration.statistics import Capability, ControlLimits, capability, control_limits
from rgbd_calibration.verdict import Outcome
from rgbd_seg.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class MeasureStatistics:
    """One measure over time. ``capability`` and ``control`` are None for fewer than two values."""

    name: str
    serials: tuple[str, ...]
    values: tuple[float, ...]  # in order of time
    lower: float | None  # the limits last in force
    upper: float | None
    capability: Capability | None
    control: ControlLimits | None


@dataclass(frozen=True, kw_only=True)
class LineStatistics:
    """What a log says of a line."""

    runs: int
    units: int
    outcomes: dict[str, int]  # of all runs
    first_pass_yield: float  # % of units whose first run passed
    final_yield: float  # % of units whose last run passed
    failures: tuple[tuple[str, int], ...]  # measures outside their limits, most frequent first
    measures: tuple[MeasureStatistics, ...]  # those with limits first


def line_statistics(runs: Sequence[Run]) -> LineStatistics:
    """Summarise the runs of a log, oldest first.

    Raises:
        ConfigError: there are none.
    """
    if not runs:
        raise ConfigError("the log holds no such run; expected at least one")
    by_serial: dict[str, list[Run]] = {}
    for run in runs:
        by_serial.setdefault(run.serial, []).append(run)
    units = list(by_serial.values())
    failures = Counter(name for run in runs for name, value in run.values.items() if not _within(value))
    names = dict.fromkeys(name for run in runs for name in run.values)
    measures = [_measure(name, runs) for name in names]
    return LineStatistics(
        runs=len(runs),
        units=len(units),
        outcomes=dict(Counter(run.outcome.value for run in runs)),
        first_pass_yield=_share(history[0] for history in units),
        final_yield=_share(history[-1] for history in units),
        failures=tuple(failures.most_common()),
        measures=tuple(sorted(measures, key=lambda m: m.lower is None and m.upper is None)),
    )


def _measure(name: str, runs: Sequence[Run]) -> MeasureStatistics:
    having = [run for run in runs if name in run.values]
    values = tuple(run.values[name].value for run in having)
    last = having[-1].values[name]
    enough = len(values) >= 2
    return MeasureStatistics(
        name=name,
        serials=tuple(run.serial for run in having),
        values=values,
        lower=last.lower,
        upper=last.upper,
        capability=capability(values, lower=last.lower, upper=last.upper) if enough else None,
        control=control_limits(values) if enough else None,
    )


def _within(value: LoggedValue) -> bool:
    above = value.lower is None or value.value >= value.lower
    return above and (value.upper is None or value.value <= value.upper)


def _share(runs: Iterable[Run]) -> float:
    passed = [run.outcome is Outcome.PASS for run in runs]
    return 100 * sum(passed) / len(passed)
