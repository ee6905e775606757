"""Depth measured on the board against the board's plane: what stands in for corners when there is no infrared."""

import numpy as np

from rgbd_calibration.bundle import Block, Layout, State
from rgbd_calibration.lens_model import LensModel
from rgbd_calibration.observations import PlaneSet
from rgbd_calibration.rotations import cross_matrix
from rgbd_seg.arrays import Float64


def plane_block(planes: PlaneSet, state: State, layout: Layout, model: LensModel) -> Block:
    """Predicted minus measured z-depth, in σ.

    The depth pixel's ray meets the board's plane at z = (n·q)/(n·ray), with the plane's normal n and one of its
    points q in the depth camera's frame.
    """
    R = state.rotation_depth_color
    free = state.shared[layout.depth]
    ray, ray_by_camera = _rays(model, free, planes.pixels)
    normal_color = state.rotation[planes.view][:, :, 2]
    origin = state.translation[planes.view] @ R.T
    normal = normal_color @ R.T
    above = np.einsum("ni,ni->n", normal, origin + state.translation_depth_color)
    below = np.einsum("ni,ni->n", normal, ray)
    z = above / below
    by_above, by_below = 1 / below, -z / below
    by_shared = np.zeros((len(z), 1, layout.size))
    by_shared[:, 0, layout.depth] = by_below[:, None] * np.einsum("ni,nij->nj", normal, ray_by_camera)
    # A small turn w of the depth camera: n → n + w × n, and n·(R t) stays.
    by_turn = by_above[:, None] * np.cross(normal, np.broadcast_to(state.translation_depth_color, normal.shape))
    by_turn += by_below[:, None] * np.cross(normal, ray)
    by_shared[:, 0, layout.pose] = np.concatenate([by_turn, by_above[:, None] * normal], axis=1)
    by_normal = by_above[:, None] * (origin + state.translation_depth_color) + by_below[:, None] * ray
    by_board_turn = np.einsum("ni,nij->nj", by_normal @ R, -cross_matrix(normal_color))
    by_pose = np.concatenate([by_board_turn, by_above[:, None] * normal_color], axis=1)[:, None, :]
    sigma = planes.sigma[:, None]
    return Block(
        view=planes.view,
        residual=(z - planes.metres)[:, None] / sigma,
        by_shared=by_shared / sigma[..., None],
        by_pose=by_pose / sigma[..., None],
    )


def _rays(model: LensModel, free: Float64, pixels: Float64) -> tuple[Float64, Float64]:
    """(n, 3) rays with z = 1 and (n, 3, free) their derivatives, by the implicit function theorem."""
    xy, _ = model.intrinsics(free, (1, 1)).rays(pixels)
    ray = np.column_stack([xy, np.ones(len(xy))])
    _, by_point, by_camera = model.project(free, ray)
    by_free = np.zeros((len(xy), 3, len(free)))
    by_free[:, :2] = -np.linalg.solve(by_point[:, :, :2], by_camera)
    return ray, by_free
