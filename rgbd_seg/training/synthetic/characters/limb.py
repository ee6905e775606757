"""Arms and legs that reach for a goal: inverse kinematics of two bones and a hinge."""

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.training.synthetic.characters.rotations import about, frame, swing_twist, unit
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton

_FARTHEST = 0.995  # of the limb's length: a limb is never quite straight
_NEAREST = 0.30


def reach(skeleton: Skeleton, upper: str, middle: str, end: str, goal: Float64, pole: Float64, hinge: Float64) -> None:
    """Turns the bones that start at ``upper`` and ``middle`` so that the joint ``end`` comes to ``goal``.

    Args:
        upper, middle, end: names of bones, such as ``upperarm01.L``, ``lowerarm01.L``, ``wrist.L``.
        goal: (3,) metres, posed; brought within reach.
        pole: (3,) where elbow or knee should point, posed.
        hinge: (3,) axis of the elbow or knee in the rest pose; a positive turn bends it.
    """
    parent = skeleton.parent_matrix(upper)
    start, bend, tip = skeleton.head(upper), skeleton.head(middle), skeleton.head(end)
    rest_upper, rest_lower = bend - start, tip - bend
    to_rest = parent[:3, :3].T
    goal_rest = to_rest @ (goal - parent[:3, 3]) - start
    new_upper, new_lower = _two_bones(rest_upper, rest_lower, goal_rest, to_rest @ pole)
    axis = unit(np.cross(new_upper, new_lower))
    turn = frame(new_upper, axis) @ frame(rest_upper, hinge).T
    swing, twist = swing_twist(turn, rest_upper)
    skeleton.set_turn(upper, swing @ about(rest_upper, twist / 2))
    skeleton.set_turn(upper.replace("01", "02"), about(rest_upper, twist / 2))
    skeleton.set_turn(middle, _hinge_turn(rest_lower, turn.T @ new_lower, hinge))


def _two_bones(upper: Float64, lower: Float64, goal: Float64, pole: Float64) -> tuple[Float64, Float64]:
    """Directions of both bones (law of cosines), the joint between them towards ``pole``."""
    a, b = float(np.linalg.norm(upper)), float(np.linalg.norm(lower))
    distance = float(np.clip(np.linalg.norm(goal), _NEAREST * (a + b), _FARTHEST * (a + b)))
    towards = unit(goal)
    across = unit(pole - (pole @ towards) * towards)
    cosine = np.clip((a * a + distance * distance - b * b) / (2 * a * distance), -1, 1)
    first = cosine * towards + np.sqrt(1 - cosine**2) * across
    return first, unit(towards * distance - first * a)


def _hinge_turn(rest: Float64, wanted: Float64, hinge: Float64) -> Float64:
    flat = unit(rest - (rest @ hinge) * hinge)
    aim = unit(wanted - (wanted @ hinge) * hinge)
    return about(hinge, float(np.rad2deg(np.arctan2(np.cross(flat, aim) @ hinge, flat @ aim))))
