"""The quick check passes a true calibration and catches false ones."""

from dataclasses import replace

import numpy as np
import pytest
from simulated_rigs import rig

from rgbd_calibration.board import parse_board
from rgbd_calibration.observe import Pictures
from rgbd_calibration.simulate import DepthErrors, SimulatedRig
from rgbd_calibration.verify import verify
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationError, CalibrationMismatchError, CalibrationRejectedError
from rgbd_seg.transform import RigidTransform

RIG = rig(DepthErrors(noise=0.001), width=640)


@pytest.fixture(scope="module")
def pictures() -> list[Pictures]:
    """Three rendered views."""
    random = np.random.default_rng(3)
    small = SimulatedRig(
        board=RIG.board,
        color=RIG.color,
        depth=RIG.depth.resized(512, 424),
        T_color_depth=RIG.T_color_depth,
        errors=RIG.errors,
    )
    return [small.pictures(str(i), pose, random) for i, pose in enumerate(small.poses(3, random, tilt_deg=35))]


TRUE = Calibration(
    color=RIG.color,
    depth=RIG.depth.resized(512, 424),
    T_color_depth=RIG.T_color_depth,
    metres_per_unit=RIG.metres_per_unit,
)


@pytest.mark.parametrize("count", [1, 3])
def test_a_true_calibration_passes(pictures: list[Pictures], count: int) -> None:
    result = verify(TRUE, RIG.board, pictures[:count])
    assert result.ok, result.findings
    assert result.reprojection_rms_px < 0.2
    assert result.focal_error_percent is not None
    assert abs(result.focal_error_percent) < 0.5
    assert result.edge_error_px is not None
    assert result.edge_error_px < 1.0
    assert result.depth_bias_mm == pytest.approx(0, abs=0.3)
    assert result.spatial_noise_mm == pytest.approx(1.0, rel=0.1)
    assert result.fill_rate_percent == 100
    assert len(result.views) == count


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("factor", [1.06, 0.94])
def test_a_focal_length_six_percent_off_is_caught(pictures: list[Pictures], count: int, factor: float) -> None:
    color = replace(TRUE.color, fx=TRUE.color.fx * factor, fy=TRUE.color.fy * factor)
    result = verify(replace(TRUE, color=color), RIG.board, pictures[:count])
    assert not result.ok
    assert "focal length" in " ".join(result.findings)
    assert result.focal_error_percent == pytest.approx(100 * (1 / factor - 1), abs=1.0)
    assert result.depth_focal_error_percent == pytest.approx(100 * (1 / factor - 1), abs=1.0)


def test_cameras_that_moved_show_in_the_edges(pictures: list[Pictures]) -> None:
    moved = RigidTransform(
        rotation=TRUE.T_color_depth.rotation, translation=TRUE.T_color_depth.translation + np.array([0.015, 0, 0])
    )
    result = verify(replace(TRUE, T_color_depth=moved), RIG.board, pictures)
    assert result.edge_error_px is not None
    assert result.edge_error_px > 3.5
    assert any("moved against each other" in finding for finding in result.findings)


def test_depth_off_by_millimetres_shows_as_bias(pictures: list[Pictures]) -> None:
    low = [
        replace(p, raw_depth=(p.raw_depth - np.uint16(50)).astype(np.uint16))
        for p in pictures
        if p.raw_depth is not None
    ]
    result = verify(TRUE, RIG.board, low)
    assert result.depth_bias_mm == pytest.approx(-5, abs=0.3)
    assert result.z_accuracy_percent is not None
    assert result.z_accuracy_percent < -0.5


def test_frames_of_an_unmoved_scene_give_temporal_noise(pictures: list[Pictures]) -> None:
    random = np.random.default_rng(4)
    first = pictures[0]
    assert first.raw_depth is not None
    again = [
        replace(first, raw_depth=(first.raw_depth + random.normal(0, 10, first.raw_depth.shape)).astype(np.uint16))
        for _ in range(3)
    ]
    result = verify(TRUE, RIG.board, again)
    assert result.temporal_noise_mm == pytest.approx(1.0, rel=0.2)
    assert verify(TRUE, RIG.board, pictures).temporal_noise_mm is None


def test_what_cannot_be_judged_is_refused(pictures: list[Pictures]) -> None:
    with pytest.raises(CalibrationError, match="in none of 3 colour pictures; it shows"):
        verify(TRUE, parse_board("charuco:9x6:0.03:0.02:4X4_50"), pictures)
    with pytest.raises(CalibrationMismatchError, match="320×180"):
        verify(replace(TRUE, color=TRUE.color.resized(320, 180)), RIG.board, pictures)
    with pytest.raises(CalibrationMismatchError, match="depth picture is 512×424"):
        verify(replace(TRUE, depth=TRUE.depth.resized(256, 212)), RIG.board, pictures)
    with pytest.raises(CalibrationError, match="unreadable"):
        verify(TRUE, RIG.board, [Pictures(name="0", problem="unreadable")])
    assert pictures[0].color is not None
    covered = pictures[0].color.copy()
    covered[:, 60:] = 110
    with pytest.raises((CalibrationRejectedError, CalibrationError)):
        verify(TRUE, RIG.board, [replace(pictures[0], color=covered)])
