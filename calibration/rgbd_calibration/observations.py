"""The views as flat arrays, and the residuals that the bundle adjustment minimises."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rgbd_calibration.board import Board
from rgbd_calibration.bundle import Block, Layout, State
from rgbd_calibration.lens_model import LensModel
from rgbd_calibration.rotations import cross_matrix
from rgbd_calibration.views import Corners
from rgbd_seg.arrays import Bool, Float64


@dataclass(frozen=True, kw_only=True, eq=False)
class CornerSet:
    """Corners of all views of one camera, one after another."""

    view: NDArray[np.int64]  # (n,)
    ids: NDArray[np.int64]  # (n,)
    points: Float64  # (n, 3) on the board, metres
    bend: Float64  # (n, 2) height per unit of bow along x and y
    pixels: Float64  # (n, 2)

    @staticmethod
    def of(corners: Sequence[Corners | None], board: Board) -> "CornerSet":
        """The corners of each view; None where a view has none."""
        points, bend = board.points(), bend_shape(board, board.points())
        parts = [(i, c) for i, c in enumerate(corners) if c is not None and len(c)]
        ids = np.concatenate([np.empty(0, dtype=np.int64), *(c.ids for _, c in parts)])
        return CornerSet(
            view=np.concatenate([np.empty(0, dtype=np.int64), *(np.full(len(c), i) for i, c in parts)]),
            ids=ids,
            points=points[ids],
            bend=bend[ids],
            pixels=np.concatenate([np.empty((0, 2)), *(c.pixels for _, c in parts)]),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def only(self, keep: Bool) -> "CornerSet":
        """The corners where ``keep`` (n,) is True."""
        fields = ("view", "ids", "points", "bend", "pixels")
        return CornerSet(**{name: getattr(self, name)[keep] for name in fields})


@dataclass(frozen=True, kw_only=True, eq=False)
class PlaneSet:
    """Depth samples of all views, one after another."""

    view: NDArray[np.int64]  # (m,)
    pixels: Float64  # (m, 2) of the depth camera
    metres: Float64  # (m,)
    sigma: Float64  # (m,) metres

    def __len__(self) -> int:
        return len(self.metres)

    def only(self, keep: Bool) -> "PlaneSet":
        """The samples where ``keep`` (m,) is True."""
        return PlaneSet(
            view=self.view[keep], pixels=self.pixels[keep], metres=self.metres[keep], sigma=self.sigma[keep]
        )


def bend_shape(board: Board, points: Float64) -> Float64:
    """(n, 2) height of a board bowed by 1 along x and along y: 1 in the middle, 0 at the edges (as mrcal does)."""
    half = np.array(board.size) / 2
    offset = (points[:, :2] - half) / half
    return np.asarray(1 - offset**2)


def corner_block(
    corners: CornerSet, state: State, layout: Layout, model: LensModel, sigma: float, *, infrared: bool
) -> Block:
    """Predicted minus found, in σ, for the colour camera's corners or the infrared's."""
    points = corners.points.copy()
    with_bend = layout.bend.stop > layout.bend.start
    if with_bend:
        points[:, 2] += corners.bend @ state.shared[layout.bend]
    turn = state.rotation[corners.view]
    turned = np.einsum("nij,nj->ni", turn, points)
    seen = turned + state.translation[corners.view]
    before = np.broadcast_to(np.eye(3), (len(seen), 3, 3))
    camera = layout.color
    if infrared:
        camera, before = layout.depth, np.broadcast_to(state.rotation_depth_color, before.shape)
        there = seen @ state.rotation_depth_color.T
        seen = there + state.translation_depth_color
    pixels, by_point, by_camera = model.project(state.shared[camera], seen)
    by_board = by_point @ before
    by_pose = np.concatenate([by_board @ -cross_matrix(turned), by_board], axis=2)
    by_shared = np.zeros((len(seen), 2, layout.size))
    by_shared[:, :, camera] = by_camera
    if infrared:
        by_shared[:, :, layout.pose] = np.concatenate([by_point @ -cross_matrix(there), by_point], axis=2)
    if with_bend:
        by_shared[:, :, layout.bend] = (by_board @ turn[:, :, 2:]) * corners.bend[:, None, :]
    return Block(
        view=corners.view,
        residual=(pixels - corners.pixels) / sigma,
        by_shared=by_shared / sigma,
        by_pose=by_pose / sigma,
    )
