"""Gauge repeatability and reproducibility: does the station measure the units, or itself?

Two-way random-effects ANOVA of a crossed study: AIAG "Measurement Systems Analysis", 4th edition, chapter
III-B, ANOVA method. The operator × part interaction is pooled into repeatability when it is not significant.
"""

import random
from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_distribution

from rgbd_seg.arrays import Float64
from rgbd_seg.errors import ConfigError

STUDY_WIDTH = 6.0  # standard deviations: 99.73 % of a normal spread
DISTINCT = 1.41  # √2, as the manual rounds it
ACCEPTABLE, MARGINAL = 10.0, 30.0  # % study variation (AIAG MSA, table III-B)
ENOUGH_CATEGORIES = 5


@dataclass(frozen=True, kw_only=True)
class AnovaRow:
    """One line of the ANOVA table; ``f`` and ``p`` are None where nothing is tested."""

    source: str
    degrees: int
    sum_squares: float
    mean_square: float
    f: float | None = None
    p: float | None = None


@dataclass(frozen=True, kw_only=True)
class Component:
    """One source of variation."""

    name: str
    sigma: float  # in the unit of the measurements
    percent_contribution: float  # of the total variance
    percent_study: float  # % study variation: of the total σ
    percent_tolerance: float | None  # 6 σ of the width of the specification


@dataclass(frozen=True, kw_only=True)
class GaugeStudy:
    """The outcome of a study."""

    parts: int
    operators: int
    repeats: int
    interaction_pooled: bool
    anova: tuple[AnovaRow, ...]
    components: tuple[Component, ...]  # grr, repeatability, reproducibility, operator, interaction, part, total
    distinct_categories: int

    def component(self, name: str) -> Component:
        """The component called ``name``."""
        return next(component for component in self.components if component.name == name)

    @property
    def rating(self) -> str:
        """``acceptable``, ``marginal`` or ``unacceptable``, by the manual's table."""
        share = self.component("grr").percent_study
        if share <= ACCEPTABLE and self.distinct_categories >= ENOUGH_CATEGORIES:
            return "acceptable"
        return "marginal" if share <= MARGINAL else "unacceptable"


def plan_study(
    parts: list[str], operators: list[str], repeats: int = 3, *, seed: int = 0
) -> list[tuple[str, str, int]]:
    """Runs in an order that hides the parts: each operator's rounds are shuffled apart.

    Returns:
        (part, operator, repeat from 1) in the order to measure.
    Raises:
        ConfigError: fewer than two parts or repeats, no operator, or a name twice.
    """
    if len(parts) < 2 or not operators or repeats < 2:
        raise ConfigError(
            f"{len(parts)} parts, {len(operators)} operators, {repeats} repeats; expected at least 2, 1 and 2 "
            "(the usual study is 10 parts, 3 operators, 3 repeats)"
        )
    if len(set(parts)) < len(parts) or len(set(operators)) < len(operators):
        raise ConfigError("a part or operator is named twice; expected each once")
    shuffler = random.Random(seed)
    runs = []
    for repeat in range(1, repeats + 1):
        for operator in operators:
            order = list(parts)
            shuffler.shuffle(order)
            runs += [(part, operator, repeat) for part in order]
    return runs


def evaluate_study(measurements: Float64, *, tolerance: float | None = None, alpha: float = 0.05) -> GaugeStudy:
    """Split the variation of a crossed study into its sources.

    Args:
        measurements: (parts, operators, repeats); one operator is enough for a station nobody touches.
        tolerance: width of the specification, for % tolerance.
        alpha: the interaction stays in the model when its p-value is below this.
    Raises:
        ConfigError: too small a study, a missing value, or no variation at all.
    """
    data = _checked(measurements, tolerance)
    p, o, r = data.shape
    rows = _anova(data)
    pooled = o > 1 and (rows["interaction"].p or 0.0) >= alpha
    error = _pool(rows["interaction"], rows["repeatability"]) if pooled else rows["repeatability"]
    base = error if pooled or o == 1 else rows["interaction"]
    repeatability = error.mean_square
    interaction = 0.0 if pooled or o == 1 else max(0.0, (base.mean_square - repeatability) / r)
    operator = max(0.0, (rows["operator"].mean_square - base.mean_square) / (p * r)) if o > 1 else 0.0
    part = max(0.0, (rows["part"].mean_square - base.mean_square) / (o * r))
    variances = {
        "grr": repeatability + operator + interaction,
        "repeatability": repeatability,
        "reproducibility": operator + interaction,
        "operator": operator,
        "interaction": interaction,
        "part": part,
        "total": repeatability + operator + interaction + part,
    }
    return GaugeStudy(
        parts=p,
        operators=o,
        repeats=r,
        interaction_pooled=pooled,
        anova=tuple(rows.values()),
        components=tuple(_component(name, value, variances["total"], tolerance) for name, value in variances.items()),
        distinct_categories=_categories(variances["part"], variances["grr"]),
    )


