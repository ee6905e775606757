"""Expressions and gaze: small turns of the face's bones."""

import numpy as np

from rgbd_seg.training.synthetic.characters.rotations import limited
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton
from rgbd_seg.training.synthetic.characters.spec import ExpressionSpec
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets

_STERN = ("LeftBrowDown", "RightBrowDown", "NoseWrinkler")
"""Units that make a face angry; kept weak since people mostly smile at cameras."""
_STERN_GAIN = 0.25
_EYE_TURN = 30.0  # degrees at full strength of the units that turn the eyes
_ANY = 180.0


def pose_face(skeleton: Skeleton, assets: MakeHumanAssets, expression: ExpressionSpec) -> None:
    """Turns the face's bones."""
    for unit, strength in face_strengths(assets, expression).items():
        gain = strength * (_STERN_GAIN if unit in _STERN else 1.0)
        for bone, rotation in assets.face_units.get(unit, {}).items():
            skeleton.turn(bone, limited(rotation, _ANY, gain=gain))


def face_strengths(assets: MakeHumanAssets, expression: ExpressionSpec) -> dict[str, float]:
    """How strong every face unit is."""
    units: dict[str, float] = {}
    if expression.file:
        for unit, strength in assets.expression(expression.file).items():
            units[unit] = strength * expression.strength
    left, up = expression.gaze
    for side in ("Left", "Right"):
        added = {
            f"{side}UpperLidClosed": expression.eyes_closed,
            f"{side}EyeturnLeft": max(0.0, left) / _EYE_TURN,
            f"{side}EyeturnRight": max(0.0, -left) / _EYE_TURN,
            f"{side}EyeUp": max(0.0, up) / _EYE_TURN,
            f"{side}EyeDown": max(0.0, -up) / _EYE_TURN,
        }
        for unit, strength in added.items():
            units[unit] = units.get(unit, 0.0) + strength
    return {unit: float(np.clip(strength, 0, 1)) for unit, strength in units.items() if strength > 0}


def mouth_opening(assets: MakeHumanAssets, expression: ExpressionSpec) -> float:
    """How far the mouth is open, 0 … 1: from where teeth can be seen."""
    units = face_strengths(assets, expression)
    bones = ("JawDrop", "JawDropStretched", "ChinDown", "lowerLipDown", "UpperLipUp", "UpperLipStretched")
    targets = ("mouth-open", "mouth-part-later", "mouth-parling", "mouth-upward-retraction")
    turned = max((units.get(name, 0.0) for name in bones), default=0.0)
    return max(turned, *(expression.units.get(name, 0.0) for name in targets))
