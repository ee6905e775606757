"""The head's own coordinates, in which hair styles and things worn on the head are described."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadFrame:
    """Origin between the eyes, x to the left, y up, z forward; lengths of an adult's head."""

    origin: Float64  # (3,) posed
    rotation: Float64  # (3, 3) head → character
    scale: float  # this head's size over the neutral one's

    def to_head(self, points: Float32) -> Float32:
        """(n, 3) character coordinates → head coordinates."""
        moved: Float32 = ((points - self.origin) @ self.rotation / self.scale).astype(np.float32)
        return moved

    def to_character(self, points: Float32 | Float64) -> Float32:
        """(n, 3) head coordinates → character coordinates."""
        moved: Float32 = ((points * self.scale) @ self.rotation.T + self.origin).astype(np.float32)
        return moved

    def direction(self, vectors: Float32 | Float64) -> Float32:
        """(n, 3) directions in head coordinates → character coordinates."""
        turned: Float32 = (vectors @ self.rotation.T).astype(np.float32)
        return turned


def head_frame(skeleton: Skeleton, neutral_height: float) -> HeadFrame:
    """The frame of a posed head; ``neutral_height`` is the head bone's length on the neutral base mesh, metres."""
    matrix = skeleton.matrix("head")
    eyes = (skeleton.head("eye.L") + skeleton.head("eye.R")) / 2
    length = float(np.linalg.norm(skeleton.tail("head") - skeleton.head("head")))
    return HeadFrame(
        origin=matrix[:3, :3] @ eyes + matrix[:3, 3], rotation=matrix[:3, :3], scale=length / neutral_height
    )
