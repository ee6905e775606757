"""Hands: their axes, and how far the fingers are bent."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.training.synthetic.characters.rotations import about, unit
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton

FINGERS = ("1", "2", "3", "4", "5")  # thumb … little finger
Curl = dict[str, tuple[float, float, float]]  # finger -> degrees at its three joints

HANDS: dict[str, Curl] = {
    "relaxed": {"1": (5, 8, 12), "2": (14, 18, 12), "3": (18, 24, 16), "4": (22, 28, 18), "5": (24, 28, 18)},
    "flat": {"1": (0, 0, 0), "2": (-12, -6, -4), "3": (-12, -8, -4), "4": (-12, -8, -4), "5": (-12, -6, -4)},
    "spread": {"1": (-18, -6, 0), "2": (-14, -8, -4), "3": (-14, -8, -4), "4": (-14, -8, -4), "5": (-14, -8, -4)},
    "fist": {"1": (20, 34, 40), "2": (62, 82, 50), "3": (66, 86, 52), "4": (66, 86, 52), "5": (64, 84, 50)},
    "point": {"1": (18, 30, 36), "2": (-8, -6, -2), "3": (62, 84, 50), "4": (64, 84, 50), "5": (62, 82, 50)},
    "peace": {"1": (24, 40, 40), "2": (-14, -8, -4), "3": (-14, -8, -4), "4": (66, 86, 52), "5": (64, 84, 50)},
}
_SPREAD = {"2": 7.0, "3": 1.0, "4": -5.0, "5": -12.0}


@dataclass(frozen=True, kw_only=True, eq=False)
class HandAxes:
    """A hand in the rest pose."""

    wrist: Float64  # (3,)
    knuckles: Float64  # (3,) where the middle finger starts
    fingers: Float64  # (3,) direction in which they point
    palm: Float64  # (3,) direction in which the palm faces
    thumb: Float64  # (3,) direction towards the thumb's side, right angles to both


def hand_axes(skeleton: Skeleton, side: str) -> HandAxes:
    """The axes of the hand on ``side`` (``L`` or ``R``)."""
    wrist, knuckles = skeleton.head(f"wrist.{side}"), skeleton.head(f"finger3-1.{side}")
    fingers = unit(knuckles - wrist)
    across = skeleton.head(f"finger2-1.{side}") - skeleton.head(f"finger5-1.{side}")
    thumb = unit(across - (across @ fingers) * fingers)
    palm = np.cross(fingers, thumb)
    # The left hand is the right one's mirror image; rested fingers are bent towards the palm.
    if (skeleton.tail(f"finger3-3.{side}") - knuckles) @ palm < 0:
        palm = -palm
    return HandAxes(wrist=wrist, knuckles=knuckles, fingers=fingers, palm=palm, thumb=thumb)


def bend_fingers(skeleton: Skeleton, side: str, curl: Curl, *, spread: bool = False) -> None:
    """Bends the fingers by ``curl`` on top of their slight bend at rest."""
    axes = hand_axes(skeleton, side)
    for finger in FINGERS:
        for joint in range(3):
            bone = f"finger{finger}-{joint + 1}.{side}"
            skeleton.set_turn(bone, about(finger_hinge(skeleton, axes, finger, joint, side), curl[finger][joint]))
        if spread and finger in _SPREAD:
            sideways = np.cross(axes.fingers, axes.thumb)
            first = f"finger{finger}-1.{side}"
            skeleton.set_turn(
                first,
                about(sideways, _SPREAD[finger])
                @ about(finger_hinge(skeleton, axes, finger, 0, side), curl[finger][0]),
            )


def finger_hinge(skeleton: Skeleton, axes: HandAxes, finger: str, joint: int, side: str) -> Float64:
    """(3,) axis of a finger's joint in the rest pose; a positive turn bends towards the palm."""
    bone = f"finger{finger}-{joint + 1}.{side}"
    along = unit(skeleton.tail(bone) - skeleton.head(bone))
    if finger != "1":
        return unit(np.cross(along, axes.palm))
    # The thumb bends across the palm, towards the fingers' base.
    inwards = axes.palm - axes.thumb
    return unit(np.cross(along, inwards))
