"""Putting a thing into one hand or between two."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.training.synthetic.characters.grip import close_fingers
from rgbd_seg.training.synthetic.characters.hand import hand_axes
from rgbd_seg.training.synthetic.characters.held_object import PALM, HeldObject
from rgbd_seg.training.synthetic.characters.held_things import held_object
from rgbd_seg.training.synthetic.characters.pose import arm_length, place_arm
from rgbd_seg.training.synthetic.characters.rotations import frame, unit
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton
from rgbd_seg.training.synthetic.characters.spec import ArmGoal, HeldSpec, PoseSpec, Vector
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.roles import Role

_BEHIND = 0.022  # metres between the middle of a flat thing and the palms behind it


@dataclass(frozen=True, kw_only=True, eq=False)
class Placement:
    """Thing → character: ``p = matrix @ q + offset``; mirrored where a left hand holds a right one's thing."""

    matrix: Float64  # (3, 3)
    offset: Float64  # (3,)

    def to_thing(self, points: Float64) -> Float64:
        """(n, 3) character coordinates → the thing's."""
        moved: Float64 = (points - self.offset) @ np.linalg.inv(self.matrix).T
        return moved


def hold(skeleton: Skeleton, held: HeldSpec, pose: PoseSpec, role: Role) -> tuple[Mesh, ...]:
    """Brings the hands to the thing, closes them, and returns the thing's meshes. The skeleton is posed already.

    Raises:
        ConfigError: there is no such thing.
    """
    thing = held_object(held)
    if held.hand == "both":
        placement = _between_hands(skeleton, thing, pose)
        for side in ("L", "R"):
            close_fingers(skeleton, side, _from_posed(skeleton, side, placement), thing.distance)
    else:
        side = "L" if held.hand == "left" else "R"
        placement = _in_hand(skeleton, side, thing)
        close_fingers(skeleton, side, _from_posed(skeleton, side, placement), thing.distance)
        if thing.upright:
            placement = _hanging(placement)
    return tuple(_mesh(held.kind, thing, k, placement, role) for k in range(len(thing.parts)))


def _in_hand(skeleton: Skeleton, side: str, thing: HeldObject) -> Placement:
    axes = hand_axes(skeleton, side)
    rest = np.stack([axes.thumb, axes.fingers, axes.palm], axis=1)
    middle = 0.45 * axes.wrist + 0.55 * axes.knuckles
    wrist = skeleton.matrix(f"wrist.{side}")
    inner = thing.T_palm_object
    matrix = wrist[:3, :3] @ rest
    offset = wrist[:3, :3] @ (middle + rest @ inner.translation) + wrist[:3, 3]
    return Placement(matrix=matrix @ inner.rotation, offset=offset)


def _hanging(placement: Placement) -> Placement:
    """Upright, the handle as level as the hand's."""
    along = placement.matrix[:, 0] * np.array([1.0, 0.0, 1.0])
    up = np.array([0.0, 1.0, 0.0])
    x = unit(along)
    return Placement(matrix=np.stack([x, up, np.cross(x, up)], axis=1), offset=placement.offset)


def _between_hands(skeleton: Skeleton, thing: HeldObject, pose: PoseSpec) -> Placement:
    chest = skeleton.matrix("spine01")[:3, :3]
    shoulders = (skeleton.posed_head("upperarm01.L") + skeleton.posed_head("upperarm01.R")) / 2
    length = arm_length(skeleton, "L")
    center = shoulders + chest @ np.array(pose.held_at) * length
    flat = thing.grip_width > 0 and _is_flat(thing)
    if flat:  # towards the eyes
        towards = (skeleton.posed_head("eye.L") + skeleton.posed_head("eye.R")) / 2 - center
        z_y = frame(towards, np.array([0.0, 1.0, 0.0]))
        matrix = np.stack([np.cross(z_y[:, 1], z_y[:, 0]), z_y[:, 1], z_y[:, 0]], axis=1)
    else:
        matrix = chest
    placement = Placement(matrix=matrix, offset=center)
    for side in ("L", "R"):
        place_arm(skeleton, side, _goal(skeleton, side, placement, thing.grip_width, chest, flat))
    return placement


def _goal(skeleton: Skeleton, side: str, placement: Placement, width: float, chest: Float64, flat: bool) -> ArmGoal:
    """A palm behind the outer edge of what is flat, or against the side of anything else."""
    sign = 1.0 if side == "L" else -1.0
    if flat:  # it faces the character: its right is the character's left
        spot = np.array([-sign * (width / 2 - 0.015), -0.035, -_BEHIND])
        palm, fingers = np.array([0.0, 0.0, 1.0]), np.array([sign * 0.85, 0.5, -0.1])
    else:
        spot = np.array([sign * (width / 2 + PALM), 0.0, 0.0])
        palm, fingers = np.array([-sign, 0.0, 0.0]), np.array([0.0, 0.25, 1.0])
    palm, fingers = placement.matrix @ palm, placement.matrix @ fingers
    axes = hand_axes(skeleton, side)
    reach = 0.55 * float(np.linalg.norm(axes.knuckles - axes.wrist))
    wrist = placement.matrix @ spot + placement.offset - unit(fingers) * reach
    shoulder = skeleton.posed_head(f"upperarm01.{side}")
    mirrored = np.array([sign, 1.0, 1.0])

    def of_chest(vector: Float64) -> Vector:
        x, y, z = (float(v) for v in chest.T @ vector * mirrored)
        return x, y, z

    return ArmGoal(
        reach=of_chest((wrist - shoulder) / arm_length(skeleton, side)),
        elbow=(0.75, -1.0, -0.1),
        palm=of_chest(palm),
        fingers=of_chest(fingers),
        hand="grip",
    )


def _is_flat(thing: HeldObject) -> bool:
    points = np.concatenate([shape.vertices for shape, _ in thing.parts])
    extent = points.max(0) - points.min(0)
    return bool(extent[2] < 0.5 * extent[1])


def _from_posed(skeleton: Skeleton, side: str, placement: Placement) -> Callable[[Float64], Float64]:
    wrist = skeleton.matrix(f"wrist.{side}")
    return lambda points: placement.to_thing(points @ wrist[:3, :3].T + wrist[:3, 3])


def _mesh(kind: str, thing: HeldObject, index: int, placement: Placement, role: Role) -> Mesh:
    shape, material = thing.parts[index]
    mirrored = np.linalg.det(placement.matrix) < 0
    return Mesh(
        name=kind,
        vertices=(shape.vertices @ placement.matrix.T + placement.offset).astype(np.float32),
        normals=(shape.normals @ placement.matrix.T).astype(np.float32),
        texture_coordinates=shape.texture_coordinates,
        triangles=np.ascontiguousarray(shape.triangles[:, ::-1]) if mirrored else shape.triangles,
        material=material,
        role=role,
    )
