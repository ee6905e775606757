"""What a thing to hold is: its shape, how far every point is from it, and where it lies in the hand."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.training.synthetic.characters.primitives import Shape
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.transform import RigidTransform

Distance = Callable[[Float64], Float64]
"""(n, 3) points in the thing's coordinates → (n,) metres, negative inside."""
PALM = 0.012
"""Metres of flesh between the palm's bones and its skin."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldObject:
    """One thing in its own coordinates."""

    parts: tuple[tuple[Shape, Material], ...]
    distance: Distance
    T_palm_object: RigidTransform  # of a right hand that holds it alone
    grip_width: float = 0.0  # metres between the palms of two hands; 0: held with one hand
    upright: bool = False  # hangs or is carried level whatever the hand does


def box_distance(size: tuple[float, float, float]) -> Distance:
    """To a box around the origin."""
    half = np.array(size) / 2

    def distance(points: Float64) -> Float64:
        outside = np.abs(points) - half
        return np.asarray(np.linalg.norm(np.maximum(outside, 0), axis=1) + np.minimum(outside.max(1), 0), np.float64)

    return distance


def cylinder_distance(radius: float, low: float, high: float) -> Distance:
    """To a cylinder around the y axis between two heights."""

    def distance(points: Float64) -> Float64:
        outside = np.stack(
            [np.hypot(points[:, 0], points[:, 2]) - radius, np.abs(points[:, 1] - (low + high) / 2) - (high - low) / 2],
            axis=1,
        )
        return np.asarray(np.linalg.norm(np.maximum(outside, 0), axis=1) + np.minimum(outside.max(1), 0), np.float64)

    return distance


def bar_distance(radius: float, half: float) -> Distance:
    """To a rod along x."""

    def distance(points: Float64) -> Float64:
        beyond = np.maximum(np.abs(points[:, 0]) - half, 0)
        return np.hypot(beyond, np.hypot(points[:, 1], points[:, 2])) - radius

    return distance
