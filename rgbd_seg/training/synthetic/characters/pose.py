"""A pose, solved for one body: from goals for hips, feet and hands to turns of all bones."""

import numpy as np

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.training.synthetic.characters.face_pose import pose_face
from rgbd_seg.training.synthetic.characters.hand import HANDS, bend_fingers, hand_axes
from rgbd_seg.training.synthetic.characters.limb import reach
from rgbd_seg.training.synthetic.characters.motion import Motion
from rgbd_seg.training.synthetic.characters.rotations import about, euler, frame, limited, swing_twist, unit
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton
from rgbd_seg.training.synthetic.characters.spec import ArmGoal, CharacterSpec, PoseSpec, Vector
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets

_SPINE = ("spine05", "spine04", "spine03", "spine02", "spine01")
_NECK = (("neck01", 0.2), ("neck02", 0.15), ("neck03", 0.15), ("head", 0.5))
_FOREARM_TWIST = (("lowerarm01", 0.25), ("lowerarm02", 0.45), ("wrist", 0.30))
_TWIST_LIMIT = 95.0  # degrees between elbow and hand
_WRIST_LIMIT = 62.0  # flexion of the wrist (AAOS: 73° down, 71° up)
_SHOULDER_LIFT = 22.0  # degrees that the collar bone rises with a raised arm


def pose_skeleton(assets: MakeHumanAssets, body: Float32, spec: CharacterSpec, motion: Motion) -> Skeleton:
    """The skeleton of ``body`` (rest pose, metres) in the spec's pose, feet roughly on y = 0."""
    skeleton = Skeleton(assets.rig, body)
    pose = spec.pose
    if pose.file:
        for bone, rotation in assets.pose(pose.file).frame(0).items():
            if bone in assets.rig.index:
                skeleton.turn(bone, rotation)
    skeleton.turn("root", euler(*(np.add(pose.pelvis, motion.pelvis))))
    for bone in _SPINE:
        skeleton.turn(bone, euler(*(np.add(pose.spine, motion.spine) / len(_SPINE))))
    for bone, share in _NECK:
        skeleton.turn(bone, euler(*(np.add(pose.head, motion.head) * share)))
    _place_hips(skeleton, pose, float(body[:, 1].min()))
    if not pose.file:
        for side, foot in (("L", pose.left_foot), ("R", pose.right_foot)):
            _stand(skeleton, side, foot, float(body[:, 1].min()))
    for side, goal, offset in (
        ("L", pose.left_arm, motion.left_hand),
        ("R", pose.right_arm, motion.right_hand),
    ):
        if goal is not None:
            place_arm(skeleton, side, goal, offset)
    pose_face(skeleton, assets, motion.expression(spec.expression))
    return skeleton


def place_arm(skeleton: Skeleton, side: str, goal: ArmGoal, offset: Vector = (0.0, 0.0, 0.0)) -> None:
    """Brings one hand to its goal, turns it, and bends its fingers."""
    outwards = np.array([1.0 if side == "L" else -1.0, 1.0, 1.0])
    chest = skeleton.matrix("spine01")[:3, :3]
    _lift_shoulder(skeleton, side, goal)
    shoulder = skeleton.posed_head(f"upperarm01.{side}")
    length = arm_length(skeleton, side)
    target = shoulder + chest @ (np.add(goal.reach, offset) * outwards * length)
    upper = skeleton.head(f"lowerarm01.{side}") - skeleton.head(f"upperarm01.{side}")
    lower = skeleton.head(f"wrist.{side}") - skeleton.head(f"lowerarm01.{side}")
    reach(
        skeleton,
        f"upperarm01.{side}",
        f"lowerarm01.{side}",
        f"wrist.{side}",
        target,
        chest @ (np.array(goal.elbow) * outwards),
        unit(np.cross(upper, lower)),
    )
    turn_hand(skeleton, side, chest @ (np.array(goal.fingers) * outwards), chest @ (np.array(goal.palm) * outwards))
    if goal.hand in HANDS:
        bend_fingers(skeleton, side, HANDS[goal.hand], spread=goal.hand == "spread")


