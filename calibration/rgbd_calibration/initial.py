"""First values: focal length from the boards' homographies, a pose for each view from OpenCV's planar solver."""

from collections.abc import Sequence

import cv2
import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.views import Corners
from rgbd_seg.arrays import Float64
from rgbd_seg.camera import Intrinsics
from rgbd_seg.transform import RigidTransform

_FOCAL_RANGE = (0.3, 6.0)  # of the picture's longer side: 118° to 9.5° of view
_DEFAULT_FOCAL = 1.0
_PLANAR_MINIMUM = 6  # corners: one homography and something to check it by


def initial_focal(board: Board, views: Sequence[Corners | None], size: tuple[int, int]) -> float:
    """Focal length in pixels, each tilted view voting; wrong views are outvoted.

    With the principal point in the middle and square pixels, each homography gives two equations linear in 1/f²
    (Zhang, "A Flexible New Technique for Camera Calibration", 2000). The weighted median of all is taken.

    Args:
        size: (height, width) of the pictures.
    """
    points, middle = board.points()[:, :2], (np.array(size[::-1]) - 1) / 2
    longer = max(size)
    known, wanted = [], []
    for corners in views:
        if corners is None or len(corners) < _PLANAR_MINIMUM:
            continue
        pixels = (corners.pixels - middle) / longer
        homography, _ = cv2.findHomography(points[corners.ids], pixels, cv2.RANSAC, 3 / longer)
        if homography is None:
            continue
        a, b = (homography[:, i] / np.linalg.norm(homography[:, :2]) for i in (0, 1))
        known += [a[:2] @ b[:2], a[:2] @ a[:2] - b[:2] @ b[:2]]
        wanted += [-a[2] * b[2], b[2] ** 2 - a[2] ** 2]
    x, y = np.array(known), np.array(wanted)
    told = np.abs(x) > 1e-9
    if not told.any():
        return _DEFAULT_FOCAL * longer
    # x/f² = y, each equation's vote counting as much as it can tell: by |y|, which grows with tilt.
    squared = np.abs(x[told]) / np.maximum(np.abs(y[told]), 1e-12) * np.sign(x[told] * y[told])
    return float(np.clip(_focal_of(squared, np.abs(y[told])), *_FOCAL_RANGE)) * longer


def _focal_of(squared: Float64, weights: Float64) -> float:
    order = np.argsort(squared)
    total = np.cumsum(weights[order])
    if total[-1] <= 0:
        return _DEFAULT_FOCAL
    median = squared[order][np.searchsorted(total, total[-1] / 2)]
    return float(np.sqrt(median)) if median > 0 else _DEFAULT_FOCAL


def board_pose(board: Board, corners: Corners, camera: Intrinsics) -> tuple[RigidTransform, float] | None:
    """``T_camera_board`` and the median reprojection error in pixels; None if the corners allow no pose.

    The planar problem has two solutions; the one with the smaller error is taken.
    """
    if len(corners) < _PLANAR_MINIMUM:
        return None
    rays, valid = camera.rays(corners.pixels)
    points = board.points()[corners.ids][valid]
    if len(points) < _PLANAR_MINIMUM:
        return None
    inliers = _agreeing(points[:, :2], rays[valid], 4.0 / camera.fx)
    if inliers.sum() < _PLANAR_MINIMUM:
        return None
    try:
        _, turns, moves, _ = cv2.solvePnPGeneric(
            points[inliers], rays[valid][inliers], np.eye(3), None, flags=cv2.SOLVEPNP_IPPE
        )
    except cv2.error:
        return None
    best: tuple[RigidTransform, float] | None = None
    for turn, move in zip(turns, moves, strict=True):
        pose = RigidTransform(rotation=_rotation(turn), translation=np.ravel(move))
        pixels, seen = camera.project(pose.apply(board.points()[corners.ids]))
        if not seen[valid].any() or pose.translation[2] <= 0:
            continue
        error = float(np.nanmedian(np.linalg.norm(pixels - corners.pixels, axis=1)))
        if best is None or error < best[1]:
            best = pose, error
    return best


def _agreeing(points: Float64, rays: Float64, tolerance: float) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    _, mask = cv2.findHomography(points, rays, cv2.RANSAC, tolerance)
    return np.zeros(len(points), dtype=bool) if mask is None else mask.ravel().astype(bool)


def _rotation(vector: Float64) -> Float64:
    matrix: Float64 = cv2.Rodrigues(np.asarray(vector, dtype=np.float64))[0]
    return matrix
