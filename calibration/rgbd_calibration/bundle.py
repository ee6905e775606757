"""Bundle adjustment: cameras, board poses and their relative pose, all at once, by robust least squares.

Every residual depends on the shared numbers and on one board pose, so the normal equations have an arrow shape:
poses are eliminated view by view (Schur complement) and only a small dense system remains. Levenberg–Marquardt,
exact derivatives, Cauchy's loss by re-weighting. See Triggs et al., "Bundle Adjustment – A Modern Synthesis", 2000.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from rgbd_calibration.rotations import exponential, orthonormal
from rgbd_seg.arrays import Float64
from rgbd_seg.errors import CalibrationRejectedError

_DAMPING = 1e-4
_MAX_DAMPING = 1e10
_CONVERGED = 1e-8  # relative decrease of the cost


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """Where the solver stands."""

    shared: Float64  # (g,) see `Layout` for what is where; the relative pose is kept apart
    rotation: Float64  # (v, 3, 3) board → colour camera
    translation: Float64  # (v, 3) metres
    rotation_depth_color: Float64  # (3, 3) colour camera → depth camera
    translation_depth_color: Float64  # (3,) metres


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where each group of shared numbers lies in the vector of shared numbers and of steps."""

    color: slice
    depth: slice
    pose: slice  # of the depth camera: small rotation, translation; zero in the state, used in steps
    bend: slice
    size: int

    @staticmethod
    def of(*, color: int, depth: int, pose: int, bend: int) -> "Layout":
        """Groups of the given lengths, one after another."""
        ends = np.cumsum([0, color, depth, pose, bend])
        slices = [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]
        return Layout(color=slices[0], depth=slices[1], pose=slices[2], bend=slices[3], size=int(ends[-1]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """Whitened residuals of one kind, with derivatives."""

    view: NDArray[np.int64]  # (n,) the pose each depends on, in rising order
    residual: Float64  # (n, d)
    by_shared: Float64  # (n, d, g)
    by_pose: Float64  # (n, d, 6) small rotation, translation


Blocks = Callable[[State], Sequence[Block]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """A minimum, and the curvature there."""

    state: State
    cost: float
    blocks: tuple[Block, ...]
    information: Float64  # (g, g) of the shared numbers, poses eliminated; unit weights


def minimise(
    blocks: Blocks, start: State, layout: Layout, *, loss_scale: float | None, max_iterations: int = 60
) -> Solution:
    """Levenberg–Marquardt from ``start``.

    Args:
        blocks: gives whitened residuals and derivatives at a state.
        loss_scale: Cauchy's scale in σ; None for plain least squares.
    Raises:
        CalibrationRejectedError: it ends in numbers that are not finite.
    """
    state, damping = start, _DAMPING
    current = tuple(blocks(state))
    cost = _cost(current, loss_scale)
    for _ in range(max_iterations):
        system = _normal_equations(current, layout.size, len(state.translation), loss_scale)
        while damping < _MAX_DAMPING:
            trial = _stepped(state, layout, *_solve(*system, damping))
            trial_blocks = tuple(blocks(trial))
            trial_cost = _cost(trial_blocks, loss_scale)
            if trial_cost <= cost:
                break
            damping *= 8
        else:
            break
        gain = cost - trial_cost
        state, current, cost = trial, trial_blocks, trial_cost
        damping = max(damping / 6, 1e-12)
        if gain <= _CONVERGED * cost:
            break
    if not np.isfinite(cost):
        raise CalibrationRejectedError(
            "the solver diverged; check that the board's size and the pictures belong together"
        )
    information = _schur(*_normal_equations(current, layout.size, len(state.translation), None))[0]
    return Solution(state=state, cost=cost, blocks=current, information=information)


def _cost(blocks: Sequence[Block], scale: float | None) -> float:
    total = 0.0
    for block in blocks:
        squared = (block.residual**2).sum(axis=1)
        total += float(squared.sum() if scale is None else (scale**2 * np.log1p(squared / scale**2)).sum())
    return total if np.isfinite(total) else np.inf


def _normal_equations(
    blocks: Sequence[Block], size: int, views: int, scale: float | None
) -> tuple[Float64, Float64, Float64, Float64, Float64]:
    """(g, g), (v, g, 6), (v, 6, 6) parts of JᵀWJ, and (g,), (v, 6) parts of −JᵀWr."""
    gg, gv, vv = np.zeros((size, size)), np.zeros((views, size, 6)), np.zeros((views, 6, 6))
    rg, rv = np.zeros(size), np.zeros((views, 6))
    for block in blocks:
        if not len(block.view):
            continue
        weight = np.ones(len(block.view))
        if scale is not None:
            weight = 1 / (1 + (block.residual**2).sum(axis=1) / scale**2)
        root = np.sqrt(weight)[:, None]
        residual, shared, pose = (
            block.residual * root,
            block.by_shared * root[..., None],
            block.by_pose * root[..., None],
        )
        flat = shared.reshape(residual.size, size)
        gg += flat.T @ flat
        rg -= flat.T @ residual.reshape(-1)
        # Sums over the residuals of each view; views come one after another, so each is one stretch.
        first = np.flatnonzero(np.diff(block.view, prepend=-1))
        own = np.swapaxes(pose, 1, 2)
        seen = block.view[first]
        gv[seen] += np.add.reduceat(np.swapaxes(own @ shared, 1, 2), first)
        vv[seen] += np.add.reduceat(own @ pose, first)
        rv[seen] -= np.add.reduceat((own @ residual[..., None])[..., 0], first)
    return gg, gv, vv, rg, rv


def _schur(
    gg: Float64, gv: Float64, vv: Float64, rg: Float64, rv: Float64
) -> tuple[Float64, Float64, Float64, Float64]:
    # A pose that no residual touches keeps its place: a unit block makes its step zero.
    scale = np.einsum("vii->v", vv)
    inverse = np.asarray(
        np.linalg.inv(vv + np.where(scale > 0, scale * 1e-15, 1.0)[:, None, None] * np.eye(6)), dtype=np.float64
    )
    carried = gv @ inverse
    reduced = gg - np.einsum("vgi,vhi->gh", carried, gv)
    return reduced, rg - np.einsum("vgi,vi->g", carried, rv), inverse, carried


def _solve(gg: Float64, gv: Float64, vv: Float64, rg: Float64, rv: Float64, damping: float) -> tuple[Float64, Float64]:
    gg = gg + damping * np.diag(np.diag(gg)) + 1e-12 * np.eye(len(gg))
    vv = vv + damping * np.eye(6) * np.einsum("vii->vi", vv)[:, None, :]
    reduced, right, inverse, _ = _schur(gg, gv, vv, rg, rv)
    step = linalg.lstsq(reduced, right, lapack_driver="gelsy")[0] if len(right) else right
    poses = np.einsum("vij,vj->vi", inverse, rv - np.einsum("vgi,g->vi", gv, step))
    return step, poses


def _stepped(state: State, layout: Layout, step: Float64, poses: Float64) -> State:
    shared = state.shared + step
    shared[layout.pose] = 0.0
    turn_depth, move_depth = state.rotation_depth_color, state.translation_depth_color
    if layout.pose.stop > layout.pose.start:
        small = step[layout.pose]
        turn_depth, move_depth = orthonormal(exponential(small[:3]) @ turn_depth), move_depth + small[3:]
    return replace(
        state,
        shared=shared,
        rotation=orthonormal(exponential(poses[:, :3]) @ state.rotation),
        translation=state.translation + poses[:, 3:],
        rotation_depth_color=turn_depth,
        translation_depth_color=move_depth,
    )
