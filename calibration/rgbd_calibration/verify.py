"""Is a stored calibration still true? One to three views of a board answer within seconds."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from rgbd_calibration.board import Board
from rgbd_calibration.depth_quality import DepthQuality, depth_quality
from rgbd_calibration.depth_sampling import board_mask, on_surface, surface_depth
from rgbd_calibration.detection import BoardDetector
from rgbd_calibration.edges import edge_error
from rgbd_calibration.observe import Pictures, check_board_seen, gray, observe
from rgbd_calibration.outliers import with_robust_sigma
from rgbd_calibration.pose import BoardPose, ideal_problem, refined_pose
from rgbd_calibration.verify_result import VerifyResult, VerifyView
from rgbd_seg.arrays import Bool, Float32, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationError, CalibrationMismatchError, CalibrationRejectedError

_FEWEST_CORNERS = 12
_FOCAL_SEARCH = 0.2  # relative, either way
_FOCAL_SUSPECT = 3.0  # percent, for one view; a board that is not quite flat can look like 2 %
_FOCAL_KNOWN = 3.0  # percent; with more uncertainty the views cannot tell
_SURE = 3.0  # σ
_DEPTH_SUSPECT = 2.0  # percent
_UNMOVED = 0.3  # pixels
_PIXELS_ENOUGH = 10_000
_EDGE_SUSPECT = 3.0  # pixels of a picture 640 wide
_REPROJECTION_SUSPECT = 1.5  # pixels of a picture 640 wide


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """One view with the board's pose by the stored calibration."""

    pictures: Pictures
    pose: BoardPose
    depth: Float32 | None  # (h, w) corrected metres, NaN = not measured
    on_board: Bool | None  # (h, w)


def verify(calibration: Calibration, board: Board, pictures: Sequence[Pictures]) -> VerifyResult:
    """Check a calibration against a few views.

    Raises:
        CalibrationError: no board is seen.
        CalibrationMismatchError: the pictures are not of the size the calibration is for.
        CalibrationRejectedError: too few corners to judge.
    """
    begin = time.perf_counter()
    detector = BoardDetector(board)
    seen = [_look(calibration, detector, entry) for entry in pictures]
    known = [entry for entry in seen if entry is not None]
    if not known:
        check_board_seen(detector, [observe(detector, p) for p in pictures], pictures[0].color if pictures else None)
        raise CalibrationRejectedError(
            f"no view shows {_FEWEST_CORNERS} corners of the board; hold it so that most of it is in the picture"
        )
    views, qualities = [], []
    for entry in known:
        quality = _quality(calibration, board, [entry])
        views.append(_view(calibration, board, entry, quality))
        qualities.append(quality)
    focal, sigma = _focal_error(calibration, board, known)
    told = _depth_focal_error(calibration, board, known)
    still = _unmoved(known)
    temporal = None if len(still) < 2 else _quality(calibration, board, still)
    result = VerifyResult(
        views=tuple(views),
        reprojection_rms_px=float(np.sqrt(np.mean([view.reprojection_rms_px**2 for view in views]))),
        focal_error_percent=focal,
        focal_sigma_percent=sigma,
        depth_focal_error_percent=told,
        edge_error_px=_median([view.edge_error_px for view in views]),
        depth_bias_mm=_median([view.depth_bias_mm for view in views]),
        fill_rate_percent=_median([view.fill_rate_percent for view in views]),
        z_accuracy_percent=_median([view.z_accuracy_percent for view in views]),
        spatial_noise_mm=_median([view.spatial_noise_mm for view in views]),
        temporal_noise_mm=None if temporal is None else _number(temporal.temporal_noise_mm),
        findings=(),
        seconds=0.0,
    )
    findings = _findings(result, calibration)
    return replace(result, findings=findings, seconds=time.perf_counter() - begin)


