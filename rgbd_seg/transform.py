"""Rigid motions between coordinate frames; ``T_a_b`` maps points in frame b to frame a."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rgbd_seg.arrays import Float64
from rgbd_seg.errors import ConfigError

_ORTHONORMAL_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class RigidTransform:
    """A rotation followed by a translation: ``p_a = rotation @ p_b + translation``."""

    rotation: Float64  # (3, 3), orthonormal, determinant +1
    translation: Float64  # (3,), metres

    def __post_init__(self) -> None:
        rotation = np.array(self.rotation, dtype=np.float64)
        translation = np.array(self.translation, dtype=np.float64)
        if rotation.shape != (3, 3) or translation.shape != (3,):
            raise ConfigError(
                f"rotation has shape {rotation.shape} and translation {translation.shape}; expected (3, 3) and (3,)"
            )
        if not (np.isfinite(rotation).all() and np.isfinite(translation).all()):
            raise ConfigError("rotation or translation holds NaN or infinity; expected finite numbers")
        deviation = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
        if deviation > _ORTHONORMAL_TOLERANCE or np.linalg.det(rotation) < 0:
            raise ConfigError(
                f"rotation deviates from orthonormal by {deviation:.2g} with determinant "
                f"{np.linalg.det(rotation):+.3f}; expected a rotation matrix (determinant +1)"
            )
        for array in (rotation, translation):
            array.flags.writeable = False
        object.__setattr__(self, "rotation", rotation)
        object.__setattr__(self, "translation", translation)

    @staticmethod
    def identity() -> "RigidTransform":
        """The motion that leaves every point where it is."""
        return RigidTransform(rotation=np.eye(3), translation=np.zeros(3))

    @staticmethod
    def from_matrix(matrix: ArrayLike) -> "RigidTransform":
        """From a homogeneous 4×4 (or 3×4) matrix.

        Raises:
            ConfigError: wrong shape, a last row other than (0, 0, 0, 1), or no rotation.
        """
        values = np.asarray(matrix, dtype=np.float64)
        if values.shape not in ((4, 4), (3, 4)):
            raise ConfigError(f"matrix has shape {values.shape}; expected (4, 4) or (3, 4)")
        if values.shape == (4, 4) and not np.allclose(values[3], (0, 0, 0, 1), atol=1e-9):
            raise ConfigError(f"last row of the matrix is {values[3].tolist()}; expected [0, 0, 0, 1]")
        return RigidTransform(rotation=values[:3, :3], translation=values[:3, 3])

    @staticmethod
    def from_rotation_vector(vector: ArrayLike, translation: ArrayLike = (0.0, 0.0, 0.0)) -> "RigidTransform":
        """From an axis–angle vector (radians, Rodrigues' formula) and a translation in metres."""
        w = np.asarray(vector, dtype=np.float64)
        angle = float(np.linalg.norm(w))
        cross = np.array([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]])
        # np.sinc is sin(πx)/(πx): both factors stay exact at angle 0.
        rotation = np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * cross @ cross
        return RigidTransform(rotation=rotation, translation=np.asarray(translation, dtype=np.float64))

    def matrix(self) -> Float64:
        """Homogeneous 4×4 matrix."""
        result = np.eye(4)
        result[:3, :3] = self.rotation
        result[:3, 3] = self.translation
        return result

    def inverse(self) -> "RigidTransform":
        """``T_b_a`` of ``T_a_b``."""
        rotation = self.rotation.T
        return RigidTransform(rotation=rotation, translation=-rotation @ self.translation)

    def __matmul__(self, other: "RigidTransform") -> "RigidTransform":
        """``T_a_c = T_a_b @ T_b_c``."""
        return RigidTransform(
            rotation=self.rotation @ other.rotation,
            translation=self.rotation @ other.translation + self.translation,
        )

    def apply(self, points: Float64) -> Float64:
        """(..., 3) points in frame b → the same points in frame a, metres."""
        moved: Float64 = points @ self.rotation.T + self.translation
        return moved