def _checked(measurements: Float64, tolerance: float | None) -> Float64:
    data = np.asarray(measurements, dtype=np.float64)
    if data.ndim != 3 or data.shape[0] < 2 or data.shape[1] < 1 or data.shape[2] < 2:
        raise ConfigError(
            f"measurements have shape {data.shape}; expected (parts ≥ 2, operators ≥ 1, repeats ≥ 2), "
            "every operator measuring every part equally often"
        )
    if not np.isfinite(data).all():
        raise ConfigError(f"{np.count_nonzero(~np.isfinite(data))} measurements are missing; expected a full study")
    if np.ptp(data) == 0:
        raise ConfigError("all measurements are equal; expected parts that differ, measured with enough digits")
    if tolerance is not None and not tolerance > 0:
        raise ConfigError(f"tolerance is {tolerance}; expected the width of the specification, above 0")
    return data


def _anova(data: Float64) -> dict[str, AnovaRow]:
    p, o, r = data.shape
    grand = data.mean()
    cells = data.mean(axis=2)
    squares_part = o * r * float(np.sum((data.mean(axis=(1, 2)) - grand) ** 2))
    squares_operator = p * r * float(np.sum((data.mean(axis=(0, 2)) - grand) ** 2))
    squares_error = float(np.sum((data - cells[:, :, None]) ** 2))
    squares_total = float(np.sum((data - grand) ** 2))
    squares_both = max(0.0, squares_total - squares_part - squares_operator - squares_error)
    error = _row("repeatability", p * o * (r - 1), squares_error)
    both = _row("interaction", (p - 1) * (o - 1), squares_both, error)
    base = both if o > 1 else error
    return {
        "part": _row("part", p - 1, squares_part, base),
        "operator": _row("operator", o - 1, squares_operator, base),
        "interaction": both,
        "repeatability": error,
        "total": _row("total", p * o * r - 1, squares_total),
    }


def _row(source: str, degrees: int, sum_squares: float, against: AnovaRow | None = None) -> AnovaRow:
    mean_square = sum_squares / degrees if degrees else 0.0
    if against is None or not degrees or against.mean_square == 0:
        return AnovaRow(source=source, degrees=degrees, sum_squares=sum_squares, mean_square=mean_square)
    ratio = mean_square / against.mean_square
    p = float(f_distribution.sf(ratio, degrees, against.degrees))
    return AnovaRow(source=source, degrees=degrees, sum_squares=sum_squares, mean_square=mean_square, f=ratio, p=p)


def _pool(first: AnovaRow, second: AnovaRow) -> AnovaRow:
    return _row("pooled", first.degrees + second.degrees, first.sum_squares + second.sum_squares)


def _component(name: str, variance: float, total: float, tolerance: float | None) -> Component:
    sigma = float(np.sqrt(variance))
    return Component(
        name=name,
        sigma=sigma,
        percent_contribution=100 * variance / total,
        percent_study=100 * float(np.sqrt(variance / total)),
        percent_tolerance=None if tolerance is None else 100 * STUDY_WIDTH * sigma / tolerance,
    )


def _categories(part: float, grr: float) -> int:
    # The manual truncates, and a gauge always sees at least one category.
    if grr == 0:
        return 1_000_000
    return max(1, int(DISTINCT * np.sqrt(part / grr)))