def _look(calibration: Calibration, detector: BoardDetector, pictures: Pictures) -> _Seen | None:
    if pictures.problem:
        raise CalibrationError(f"view {pictures.name}: {pictures.problem}")
    if pictures.color is None:
        raise CalibrationError(f"view {pictures.name} has no colour picture")
    _check_size(pictures.color.shape[:2], calibration.color.size, "colour", pictures.name)
    corners = detector.find(gray(pictures.color))
    if len(corners) < _FEWEST_CORNERS:
        return None
    pose = refined_pose(detector.board, corners, calibration.color)
    if pose is None:
        return None
    depth, on_board = None, None
    if pictures.raw_depth is not None:
        _check_size(pictures.raw_depth.shape, calibration.depth.size, "depth", pictures.name)
        depth = calibration.correct(_metres(pictures.raw_depth, calibration.metres_per_unit), pictures.temperature)
        there = calibration.T_color_depth.inverse() @ pose.T_camera_board
        on_board = board_mask(calibration.depth, there, detector.board)
    return _Seen(pictures=pictures, pose=pose, depth=depth, on_board=on_board)


def _view(calibration: Calibration, board: Board, seen: _Seen, quality: DepthQuality | None) -> VerifyView:
    pose = seen.pose.T_camera_board
    color = seen.pictures.color
    edge = None if seen.depth is None or color is None else edge_error(gray(color), seen.depth, calibration)
    return VerifyView(
        name=seen.pictures.name,
        corners=len(seen.pose.corners),
        reprojection_rms_px=seen.pose.rms_px,
        edge_error_px=edge,
        depth_bias_mm=None if quality is None else _number(quality.bias_mm),
        fill_rate_percent=None if quality is None else _number(quality.fill_rate_percent),
        z_accuracy_percent=None if quality is None else _number(quality.z_accuracy_percent),
        spatial_noise_mm=None if quality is None else _number(quality.spatial_noise_mm),
        distance_m=float(pose.apply(board.center())[2]),
        tilt_deg=float(np.rad2deg(np.arccos(np.clip(pose.rotation[2, 2], -1, 1)))),
    )


def _quality(calibration: Calibration, board: Board, seen: Sequence[_Seen]) -> DepthQuality | None:
    """Depth quality on the board over frames of one unmoved view; None without depth."""
    first = seen[0]
    if first.on_board is None or first.depth is None or not first.on_board.any():
        return None
    there = calibration.T_color_depth.inverse() @ first.pose.T_camera_board
    roi = _thinned(first.on_board)
    truth = np.full(calibration.depth.size, np.nan)
    v, u = np.nonzero(roi)
    truth[roi] = surface_depth(calibration.depth, there, board, None, np.column_stack([u, v]).astype(np.float64))
    frames = [entry.depth for entry in seen if entry.depth is not None]
    return depth_quality(frames, roi, calibration.depth, truth)


def _thinned(mask: Bool) -> Bool:
    """Every second, third … pixel each way: medians and noise need no more, and lenses take time to invert."""
    stride = max(1, int(np.sqrt(mask.sum() / _PIXELS_ENOUGH)))
    thin = np.zeros_like(mask)
    thin[::stride, ::stride] = mask[::stride, ::stride]
    return thin


