"""Which depth pixels lie on the board, and how far the board's surface is there."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_calibration.board import Board
from rgbd_calibration.observations import bend_shape
from rgbd_calibration.views import DepthSamples
from rgbd_seg.arrays import Bool, Float64, UInt16
from rgbd_seg.camera import Intrinsics
from rgbd_seg.transform import RigidTransform

_EDGE_PIXELS = 3  # depth cameras mix the board with what is behind it near its edges
_ON_BOARD = 0.08  # of the distance: further off is a hand or the wall behind, not an error of the camera
_OUTLIER = 4.0  # robust σ from the view's own median


def sample_depth(
    raw: UInt16,
    metres_per_unit: float,
    depth: Intrinsics,
    T_depth_board: RigidTransform,
    board: Board,
    *,
    most: int = 400,
) -> DepthSamples:
    """Depth at up to ``most`` pixels spread over the board, nothing that stands before it.

    Args:
        raw: (h, w) sensor units, 0 = not measured.
        depth: intrinsics of the depth picture, as far as known.
        T_depth_board: board → depth camera, as far as known.
    """
    inside = board_mask(depth, T_depth_board, board) & (raw > 0)
    v, u = np.nonzero(inside)
    stride = max(1, int(np.ceil(np.sqrt(len(u) / most))))
    on_grid = (u % stride == 0) & (v % stride == 0)
    pixels = np.column_stack([u[on_grid], v[on_grid]]).astype(np.float64)
    metres = raw[v[on_grid], u[on_grid]] * metres_per_unit
    expected = surface_depth(depth, T_depth_board, board, None, pixels)
    samples = DepthSamples(pixels=pixels, metres=metres)
    return samples.only(on_surface(metres, expected))


def depth_scale(
    raw: UInt16, metres_per_unit: float, depth: Intrinsics, T_depth_board: RigidTransform, board: Board
) -> float:
    """Median of measured over expected depth where the board is; NaN where nothing was measured."""
    v, u = np.nonzero(board_mask(depth, T_depth_board, board) & (raw > 0))
    expected = surface_depth(depth, T_depth_board, board, None, np.column_stack([u, v]).astype(np.float64))
    scale = raw[v, u] * metres_per_unit / expected
    known = np.isfinite(scale)
    return float(np.median(scale[known])) if known.any() else float("nan")


def board_mask(camera: Intrinsics, T_camera_board: RigidTransform, board: Board) -> Bool:
    """(h, w) True where a picture shows the printed pattern, some pixels off its edge."""
    w, h = board.size
    steps = np.linspace(0, 1, 21)[:-1]  # lens distortion bends the outline
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h], [0, 0]])
    outline = np.concatenate([a + steps[:, None] * (b - a) for a, b in pairwise(corners)])
    points = T_camera_board.apply(np.column_stack([outline, np.zeros(len(outline))]))
    pixels, seen = camera.project(points)
    mask = np.zeros(camera.size, dtype=np.uint8)
    if not seen.all():
        # A near board reaches far outside the picture, where the lens model no longer holds but also does not matter.
        ideal, before_camera = camera.undistorted().project(points)
        if not before_camera.all():
            return mask.astype(bool)
        pixels = np.where(seen[:, None], pixels, ideal)
    far = 16 * max(camera.size)  # fillPoly's fixed point overflows beyond
    cv2.fillPoly(mask, [np.clip(np.round(pixels), -far, far).astype(np.int32)], 1)
    mask[[0, -1]], mask[:, [0, -1]] = 0, 0
    return np.asarray(cv2.erode(mask, np.ones((2 * _EDGE_PIXELS + 1,) * 2, np.uint8)) > 0)


def surface_depth(
    camera: Intrinsics,
    T_camera_board: RigidTransform,
    board: Board,
    bend: Float64 | None,
    pixels: Float64,
) -> Float64:
    """(n,) z-depth in metres where the pixels' rays meet the board's surface; NaN where they do not.

    Args:
        bend: (2,) bow of the board along x and y in metres, see `bend_shape`; None for flat.
        pixels: (n, 2).
    """
    xy, _ = camera.rays(pixels)
    ray = np.column_stack([xy, np.ones(len(xy))])
    normal = T_camera_board.rotation[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        below = ray @ normal
        z = (normal @ T_camera_board.translation) / below
        if bend is not None:
            for _ in range(2):  # the bow is a hundredth of a square: the second round changes nanometres
                there = T_camera_board.inverse().apply(ray * z[:, None])
                height = bend_shape(board, there) @ bend
                z = (normal @ T_camera_board.translation + height) / below
    return np.where(z > 0, z, np.nan)


def on_surface(metres: Float64, expected: Float64) -> NDArray[np.bool_]:
    """Which measurements are of the surface and not of something before or behind it."""
    error = metres - expected
    near = np.abs(error) < _ON_BOARD * expected
    if not near.any():
        return np.asarray(near)
    middle = np.median(error[near])
    spread = 1.4826 * np.median(np.abs(error[near] - middle)) + 1e-4
    return np.asarray(near & (np.abs(error - middle) < _OUTLIER * spread))
