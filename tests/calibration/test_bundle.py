"""The bundle adjustment's derivatives are exact, and it finds the truth from exact corners."""

from dataclasses import replace

import numpy as np
import pytest
from simulated_rigs import rig, views

from rgbd_calibration.board import parse_board
from rgbd_calibration.bundle import State, _stepped
from rgbd_calibration.lens_model import BROWN_5, MODELS, LensModel, lens_model
from rgbd_calibration.observations import CornerSet, PlaneSet
from rgbd_calibration.options import SolveOptions
from rgbd_calibration.problem import Problem
from rgbd_calibration.rotations import exponential
from rgbd_calibration.solve import solve
from rgbd_calibration.views import Corners
from rgbd_seg.arrays import Float64
from rgbd_seg.errors import CalibrationError, ConfigError

STEP = 1e-6


@pytest.mark.parametrize("model", [*MODELS, BROWN_5.with_free_aspect()], ids=lambda model: model.name)
def test_a_lens_projects_as_the_camera_does_with_exact_derivatives(model: LensModel) -> None:
    random = np.random.default_rng(0)
    points = random.normal(size=(20, 3)) * (0.3, 0.3, 0.1) + (0, 0, 1)
    free = model.start(np.array([500.0, 510, 320, 240, *0.03 * random.normal(size=len(model.term_names))]))
    pixels, by_point, by_free = model.project(free, points)
    theirs, seen = model.intrinsics(free, (480, 640)).project(points)
    np.testing.assert_allclose(pixels[seen], theirs[seen], atol=1e-9)
    for k in range(len(free)):
        step = STEP * np.eye(len(free))[k]
        numeric = (model.project(free + step, points)[0] - model.project(free - step, points)[0]) / (2 * STEP)
        np.testing.assert_allclose(by_free[:, :, k], numeric, atol=1e-5)
    for k in range(3):
        step = STEP * np.eye(3)[k]
        numeric = (model.project(free, points + step)[0] - model.project(free, points - step)[0]) / (2 * STEP)
        np.testing.assert_allclose(by_point[:, :, k], numeric, atol=1e-5)


def _problem() -> tuple[Problem, State]:
    random, count = np.random.default_rng(1), 3
    board = parse_board("charuco:10x8:0.02:0.01:5X5_100:new")
    corners = [Corners(ids=np.arange(63), pixels=random.uniform(0, 400, (63, 2))) for _ in range(count)]
    planes = PlaneSet(
        view=np.sort(random.integers(0, count, 50)),
        pixels=random.uniform(100, 300, (50, 2)),
        metres=random.uniform(0.4, 0.6, 50),
        sigma=np.full(50, 0.01),
    )
    problem = Problem(
        board=board,
        color_size=(480, 640),
        color=CornerSet.of(corners, board),
        color_model=BROWN_5.with_free_aspect(),
        depth_size=(480, 640),
        depth_model=BROWN_5,
        infrared=CornerSet.of(corners, board),
        planes=planes,
        with_bend=True,
    )
    shared = np.zeros(problem.layout().size)
    shared[problem.layout().color] = [430, 435, 320, 240, 0.05, 0.01, 0.001, 0.002, -0.01]
    shared[problem.layout().depth] = [400, 310, 230, 0.03, -0.01, 0.001, 0.002, 0.01]
    shared[problem.layout().bend] = [0.001, -0.002]
    state = State(
        shared=shared,
        rotation=exponential(0.3 * random.normal(size=(count, 3))),
        translation=0.05 * random.normal(size=(count, 3)) + (-0.1, -0.08, 0.5),
        rotation_depth_color=exponential(np.array([0.02, -0.05, 0.03])),
        translation_depth_color=np.array([0.02, 0.01, -0.005]),
    )
    return problem, state


@pytest.mark.parametrize("kind", [0, 1, 2], ids=["color", "infrared", "planes"])
def test_residuals_have_exact_derivatives(kind: int) -> None:
    problem, state = _problem()
    layout, count = problem.layout(), len(state.translation)
    block = problem.blocks(state)[kind]

    def residual(step: Float64, poses: Float64) -> Float64:
        return problem.blocks(_stepped(state, layout, step, poses))[kind].residual

    for k in range(layout.size):
        step, none = STEP * np.eye(layout.size)[k], np.zeros((count, 6))
        numeric = (residual(step, none) - residual(-step, none)) / (2 * STEP)
        scale = 1e-3 + np.abs(numeric).max()
        np.testing.assert_allclose(block.by_shared[:, :, k] / scale, numeric / scale, atol=1e-5)
    for k in range(6):
        poses = np.zeros((count, 6))
        poses[:, k] = STEP
        numeric = (residual(np.zeros(layout.size), poses) - residual(np.zeros(layout.size), -poses)) / (2 * STEP)
        scale = 1e-3 + np.abs(numeric).max()
        np.testing.assert_allclose(block.by_pose[:, :, k] / scale, numeric / scale, atol=1e-5)


def test_exact_corners_give_the_exact_rig() -> None:
    true = rig()
    inputs = true.inputs(views(true, 12, np.random.default_rng(2), noise_px=0.0))
    result = solve(inputs, SolveOptions(models=("brown_conrady_5",), bend=False, square=True))
    found = result.calibration
    assert found.color.fx == pytest.approx(true.color.fx, rel=1e-6)
    assert found.depth.cx == pytest.approx(true.depth.cx, abs=1e-3)
    np.testing.assert_allclose(found.T_color_depth.matrix(), true.T_color_depth.matrix(), atol=1e-6)


def test_a_bowed_board_is_found_out() -> None:
    true, random = rig(), np.random.default_rng(3)
    flat = views(true, 15, random, infrared=False)
    board = true.board.points()
    half = np.array(true.board.size) / 2
    bowed = board + np.array([0, 0, 1]) * (0.002 * (1 - ((board[:, :1] - half[0]) / half[0]) ** 2))
    poses = true.poses(15, random)
    bent = []
    for view, pose in zip(flat, poses, strict=True):
        pixels, seen = true.color.project(pose.apply(bowed))
        seen &= true.color.contains(np.nan_to_num(pixels, nan=-1e6))
        noisy = pixels[seen] + 0.1 * random.normal(size=(int(seen.sum()), 2))
        bent.append(replace(view, color=Corners(ids=np.flatnonzero(seen), pixels=noisy)))
    result = solve(true.inputs(bent), SolveOptions(models=("brown_conrady_5",), square=True))
    assert result.board_bend_mm is not None
    assert result.board_bend_mm[0] == pytest.approx(2.0, abs=0.1)
    assert abs(result.board_bend_mm[1]) < 0.1
    straight = solve(true.inputs(flat), SolveOptions(models=("brown_conrady_5",), square=True))
    assert straight.board_bend_mm is None


def test_unknown_options_are_refused() -> None:
    with pytest.raises(CalibrationError, match="unknown lens model"):
        lens_model("brown_conrady_6")
    with pytest.raises(ConfigError, match="depth_geometry"):
        SolveOptions(depth_geometry="guess")
    with pytest.raises(ConfigError, match="fewest_views"):
        SolveOptions(fewest_views=2)
