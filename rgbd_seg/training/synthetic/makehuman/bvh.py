"""Poses in .bvh files: one frame or many of joint rotations, about axes that are the world's in the rest pose."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.errors import ConfigError


@dataclass(frozen=True, kw_only=True, eq=False)
class Poses:
    """Rotations of joints against their parents, frame by frame."""

    joints: tuple[str, ...]
    rotations: Float64  # (frames, joints, 3, 3)

    def frame(self, index: int, *, threshold: float = 1e-4) -> dict[str, Float64]:
        """The joints that turn in one frame."""
        moved = np.abs(self.rotations[index] - np.eye(3)).max((1, 2)) > threshold
        return {n: self.rotations[index, k] for k, n in enumerate(self.joints) if moved[k]}


def read_bvh(path: Path) -> Poses:
    """The poses in ``path``.

    Raises:
        ConfigError: it is not such a file.
    """
    try:
        return _read(path.read_text(encoding="utf-8", errors="replace"))
    except (ValueError, IndexError) as error:
        raise ConfigError(f"{path} is no .bvh pose ({error}); get the assets anew") from error


def _read(text: str) -> Poses:
    hierarchy, _, motion = text.partition("MOTION")
    joints: list[str] = []
    channels: list[list[str]] = []
    for line in hierarchy.splitlines():
        words = line.split()
        if words[:1] in (["ROOT"], ["JOINT"]):
            joints.append(words[1])
        elif words[:1] == ["CHANNELS"]:
            channels.append([w.lower() for w in words[2:]])
    lines = [line for line in motion.splitlines() if line.strip()]
    values = np.array(" ".join(lines[2:]).split(), np.float64).reshape(-1, sum(map(len, channels)))
    rotations = np.empty((len(values), len(joints), 3, 3))
    start = 0
    for joint, names in enumerate(channels):
        rotation = np.broadcast_to(np.eye(3), (len(values), 3, 3))
        for column, name in enumerate(names, start):
            if name.endswith("rotation"):
                rotation = rotation @ _about("xyz".index(name[0]), np.deg2rad(values[:, column]))
        rotations[:, joint] = rotation
        start += len(names)
    return Poses(joints=tuple(joints), rotations=rotations)


def _about(axis: int, angle: Float64) -> Float64:
    matrix = np.zeros((len(angle), 3, 3))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[:, axis, axis] = 1
    matrix[:, first, first] = matrix[:, second, second] = np.cos(angle)
    matrix[:, second, first] = np.sin(angle)
    matrix[:, first, second] = -np.sin(angle)
    return matrix
