"""What arms do: named goals for one hand, with the freedom that they have."""

import numpy as np

from rgbd_seg.training.synthetic.characters.spec import ArmGoal, Vector

_SPREAD = 0.035  # arm lengths

ARMS: dict[str, ArmGoal] = {
    "hanging": ArmGoal(reach=(0.16, -0.95, 0.09)),
    "hip": ArmGoal(reach=(0.26, -0.66, 0.06), elbow=(1, -0.1, -0.7), palm=(-1, -0.3, 0.1), fingers=(-0.55, -0.5, 0.7)),
    "pocket": ArmGoal(reach=(0.17, -0.84, 0.10), elbow=(0.7, -0.3, -1), palm=(-1, 0, -0.3), fingers=(-0.1, -1, 0.25)),
    "behind": ArmGoal(reach=(-0.10, -0.80, -0.30), elbow=(0.8, -0.3, -1), palm=(0, 0, -1), fingers=(-0.8, -0.6, 0)),
    "clasped": ArmGoal(
        reach=(-0.22, -0.80, 0.36), elbow=(0.8, -0.6, -0.3), palm=(-0.4, 0, -0.9), fingers=(-0.75, -0.6, 0.2)
    ),
    "folded over": ArmGoal(
        reach=(-0.52, -0.40, 0.50), elbow=(0.7, -0.9, 0.25), palm=(-0.2, 0.2, -1), fingers=(-1, 0.15, -0.1)
    ),
    "folded under": ArmGoal(
        reach=(-0.36, -0.56, 0.44), elbow=(0.8, -0.8, 0.1), palm=(-0.1, -0.2, -1), fingers=(-1, 0.1, -0.15)
    ),
    "chin": ArmGoal(
        reach=(-0.26, -0.02, 0.50), elbow=(0.25, -1, 0.2), palm=(-0.3, 0.2, -1), fingers=(-0.2, 1, -0.35), hand="fist"
    ),
    "wave": ArmGoal(
        reach=(0.32, 0.30, 0.34), elbow=(0.9, -0.8, -0.1), palm=(0.0, 0, 1), fingers=(0.15, 1, 0), hand="spread"
    ),
    "point": ArmGoal(
        reach=(0.15, -0.10, 0.92), elbow=(0.7, -0.8, 0), palm=(-0.5, -0.8, 0), fingers=(0, 0, 1), hand="point"
    ),
    "up": ArmGoal(reach=(0.25, 0.90, 0.12), elbow=(1, 0, -0.3), palm=(-0.3, 0, 1), fingers=(0, 1, 0), hand="spread"),
    "selfie": ArmGoal(
        reach=(0.05, 0.22, 0.90), elbow=(0.8, -0.8, 0), palm=(-0.1, 0.2, -0.9), fingers=(-0.9, 0.5, 0), hand="relaxed"
    ),
    "lap": ArmGoal(reach=(-0.16, -0.74, 0.44), elbow=(0.8, -0.3, -0.6), palm=(0.1, -1, 0), fingers=(-0.5, -0.1, 0.85)),
    "desk": ArmGoal(
        reach=(-0.06, -0.52, 0.66), elbow=(0.8, -0.6, -0.3), palm=(0, -1, 0), fingers=(-0.35, 0, 1), hand="flat"
    ),
    "knee": ArmGoal(reach=(0.02, -0.62, 0.68), elbow=(0.9, -0.5, 0), palm=(-0.2, -1, 0.1), fingers=(-0.1, -0.5, 0.9)),
    "head": ArmGoal(reach=(-0.12, 0.62, 0.02), elbow=(1, 0.3, 0.2), palm=(-0.7, -0.5, 0), fingers=(-0.6, 0.5, -0.7)),
    "peace": ArmGoal(
        reach=(0.22, 0.12, 0.42), elbow=(0.6, -1, -0.1), palm=(0.0, 0, 1), fingers=(0.1, 1, 0.1), hand="peace"
    ),
    "gesture": ArmGoal(
        reach=(0.18, -0.42, 0.62), elbow=(0.6, -1, -0.2), palm=(-0.6, 0.7, 0.1), fingers=(0.1, 0.25, 1), hand="relaxed"
    ),
}
"""One hand's goals; ``folded over`` and ``folded under`` belong together, and so do two ``clasped`` hands."""

