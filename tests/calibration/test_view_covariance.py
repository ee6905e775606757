"""Intervals hold the truth also where what is wrong is wrong with whole views."""

from dataclasses import replace

import numpy as np
import pytest
from simulated_rigs import rig, views

from rgbd_calibration.options import SolveOptions
from rgbd_calibration.simulate import SimulatedRig
from rgbd_calibration.solve import solve
from rgbd_calibration.views import View

GIVEN = SolveOptions(models=("brown_conrady_5",), bend=False, square=True)


def _skewed(true: SimulatedRig, random: np.random.Generator) -> list[View]:
    """A rolling shutter over a moving board: rows are shifted in proportion to v, differently in each view."""
    result = []
    for view in views(true, 20, random, infrared=False):
        pixels = view.color.pixels.copy()
        pixels += (pixels[:, 1:] - true.color.cy) * random.normal(0, 1e-3, 2)
        result.append(replace(view, color=replace(view.color, pixels=pixels)))
    return result


def _scores(true: SimulatedRig, seen: list[View]) -> list[float]:
    found = solve(true.inputs(seen), GIVEN)
    names = ("fx", "cx", "cy")
    known = [(found.estimate(f"color.{name}"), getattr(true.color, name)) for name in names]
    return [(estimate.value - truth) / estimate.sigma for estimate, truth in known]


def test_errors_that_a_view_shares_widen_the_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    true = rig()
    sets = [_skewed(true, np.random.default_rng(seed)) for seed in range(8)]
    honest = np.array([_scores(true, seen) for seen in sets])
    monkeypatch.setattr("rgbd_calibration.covariance.widened", lambda covariance, blocks: covariance)
    naive = np.array([_scores(true, seen) for seen in sets])
    assert np.sqrt(np.mean(honest**2)) < 1.4
    assert np.mean(np.abs(honest) < 1.96) > 0.85
    assert np.sqrt(np.mean(naive**2)) > 1.8


def test_independent_noise_widens_them_little() -> None:
    true = rig()
    ratios = []
    for seed in range(4):
        found = solve(true.inputs(views(true, 20, np.random.default_rng(seed), infrared=False)), GIVEN)
        ratios.append(found.estimate("color.fx").sigma)
    assert np.std(ratios) / np.mean(ratios) < 0.5
    assert 0.02 < np.mean(ratios) < 0.2
