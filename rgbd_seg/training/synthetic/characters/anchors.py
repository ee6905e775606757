"""Named places of a posed body."""

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.training.synthetic.characters.hand import hand_axes
from rgbd_seg.training.synthetic.characters.head_frame import HeadFrame
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton
from rgbd_seg.transform import RigidTransform

_FLESH = 0.085
"""Metres from the hip joints down to the seat, of an adult whose head has the neutral size."""


def anchors(skeleton: Skeleton, head: HeadFrame) -> dict[str, RigidTransform]:
    """The anchors that :class:`Character` describes."""
    pelvis = (skeleton.posed_head("upperleg01.L") + skeleton.posed_head("upperleg01.R")) / 2
    found = {
        "head": _at(skeleton.matrix("head")[:3, :3], skeleton.posed_head("head")),
        "face": _at(head.rotation, head.origin),
        "pelvis": _at(skeleton.matrix("root")[:3, :3], pelvis),
        "seat": _at(np.eye(3), pelvis - np.array([0.0, _FLESH * head.scale, 0.0])),
    }
    for side, name in (("L", "left"), ("R", "right")):
        found[f"{name}_hand"] = palm(skeleton, side)
        foot = skeleton.posed_head(f"foot.{side}") * np.array([1.0, 0.0, 1.0])
        found[f"{name}_foot"] = _at(skeleton.matrix(f"foot.{side}")[:3, :3], foot)
    return found


def palm(skeleton: Skeleton, side: str) -> RigidTransform:
    """Middle of the palm: x towards the thumb, y where the fingers point, z out of the palm.

    Right-handed for the right hand; the left hand's x points away from the thumb.
    """
    axes = hand_axes(skeleton, side)
    matrix = skeleton.matrix(f"wrist.{side}")
    rest = np.stack([np.cross(axes.fingers, axes.palm), axes.fingers, axes.palm], axis=1)
    middle = 0.35 * axes.wrist + 0.65 * axes.knuckles
    return _at(matrix[:3, :3] @ rest, matrix[:3, :3] @ middle + matrix[:3, 3])


def _at(rotation: Float64, translation: Float64) -> RigidTransform:
    u, _, v = np.linalg.svd(rotation)  # many products of turns: orthonormal again
    return RigidTransform(rotation=u @ v, translation=translation)
