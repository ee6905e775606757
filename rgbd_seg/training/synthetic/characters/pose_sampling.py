"""Poses at random: standing, walking, seated, crouching, looking about, from pose files."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from rgbd_seg.training.synthetic.characters.arm_poses import arm, holding_arm
from rgbd_seg.training.synthetic.characters.spec import HeldSpec, PoseSpec, Vector

_STANDING_ARMS = {
    ("hanging", "hanging"): 0.30, ("hip", "hanging"): 0.07, ("hip", "hip"): 0.05, ("pocket", "pocket"): 0.08,
    ("pocket", "hanging"): 0.06, ("clasped", "clasped"): 0.07, ("behind", "behind"): 0.05,
    ("chin", "folded under"): 0.05,
    ("point", "hanging"): 0.03, ("up", "up"): 0.02, ("up", "hanging"): 0.03, ("selfie", "hanging"): 0.06,
    ("gesture", "hanging"): 0.05, ("gesture", "gesture"): 0.05, ("head", "hip"): 0.03, ("peace", "hanging"): 0.03,
}  # fmt: skip
_SEATED_ARMS = {
    ("lap", "lap"): 0.3, ("desk", "desk"): 0.3, ("chin", "desk"): 0.1, ("gesture", "lap"): 0.1,
    ("gesture", "gesture"): 0.08,
    ("head", "lap"): 0.04, ("peace", "lap"): 0.03, ("chin", "lap"): 0.05,
}  # fmt: skip
_FILES = ("standing01", "standing04", "standing05", "standing06")  # 02 and 03 hold the arms out like scarecrows
_SPORT_FILES = ("run01", "gym01", "fight01", "fight02")
BOTH_HANDS = ("open book", "ball", "tablet", "parcel")


def sample_pose(rng: np.random.Generator, name: str | None = None) -> PoseSpec:
    """A pose of the kind ``name``, or of any kind as often as people stand so before cameras."""
    kind = name or str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
    pose = _KINDS[kind](rng)
    if rng.random() < 0.5:  # as often left-handed as right-handed
        pose = replace(
            pose, left_arm=pose.right_arm, right_arm=pose.left_arm, left_foot=pose.right_foot, right_foot=pose.left_foot
        )
    return replace(pose, name=kind)


def with_held(rng: np.random.Generator, pose: PoseSpec, held: HeldSpec | None) -> PoseSpec:
    """``pose`` with the arms where they must be to hold ``held``."""
    if held is None:
        return pose
    free = arm(rng, "lap" if pose.sitting else "hanging")
    left, right = pose.left_arm or free, pose.right_arm or free
    if held.hand == "both":
        at = (float(rng.normal(0, 0.05)), float(rng.uniform(-0.60, -0.30)), float(rng.uniform(0.50, 0.66)))
        return replace(pose, left_arm=free, right_arm=free, held_at=at)
    holding = holding_arm(rng, held.kind)
    if held.hand == "left":
        return replace(pose, left_arm=holding, right_arm=free if pose.name == "arms crossed" else right)
    return replace(pose, right_arm=holding, left_arm=free if pose.name == "arms crossed" else left)


def _pick(rng: np.random.Generator, shares: dict[tuple[str, str], float]) -> tuple[str, str]:
    weights = np.array(list(shares.values()))
    return list(shares)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def _normal(rng: np.random.Generator, *deviations: float) -> Vector:
    x, y, z = (float(v) for v in np.clip(rng.normal(0, 1, 3), -2.2, 2.2) * deviations)
    return x, y, z


def _upright(rng: np.random.Generator, arms: tuple[str, str]) -> PoseSpec:
    shift = float(rng.normal(0, 2.0))
    return PoseSpec(
        hips=float(rng.uniform(0.965, 0.99)),
        pelvis=(float(rng.normal(0, 2)), float(rng.normal(0, 6)), shift),
        spine=(float(rng.normal(2, 3)), float(rng.normal(0, 6)), -shift + float(rng.normal(0, 2))),
        head=_normal(rng, 6, 12, 5),
        left_foot=(float(rng.uniform(0.09, 0.19)), float(rng.normal(0, 0.06)), float(rng.uniform(0, 25))),
        right_foot=(float(rng.uniform(0.09, 0.19)), float(rng.normal(0, 0.06)), float(rng.uniform(0, 25))),
        left_arm=arm(rng, arms[1]),
        right_arm=arm(rng, arms[0]),
    )


def _standing(rng: np.random.Generator) -> PoseSpec:
    return _upright(rng, _pick(rng, _STANDING_ARMS))


def _arms_crossed(rng: np.random.Generator) -> PoseSpec:
    return _upright(rng, ("folded over", "folded under"))


def _waving(rng: np.random.Generator) -> PoseSpec:
    return replace(_upright(rng, ("wave", str(rng.choice(["hanging", "hip", "pocket"])))), waving=True)


def _turned_away(rng: np.random.Generator) -> PoseSpec:
    """Body turned aside, the head farther or back again."""
    side = float(rng.choice([-1, 1]))
    back = bool(rng.random() < 0.4)
    pose = _upright(rng, _pick(rng, _STANDING_ARMS))
    head = (float(rng.normal(0, 6)), side * float(rng.uniform(-60, -30) if back else rng.uniform(30, 62)), 0.0)
    return replace(pose, spine=(2.0, side * float(rng.uniform(12, 32)), 0.0), head=head)


def _looking_up(rng: np.random.Generator) -> PoseSpec:
    pose = _upright(rng, _pick(rng, _STANDING_ARMS))
    return replace(pose, head=(-float(rng.uniform(18, 40)), *_normal(rng, 1, 14, 4)[1:]), spine=(-5.0, 0.0, 0.0))


def _looking_down(rng: np.random.Generator) -> PoseSpec:
    pose = _upright(rng, _pick(rng, _STANDING_ARMS))
    return replace(pose, head=(float(rng.uniform(18, 36)), *_normal(rng, 1, 12, 4)[1:]), spine=(8.0, 0.0, 0.0))


def _leaning(rng: np.random.Generator) -> PoseSpec:
    pose = _upright(rng, ("hip", "hanging") if rng.random() < 0.5 else ("knee", "knee"))
    bend = float(rng.uniform(18, 34))
    return replace(
        pose, hips=0.955, pelvis=(bend * 0.6, 0.0, 0.0), spine=(bend, float(rng.normal(0, 6)), 0.0),
        head=(-0.8 * bend, float(rng.normal(0, 8)), 0.0),
    )  # fmt: skip


def _walking(rng: np.random.Generator) -> PoseSpec:
    stride = float(rng.uniform(0.20, 0.36))
    swing = float(rng.uniform(0.12, 0.30))
    pose = _upright(rng, ("hanging", "hanging"))
    left, right = arm(rng, "hanging"), arm(rng, "hanging")
    forward = (left.reach[0], left.reach[1] + 0.08, left.reach[2] + swing)
    back = (right.reach[0], right.reach[1] + 0.05, right.reach[2] - swing)
    return replace(
        pose, hips=0.95, left_foot=(0.09, -stride * 0.8, 6.0), right_foot=(0.09, stride, 4.0), spine=(4.0, 6.0, 0.0),
        left_arm=replace(left, reach=forward), right_arm=replace(right, reach=back),
    )  # fmt: skip


def _seated(rng: np.random.Generator) -> PoseSpec:
    arms = _pick(rng, _SEATED_ARMS)
    lean = float(rng.uniform(6, 16) if "desk" in arms else rng.uniform(-10, 6))
    feet = [
        (float(rng.uniform(0.12, 0.24)), float(rng.uniform(0.42, 0.62)), float(rng.uniform(-2, 18))) for _ in range(2)
    ]
    return PoseSpec(
        hips=float(rng.uniform(0.50, 0.56)),
        pelvis=(-float(rng.uniform(2, 10)), float(rng.normal(0, 4)), 0.0),
        spine=(lean + 6, float(rng.normal(0, 6)), float(rng.normal(0, 2))),
        head=_normal(rng, 7, 14, 5),
        left_foot=feet[0],
        right_foot=feet[1],
        left_arm=arm(rng, arms[1]),
        right_arm=arm(rng, arms[0]),
        sitting=True,
    )


def _crouching(rng: np.random.Generator) -> PoseSpec:
    return PoseSpec(
        hips=float(rng.uniform(0.30, 0.42)),
        pelvis=(float(rng.uniform(12, 26)), float(rng.normal(0, 6)), 0.0),
        spine=(float(rng.uniform(14, 30)), float(rng.normal(0, 8)), 0.0),
        head=(-float(rng.uniform(18, 34)), float(rng.normal(0, 12)), float(rng.normal(0, 4))),
        left_foot=(float(rng.uniform(0.16, 0.30)), float(rng.uniform(0.06, 0.22)), float(rng.uniform(8, 30))),
        right_foot=(float(rng.uniform(0.16, 0.30)), float(rng.uniform(0.06, 0.22)), float(rng.uniform(8, 30))),
        left_arm=arm(rng, "knee"),
        right_arm=arm(rng, "knee" if rng.random() < 0.7 else "chin"),
    )


def _from_file(rng: np.random.Generator) -> PoseSpec:
    return PoseSpec(
        file=str(rng.choice(_FILES)),
        head=_normal(rng, 4, 8, 3),
        spine=_normal(rng, 2, 4, 2),
        pelvis=_normal(rng, 1, 4, 1),
    )


def _sport(rng: np.random.Generator) -> PoseSpec:
    return PoseSpec(file=str(rng.choice(_SPORT_FILES)), head=_normal(rng, 4, 8, 3), spine=_normal(rng, 2, 4, 2))


_KINDS: dict[str, Callable[[np.random.Generator], PoseSpec]] = {
    "standing": _standing,
    "posing": _from_file,
    "arms crossed": _arms_crossed,
    "waving": _waving,
    "turned away": _turned_away,
    "looking up": _looking_up,
    "looking down": _looking_down,
    "leaning": _leaning,
    "walking": _walking,
    "seated": _seated,
    "crouching": _crouching,
    "sport": _sport,
}
POSES = tuple(_KINDS)
_SHARES = {
    "standing": 0.30, "posing": 0.06, "arms crossed": 0.07, "waving": 0.05, "turned away": 0.08, "looking up": 0.04,
    "looking down": 0.03, "leaning": 0.04, "walking": 0.05, "seated": 0.20, "crouching": 0.06, "sport": 0.02,
}  # fmt: skip
