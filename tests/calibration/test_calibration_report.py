"""Reports: self-contained, escaped, and saying what was measured."""

import dataclasses
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_result import made_up_result

from rgbd_calibration.limits import Limits
from rgbd_calibration.measures import coverage_percent, solve_measures
from rgbd_calibration.report.colors import diverging, sequential
from rgbd_calibration.report.refusal_report import write_refusal_report
from rgbd_calibration.report.solve_report import solve_report
from rgbd_calibration.report.svg import Plot, ticks
from rgbd_calibration.report.tables import fixed, number
from rgbd_calibration.result import SolveResult
from rgbd_calibration.run_info import RunInfo, hash_files, now
from rgbd_calibration.verdict import Outcome, judge
from rgbd_calibration.views import DepthSamples


def info(serial: str = "A1") -> RunInfo:
    return RunInfo(kind="solve", serial=serial, time=now(), software="rgbd-seg 0", inputs_sha256="ab" * 32)


def report_of(result: SolveResult, serial: str = "A1") -> str:
    return solve_report(result, judge(solve_measures(result), Limits.load(None, "solve")), info(serial))


def test_report_loads_nothing_from_outside() -> None:
    html = report_of(made_up_result())
    addresses = re.findall(r"""(?:href|src|url)\s*[=(]\s*["']?([^"')\s>]+)""", html)
    assert addresses
    assert all(address.startswith(("data:image/png", "#c")) for address in addresses)
    assert "<script" not in html
    assert "@import" not in html
    assert html.count("http") == html.count("http://www.w3.org/2000/svg")  # a name, not an address to load


def test_report_shows_every_plot_and_table() -> None:
    html = report_of(made_up_result())
    for heading in (
        *("Limits", "Coverage", "Uncertainty", "Residuals", "Histogram of residuals", "Error of every view"),
        *("Board poses", "Bias by distance", "Bias before", "Bias after correction", "Correction"),
        *("Parameters", "Lens models tried", "Views", "Where the limits come from", "Terms of the depth correction"),
    ):
        assert heading in html, heading
    assert "moved during the exposure" in html
    assert "no view tilts the board beyond 45°" in html
    assert "434.60" in html


def test_drawings_are_well_formed_and_have_ids_of_their_own() -> None:
    html = report_of(made_up_result())
    drawings = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(drawings) >= 9
    for drawing in drawings:
        ET.fromstring(drawing)
        assert "nan" not in drawing.lower().replace('href="data', "").split("base64")[0]
    names = re.findall(r'clipPath id="(\w+)"', html)
    assert len(set(names)) == len(names)


def test_report_escapes_what_people_type() -> None:
    html = report_of(made_up_result(), serial='<b onload="x">&')
    assert "<b onload" not in html
    assert "&lt;b onload=" in html


def test_report_without_depth_and_without_corners() -> None:
    assert "Bias by distance" not in report_of(made_up_result(with_depth=False))
    assert "FAIL" in report_of(made_up_result(noise_px=1.0))


def test_same_result_same_report() -> None:
    result, when = made_up_result(), info()
    verdict = judge(solve_measures(result), Limits.load(None, "solve"))
    assert solve_report(result, verdict, when) == solve_report(result, verdict, when)


def test_refusal_says_why(tmp_path: Path) -> None:
    write_refusal_report(tmp_path / "refused.html", info(), "the board <x> is in no picture")
    assert "the board &lt;x&gt; is in no picture" in (tmp_path / "refused.html").read_text()


def test_measures_are_freed_from_resolution() -> None:
    result = made_up_result(noise_px=0.1)
    measures = solve_measures(result)
    assert measures["reprojection_heldout"] == pytest.approx(0.15 * 1000 / 640)
    assert measures["focal_interval"] == pytest.approx(100 * 1.959964 * 0.11 / 434.6)
    assert measures["views_rejected"] == pytest.approx(100 * 2 / 24)
    assert measures["baseline_interval"] == pytest.approx(1.959964 * 0.04)
    assert measures["rotation_interval"] == pytest.approx(np.rad2deg(1.959964 * 3e-5))
    distance = np.median([view.distance_m for view in result.views if view.used])
    assert measures["depth_bias"] == pytest.approx(100 * 0.05e-3 / distance)


def test_coverage_counts_cells_with_used_corners() -> None:
    result = made_up_result()
    residuals = result.residuals[0]
    assert coverage_percent(result) == 100
    object.__setattr__(residuals, "kept", residuals.pixels[:, 0] < 319.5)
    assert coverage_percent(result) == 50
    object.__setattr__(residuals, "kept", np.zeros(len(residuals.kept), bool))
    assert coverage_percent(result) == 0


@given(low=st.floats(-1e3, 1e3), span=st.floats(1e-3, 1e6))
def test_ticks_are_round_increasing_and_inside(low: float, span: float) -> None:
    found = [value for value, _ in ticks(low, low + span)]
    assert 2 <= len(found) <= 8
    steps = np.diff(found)
    assert np.allclose(steps, steps[0], rtol=1e-6)
    assert low - 1e-6 * span <= found[0]
    assert found[-1] <= low + span + 1e-6 * span


def test_plot_maps_corners_to_its_frame() -> None:
    plot = Plot(x=(0, 10), y=(0, 5), x_label="", y_label="", width=100, height=100)
    corners = plot.to_screen([(0, 0), (10, 5)])
    assert corners[0, 1] > corners[1, 1]
    down = Plot(x=(0, 10), y=(0, 5), x_label="", y_label="", y_down=True).to_screen([(0, 0), (10, 5)])
    assert down[0, 1] < down[1, 1]


def test_color_maps() -> None:
    values = np.array([[-1.0, 0.0, 1.0, np.nan]])
    picture = diverging(values, 1.0)
    assert tuple(picture[0, 1]) == (247, 247, 247)
    assert picture[0, 0, 2] > picture[0, 0, 0]  # negative is blue
    assert picture[0, 2, 0] > picture[0, 2, 2]  # positive is red
    assert tuple(picture[0, 3]) == (226, 229, 233)
    assert (np.diff(sequential(np.linspace(0, 1, 20)[None], 1.0).astype(int).sum(axis=2)) < 0).all()


@pytest.mark.parametrize(
    ("value", "text"), [(1234567.0, "1234567"), (0.00123456, "0.001235"), (-2.5, "−2.5"), (None, "–"), (np.nan, "–")]
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


def test_fixed_has_no_minus_zero() -> None:
    assert fixed(-0.001, 2) == "0.00"
    assert fixed(-1.005, 1) == "−1.0"


def test_hash_tells_names_and_contents_apart(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    paths = [tmp_path / "a", tmp_path / "b"]
    first = hash_files(paths)
    assert hash_files(reversed(paths)) == first
    (tmp_path / "b").write_bytes(b"3")
    assert hash_files(paths) != first


def test_depth_that_is_nowhere_near_the_board_is_a_failure() -> None:
    """A wrong square size or depth unit leaves no depth on the board; that must not pass as "no depth"."""
    result = made_up_result(with_depth=False)
    assert judge(solve_measures(result), Limits.load(None, "solve")).outcome is Outcome.PASS
    nothing = DepthSamples(pixels=np.empty((0, 2)), metres=np.empty(0))
    views = tuple(dataclasses.replace(view, depth=nothing) for view in result.inputs.views)
    missed = dataclasses.replace(result, inputs=dataclasses.replace(result.inputs, views=views))
    verdict = judge(solve_measures(missed), Limits.load(None, "solve"))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reasons == ("depth seen is 0 % of views with a depth picture; expected at least 50",)
