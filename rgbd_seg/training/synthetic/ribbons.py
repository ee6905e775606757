"""Strands of hair as thin ribbons of triangles that face the camera."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.training.synthetic.geometry import Strands

_TIP = 0.25  # of the root's radius


@dataclass(frozen=True, kw_only=True, eq=False)
class Ribbons:
    """n strands of k points: 2·n·k vertices and 2·n·(k - 1) triangles, strand after strand."""

    vertices: Float32  # (2nk, 3) metres
    tangents: Float32  # (2nk, 3) unit length, from root to tip
    triangles: Int32  # (2n(k - 1), 3)
    colors: Float32  # (2n(k - 1), 3) linear albedo of every triangle


def ribbons(strands: Strands, eye: Float32) -> Ribbons:
    """Strands as ribbons that show their full width to a camera at ``eye`` (3,)."""
    points = strands.points
    n, k = points.shape[:2]
    tangents = np.gradient(points, axis=1)
    tangents /= np.maximum(np.linalg.norm(tangents, axis=2, keepdims=True), 1e-9)
    side = _cross(tangents, eye.astype(np.float32) - points)
    side /= np.maximum(np.linalg.norm(side, axis=2, keepdims=True), 1e-9)
    radius = strands.radius * np.linspace(1, _TIP, k, dtype=np.float32)
    offset = side * radius[None, :, None]
    corner = np.arange(n * k, dtype=np.int32).reshape(n, k)[:, :-1, None] * 2
    quad = np.concatenate([corner, corner + 1, corner + 3, corner, corner + 3, corner + 2], axis=2)
    return Ribbons(
        vertices=np.stack([points - offset, points + offset], axis=2).reshape(-1, 3).astype(np.float32),
        tangents=np.repeat(tangents.reshape(-1, 3), 2, axis=0).astype(np.float32),
        triangles=quad.reshape(-1, 3),
        colors=np.repeat(strands.colors.astype(np.float32), 2 * (k - 1), axis=0),
    )


def _cross(a: Float32, b: Float32) -> Float32:
    # np.cross is several times slower on long lists of vectors.
    x = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    y = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    z = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return np.stack([x, y, z], axis=-1)
