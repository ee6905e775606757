"""Rotation matrices for skeletons."""

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.transform import RigidTransform


def unit(vector: Float64) -> Float64:
    """``vector`` at length 1 (the x axis if it has none)."""
    length = float(np.linalg.norm(vector))
    scaled: Float64 = vector / length if length > 1e-9 else np.array([1.0, 0.0, 0.0])
    return scaled


def about(axis: Float64, degrees: float) -> Float64:
    """(3, 3) turn about ``axis``."""
    return RigidTransform.from_rotation_vector(unit(axis) * np.deg2rad(degrees)).rotation


def euler(forward: float, left: float, sideways: float) -> Float64:
    """(3, 3) degrees: nod forward, turn to the left, lean to the own right; turned first, then leant, then nodded."""
    x, y, z = np.eye(3)
    combined: Float64 = about(y, left) @ about(x, forward) @ about(z, sideways)
    return combined


def frame(first: Float64, second: Float64) -> Float64:
    """(3, 3) orthonormal columns: ``first``, the part of ``second`` at right angles to it, and their cross product."""
    a = unit(first)
    b = unit(second - (second @ a) * a)
    return np.stack([a, b, np.cross(a, b)], axis=1)


def between(start: Float64, end: Float64) -> Float64:
    """(3, 3) shortest turn that takes direction ``start`` to ``end``."""
    a, b = unit(start), unit(end)
    axis = np.cross(a, b)
    sine, cosine = float(np.linalg.norm(axis)), float(a @ b)
    if sine < 1e-9:
        return np.eye(3) if cosine > 0 else about(np.cross(a, np.roll(a, 1) + 0.1), 180)
    return about(axis, float(np.rad2deg(np.arctan2(sine, cosine))))


def swing_twist(rotation: Float64, axis: Float64) -> tuple[Float64, float]:
    """``rotation = swing @ about(axis, twist)``: the swing and the twist in degrees."""
    a = unit(axis)
    swing = between(a, rotation @ a)
    turn = swing.T @ rotation
    sine = 0.5 * a @ np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    cosine = 0.5 * (np.trace(turn) - 1)
    return swing, float(np.rad2deg(np.arctan2(sine, cosine)))


def limited(rotation: Float64, degrees: float, *, gain: float = 1.0) -> Float64:
    """``rotation`` at ``gain`` times its angle, at most ``degrees``."""
    vector = np.array(
        [rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]]
    )
    angle = float(np.rad2deg(np.arctan2(0.5 * np.linalg.norm(vector), 0.5 * (np.trace(rotation) - 1))))
    if angle < 1e-6:
        return np.eye(3)
    return about(vector, float(np.clip(gain * angle, -degrees, degrees)))
