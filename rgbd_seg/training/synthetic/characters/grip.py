"""Fingers that close around a thing until they touch it."""

from collections.abc import Callable

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.training.synthetic.characters.hand import FINGERS, HandAxes, finger_hinge, hand_axes
from rgbd_seg.training.synthetic.characters.held_object import Distance
from rgbd_seg.training.synthetic.characters.rotations import about
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton

_OPEN = (-18.0, -8.0, -4.0)  # degrees at which closing starts
_CLOSED = (72.0, 92.0, 62.0)  # limits of the three joints (AAOS: 90, 100, 70)
_THUMB_CLOSED = (34.0, 46.0, 52.0)
_OPENED = -55.0
_STEP = 6.0
_FLESH = 0.0085  # metres between a finger's bones and its skin, of an adult's hand
_ADULT_HAND = 0.085  # metres from wrist to knuckles


def close_fingers(skeleton: Skeleton, side: str, to_object: Callable[[Float64], Float64], distance: Distance) -> None:
    """Bends all fingers of one hand around a thing.

    Args:
        skeleton: already posed.
        side: ``L`` or ``R``.
        to_object: (n, 3) points of the rest pose → the thing's coordinates.
        distance: of points to the thing.
    """
    axes = hand_axes(skeleton, side)
    flesh = _FLESH * float(np.linalg.norm(axes.knuckles - axes.wrist)) / _ADULT_HAND
    for finger in FINGERS:
        turns = _closed(skeleton, axes, side, finger, to_object, distance, flesh)
        for joint, turn in enumerate(turns):
            skeleton.set_turn(f"finger{finger}-{joint + 1}.{side}", turn)


def _closed(
    skeleton: Skeleton,
    axes: HandAxes,
    side: str,
    finger: str,
    to_object: Callable[[Float64], Float64],
    distance: Distance,
    flesh: float,
) -> list[Float64]:
    bones = [f"finger{finger}-{joint + 1}.{side}" for joint in range(3)]
    joints = np.array([skeleton.head(bone) for bone in bones] + [skeleton.tail(bones[-1])])
    hinges = [finger_hinge(skeleton, axes, finger, joint, side) for joint in range(3)]
    limits = _THUMB_CLOSED if finger == "1" else _CLOSED
    angles = list(_OPEN)
    while angles[0] > _OPENED and distance(to_object(_samples(joints, hinges, angles, 0))).min() < flesh:
        angles[0] -= _STEP  # out of what it would start inside
    for joint in range(3):
        while angles[joint] < limits[joint]:
            tried = [*angles]
            tried[joint] += _STEP
            points = _samples(joints, hinges, tried, joint)
            if distance(to_object(points)).min() < flesh:
                break
            angles = tried
    return [about(hinge, angle) for hinge, angle in zip(hinges, angles, strict=True)]


def _samples(joints: Float64, hinges: list[Float64], angles: list[float], first: int) -> Float64:
    """Points along the finger's bones from joint ``first`` on, bent by ``angles``."""
    turn = np.eye(3)
    position = joints[0]
    points = []
    for k in range(3):
        turn = turn @ about(hinges[k], angles[k])
        end = position + turn @ (joints[k + 1] - joints[k])
        if k >= first:
            points += [position + share * (end - position) for share in (0.35, 0.7, 1.0)]
        position = end
    return np.array(points)
