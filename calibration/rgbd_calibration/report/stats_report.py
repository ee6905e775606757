"""Trend charts and capability of a line, and the outcome of a gauge study."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rgbd_calibration.gauge import GaugeStudy
from rgbd_calibration.line_statistics import LineStatistics, MeasureStatistics
from rgbd_calibration.report import page
from rgbd_calibration.report.colors import BLUE, GRAY, GREEN, ORANGE, RED
from rgbd_calibration.report.svg import Plot
from rgbd_calibration.report.tables import fixed, number
from rgbd_seg import atomic
from rgbd_seg.arrays import Float64

_OPERATOR_COLORS = (BLUE, ORANGE, GREEN, RED, GRAY)
_RATINGS = {"acceptable": "pass", "marginal": "marginal", "unacceptable": "fail"}


def write_stats_report(path: Path, line: LineStatistics, title: str) -> None:
    """Write yield, capability and trends, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    body = [
        page.header("Station statistics", title, f"{line.final_yield:.1f} % yield"),
        page.facts(
            [
                ("runs", str(line.runs)),
                ("units", str(line.units)),
                ("first-pass yield", f"{line.first_pass_yield:.1f} %"),
                ("final yield", f"{line.final_yield:.1f} %"),
                *[(name, str(count)) for name, count in line.outcomes.items()],
            ]
        ),
    ]
    if line.failures:
        rows = [[name.replace("_", " "), str(count)] for name, count in line.failures]
        body += [page.heading("What failed"), page.table(["measure", "runs"], rows, numbers=(1,))]
    body += [page.heading("Capability"), _capability_table(line.measures), page.heading("Trends")]
    charts = [
        page.figure(trend(measure), measure.name.replace("_", " "), _caption(measure)) for measure in line.measures
    ]
    body += [page.figures(charts), page.footer("Cp, Cpk: σ from moving ranges (short term). Pp, Ppk: overall σ.")]
    atomic.write_bytes(Path(path), page.page("Station statistics", body).encode())


def trend(measure: MeasureStatistics) -> str:
    """Values in order of time with control limits (dashed grey) and specification (red)."""
    values = np.array(measure.values)
    levels = [level for level in (measure.lower, measure.upper) if level is not None]
    control = measure.control
    if control is not None:
        levels += [control.lower, control.upper]
    low, high = float(min(*levels, *values, values[0])), float(max(*levels, *values, values[0]))
    room = 0.08 * (high - low) or 0.5
    count = len(values)
    plot = Plot(x=(0.5, count + 0.5), y=(low - room, high + room), x_label="run", y_label="", height=200)
    for level in (measure.lower, measure.upper):
        if level is not None:
            plot.level(level, RED, "limit")
    if control is not None:
        for level in (control.lower, control.center, control.upper):
            plot.level(level, GRAY)
    points = np.stack([np.arange(1, count + 1), values], axis=-1)
    plot.line(points, BLUE, width=1.0)
    plot.points(points, BLUE, size=4)
    if control is not None and (flagged := sorted({*control.outside, *control.runs})):
        plot.points(points[flagged], ORANGE, size=8)
    return plot.svg(f"Trend of {measure.name}")


def write_gauge_report(path: Path, study: GaugeStudy, data: Float64, title: str) -> None:
    """Write the outcome of a gauge study, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    grr = study.component("grr")
    body = [
        page.header("Gauge R&R", title, _RATINGS[study.rating]),
        page.facts(
            [
                ("parts", str(study.parts)),
                ("operators", str(study.operators)),
                ("repeats", str(study.repeats)),
                ("rating", study.rating),
                ("gauge R&R", f"{grr.percent_study:.1f} % of study variation"),
                ("distinct categories", str(study.distinct_categories)),
                ("interaction", "pooled into repeatability" if study.interaction_pooled else "kept"),
                ("method", "ANOVA, AIAG MSA 4"),
            ]
        ),
        page.heading("Sources of variation"),
        _components_table(study),
        page.heading("Analysis of variance"),
        _anova_table(study),
        page.heading("Measurements"),
        page.figures(
            [
                page.figure(
                    _by_part(data), "By part", "Each colour is one operator; lines join operators' means.", wide=True
                )
            ]
        ),
        page.footer(
            "Acceptable up to 10 % study variation with at least 5 distinct categories, marginal up to 30 % "
            "(AIAG, Measurement Systems Analysis, 4th edition)."
        ),
    ]
    atomic.write_bytes(Path(path), page.page("Gauge R&R", body).encode())


def _capability_table(measures: Sequence[MeasureStatistics]) -> str:
    rows = []
    for measure in measures:
        c = measure.capability
        texts = (
            ["–"] * 6
            if c is None
            else [number(c.mean), number(c.sigma_overall, 3)]
            + [fixed(value, 2) for value in (c.cp, c.cpk, c.pp, c.ppk)]
        )
        bounds = ["" if bound is None else number(bound) for bound in (measure.lower, measure.upper)]
        rows.append([measure.name.replace("_", " "), str(len(measure.values)), *texts[:2], *bounds, *texts[2:]])
    columns = ["measure", "n", "mean", "σ", "min", "max", "Cp", "Cpk", "Pp", "Ppk"]
    return page.table(columns, rows, numbers=tuple(range(1, 10)))


def _caption(measure: MeasureStatistics) -> str:
    if measure.control is None:
        return "one value"
    out, runs = len(measure.control.outside), len(measure.control.runs)
    return "in control" if not out + runs else f"{out} beyond control limits, {runs} in a run on one side"


def _components_table(study: GaugeStudy) -> str:
    rows = [
        [
            component.name,
            number(component.sigma),
            fixed(component.percent_contribution, 2),
            fixed(component.percent_study, 2),
            fixed(component.percent_tolerance, 2),
        ]
        for component in study.components
    ]
    return page.table(["source", "σ", "% contribution", "% study variation", "% tolerance"], rows, numbers=(1, 2, 3, 4))


def _anova_table(study: GaugeStudy) -> str:
    rows = [
        [
            row.source,
            str(row.degrees),
            number(row.sum_squares, 5),
            number(row.mean_square, 5),
            fixed(row.f, 3),
            fixed(row.p, 3),
        ]
        for row in study.anova
    ]
    return page.table(["source", "DF", "sum of squares", "mean square", "F", "p"], rows, numbers=(1, 2, 3, 4, 5))


def _by_part(data: Float64) -> str:
    parts, operators, repeats = data.shape
    low, high = float(data.min()), float(data.max())
    room = 0.06 * (high - low)
    plot = Plot(
        x=(0.5, parts + 0.5), y=(low - room, high + room), x_label="part", y_label="value", width=820, height=260
    )
    for operator in range(operators):
        color = _OPERATOR_COLORS[operator % len(_OPERATOR_COLORS)]
        x = np.arange(1, parts + 1) + 0.12 * (operator - (operators - 1) / 2)
        plot.points(np.stack([np.repeat(x, repeats), data[:, operator].ravel()], axis=-1), color, size=4, opacity=0.7)
        plot.line(np.stack([x, data[:, operator].mean(axis=1)], axis=-1), color, width=1.0)
    return plot.svg("Measurements by part")
