"""One calibration problem: which views, which lens models, what is free; solved, and tried on views left out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rgbd_calibration.board import Board
from rgbd_calibration.bundle import Block, Layout, Solution, State, minimise
from rgbd_calibration.lens_model import LensModel
from rgbd_calibration.observations import CornerSet, PlaneSet, corner_block
from rgbd_calibration.planes import plane_block
from rgbd_seg.arrays import Bool, Float64


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """Observations and what is solved for. ``depth`` is None where the depth camera is not part of the bundle."""

    board: Board
    color_size: tuple[int, int]  # (height, width)
    color: CornerSet
    color_model: LensModel
    sigma_color: float = 1.0  # pixels
    depth_size: tuple[int, int] | None = None
    depth_model: LensModel | None = None
    infrared: CornerSet | None = None
    sigma_infrared: float = 1.0
    planes: PlaneSet | None = None
    with_bend: bool = False

    def layout(self) -> Layout:
        """Where each shared number lies."""
        depth = 0 if self.depth_model is None else len(self.depth_model.names)
        return Layout.of(
            color=len(self.color_model.names), depth=depth, pose=6 if depth else 0, bend=2 if self.with_bend else 0
        )

    def blocks(self, state: State) -> list[Block]:
        """Whitened residuals and derivatives at ``state``."""
        layout = self.layout()
        result = [corner_block(self.color, state, layout, self.color_model, self.sigma_color, infrared=False)]
        if self.infrared is not None and self.depth_model is not None:
            result.append(
                corner_block(self.infrared, state, layout, self.depth_model, self.sigma_infrared, infrared=True)
            )
        if self.planes is not None and self.depth_model is not None:
            result.append(plane_block(self.planes, state, layout, self.depth_model))
        return result

    def solve(self, start: State, *, loss_scale: float | None = None, max_iterations: int = 60) -> Solution:
        """The least-squares solution from ``start``; robust with a ``loss_scale`` in σ."""
        return minimise(self.blocks, start, self.layout(), loss_scale=loss_scale, max_iterations=max_iterations)

    def with_poses_only(self, start: State, *, loss_scale: float | None = None) -> State:
        """``start`` with each board pose at its best for the shared numbers as they are."""

        def blocks(state: State) -> list[Block]:
            full = self.blocks(replace(state, shared=start.shared))
            return [replace(block, by_shared=block.by_shared[:, :, :0]) for block in full]

        empty = replace(start, shared=np.empty(0))
        solution = minimise(
            blocks, empty, Layout.of(color=0, depth=0, pose=0, bend=0), loss_scale=loss_scale, max_iterations=20
        )
        return replace(solution.state, shared=start.shared)

    def of_views(self, chosen: NDArray[np.int64] | Sequence[int]) -> "Problem":
        """The same problem with the observations of some views only."""
        return replace(
            self,
            color=self.color.only(np.isin(self.color.view, chosen)),
            infrared=None if self.infrared is None else self.infrared.only(np.isin(self.infrared.view, chosen)),
            planes=None if self.planes is None else self.planes.only(np.isin(self.planes.view, chosen)),
        )

    def of_corners(self, color: Bool, infrared: Bool | None) -> "Problem":
        """The same problem with some of the corners only."""
        return replace(
            self,
            color=self.color.only(color),
            infrared=None if self.infrared is None or infrared is None else self.infrared.only(infrared),
        )

    def converted(self, state: State, other: "Problem") -> State:
        """``state`` of this problem as a start for ``other``, which has other models or other free numbers."""
        old, new = self.layout(), other.layout()
        shared = np.zeros(new.size)
        shared[new.color] = _converted(self.color_model, state.shared[old.color], other.color_model)
        if self.depth_model is not None and other.depth_model is not None:
            shared[new.depth] = _converted(self.depth_model, state.shared[old.depth], other.depth_model)
        if self.with_bend and other.with_bend:
            shared[new.bend] = state.shared[old.bend]
        return replace(state, shared=shared)


def residual_pixels(block: Block, sigma: float) -> Float64:
    """(n, 2) residuals of a corner block in pixels."""
    return block.residual * sigma


def _converted(old: LensModel, free: Float64, new: LensModel) -> Float64:
    if old.family == new.family:
        return new.start(old.spread @ free)
    full = np.zeros(4 + len(new.term_names))
    full[:4] = (old.spread @ free)[:4]
    return new.start(full)
