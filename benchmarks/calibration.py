"""Calibration against OpenCV on the same corners, against known truth, and against the clock.

python benchmarks/calibration.py [--repetitions 100] [--pairs ../shared/data/truedepth_charuco]
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.report import print_environment, print_table
from rgbd_calibration.board import Board, parse_board
from rgbd_calibration.correct import correct_depth
from rgbd_calibration.depth_sampling import sample_depth, surface_depth
from rgbd_calibration.detection import BoardDetector
from rgbd_calibration.folder import find_pictures, load_pictures, solve_folder
from rgbd_calibration.observe import Pictures, gray
from rgbd_calibration.options import SolveOptions
from rgbd_calibration.pose import refined_pose
from rgbd_calibration.result import SolveResult
from rgbd_calibration.simulate import SimulatedRig, corrupted
from rgbd_calibration.solve import solve
from rgbd_calibration.verify import verify
from rgbd_calibration.views import Corners, View
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.depth_correction import DepthCorrection
from rgbd_seg.distortion import BrownConrady
from rgbd_seg.transform import RigidTransform

SPLITS = 5
GIVEN = SolveOptions(models=("brown_conrady_5",), bend=False, square=True)
VIEWS, NOISE = 30, 0.1


def rig() -> SimulatedRig:
    """A colour camera of 1280×720 beside a depth camera of 1024×848, 52 mm apart."""
    return SimulatedRig(
        board=parse_board("charuco:14x10:0.025:0.018:5X5_100:new"),
        color=Intrinsics(
            width=1280,
            height=720,
            fx=911.3,
            fy=911.3,
            cx=643.7,
            cy=352.1,
            distortion=BrownConrady((0.12, -0.25, 0.0008, -0.0005, 0.12)),
        ),
        depth=Intrinsics(
            width=1024,
            height=848,
            fx=732.2,
            fy=732.2,
            cx=516.8,
            cy=414.6,
            distortion=BrownConrady((0.09, -0.27, 0.0, 0.0, 0.09)),
        ),
        T_color_depth=RigidTransform.from_rotation_vector([0.01, -0.02, 0.005], [0.052, 0.001, -0.003]),
    )


def simulated_views(true: SimulatedRig, random: np.random.Generator, share_corrupted: float) -> list[View]:
    """30 views with 0.1 px of noise, some of them spoilt."""
    poses = true.poses(VIEWS, random)
    views = [true.view(f"{i:02}", pose, random, noise_px=NOISE) for i, pose in enumerate(poses)]
    for index in random.permutation(VIEWS)[: round(share_corrupted * VIEWS)]:
        views[index] = corrupted(views[index], random)
    return views


def opencv_calibration(true: SimulatedRig, views: Sequence[View]) -> Calibration:
    """``cv2.calibrateCamera`` for each camera, then ``cv2.stereoCalibrate`` with both held."""
    points = true.board.points().astype(np.float32)
    cameras = []
    for size, corners in (
        (true.color.size, [view.color for view in views]),
        (true.depth.size, [view.infrared for view in views]),
    ):
        known = [c for c in corners if c is not None]
        _, matrix, terms, _, _ = cv2.calibrateCamera(
            [points[c.ids] for c in known], [c.pixels.astype(np.float32) for c in known], size[::-1], None, None
        )
        cameras.append((matrix, terms.ravel()[:5]))
    common = [np.intersect1d(v.color.ids, v.infrared.ids, return_indices=True) for v in views if v.infrared]
    pairs = [(v, c) for v, c in zip(views, common, strict=True) if len(c[0]) >= 6]
    stereo = cv2.stereoCalibrate(
        [points[c[0]] for _, c in pairs],
        [v.color.pixels[c[1]].astype(np.float32) for v, c in pairs],
        [v.infrared.pixels[c[2]].astype(np.float32) for v, c in pairs if v.infrared],
        *cameras[0],
        *cameras[1],
        true.color.size[::-1],
        flags=cv2.CALIB_FIX_INTRINSIC,
    )
    depth_color = RigidTransform(rotation=stereo[5], translation=stereo[6].ravel())
    color, depth = (
        _intrinsics(matrix, terms, size)
        for (matrix, terms), size in zip(cameras, (true.color.size, true.depth.size), strict=True)
    )
    return Calibration(color=color, depth=depth, T_color_depth=depth_color.inverse(), metres_per_unit=0.001)


def our_calibration(true: SimulatedRig, views: Sequence[View]) -> Calibration:
    """Everything free, the lens models chosen by held-out error."""
    return solve(true.inputs(views)).calibration


def given_model(true: SimulatedRig, views: Sequence[View]) -> Calibration:
    """OpenCV's freedoms: five lens terms, fx and fy apart, a flat board; nothing to choose."""
    options = SolveOptions(models=("brown_conrady_5",), bend=False, square=False)
    return solve(true.inputs(views), options).calibration


