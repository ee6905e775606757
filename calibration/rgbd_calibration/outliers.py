"""Corners and views that do not fit: found by a robust solve, then left out of a plain one."""

from dataclasses import dataclass, replace

import numpy as np

from rgbd_calibration.bundle import Solution, State
from rgbd_calibration.observations import CornerSet
from rgbd_calibration.problem import Problem
from rgbd_seg.arrays import Bool, Float64

_LOSS_SCALE = 2.0  # σ
_ROUNDS = 3
_CORNER_LIMIT = 4.5  # σ; a good corner is beyond it once in 25,000
_VIEW_SHARE = 0.4  # of a view's corners beyond the limit: the view itself is wrong
_VIEW_LIMIT = 3.0  # times the usual view's RMS
_LEAST_SIGMA = 0.01  # pixels; pictures without any noise are not real
FEWEST_CORNERS = 6  # of a view


@dataclass(frozen=True, kw_only=True, eq=False)
class Cleaned:
    """A problem without its outliers, solved."""

    problem: Problem
    solution: Solution
    color_kept: Bool  # (n,) of the original problem's colour corners
    infrared_kept: Bool | None
    rejected: dict[int, str]  # view → why


def clean(problem: Problem, start: State) -> Cleaned:
    """Solve robustly, leave out what does not fit, solve plainly."""
    rejected: dict[int, str] = {}
    state, current = start, problem
    for _ in range(_ROUNDS):
        state = current.solve(state, loss_scale=_LOSS_SCALE, max_iterations=30).state
        current = with_robust_sigma(current, state)
    color, infrared = _judged(problem, current, state, rejected)
    solution = None
    for _ in range(2):
        current = _restricted(problem, current, color, infrared)
        solution = current.solve(state)
        state = solution.state
        current = with_robust_sigma(current, state)
        color, infrared = _judged(problem, current, state, rejected)
    assert solution is not None  # the loop ran
    current = _with_final_sigma(_restricted(problem, current, color, infrared), state)
    solution = current.solve(state)
    return Cleaned(problem=current, solution=solution, color_kept=color, infrared_kept=infrared, rejected=rejected)


def with_robust_sigma(problem: Problem, state: State) -> Problem:
    """The problem with the noise of its corners as the median residual tells it."""
    blocks = problem.blocks(state)
    sigma = problem.sigma_infrared
    if problem.infrared is not None and len(problem.infrared):
        sigma = _robust(blocks[1].residual * problem.sigma_infrared)
    return replace(problem, sigma_color=_robust(blocks[0].residual * problem.sigma_color), sigma_infrared=sigma)


def pixel_errors(problem: Problem, state: State) -> tuple[Float64, Float64 | None]:
    """(n, 2) found minus predicted in pixels, for colour and infrared corners."""
    blocks = problem.blocks(state)
    color = -blocks[0].residual * problem.sigma_color
    return color, None if problem.infrared is None else -blocks[1].residual * problem.sigma_infrared


def _restricted(problem: Problem, sigmas: Problem, color: Bool, infrared: Bool | None) -> Problem:
    kept = problem.of_corners(color, infrared)
    planes = problem.planes
    if planes is not None:
        planes = planes.only(np.isin(planes.view, kept.color.view))
    return replace(kept, planes=planes, sigma_color=sigmas.sigma_color, sigma_infrared=sigmas.sigma_infrared)


def _judged(problem: Problem, sigmas: Problem, state: State, rejected: dict[int, str]) -> tuple[Bool, Bool | None]:
    everything = replace(problem, sigma_color=sigmas.sigma_color, sigma_infrared=sigmas.sigma_infrared)
    color_error, infrared_error = pixel_errors(everything, state)
    color = _kept(problem.color, color_error, sigmas.sigma_color, "colour", rejected)
    infrared = None
    if problem.infrared is not None and infrared_error is not None:
        infrared = _kept(problem.infrared, infrared_error, sigmas.sigma_infrared, "infrared", rejected)
        infrared = infrared & ~np.isin(problem.infrared.view, list(rejected))
    return color & ~np.isin(problem.color.view, list(rejected)), infrared


def _kept(corners: CornerSet, error: Float64, sigma: float, camera: str, rejected: dict[int, str]) -> Bool:
    length = np.linalg.norm(error, axis=1)
    kept = length < _CORNER_LIMIT * sigma
    views = np.unique(corners.view)
    usual = np.median([_rms(length[corners.view == view]) for view in views]) if len(views) else 0.0
    for view in views:
        own = corners.view == view
        share, rms = float(np.mean(~kept[own])), _rms(length[own & kept])
        if share > _VIEW_SHARE or kept[own].sum() < FEWEST_CORNERS:
            rejected.setdefault(
                int(view),
                f"{share:.0%} of its {camera} corners do not fit (median error {np.median(length[own]):.2f} px, "
                f"usual {usual:.2f} px): blurred, or the board bent or moved",
            )
        elif rms > _VIEW_LIMIT * usual:
            rejected.setdefault(int(view), f"{camera} error {rms:.2f} px RMS, usual {usual:.2f} px")
    return np.asarray(kept)


def _with_final_sigma(problem: Problem, state: State) -> Problem:
    """Noise from the sum of squares and the degrees of freedom, as the covariance needs it."""
    color, infrared = pixel_errors(problem, state)
    freedom = _freedom(problem)
    sigma = max(float(np.sqrt((color**2).sum() / max(color.size * freedom, 1))), _LEAST_SIGMA)
    sigma_infrared = problem.sigma_infrared
    if infrared is not None and infrared.size:
        sigma_infrared = max(float(np.sqrt((infrared**2).sum() / (infrared.size * freedom))), _LEAST_SIGMA)
    return replace(problem, sigma_color=sigma, sigma_infrared=sigma_infrared)


def _freedom(problem: Problem) -> float:
    """Share of the measurements that is not used up by parameters."""
    infrared = 0 if problem.infrared is None else 2 * len(problem.infrared)
    count = 2 * len(problem.color) + infrared
    parameters = problem.layout().size + 6 * len(np.unique(problem.color.view))
    return max((count - parameters) / max(count, 1), 0.05)


def _robust(residual: Float64) -> float:
    return max(1.4826 * float(np.median(np.abs(residual))), _LEAST_SIGMA) if residual.size else 1.0


def _rms(length: Float64) -> float:
    return float(np.sqrt(np.mean(length**2))) if len(length) else 0.0
