"""The depth correction finds what a simulated sensor does wrong, and adds nothing that does not help."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_calibration.depth_fit import DepthData, DepthFitOptions, fit_depth
from rgbd_calibration.simulate import DepthErrors
from rgbd_seg.arrays import Float64
from rgbd_seg.errors import ConfigError

SIZE = (480, 640)
TOF = DepthErrors(noise=0.003, offset=0.004, wiggle=0.008, wiggle_period=0.375, tilt=0.005, per_degree=0.001)


def planes(
    errors: DepthErrors, count: int, random: np.random.Generator, *, noise: float, warm: bool = True
) -> DepthData:
    """Views of a board of 0.9 m at 0.3 to 3 m, all over the picture, 15 to 40 °C."""
    parts: list[tuple[Float64, ...]] = []
    for view in range(count):
        distance, celsius = random.uniform(0.3, 3), random.uniform(15, 40) if warm else 25.0
        share = min(1.0, 0.9 / distance)
        corner = random.uniform(0, 1, 2) * (1 - share)
        spot = corner + share * random.uniform(0, 1, (300, 2))
        slope = 0.3 * random.normal(size=2)
        truth = np.clip(distance * (1 + (spot - 0.5) @ slope), 0.3, 3)
        u = spot[:, 0] * SIZE[1] - 0.5
        measured = errors.measured(truth, u, SIZE[1], celsius) + noise * random.normal(size=300)
        pixels = np.column_stack([u, spot[:, 1] * SIZE[0] - 0.5])
        parts.append((np.full(300, view), pixels, measured, truth, np.full(300, celsius if warm else np.nan)))
    view_, pixels_, measured_, truth_, celsius_ = (np.concatenate(part) for part in zip(*parts, strict=True))
    return DepthData(
        view=view_.astype(np.int64), pixels=pixels_, measured=measured_, truth=truth_, temperature=celsius_
    )


@pytest.mark.parametrize("period", [0.375, None], ids=["period stated", "period unknown"])
def test_a_time_of_flight_sensor_is_corrected_to_a_millimetre(period: float | None) -> None:
    random = np.random.default_rng(1)
    train, test = planes(TOF, 60, random, noise=0.003), planes(TOF, 100, random, noise=0.0)
    correction, terms, _ = fit_depth(train, SIZE, DepthFitOptions(wiggle_period=period))
    assert correction is not None
    assert all(term.kept for term in terms)
    assert correction.temperature_coefficient == pytest.approx(0.001, abs=3e-5)
    residual = correction.corrected_metres(test.measured, test.pixels, test.temperature) - test.truth
    assert np.sqrt(np.mean((test.measured - test.truth) ** 2)) > 0.01
    assert np.sqrt(np.mean(residual**2)) < 1e-3


def test_a_perfect_sensor_is_left_alone() -> None:
    data = planes(DepthErrors(), 30, np.random.default_rng(2), noise=0.003)
    correction, terms, residual = fit_depth(data, SIZE)
    assert correction is None
    assert not any(term.kept for term in terms)
    np.testing.assert_array_equal(residual, data.measured - data.truth)


def test_an_offset_alone_needs_only_scale_and_offset() -> None:
    data = planes(DepthErrors(offset=0.02, scale=-0.01), 30, np.random.default_rng(3), noise=0.003)
    correction, terms, _ = fit_depth(data, SIZE)
    assert correction is not None
    assert [term.name for term in terms if term.kept] == ["scale_offset"]
    assert correction.scale == pytest.approx(1 / 0.99, abs=1e-3)
    assert correction.offset == pytest.approx(-0.02 / 0.99, abs=1e-3)


def test_terms_that_cannot_be_told_say_why() -> None:
    random = np.random.default_rng(4)
    _, terms, _ = fit_depth(planes(TOF, 20, random, noise=0.003, warm=False), SIZE)
    assert terms[3].note == "no temperatures"
    _, terms, _ = fit_depth(planes(TOF, 3, random, noise=0.003), SIZE)
    assert {term.note for term in terms} == {"fewer than 5 views"}
    _, terms, _ = fit_depth(planes(TOF, 10, random, noise=0.003), SIZE, DepthFitOptions(terms=("scale_offset",)))
    assert [term.note for term in terms[1:]] == ["switched off"] * 3


def test_strays_do_not_pull_the_fit() -> None:
    random = np.random.default_rng(5)
    data = planes(DepthErrors(offset=0.02), 30, random, noise=0.003)
    data.measured[random.random(len(data)) < 0.05] += 0.3
    correction, _, _ = fit_depth(data, SIZE, DepthFitOptions(terms=("scale_offset",)))
    assert correction is not None
    z = np.linspace(0.5, 2.5, 20)
    np.testing.assert_allclose(correction.corrected_metres(z + 0.02, np.zeros((20, 2))), z, atol=2e-3)


@settings(max_examples=5, deadline=None)
@given(offset=st.floats(-0.03, 0.03), scale=st.floats(-0.02, 0.02))
def test_the_correction_undoes_the_error(offset: float, scale: float) -> None:
    data = planes(DepthErrors(offset=offset, scale=scale), 12, np.random.default_rng(6), noise=0.0)
    correction, _, _ = fit_depth(data, SIZE, DepthFitOptions(terms=("scale_offset",)))
    if correction is not None:
        corrected = correction.corrected_metres(data.measured, data.pixels)
        assert np.abs(corrected - data.truth).max() < 2e-4


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown depth terms"):
        DepthFitOptions(terms=("magic",))
    with pytest.raises(ConfigError, match="wiggle_period"):
        DepthFitOptions(wiggle_period=0.0)
