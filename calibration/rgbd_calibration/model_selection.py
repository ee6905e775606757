"""Which lens model: terms are added as long as they help on views that were not used to fit them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rgbd_calibration.bundle import State
from rgbd_calibration.lens_model import LensModel
from rgbd_calibration.problem import Problem
from rgbd_calibration.result import ModelTrial
from rgbd_seg.arrays import Float64
from rgbd_seg.errors import CalibrationRejectedError

_FOLDS = 6
_LOSS_SCALE = 3.0  # σ
_SIGNIFICANT = 2.0  # standard errors
_WORTH = 0.002  # of the mean squared error
_LARGE = 0.03  # of the mean squared error
_SIMPLER = 3  # parameters fewer, for a lens of another family that does as well
_CLEARLY = 0.9  # of the mean squared error: a lens of another family must be that much better
_FLAT = " (flat board)"


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """A model fitted to all views and judged on each view by a fit to the others."""

    problem: Problem
    state: State
    training: float  # RMS, pixels
    squared: Float64  # (v,) mean squared held-out error of each view
    weights: Float64  # (v,) corners of each view
    name: str

    @property
    def mean(self) -> float:
        """Held-out mean squared error."""
        return float(np.average(self.squared, weights=self.weights))

    @property
    def standard_error(self) -> float:
        """Of `mean`, over views."""
        share = self.weights / self.weights.sum()
        return float(np.sqrt((share**2 * (self.squared - self.mean) ** 2).sum()))

    @property
    def parameters(self) -> int:
        """How many shared numbers it has."""
        return self.problem.layout().size

    def trial(self, camera: str, *, chosen: bool) -> ModelTrial:
        """As it is reported."""
        rms = float(np.sqrt(self.mean))
        return ModelTrial(
            camera=camera,
            model=self.name,
            parameters=self.parameters,
            training_rms_px=self.training,
            held_out_rms_px=rms,
            held_out_sigma_px=self.standard_error / max(2 * rms, 1e-12),
            chosen=chosen,
        )


def select(
    problem: Problem,
    state: State,
    models: Sequence[LensModel],
    *,
    bend: bool | None,
    square: bool | None,
    camera: str = "color",
) -> tuple[Candidate, tuple[ModelTrial, ...]]:
    """The lens model by forward selection on held-out error.

    Brown–Conrady's terms are added group by group as long as each group lowers the held-out error significantly,
    view by view; a fisheye lens has to be clearly better, or as good and simpler. Then: may the board as well be
    flat, do fx and fy need to differ?

    Args:
        bend: let the board bow (True), hold it flat (False), or find out (None).
        square: fx = fy (True), free (False), or find out (None).
    Raises:
        CalibrationRejectedError: no model could be fitted.
    """
    base = replace(problem, with_bend=bend is not False)
    tried: list[Candidate] = []

    def judge(model: LensModel, start: Problem, at: State, with_bend: bool) -> Candidate:
        wanted = model.with_free_aspect() if square is False else model
        tried.append(_judged(replace(base, color_model=wanted, with_bend=with_bend), start, at))
        return tried[-1]

    best: Candidate | None = None
    for model in (model for model in models if model.family == "brown"):
        candidate = judge(model, problem, state, base.with_bend)
        if best is not None and not _better(candidate, best):
            break
        best = candidate
    for model in (model for model in models if model.family == "fisheye"):
        candidate = judge(model, problem, state, base.with_bend)
        best = candidate if best is None or _other_family_wins(candidate, best) else best
    if best is None or not np.isfinite(best.mean):
        raise CalibrationRejectedError("no lens model could be fitted; check the board's size against the print")
    if bend is None:
        flat = judge(best.problem.color_model, best.problem, best.state, False)
        best = best if _better(best, flat) else flat
    if square is None:
        model = best.problem.color_model.with_free_aspect()
        free = judge(model, best.problem, best.state, best.problem.with_bend)
        best = free if _better(free, best) else best
    return best, tuple(candidate.trial(camera, chosen=candidate is best) for candidate in tried)


def held_out(problem: Problem, state: State, *, infrared: bool = False) -> tuple[Float64, Float64]:
    """(v,) mean squared error in pixels² of each view, fitted to the others; (v,) corners of each view.

    Of a left-out view only the board's pose is fitted.
    """
    views = np.unique(problem.color.view)
    fold = np.random.default_rng(0).permutation(len(views)) % min(_FOLDS, len(views))
    corners = problem.infrared if infrared else problem.color
    sigma = problem.sigma_infrared if infrared else problem.sigma_color
    if corners is None:
        return np.empty(0), np.empty(0)
    total, count = np.zeros(len(state.translation)), np.zeros(len(state.translation))
    for k in range(fold.max() + 1):
        trained = problem.of_views(views[fold != k]).solve(state, max_iterations=12)
        test = problem.of_views(views[fold == k])
        block = test.blocks(test.with_poses_only(trained.state))[int(infrared)]
        np.add.at(total, block.view, (block.residual**2).sum(axis=1) * sigma**2)
        np.add.at(count, block.view, 1.0)
    seen = count > 0
    return total[seen] / count[seen], count[seen]


def _judged(problem: Problem, old: Problem, state: State) -> Candidate:
    name = problem.color_model.name + ("" if problem.with_bend else _FLAT)
    try:
        solution = problem.solve(old.converted(state, problem), loss_scale=_LOSS_SCALE)
        squared, weights = held_out(problem, solution.state)
        training = float(np.sqrt((solution.blocks[0].residual ** 2).sum(axis=1).mean())) * problem.sigma_color
        state = solution.state
    except (CalibrationRejectedError, np.linalg.LinAlgError):
        squared, weights, training = np.array([np.inf]), np.ones(1), np.inf
    return Candidate(problem=problem, state=state, training=training, squared=squared, weights=weights, name=name)


def _better(candidate: Candidate, than: Candidate) -> bool:
    """Is the held-out error lower, and not by chance: paired over views, one-sided, 97.5 %."""
    if not np.isfinite(candidate.mean) or not np.isfinite(than.mean):
        return bool(np.isfinite(candidate.mean))
    gain = than.squared - candidate.squared
    share = than.weights / than.weights.sum()
    mean = float(share @ gain)
    error = float(np.sqrt((share**2 * (gain - mean) ** 2).sum()))
    # A few views that reach into the corners of the picture can hold all of the gain: large gains need no t-test.
    return mean > _WORTH * than.mean and (mean > _SIGNIFICANT * error or mean > _LARGE * than.mean)


def _other_family_wins(candidate: Candidate, best: Candidate) -> bool:
    if not _better(candidate, best):
        return candidate.parameters <= best.parameters - _SIMPLER and not _better(best, candidate)
    return candidate.mean < _CLEARLY * best.mean