def held_out_errors(board: Board, calibration: Calibration, views: Sequence[View]) -> tuple[float, float]:
    """RMS over views not fitted to: colour corners, and infrared corners predicted from the pose in colour."""
    color, infrared = [], []
    for view in views:
        pose = refined_pose(board, view.color, calibration.color)
        if pose is None or view.infrared is None:
            continue
        color.append(_residual(board, calibration.color, pose.T_camera_board, view.color))
        there = calibration.T_color_depth.inverse() @ pose.T_camera_board
        infrared.append(_residual(board, calibration.depth, there, view.infrared))
    return tuple(float(np.sqrt(np.mean(np.concatenate(part) ** 2) * 2)) for part in (color, infrared))  # type: ignore[return-value]


def compare_with_opencv() -> None:
    """Held-out error and time of both, on clean and on partly corrupted views."""
    true, rows = rig(), []
    for share in (0.0, 0.1):
        methods = {
            "rgbd_calibration": our_calibration,
            "the same, lens model given": given_model,
            "OpenCV": opencv_calibration,
        }
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in methods}
        for split in range(SPLITS):
            random = np.random.default_rng(split)
            train = simulated_views(true, random, share)
            test = simulated_views(true, random, 0.0)
            for name, method in methods.items():
                start = time.perf_counter()
                calibration = method(true, train)
                seconds = time.perf_counter() - start
                found[name].append((*held_out_errors(true.board, calibration, test), seconds))
        for name, values in found.items():
            rows.append([f"{share:.0%} corrupted", name, *(float(v) for v in np.median(values, axis=0))])
    print(f"Held-out views, {VIEWS} for fitting, {NOISE} px noise per axis, median of {SPLITS} rigs\n")
    print_table(["views", "method", "colour RMS px", "infrared from colour RMS px", "seconds"], rows)


def truth_and_intervals(repetitions: int, first: int, given: bool) -> None:
    """How near the truth, and how often the stated 95 % intervals hold it."""
    true = rig()
    scores: dict[tuple[float, str], list[float]] = {}
    errors: dict[tuple[float, str], list[float]] = {}
    for share in (0.0, 0.1):
        for seed in range(first, first + repetitions):
            views = simulated_views(true, np.random.default_rng(1000 + seed), share)
            result = solve(true.inputs(views), GIVEN if given else None)
            for name, value in _errors(result.calibration, true).items():
                errors.setdefault((share, name), []).append(value)
            for name, score in _scores(result, true).items():
                scores.setdefault((share, name), []).append(score)
    print(f"{repetitions} simulated rigs, {VIEWS} views, {NOISE} px noise\n")
    print_table(
        ["corrupted", "error", "median", "95 % below", "largest"],
        [[f"{k[0]:.0%}", k[1], float(np.median(v)), float(np.percentile(v, 95)), max(v)] for k, v in errors.items()],
    )
    print_table(
        ["corrupted", "parameter", "truth in 95 % interval"],
        [[f"{k[0]:.0%}", k[1], f"{np.mean(np.abs(v) < 1.96):.0%}"] for k, v in scores.items()],
    )


def clock(pairs: Path | None) -> None:
    """Whole solves and checks of real pictures, and the correction of a frame."""
    rows: list[list[object]] = []
    if pairs is not None and pairs.is_dir():
        board = parse_board("charuco:10x8:0.020875:0.0104375:ARUCO_ORIGINAL")
        start = time.perf_counter()
        result = solve_folder(
            pairs / "calibration", board=board, color="rgb_*.png", depth="depth_*.png", metres_per_unit=1e-4
        )
        rows.append(["50 pairs of 640×480 from files, s", time.perf_counter() - start])
        rows.append(["  of it the solver, s", result.seconds])
        files = find_pictures(pairs / "evaluation", "rgb_*.png", "depth_*.png")[:3]
        start = time.perf_counter()
        verify(result.calibration, board, [load_pictures(entry) for entry in files])
        rows.append(["verify on three views from files, s", time.perf_counter() - start])
        rows.append(["focal length, px (published 434.61)", result.calibration.color.fx])
    correction = DepthCorrection(size=(720, 1280), offset=0.001, wiggle=(0.001,) * 12, surface=((0.001,) * 8,) * 6)
    depth = np.full((720, 1280), 1.0, np.float32)
    times = []
    for _ in range(60):
        start = time.perf_counter()
        correction.apply(depth)
        times.append(1e3 * (time.perf_counter() - start))
    rows.append(["Calibration.correct 1280×720, ms, fastest", min(times)])
    rows.append(["Calibration.correct 1280×720, ms, median", float(np.median(times[5:]))])
    print_table(["what", "value"], rows)


