"""How sure the solved numbers are, and how sure that makes a projected point."""

import numpy as np

from rgbd_calibration.bundle import Solution, State
from rgbd_calibration.problem import Problem
from rgbd_calibration.result import ParameterEstimate
from rgbd_calibration.rotations import cross_matrix
from rgbd_calibration.view_covariance import widened
from rgbd_seg.arrays import Float64
from rgbd_seg.transform import RigidTransform


def estimates(problem: Problem, solution: Solution) -> tuple[tuple[ParameterEstimate, ...], Float64]:
    """Every shared number with its 1-σ uncertainty, and the covariance of all, in the same order.

    The pose of the depth camera is stated as ``T_color_depth``: translation and a small rotation about the colour
    camera's axes.
    """
    layout, state = problem.layout(), solution.state
    independent = np.asarray(np.linalg.pinv(solution.information, hermitian=True), dtype=np.float64)
    covariance = widened(independent, solution.blocks)
    change = np.eye(layout.size)
    values = state.shared.copy()
    names = [f"color.{name}" for name in problem.color_model.names]
    units = list(problem.color_model.units)
    if problem.depth_model is not None:
        names += [f"depth.{name}" for name in problem.depth_model.names]
        units += problem.depth_model.units
        change[layout.pose, layout.pose] = _inverted_pose(state)
        values[layout.pose] = [0, 0, 0, *color_depth(state).translation]
        names += [f"T_color_depth.{name}" for name in ("rx", "ry", "rz", "tx", "ty", "tz")]
        units += ["rad"] * 3 + ["m"] * 3
    if problem.with_bend:
        names += ["board.bend_x", "board.bend_y"]
        units += ["m", "m"]
    covariance = np.asarray(change @ covariance @ change.T, dtype=np.float64)
    sigma = np.sqrt(np.maximum(np.diag(covariance), 0))
    parameters = tuple(
        ParameterEstimate(name=name, value=float(value), sigma=float(s), unit=unit)
        for name, value, s, unit in zip(names, values, sigma, units, strict=True)
    )
    return parameters, covariance.astype(np.float64)


def color_depth(state: State) -> RigidTransform:
    """``T_color_depth`` of a state, which keeps its inverse."""
    return RigidTransform(rotation=state.rotation_depth_color, translation=state.translation_depth_color).inverse()


def projection_sigma(problem: Problem, covariance: Float64, shared: Float64, rays: Float64) -> Float64:
    """(n,) pixels: how far points seen along ``rays`` (n, 3) are uncertain in the colour picture, 1 σ.

    A common rotation of all rays is taken out: it cannot be told from a rotation of the camera (as mrcal does).
    """
    layout, model = problem.layout(), problem.color_model
    _, by_ray, by_camera = model.project(shared[layout.color], rays)
    turn = (by_ray @ -cross_matrix(rays)).reshape(-1, 3)
    camera = by_camera.reshape(-1, by_camera.shape[2])
    rest = camera - turn @ np.linalg.lstsq(turn, camera, rcond=None)[0]
    own = covariance[layout.color, layout.color]
    variance = np.einsum("ni,ij,nj->n", rest, own, rest).reshape(-1, 2)
    return np.asarray(np.sqrt(np.maximum(variance.sum(axis=1), 0)))


def _inverted_pose(state: State) -> Float64:
    """(6, 6) small turn and shift of T_depth_color → those of T_color_depth."""
    back = state.rotation_depth_color.T
    change = np.zeros((6, 6))
    change[:3, :3] = -back
    change[3:, :3] = -back @ cross_matrix(state.translation_depth_color)
    change[3:, 3:] = -back
    return change
