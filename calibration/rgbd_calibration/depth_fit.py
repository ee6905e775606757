"""Fitting the depth correction; every term has to earn its place on views it was not fitted to.

Order of the terms as for time-of-flight cameras (lens, then non-linearity and offset together, then per pixel,
then temperature). All kept terms are fitted together: one linear least-squares problem with smoothness penalties,
made robust by re-weighting; the temperature coefficient enters through a few rounds of linearisation.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rgbd_calibration.depth_result import DepthTerm
from rgbd_seg.arrays import Float64
from rgbd_seg.depth_correction import DepthCorrection, spline_basis
from rgbd_seg.errors import ConfigError

TERMS = ("scale_offset", "wiggling", "per_pixel", "temperature")
_FOLDS = 5
_SURFACE_SHAPE = (6, 8)  # coefficients: smooth over a fifth of the picture
_PERIODIC_COUNT = 12
_KNOT_SPACING = 0.06  # metres, of a wiggle whose period is not stated
_COUNT_LIMITS = (5, 40)
_HUBER = 2.0  # σ
_ROUNDS = 4
_LEAST_GAIN = 0.01  # of the held-out RMS: a term that gives less is not worth its risk
_TEMPERATURE_SPAN = 2.0  # °C
_SAMPLES_TO_CHOOSE = 80  # of each view


@dataclass(frozen=True, kw_only=True, eq=False)
class DepthData:
    """Measured against true depth on the board, all views one after another."""

    view: NDArray[np.int64]  # (n,)
    pixels: Float64  # (n, 2) of the depth camera
    measured: Float64  # (n,) metres
    truth: Float64  # (n,) metres
    temperature: Float64  # (n,) °C, NaN where not known

    def __len__(self) -> int:
        return len(self.view)

    def only(self, keep: NDArray[np.bool_]) -> "DepthData":
        """The samples where ``keep`` (n,) is True."""
        fields = ("view", "pixels", "measured", "truth", "temperature")
        return DepthData(**{name: getattr(self, name)[keep] for name in fields})


@dataclass(frozen=True, kw_only=True)
class DepthFitOptions:
    """How the depth correction is fitted."""

    terms: tuple[str, ...] = TERMS  # which may be used
    wiggle_period: float | None = None  # metres; of a time-of-flight camera's wiggling, None: a free smooth curve
    smoothness: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0)  # penalties tried for the surface

    def __post_init__(self) -> None:
        unknown = set(self.terms) - set(TERMS)
        if unknown:
            raise ConfigError(f"unknown depth terms {sorted(unknown)}; expected some of {', '.join(TERMS)}")
        if self.wiggle_period is not None and not 0.01 <= self.wiggle_period <= 100:
            raise ConfigError(f"wiggle_period is {self.wiggle_period}; expected metres, 0.01 to 100")


def fit_depth(
    data: DepthData, size: tuple[int, int], options: DepthFitOptions | None = None
) -> tuple[DepthCorrection | None, tuple[DepthTerm, ...], Float64]:
    """The correction whose terms lower held-out error.

    Args:
        size: (height, width) of the depth picture.
    Returns:
        the correction, None if no term helps; what became of each term; (n,) held-out residuals in metres,
        corrected minus true, each view judged by a fit to the others.
    """
    options = options or DepthFitOptions()
    thin = _thinned(data)
    residual, kept, smoothness = thin.measured - thin.truth, list[str](), options.smoothness[-1]
    trials: dict[str, DepthTerm] = {}
    # A term can hide behind a larger error that comes later in the order: those refused get a second chance.
    for name in (*TERMS, *TERMS):
        note = "switched off" if name not in options.terms else _unfit(name, data)
        before = _rms(residual, thin)
        if note or name in kept:
            trials.setdefault(name, _trial(name, before, before, kept=False, note=note))
            continue
        tried = {
            s: _held_out(thin, size, [*kept, name], options, s)
            for s in (options.smoothness if name == "per_pixel" else (smoothness,))
        }
        best = min(tried, key=lambda s: _rms(tried[s], thin))
        after = _rms(tried[best], thin)
        better = after < before * (1 - _LEAST_GAIN)
        trials[name] = _trial(name, before, after, kept=better)
        if better:
            kept.append(name)
            residual, smoothness = tried[best], best
    terms = tuple(trials[name] for name in TERMS)
    if not kept:
        return None, terms, data.measured - data.truth
    return _fit(data, size, kept, options, smoothness), terms, _held_out(data, size, kept, options, smoothness)


def _trial(name: str, before: float, after: float, *, kept: bool, note: str = "") -> DepthTerm:
    return DepthTerm(
        name=name, held_out_rms_before_mm=1e3 * before, held_out_rms_after_mm=1e3 * after, kept=kept, note=note
    )


def _thinned(data: DepthData) -> DepthData:
    """A few samples of each view: choosing terms needs many fits, each wants little data."""
    random = np.random.default_rng(0)
    rank = np.empty(len(data), dtype=int)
    order = np.lexsort((random.random(len(data)), data.view))
    _, first, counts = np.unique(data.view[order], return_index=True, return_counts=True)
    rank[order] = np.arange(len(data)) - np.repeat(first, counts)
    return data.only(rank < _SAMPLES_TO_CHOOSE)


def _unfit(name: str, data: DepthData) -> str:
    """Why a term cannot be told from these data; empty if it can."""
    known = data.temperature[np.isfinite(data.temperature)]
    if name == "temperature" and (len(known) < len(data) or np.ptp(known) < _TEMPERATURE_SPAN):
        return f"temperatures do not vary by {_TEMPERATURE_SPAN:g} °C" if len(known) == len(data) else "no temperatures"
    if len(np.unique(data.view)) < _FOLDS:
        return f"fewer than {_FOLDS} views"
    return ""


def _rms(residual: Float64, data: DepthData) -> float:
    # Each view counts alike, however many pixels of it are on the board; the middle 99 % as a guard against strays.
    views = np.unique(data.view)
    total = 0.0
    for view in views:
        squared = np.sort(residual[data.view == view] ** 2)
        total += float(squared[: max(1, int(0.99 * len(squared)))].mean())
    return float(np.sqrt(total / len(views)))


def _held_out(
    data: DepthData, size: tuple[int, int], terms: list[str], options: DepthFitOptions, smoothness: float
) -> Float64:
    views = np.unique(data.view)
    fold = np.random.default_rng(0).permutation(len(views)) % _FOLDS
    residual = np.empty(len(data))
    for k in range(_FOLDS):
        test = np.isin(data.view, views[fold == k])
        correction = _fit(data.only(~test), size, terms, options, smoothness)
        out = data.only(test)
        temperature = None if "temperature" not in terms else out.temperature
        residual[test] = correction.corrected_metres(out.measured, out.pixels, temperature) - out.truth
    return residual


def _fit(
    data: DepthData, size: tuple[int, int], terms: list[str], options: DepthFitOptions, smoothness: float
) -> DepthCorrection:
    columns = _Columns.of(data, terms, options, smoothness)
    _, index, counts = np.unique(data.view, return_inverse=True, return_counts=True)
    share = np.sqrt(1.0 / counts[index]) * np.sqrt(len(data) / len(counts))
    warmth = np.nan_to_num(data.temperature - columns.reference)
    coefficient = 0.0
    weight = np.ones(len(data))
    solution = np.zeros(columns.count)
    surface = columns.surface_matrix(data.pixels, size)
    for _ in range(_ROUNDS):
        z = data.measured * (1 - coefficient * warmth)
        matrix = columns.matrix(z, surface, -data.measured * warmth)
        scaling = (share * weight)[:, None]
        penalty = columns.penalty() * np.sqrt(len(data))
        rows = np.vstack([matrix * scaling, penalty])
        right = np.concatenate([(data.truth - z) * scaling[:, 0], np.zeros(len(penalty))])
        solution = np.linalg.lstsq(rows.T @ rows, rows.T @ right, rcond=1e-13)[0]
        coefficient += columns.warming(solution)
        residual = data.truth - z - matrix @ solution
        spread = 1.4826 * np.median(np.abs(residual)) + 1e-6
        weight = np.sqrt(np.minimum(1.0, _HUBER * spread / np.maximum(np.abs(residual), 1e-12)))
    return columns.correction(solution, coefficient, size)


@dataclass(frozen=True, kw_only=True)
class _Columns:
    """Which columns of the linear problem belong to which term."""

    linear: bool
    wiggle: int
    surface: bool
    temperature: bool
    wiggle_range: tuple[float, float]
    periodic: bool
    smoothness: float
    reference: float

    @staticmethod
    def of(data: DepthData, terms: list[str], options: DepthFitOptions, smoothness: float) -> "_Columns":
        near, far = float(data.measured.min()), float(data.measured.max())
        period = options.wiggle_period
        count = _PERIODIC_COUNT if period else int(np.clip((far - near) / _KNOT_SPACING, *_COUNT_LIMITS)) + 3
        return _Columns(
            linear="scale_offset" in terms,
            wiggle=count if "wiggling" in terms else 0,
            surface="per_pixel" in terms,
            temperature="temperature" in terms,
            wiggle_range=(0.0, period) if period else (near, far),
            periodic=period is not None,
            smoothness=smoothness,
            reference=float(np.mean(data.temperature)) if "temperature" in terms else 25.0,
        )

    @property
    def count(self) -> int:
        cells = _SURFACE_SHAPE[0] * _SURFACE_SHAPE[1] if self.surface else 0
        return 2 * self.linear + self.wiggle + cells + self.temperature

    def surface_matrix(self, pixels: Float64, size: tuple[int, int]) -> Float64:
        if not self.surface:
            return np.empty((len(pixels), 0))
        down = spline_basis((pixels[:, 1] + 0.5) / size[0], _SURFACE_SHAPE[0])
        along = spline_basis((pixels[:, 0] + 0.5) / size[1], _SURFACE_SHAPE[1])
        return (down[:, :, None] * along[:, None, :]).reshape(len(pixels), -1)

    def matrix(self, z: Float64, surface: Float64, warmth: Float64) -> Float64:
        parts = [np.column_stack([z, np.ones_like(z)])] if self.linear else []
        if self.wiggle:
            start, end = self.wiggle_range
            parts.append(spline_basis((z - start) / (end - start), self.wiggle, periodic=self.periodic))
        parts.append(surface)
        if self.temperature:
            parts.append(warmth[:, None])
        return np.concatenate(parts, axis=1)

    def penalty(self) -> Float64:
        """Rows that keep splines smooth, and settle what scale and offset could also express."""
        rows = np.zeros((0, self.count))
        first = 2 * self.linear
        if self.wiggle:
            rows = np.vstack([rows, _bending(self.wiggle, self.periodic, self.count, first, 0.02)])
            rows = np.vstack([rows, _smallness(self.wiggle, self.count, first)])
            first += self.wiggle
        if self.surface:
            strength = 0.1 * np.sqrt(self.smoothness)
            rows = np.vstack([rows, _surface_bending(self.count, first, strength)])
            rows = np.vstack([rows, _smallness(_SURFACE_SHAPE[0] * _SURFACE_SHAPE[1], self.count, first)])
        return rows

    def warming(self, solution: Float64) -> float:
        return float(solution[-1]) if self.temperature else 0.0

    def correction(self, solution: Float64, coefficient: float, size: tuple[int, int]) -> DepthCorrection:
        first = 2 * self.linear
        wiggle = solution[first : first + self.wiggle]
        table: tuple[tuple[float, ...], ...] = ()
        if self.surface:
            start = first + self.wiggle
            cells = solution[start : start + _SURFACE_SHAPE[0] * _SURFACE_SHAPE[1]].reshape(_SURFACE_SHAPE)
            table = tuple(tuple(map(float, row)) for row in cells)
        return DepthCorrection(
            size=size,
            scale=1.0 + float(solution[0]) if self.linear else 1.0,
            offset=float(solution[1]) if self.linear else 0.0,
            wiggle=tuple(map(float, wiggle)),
            wiggle_range=self.wiggle_range,
            wiggle_periodic=self.periodic,
            surface=table,
            temperature_coefficient=coefficient,
            reference_temperature=self.reference,
        )


def _bending(count: int, periodic: bool, width: int, first: int, strength: float) -> Float64:
    second = np.roll(np.eye(count), -1, axis=1) - 2 * np.eye(count) + np.roll(np.eye(count), 1, axis=1)
    second = second if periodic else second[1:-1]
    rows = np.zeros((len(second), width))
    rows[:, first : first + count] = strength * second
    return rows


def _surface_bending(width: int, first: int, strength: float) -> Float64:
    h, w = _SURFACE_SHAPE
    down, along = _bending(h, False, h, 0, 1.0), _bending(w, False, w, 0, 1.0)
    second = np.vstack([np.kron(down, np.eye(w)), np.kron(np.eye(h), along)])
    rows = np.zeros((len(second), width))
    rows[:, first : first + h * w] = strength * second
    return rows


def _smallness(count: int, width: int, first: int) -> Float64:
    rows = np.zeros((count, width))
    rows[:, first : first + count] = 1e-3 * np.eye(count)
    return rows