def evaluation(pairs: Path) -> None:
    """Depth minus board on pairs that nothing was fitted to, with the published camera and with the one found."""
    board = parse_board("charuco:10x8:0.020875:0.0104375:ARUCO_ORIGINAL")
    color, depth = "rgb_*.png", "depth_*.png"
    found = solve_folder(pairs / "calibration", board=board, color=color, depth=depth, metres_per_unit=1e-4)
    published = Intrinsics(width=640, height=480, fx=434.60507, fy=434.60507, cx=321.60822, cy=239.47842)
    rig = Calibration(color=published, depth=published, T_color_depth=RigidTransform.identity(), metres_per_unit=1e-4)
    bend = None if found.board_bend_mm is None else np.array(found.board_bend_mm) / 1e3
    cases = {
        "published camera, flat board": (correct_depth(found.inputs, rig)[0], None),
        "camera and bow as solved": (found.calibration, bend),
    }
    detector, rows = BoardDetector(board), []
    pictures = [load_pictures(files) for files in find_pictures(pairs / "evaluation", color, depth)]
    for name, (calibration, bow) in cases.items():
        errors = [_depth_errors(detector, entry, calibration, bow) for entry in pictures]
        for index, when in enumerate(("before", "after")):
            error = 1e3 * np.concatenate([entry[index] for entry in errors])
            rows.append([name, when, float(np.median(error)), float(np.sqrt(np.mean(error**2)))])
    print_table(["camera", "correction", "median, mm", "RMS, mm"], rows)


def _depth_errors(
    detector: BoardDetector, pictures: Pictures, calibration: Calibration, bend: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    assert pictures.color is not None
    assert pictures.raw_depth is not None
    board, camera = detector.board, calibration.depth
    pose = refined_pose(board, detector.find(gray(pictures.color)), calibration.color, bend)
    assert pose is not None
    there = calibration.T_color_depth.inverse() @ pose.T_camera_board
    samples = sample_depth(pictures.raw_depth, calibration.metres_per_unit, camera, there, board, most=3000)
    truth = surface_depth(camera, there, board, bend, samples.pixels)
    correction = calibration.depth_correction or DepthCorrection(size=camera.size)
    return samples.metres - truth, correction.corrected_metres(samples.metres, samples.pixels) - truth


def _intrinsics(matrix: np.ndarray, terms: np.ndarray, size: tuple[int, int]) -> Intrinsics:
    return Intrinsics(
        width=size[1],
        height=size[0],
        fx=float(matrix[0, 0]),
        fy=float(matrix[1, 1]),
        cx=float(matrix[0, 2]),
        cy=float(matrix[1, 2]),
        distortion=BrownConrady(tuple(map(float, terms))),
    )


def _residual(board: Board, camera: Intrinsics, pose: RigidTransform, corners: Corners) -> np.ndarray:
    pixels, seen = camera.project(pose.apply(board.points()[corners.ids]))
    return (pixels - corners.pixels)[seen]


def _errors(found: Calibration, true: SimulatedRig) -> dict[str, float]:
    turn = found.T_color_depth.rotation @ true.T_color_depth.rotation.T
    shift = found.T_color_depth.translation - true.T_color_depth.translation
    result = {}
    for name, ours, theirs in (("colour", found.color, true.color), ("infrared", found.depth, true.depth)):
        result[f"{name} focal length, %"] = 100 * abs(ours.fx / theirs.fx - 1)
        result[f"{name} principal point, px"] = float(np.hypot(ours.cx - theirs.cx, ours.cy - theirs.cy))
    result["translation, mm"] = 1e3 * float(np.linalg.norm(shift))
    result["rotation, °"] = float(np.rad2deg(np.linalg.norm(cv2.Rodrigues(turn)[0])))
    return result


def _scores(result: SolveResult, true: SimulatedRig) -> dict[str, float]:
    truth = {
        **{f"color.{name}": getattr(true.color, name) for name in ("fx", "cx", "cy")},
        **{f"depth.{name}": getattr(true.depth, name) for name in ("fx", "cx", "cy")},
        **{f"T_color_depth.t{axis}": true.T_color_depth.translation[i] for i, axis in enumerate("xyz")},
    }
    scores = {name: (result.estimate(name).value - v) / result.estimate(name).sigma for name, v in truth.items()}
    turn = cv2.Rodrigues(result.calibration.T_color_depth.rotation @ true.T_color_depth.rotation.T)[0].ravel()
    for i, axis in enumerate("xyz"):
        scores[f"T_color_depth.r{axis}"] = turn[i] / result.estimate(f"T_color_depth.r{axis}").sigma
    return {name: float(score) for name, score in scores.items()}


def main() -> None:
    """Run all and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="which of the simulated rigs is the first")
    parser.add_argument("--given", action="store_true", help="lens model given: faster, the same intervals")
    parser.add_argument("--pairs", type=Path, default=Path(__file__).parents[2] / "shared/data/truedepth_charuco")
    arguments = parser.parse_args()
    print_environment("scipy", "opencv-contrib-python")
    clock(arguments.pairs)
    if arguments.pairs.is_dir():
        evaluation(arguments.pairs)
    compare_with_opencv()
    if arguments.repetitions:
        truth_and_intervals(arguments.repetitions, arguments.first, arguments.given)


if __name__ == "__main__":
    main()
