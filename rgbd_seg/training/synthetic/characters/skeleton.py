"""A character's skeleton while it is being posed."""

import numpy as np

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.training.synthetic.makehuman.rig import Rig


class Skeleton:
    """Turns of bones against their parents, and what they add up to.

    A bone's matrix maps points of the rest pose to the posed character, so the skin follows it directly.
    Turns are about axes of the rest pose, through the bone's head.
    """

    def __init__(self, rig: Rig, body: Float32) -> None:
        self._rig = rig
        self.heads, self.tails = rig.joints(body)  # (bones, 3) metres, rest pose
        self._turns: dict[int, Float64] = {}
        self._root_shift = np.zeros(3)
        self._matrices: dict[int, Float64] = {}

    def head(self, bone: str) -> Float64:
        """(3,) the bone's joint in the rest pose."""
        joint: Float64 = self.heads[self._rig.index[bone]]
        return joint

    def tail(self, bone: str) -> Float64:
        """(3,) the bone's far end in the rest pose."""
        joint: Float64 = self.tails[self._rig.index[bone]]
        return joint

    def turn(self, bone: str, rotation: Float64) -> None:
        """Turns ``bone`` by ``rotation`` on top of what it is turned already."""
        index = self._rig.index[bone]
        self._turns[index] = self._turns.get(index, np.eye(3)) @ rotation
        self._matrices.clear()

    def set_turn(self, bone: str, rotation: Float64) -> None:
        """Turns ``bone`` by exactly ``rotation``."""
        self._turns[self._rig.index[bone]] = rotation
        self._matrices.clear()

    def shift(self, offset: Float64) -> None:
        """Moves the whole skeleton."""
        self._root_shift = self._root_shift + offset
        self._matrices.clear()

    def matrix(self, bone: str) -> Float64:
        """(4, 4) rest pose → posed, for what hangs on ``bone``."""
        return self._matrix(self._rig.index[bone])

    def parent_matrix(self, bone: str) -> Float64:
        """The matrix of the bone that ``bone`` hangs on."""
        parent = self._rig.parents[self._rig.index[bone]]
        if parent >= 0:
            return self._matrix(parent)
        matrix = np.eye(4)
        matrix[:3, 3] = self._root_shift
        return matrix

    def posed_head(self, bone: str) -> Float64:
        """(3,) the bone's joint as posed."""
        matrix = self.matrix(bone)
        joint: Float64 = matrix[:3, :3] @ self.head(bone) + matrix[:3, 3]
        return joint

    def matrices(self) -> Float64:
        """(bones, 4, 4) of all bones."""
        return np.stack([self._matrix(k) for k in range(len(self._rig.names))])

    def _matrix(self, index: int) -> Float64:
        known = self._matrices.get(index)
        if known is not None:
            return known
        parent = self._rig.parents[index]
        if parent >= 0:
            matrix = self._matrix(parent)
        else:
            matrix = np.eye(4)
            matrix[:3, 3] = self._root_shift
        turn = self._turns.get(index)
        if turn is not None:
            matrix = matrix.copy()
            head = self.heads[index]
            matrix[:3, 3] += matrix[:3, :3] @ (head - turn @ head)
            matrix[:3, :3] = matrix[:3, :3] @ turn
        self._matrices[index] = matrix
        return matrix