HOLDING: dict[str, tuple[ArmGoal, ...]] = {
    "phone": (
        ArmGoal(
            reach=(-0.26, -0.30, 0.62), elbow=(0.5, -1, -0.2), palm=(0, 0.45, -0.9), fingers=(-1, 0.15, 0), hand="grip"
        ),
        ArmGoal(
            reach=(0.0, 0.18, 0.88), elbow=(0.8, -0.8, 0), palm=(-0.1, 0.05, -1), fingers=(-1, 0.15, 0), hand="grip"
        ),
    ),
    "phone call": (
        ArmGoal(
            reach=(0.0, 0.16, 0.24),
            elbow=(0.7, -1, 0.2),
            palm=(-1, 0.05, -0.15),
            fingers=(-0.1, 0.9, -0.35),
            hand="grip",
        ),
    ),
    "mug": (
        ArmGoal(
            reach=(-0.14, -0.42, 0.60), elbow=(0.5, -1, -0.3), palm=(-0.8, 0, -0.6), fingers=(-0.6, 0, 0.8), hand="grip"
        ),
        ArmGoal(
            reach=(-0.18, 0.0, 0.58), elbow=(0.7, -1, 0), palm=(-0.7, -0.1, -0.7), fingers=(-0.7, 0.1, 0.7), hand="grip"
        ),
    ),
    "book": (
        ArmGoal(
            reach=(-0.30, -0.60, 0.42), elbow=(0.8, -0.8, -0.2), palm=(-0.1, 0, -1), fingers=(-1, -0.1, 0), hand="grip"
        ),
        ArmGoal(reach=(0.18, -0.93, 0.08), palm=(-1, 0, 0.1), fingers=(0.05, -1, 0.1), hand="grip"),
    ),
    "bag": (ArmGoal(reach=(0.24, -0.94, 0.08), palm=(-1, 0, 0), fingers=(0, -1, 0), hand="grip"),),
    "small ball": (
        ArmGoal(
            reach=(0.10, -0.40, 0.62), elbow=(0.5, -1, -0.2), palm=(-0.2, 1, 0), fingers=(-0.1, 0.1, 1), hand="grip"
        ),
        ArmGoal(reach=(0.40, 0.45, 0.20), elbow=(1, -0.6, 0), palm=(-0.2, 0, 1), fingers=(0, 1, 0.1), hand="grip"),
    ),
}
"""One hand's goals while it holds something."""
_LIKE = {"bottle": "mug", "flowers": "mug"}


def arm(rng: np.random.Generator, goal: str | ArmGoal) -> ArmGoal:
    """A named goal, moved and turned a little."""
    base = ARMS[goal] if isinstance(goal, str) else goal
    reach = np.add(base.reach, rng.normal(0, _SPREAD, 3) * (0.8, 0.6, 0.8))
    fingers = np.add(base.fingers, rng.normal(0, 0.10, 3))
    palm = np.add(base.palm, rng.normal(0, 0.10, 3))
    return ArmGoal(reach=_vector(reach), elbow=base.elbow, palm=_vector(palm), fingers=_vector(fingers), hand=base.hand)


def holding_arm(rng: np.random.Generator, kind: str) -> ArmGoal:
    """A goal for the hand that holds a thing of ``kind``."""
    goals = HOLDING[_LIKE.get(kind, kind)]
    return arm(rng, goals[int(rng.integers(len(goals)))])


def _vector(values: np.ndarray) -> Vector:
    x, y, z = (float(v) for v in values)
    return x, y, z