def _focal_error(calibration: Calibration, board: Board, seen: Sequence[_Seen]) -> tuple[float | None, float | None]:
    """Percent by which the best-fitting focal length differs from the stored one, and its 1 σ; None if untold."""
    camera = calibration.color
    corners = [entry.pose.corners for entry in seen]
    ideal = replace(camera, distortion=camera.undistorted().distortion)
    poses = [entry.pose.T_camera_board for entry in seen]
    problem, state, _ = ideal_problem(board, corners, ideal, poses)

    def scaled(change: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        shared = state.shared.copy()
        shared[:2] *= 1 + change
        # The board's distance follows the focal length: start there, or the solver walks all the way.
        moved = replace(state, shared=shared, translation=state.translation * np.array([1, 1, 1 + change]))
        best = problem.with_poses_only(moved, loss_scale=_SURE)
        return problem.blocks(best)[0].residual

    def cost(change: float) -> float:
        squared = (scaled(change) ** 2).sum(axis=1)
        return float((_SURE**2 * np.log1p(squared / _SURE**2)).sum())

    found = optimize.minimize_scalar(
        cost, bounds=(-_FOCAL_SEARCH, _FOCAL_SEARCH), method="bounded", options={"xatol": 5e-4}
    )
    change, step = float(found.x), 0.01
    sigma_px = with_robust_sigma(problem, state).sigma_color
    residual = scaled(change)
    sigma_px = max(float(np.sqrt(np.mean(np.clip(residual, -3 * sigma_px, 3 * sigma_px) ** 2))), 0.02)
    curvature = (cost(change + step) - 2 * cost(change) + cost(change - step)) / step**2
    sigma = sigma_px * np.sqrt(2 / max(curvature, 1e-9))
    if 100 * sigma > _FOCAL_KNOWN or abs(change) > 0.98 * _FOCAL_SEARCH:
        return None, None
    return 100 * change, 100 * float(sigma)


def _depth_focal_error(calibration: Calibration, board: Board, seen: Sequence[_Seen]) -> float | None:
    """Percent by which measured depth says that the focal length differs from the stored one."""
    ratios = []
    for entry in seen:
        if entry.depth is None or entry.on_board is None or not entry.on_board.any():
            continue
        there = calibration.T_color_depth.inverse() @ entry.pose.T_camera_board
        v, u = np.nonzero(entry.on_board & np.isfinite(entry.depth))
        chosen = np.linspace(0, len(u) - 1, min(len(u), 4000)).astype(int) if len(u) else np.empty(0, dtype=int)
        pixels = np.column_stack([u[chosen], v[chosen]]).astype(np.float64)
        truth = surface_depth(calibration.depth, there, board, None, pixels)
        ratio = entry.depth[v[chosen], u[chosen]] / truth
        good = np.isfinite(ratio)
        near = on_surface(ratio[good], np.full(int(good.sum()), float(np.median(ratio[good]))) if good.any() else ratio)
        if near.any():
            ratios.append(float(np.median(ratio[good][near])))
    return 100 * (float(np.median(ratios)) - 1) if ratios else None


def _unmoved(seen: Sequence[_Seen]) -> list[_Seen]:
    """Views in which the board is where it was in the first."""
    first, still = seen[0], []
    for entry in seen:
        if entry.depth is None:
            continue
        _, a, b = np.intersect1d(first.pose.corners.ids, entry.pose.corners.ids, return_indices=True)
        if len(a) >= _FEWEST_CORNERS // 2:
            apart = first.pose.corners.pixels[a] - entry.pose.corners.pixels[b]
            if np.median(np.linalg.norm(apart, axis=1)) < _UNMOVED:
                still.append(entry)
    return still


def _findings(result: VerifyResult, calibration: Calibration) -> tuple[str, ...]:
    findings = []
    off, sigma, told = result.focal_error_percent, result.focal_sigma_percent, result.depth_focal_error_percent
    suspect = _FOCAL_SUSPECT / np.sqrt(len(result.views))
    if off is not None and sigma is not None and abs(off) > max(suspect, _SURE * sigma):
        findings.append(f"the focal length is off: {off:+.1f} % ± {sigma:.1f} % fits the board better")
    if told is not None and abs(told) > _DEPTH_SUSPECT:
        findings.append(
            f"depth is {told:+.1f} % off the board's distance: focal length, depth scale or the board's size is wrong"
        )
    limit = _REPROJECTION_SUSPECT * calibration.color.width / 640
    if result.reprojection_rms_px > limit:
        findings.append(f"corners are {result.reprojection_rms_px:.2f} px off (RMS), expected below {limit:.2f} px")
    edge_limit = _EDGE_SUSPECT * calibration.color.width / 640
    if result.edge_error_px is not None and result.edge_error_px > edge_limit:
        findings.append(
            f"edges of depth lie {result.edge_error_px:.1f} px from those of colour, expected below "
            f"{edge_limit:.1f} px: the cameras moved against each other"
        )
    return tuple(findings)


def _check_size(found: tuple[int, ...], expected: tuple[int, int], kind: str, name: str) -> None:
    if found != expected:
        raise CalibrationMismatchError(
            f"view {name}: the {kind} picture is {found[1]}×{found[0]}, the calibration is for "
            f"{expected[1]}×{expected[0]}; use the stream mode it was made for"
        )


def _metres(raw: UInt16, metres_per_unit: float) -> Float32:
    return np.where(raw > 0, raw * np.float32(metres_per_unit), np.float32(np.nan)).astype(np.float32)


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
