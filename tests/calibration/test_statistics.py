"""Capability, control limits and gauge R&R against published and hand-worked figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_calibration.gauge import evaluate_study, plan_study
from rgbd_calibration.statistics import capability, control_limits
from rgbd_seg.errors import ConfigError

# AIAG "Measurement Systems Analysis", 4th edition, gauge R&R data sheet: 10 parts, appraisers A B C, 3 trials.
AIAG = np.array(
    [
        [0.29, 0.41, 0.64, 0.08, 0.25, 0.07, 0.04, -0.11, -0.15],
        [-0.56, -0.68, -0.58, -0.47, -1.22, -0.68, -1.38, -1.13, -0.96],
        [1.34, 1.17, 1.27, 1.19, 0.94, 1.34, 0.88, 1.09, 0.67],
        [0.47, 0.50, 0.64, 0.01, 1.03, 0.20, 0.14, 0.20, 0.11],
        [-0.80, -0.92, -0.84, -0.56, -1.20, -1.28, -1.46, -1.07, -1.45],
        [0.02, -0.11, -0.21, -0.20, 0.22, 0.06, -0.29, -0.67, -0.49],
        [0.59, 0.75, 0.66, 0.47, 0.55, 0.83, 0.02, 0.01, 0.21],
        [-0.31, -0.20, -0.17, -0.63, 0.08, -0.34, -0.46, -0.56, -0.49],
        [2.26, 1.99, 2.01, 1.80, 2.12, 2.19, 1.77, 1.45, 1.87],
        [-1.36, -1.25, -1.31, -1.68, -1.62, -1.50, -1.49, -1.77, -2.16],
    ]
).reshape(10, 3, 3)


def test_gauge_study_of_the_aiag_manual() -> None:
    """Figures printed by Minitab for this very data ("Example of Crossed Gage R&R Study", support.minitab.com):

    interaction p = 0.974 (left out), total gauge R&R 7.76 % contribution and 27.86 % study variation,
    part-to-part 92.24 % contribution, 4 distinct categories; tolerance there 8.
    """
    study = evaluate_study(AIAG, tolerance=8)
    rows = {row.source: row for row in study.anova}
    assert rows["interaction"].p == pytest.approx(0.974, abs=5e-4)
    assert study.interaction_pooled
    assert study.component("grr").percent_contribution == pytest.approx(7.76, abs=5e-3)
    assert study.component("part").percent_contribution == pytest.approx(92.24, abs=5e-3)
    assert study.component("grr").percent_study == pytest.approx(27.86, abs=5e-3)
    assert study.distinct_categories == 4
    assert study.rating == "marginal"
    # The ANOVA table of the manual's example, worked from the sums of squares by hand.
    assert rows["part"].sum_squares == pytest.approx(88.3619, abs=5e-5)
    assert rows["operator"].sum_squares == pytest.approx(3.1673, abs=5e-5)
    assert rows["repeatability"].sum_squares == pytest.approx(2.7589, abs=5e-5)
    assert [row.degrees for row in study.anova] == [9, 2, 18, 60, 89]
    assert study.component("grr").percent_tolerance == pytest.approx(100 * 6 * 0.30237 / 8, abs=1e-3)


def test_gauge_study_by_hand_with_the_interaction_kept() -> None:
    """Two parts, two operators, two repeats; the sums of squares can be done in the head."""
    data = np.array([[[0.0, 2.0], [10.0, 12.0]], [[30.0, 32.0], [20.0, 22.0]]])
    study = evaluate_study(data)
    rows = {row.source: row for row in study.anova}
    assert rows["part"].sum_squares == pytest.approx(800)  # means 6 and 26 about 16
    assert rows["operator"].sum_squares == pytest.approx(0)  # means 16 and 16
    assert rows["repeatability"].sum_squares == pytest.approx(8)
    assert rows["interaction"].sum_squares == pytest.approx(200)
    assert not study.interaction_pooled
    assert study.component("interaction").sigma ** 2 == pytest.approx((200 - 2) / 2)
    assert study.component("part").sigma ** 2 == pytest.approx((800 - 200) / 4)
    assert study.component("repeatability").sigma ** 2 == pytest.approx(2)


def test_one_operator_is_a_station_nobody_touches() -> None:
    study = evaluate_study(AIAG[:, :1, :])
    assert study.component("reproducibility").sigma == 0
    assert study.component("grr").sigma == study.component("repeatability").sigma > 0


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100), seed=st.integers(0, 99))
def test_gauge_study_does_not_depend_on_unit_or_order(scale: float, shift: float, seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(AIAG, axis=0)[:, ::-1, :]
    study, moved = evaluate_study(AIAG), evaluate_study(scale * shuffled + shift)
    for component in study.components:
        other = moved.component(component.name)
        assert other.percent_study == pytest.approx(component.percent_study, rel=1e-6, abs=1e-5)
        assert other.sigma == pytest.approx(scale * component.sigma, rel=1e-6, abs=1e-6 * scale)
    assert sum(study.component(name).percent_contribution for name in ("grr", "part")) == pytest.approx(100)


def test_gauge_study_recovers_simulated_variances() -> None:
    rng = np.random.default_rng(7)
    data = rng.normal(0, 3, (400, 1, 1)) + rng.normal(0, 1, (1, 30, 1)) + rng.normal(0, 0.5, (400, 30, 3))
    study = evaluate_study(data)
    assert study.component("part").sigma == pytest.approx(3, rel=0.1)
    assert study.component("operator").sigma == pytest.approx(1, rel=0.3)
    assert study.component("repeatability").sigma == pytest.approx(0.5, rel=0.01)


def test_plan_measures_everything_equally_often_in_hidden_order() -> None:
    parts = [f"P{number}" for number in range(10)]
    plan = plan_study(parts, ["Ann", "Ben"], 3)
    assert sorted(plan) == sorted((p, o, r) for p in parts for o in ("Ann", "Ben") for r in (1, 2, 3))
    orders = {tuple(plan[start : start + 10]) for start in range(0, 60, 10)}
    assert len({tuple(part for part, _, _ in order) for order in orders}) > 1


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (np.zeros((1, 3, 3)), "parts ≥ 2"),
        (np.full((2, 2, 2), np.nan), "8 measurements are missing"),
        (np.ones((2, 2, 2)), "all measurements are equal"),
    ],
)
def test_gauge_study_refuses(data: np.ndarray, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        evaluate_study(data)


def test_capability_by_hand() -> None:
    """1 2 3 2 1 2: mean 11/6, moving ranges all 1, so σ within = 1/1.128; sample variance 17/30."""
    values = [1, 2, 3, 2, 1, 2]
    result = capability(values, lower=0, upper=5)
    assert result.mean == pytest.approx(11 / 6)
    assert result.sigma_within == pytest.approx(1 / 1.128)
    assert result.sigma_overall == pytest.approx(np.sqrt(17 / 30))
    assert result.cp == pytest.approx(5 * 1.128 / 6)
    assert result.cpk == pytest.approx(11 / 6 * 1.128 / 3)
    assert result.pp == pytest.approx(5 / (6 * np.sqrt(17 / 30)))
    assert result.ppk == pytest.approx(11 / 6 / (3 * np.sqrt(17 / 30)))


def test_capability_of_the_nist_handbook() -> None:
    """NIST/SEMATECH e-Handbook 6.1.6: limits 8 and 20, mean 16, s = 2 give Cp 1.0 and Cpk 0.6667."""
    spread = np.sqrt(4 * 99 / 100)  # two-point data with sample σ exactly 2
    result = capability([16 - spread, 16 + spread] * 50, lower=8, upper=20)
    assert result.sigma_overall == pytest.approx(2)
    assert result.pp == pytest.approx(1.0)
    assert result.ppk == pytest.approx(0.6667, abs=1e-4)


def test_one_sided_limits_have_no_cp() -> None:
    result = capability([1, 2, 3, 2, 1, 2], upper=5)
    assert result.cp is None
    assert result.cpk == pytest.approx((5 - 11 / 6) * 1.128 / 3)
    assert capability([1, 1, 1], upper=5).cpk is None  # no spread: no index


def test_control_limits_find_the_outlier_and_the_drift() -> None:
    rng = np.random.default_rng(0)
    calm = rng.uniform(-1, 1, 40)
    assert control_limits(calm).outside == ()
    jumped = calm.copy()
    jumped[20] += 10
    assert control_limits(jumped).outside == (20,)
    drifting = calm + np.repeat([-1.5, 1.5], 20)
    assert control_limits(drifting).runs
    with pytest.raises(ConfigError, match="1 finite values"):
        control_limits([1.0])
    with pytest.raises(ConfigError, match="not below"):
        capability([1, 2], lower=3, upper=1)
