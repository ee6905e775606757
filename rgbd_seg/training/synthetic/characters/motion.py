"""The small natural motion of a person who stands or sits still: in clips, and none at moment 0's mean pose."""

from dataclasses import dataclass, replace

import numpy as np

from rgbd_seg.training.synthetic.characters.spec import CharacterSpec, ExpressionSpec, Vector

_BLINK_LENGTH = 0.22  # seconds
_WAVE_RATE = 1.7  # per second


@dataclass(frozen=True, kw_only=True)
class Motion:
    """Offsets to a pose at one moment."""

    pelvis: Vector = (0.0, 0.0, 0.0)  # degrees
    spine: Vector = (0.0, 0.0, 0.0)
    head: Vector = (0.0, 0.0, 0.0)
    left_hand: Vector = (0.0, 0.0, 0.0)  # arm lengths
    right_hand: Vector = (0.0, 0.0, 0.0)
    blink: float = 0.0

    def expression(self, expression: ExpressionSpec) -> ExpressionSpec:
        """``expression`` while blinking."""
        return replace(expression, eyes_closed=max(expression.eyes_closed, self.blink))


def motion_at(spec: CharacterSpec, moment: float) -> Motion:
    """How far the character has moved ``moment`` seconds after its pose was taken.

    Slow sines with random phases: the same seed moves the same way, and moment 0 is the pose itself.
    """
    if moment == 0:
        return Motion()
    rng = np.random.default_rng([spec.seed, 77])
    rates = rng.uniform(0.12, 0.55, (5, 3))
    phases = rng.uniform(0, 2 * np.pi, (5, 3))
    waves = np.sin(2 * np.pi * rates * moment + phases) - np.sin(phases)
    scale = np.array([[0.6, 0.8, 0.8], [1.5, 2.0, 1.5], [3.0, 6.0, 2.0], [0.02] * 3, [0.02] * 3]) * spec.pose.sway
    pelvis, spine, head, left, right = (waves * scale).tolist()
    if spec.pose.waving:
        right[0] += 0.16 * float(np.sin(2 * np.pi * _WAVE_RATE * moment))
    every = float(rng.uniform(2.5, 5.0))
    since = (moment - float(rng.uniform(0.3, every))) % every
    blink = float(np.sin(np.pi * since / _BLINK_LENGTH)) if since < _BLINK_LENGTH else 0.0
    return Motion(
        pelvis=tuple(pelvis), spine=tuple(spine), head=tuple(head), left_hand=tuple(left), right_hand=tuple(right),
        blink=blink,
    )  # fmt: skip
