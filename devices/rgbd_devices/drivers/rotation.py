"""Rotations as SDKs store them: float32, not orthonormal to the last digit."""

import numpy as np
from numpy.typing import ArrayLike

from rgbd_seg.errors import CalibrationError
from rgbd_seg.transform import RigidTransform

_MOST_DEVIATION = 1e-3


def nearest_pose(rotation: ArrayLike, translation: ArrayLike) -> RigidTransform:
    """A pose whose rotation is the one nearest to ``rotation``.

    Args:
        rotation: (3, 3), rows first.
        translation: (3,) metres.
    Raises:
        CalibrationError: ``rotation`` is not nearly a rotation.
    """
    matrix = np.asarray(rotation, dtype=np.float64)
    deviation = float(np.abs(matrix @ matrix.T - np.eye(3)).max()) if matrix.shape == (3, 3) else np.inf
    if not deviation < _MOST_DEVIATION:
        raise CalibrationError(f"the camera's extrinsics hold no rotation: {matrix.tolist()}")
    u, _, vt = np.linalg.svd(matrix)
    return RigidTransform(rotation=u @ vt, translation=np.asarray(translation, dtype=np.float64))
