"""Simulated boards with known truth: how near the solution comes, with and without corrupted views."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from simulated_rigs import registered, rig, views

from rgbd_calibration.cli.main import main
from rgbd_calibration.options import SolveOptions
from rgbd_calibration.result import SolveResult
from rgbd_calibration.simulate import DepthErrors, SimulatedRig, corrupted
from rgbd_calibration.solve import resolve, solve
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationFileError

LENS = SolveOptions(models=("brown_conrady_2", "brown_conrady_5", "kannala_brandt"))


def _check(found: Calibration, true: SimulatedRig) -> None:
    assert found.color.fx == pytest.approx(true.color.fx, rel=5e-4)
    assert found.depth.fx == pytest.approx(true.depth.fx, rel=5e-4)
    for ours, theirs in ((found.color, true.color), (found.depth, true.depth)):
        assert np.hypot(ours.cx - theirs.cx, ours.cy - theirs.cy) < 0.5
    shift = found.T_color_depth.translation - true.T_color_depth.translation
    turn = found.T_color_depth.rotation @ true.T_color_depth.rotation.T
    assert np.abs(shift).max() < 2e-4
    assert np.rad2deg(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))) < 0.01


def test_thirty_views_give_the_rig() -> None:
    true = rig()
    result = solve(true.inputs(views(true, 30, np.random.default_rng(11))), LENS)
    _check(result.calibration, true)
    assert result.model == "brown_conrady_5"
    assert result.board_bend_mm is None
    assert result.color_rms_px == pytest.approx(0.1 * np.sqrt(2), rel=0.1)
    assert result.color_held_out_rms_px > result.color_rms_px * 0.98
    assert result.trust.trusted.mean() > 0.7
    assert all(view.used for view in result.views)


def test_a_tenth_of_corrupted_views_changes_nothing() -> None:
    true, random = rig(), np.random.default_rng(12)
    all_views = views(true, 30, random)
    bad = (3, 14, 25)
    for index in bad:
        all_views[index] = corrupted(all_views[index], random)
    result = solve(true.inputs(all_views), LENS)
    _check(result.calibration, true)
    for index in bad:
        report = result.views[index]
        assert not report.used or report.rejected_corners > 0
        assert report.used or report.reason


def test_corners_that_are_wrong_are_left_out_and_listed() -> None:
    true, random = rig(), np.random.default_rng(13)
    all_views = views(true, 15, random)
    moved = all_views[4].color.pixels
    moved[5] += (4.0, -3.0)
    moved[9] += (0.0, 6.0)
    result = solve(true.inputs(all_views), SolveOptions(models=("brown_conrady_5",)))
    lost = result.residuals[0]
    wrong = (lost.view == 4) & np.isin(lost.ids, all_views[4].color.ids[[5, 9]])
    assert not lost.kept[wrong].any()
    assert lost.kept[~wrong].mean() > 0.995
    assert np.linalg.norm(lost.residuals[wrong], axis=1) == pytest.approx([5, 6], abs=0.6)


def test_the_stated_intervals_hold_the_truth() -> None:
    # The benchmark repeats this 100 times with everything free; here a dozen fast ones guard against a wrong factor.
    true = rig()
    options = SolveOptions(models=("brown_conrady_5",), bend=False, square=True)
    scores = []
    for seed in range(6):
        result = solve(true.inputs(views(true, 12, np.random.default_rng(seed))), options)
        truth = {
            "color.fx": true.color.fx,
            "color.cx": true.color.cx,
            "color.cy": true.color.cy,
            "depth.fx": true.depth.fx,
            "depth.cx": true.depth.cx,
            "depth.cy": true.depth.cy,
            **{f"T_color_depth.t{axis}": true.T_color_depth.translation[i] for i, axis in enumerate("xyz")},
        }
        scores += [(result.estimate(k).value - v) / result.estimate(k).sigma for k, v in truth.items()]
    spread = float(np.sqrt(np.mean(np.square(scores))))
    assert 0.7 < spread < 1.35
    assert np.mean(np.abs(scores) < 1.96) > 0.88


def test_depth_beside_colour_is_found_from_infrared_and_corrected() -> None:
    true = rig(DepthErrors(noise=0.002, offset=0.006, scale=0.01))
    result = solve(
        true.inputs(views(true, 16, np.random.default_rng(4), depth_samples=200)),
        SolveOptions(models=("brown_conrady_5",)),
    )
    assert result.depth_geometry == "infrared"
    assert result.depth is not None
    assert result.depth.before.median_mm > 8
    assert abs(result.depth.held_out.median_mm) < 0.3
    depth = np.full(true.depth.size, 0.51, np.float32) * np.float32(1.01) + np.float32(0.006)
    assert np.nanmedian(result.calibration.correct(depth)) == pytest.approx(0.51, abs=5e-4)


def test_depth_seen_from_colour_is_known_as_such() -> None:
    true = registered(rig(DepthErrors(noise=0.002, offset=0.006)))
    inputs = true.inputs(views(true, 15, np.random.default_rng(5), infrared=False, depth_samples=200))
    result = solve(inputs, SolveOptions(models=("brown_conrady_5",)))
    assert result.depth_geometry == "registered"
    assert result.calibration.T_color_depth.matrix() == pytest.approx(np.eye(4))
    assert result.calibration.depth == result.calibration.color


def test_depth_alone_beside_colour_is_found_from_planes() -> None:
    lens_free = rig(DepthErrors(noise=0.002))
    true = SimulatedRig(
        board=lens_free.board,
        color=lens_free.color,
        depth=lens_free.depth.undistorted(),
        T_color_depth=lens_free.T_color_depth,
        errors=lens_free.errors,
    )
    inputs = true.inputs(views(true, 30, np.random.default_rng(6), infrared=False, depth_samples=300))
    result = solve(inputs, SolveOptions(models=("brown_conrady_5",), bend=False))
    assert result.depth_geometry == "planes"
    assert result.calibration.depth.fx == pytest.approx(true.depth.fx, rel=0.01)
    for axis in range(3):
        estimate = result.estimate(f"T_color_depth.t{'xyz'[axis]}")
        assert abs(estimate.value - true.T_color_depth.translation[axis]) < max(4 * estimate.sigma, 1e-3)


def test_the_file_holds_everything_and_solves_again(tmp_path: Path) -> None:
    true = registered(rig())
    inputs = true.inputs(views(true, 10, np.random.default_rng(7), infrared=False, depth_samples=60))
    result = solve(inputs, SolveOptions(models=("brown_conrady_5",), bend=False, square=True))
    path = tmp_path / "result.json"
    result.save(path)
    json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    loaded = SolveResult.load(path)
    assert loaded.to_dict() == result.to_dict()
    assert loaded.values() == result.values()
    again = resolve(loaded, SolveOptions(models=("brown_conrady_5",), bend=False, square=True))
    assert again.calibration.color.fx == pytest.approx(result.calibration.color.fx, rel=1e-6)
    assert again.calibration.depth_correction is not None


def test_a_result_is_solved_again_with_the_measured_board(tmp_path: Path) -> None:
    true = registered(rig(DepthErrors(noise=0.0005)))
    inputs = true.inputs(views(true, 10, np.random.default_rng(7), infrared=False, depth_samples=60))
    planned = replace(true.board, square=true.board.square / 1.02, marker=true.board.marker / 1.02)
    quick = SolveOptions(models=("brown_conrady_5",), bend=False, square=True)
    result = solve(replace(inputs, board=planned.text()), quick)
    path = tmp_path / "result.json"
    result.save(path)
    measured = true.board.with_pattern("auto").text()  # the operator need not know what was seen
    main(["solve", str(path), "-o", str(tmp_path), "-q", "--lens", "brown_conrady_5", "--board", measured])
    again = SolveResult.load(path)
    assert again.inputs.board == true.board.text()
    assert result.depth is not None
    assert again.depth is not None
    assert abs(result.depth.before.median_mm) > 5
    assert abs(again.depth.before.median_mm) < 0.5


def test_a_result_is_solved_again_with_its_geometry() -> None:
    true = registered(rig())
    inputs = true.inputs(views(true, 10, np.random.default_rng(7), infrared=False, depth_samples=60))
    quick = SolveOptions(models=("brown_conrady_5",), bend=False, square=True)
    result = solve(inputs, replace(quick, depth_geometry="none"))
    assert resolve(result, quick).depth_geometry == "none"
    assert resolve(result, replace(quick, depth_geometry="registered")).depth_geometry == "registered"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"format": "other"}',
        '{"format": "rgbd-calibration-result", "version": 99}',
        '{"format": "rgbd-calibration-result", "version": 1}',
    ],
)
def test_a_damaged_result_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(content)
    with pytest.raises(CalibrationFileError):
        SolveResult.load(path)
    with pytest.raises(CalibrationFileError, match="cannot read"):
        SolveResult.load(tmp_path / "none.json")
