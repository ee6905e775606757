"""Many small rotations at once."""

import numpy as np

from rgbd_seg.arrays import Float64


def exponential(vectors: Float64) -> Float64:
    """(..., 3) axis–angle vectors, radians → (..., 3, 3) rotation matrices (Rodrigues' formula)."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    cross = cross_matrix(vectors)
    # np.sinc is sin(πx)/(πx): both factors stay exact at angle 0.
    first, second = np.sinc(angle / np.pi), 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    return np.asarray(np.eye(3) + first * cross + second * cross @ cross)


def cross_matrix(vectors: Float64) -> Float64:
    """(..., 3) → (..., 3, 3) matrices [v]× with [v]× w = v × w."""
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    zero = np.zeros_like(x)
    rows = [np.stack(row, axis=-1) for row in ((zero, -z, y), (z, zero, -x), (-y, x, zero))]
    return np.stack(rows, axis=-2)


def orthonormal(matrices: Float64) -> Float64:
    """(..., 3, 3) the rotations nearest to matrices that are almost rotations."""
    u, _, vt = np.linalg.svd(matrices)
    return np.asarray(u @ vt)