def turn_hand(skeleton: Skeleton, side: str, fingers: Float64, palm: Float64) -> None:
    """Turns the forearm and the wrist so that fingers and palm face as wanted (posed directions), within limits."""
    axes = hand_axes(skeleton, side)
    for bone in ("lowerarm02", "wrist"):
        skeleton.set_turn(f"{bone}.{side}", np.eye(3))
    wanted = frame(fingers, palm) @ frame(axes.fingers, axes.palm).T
    forearm = skeleton.head(f"wrist.{side}") - skeleton.head(f"lowerarm01.{side}")
    relative = skeleton.matrix(f"lowerarm01.{side}")[:3, :3].T @ wanted
    swing, twist = swing_twist(relative, forearm)
    twist = float(np.clip(twist, -_TWIST_LIMIT, _TWIST_LIMIT))
    for bone, share in _FOREARM_TWIST:
        if bone == "wrist":
            skeleton.turn(f"wrist.{side}", limited(swing, _WRIST_LIMIT) @ about(forearm, twist * share))
        else:
            skeleton.turn(f"{bone}.{side}", about(forearm, twist * share))


def arm_length(skeleton: Skeleton, side: str) -> float:
    """Metres from shoulder to wrist along the bones."""
    joints = [skeleton.head(f"{bone}.{side}") for bone in ("upperarm01", "lowerarm01", "wrist")]
    return float(np.linalg.norm(joints[1] - joints[0]) + np.linalg.norm(joints[2] - joints[1]))


def leg_length(skeleton: Skeleton, side: str) -> float:
    """Metres from hip to ankle along the bones."""
    joints = [skeleton.head(f"{bone}.{side}") for bone in ("upperleg01", "lowerleg01", "foot")]
    return float(np.linalg.norm(joints[1] - joints[0]) + np.linalg.norm(joints[2] - joints[1]))


def _lift_shoulder(skeleton: Skeleton, side: str, goal: ArmGoal) -> None:
    sign = 1.0 if side == "L" else -1.0
    rise = float(np.clip((goal.reach[1] + 0.5) / 1.3, 0, 1)) * _SHOULDER_LIFT
    forward = float(np.clip(goal.reach[2], 0, 1)) * _SHOULDER_LIFT * 0.5
    across = float(np.clip(-goal.reach[0], 0, 0.6)) * _SHOULDER_LIFT
    turn = about(np.array([0.0, 0, 1]), sign * rise) @ about(np.array([0.0, 1, 0]), -sign * (forward + across))
    skeleton.turn(f"clavicle.{side}", turn)


def _place_hips(skeleton: Skeleton, pose: PoseSpec, sole: float) -> None:
    left, right = skeleton.posed_head("upperleg01.L"), skeleton.posed_head("upperleg01.R")
    ankle = float(skeleton.head("foot.L")[1]) - sole
    height = pose.hips * leg_length(skeleton, "L") + ankle
    skeleton.shift(np.array([0.0, height, 0.0]) - (left + right) / 2)


def _stand(skeleton: Skeleton, side: str, foot: Vector, sole: float) -> None:
    """Puts a foot flat on the floor; the knee points where the toes do."""
    sign = 1.0 if side == "L" else -1.0
    length = leg_length(skeleton, side)
    ankle = float(skeleton.head(f"foot.{side}")[1]) - sole
    turned = euler(0, sign * foot[2], 0)
    goal = np.array([sign * foot[0] * length, ankle, foot[1] * length])
    upper = skeleton.head(f"lowerleg01.{side}") - skeleton.head(f"upperleg01.{side}")
    lower = skeleton.head(f"foot.{side}") - skeleton.head(f"lowerleg01.{side}")
    reach(
        skeleton,
        f"upperleg01.{side}",
        f"lowerleg01.{side}",
        f"foot.{side}",
        goal,
        turned @ np.array([0.0, 0.0, 1.0]),
        _knee_hinge(upper, lower),
    )
    skeleton.set_turn(f"foot.{side}", skeleton.matrix(f"lowerleg02.{side}")[:3, :3].T @ turned)


def _knee_hinge(upper: Float64, lower: Float64) -> Float64:
    hinge = np.cross(upper, lower)
    if hinge[0] < 0.02 * float(np.linalg.norm(upper)) * float(np.linalg.norm(lower)):
        hinge = np.array([1.0, 0.0, 0.0])  # a leg that is straight at rest
    return unit(hinge)
