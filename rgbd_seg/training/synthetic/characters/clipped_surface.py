"""A part of a triangle mesh between smooth edges: triangles that an edge crosses are cut."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Int32


@dataclass(frozen=True, kw_only=True, eq=False)
class ClippedSurface:
    """Vertices lie on edges of the original mesh, so that they follow whatever it does."""

    first: Int32  # (n,) vertex of the original mesh
    second: Int32  # (n,) the other end; the same as ``first`` where the vertex is an original one
    share: Float32  # (n,) of the second
    triangles: Int32  # (m, 3)

    def at(self, values: Float32) -> Float32:
        """(n, c) of (vertices, c) ``values`` of the original mesh."""
        mixed: Float32 = values[self.first] + (values[self.second] - values[self.first]) * self.share[:, None]
        return mixed


def clipped(triangles: Int32, inside: Float32) -> ClippedSurface:
    """The part of ``triangles`` (m, 3) where the per-vertex field ``inside`` (n,) is above 0."""
    triangles = triangles[(inside[triangles] > 0).any(axis=1)]
    kept = inside[triangles] > 0
    onward = np.roll(triangles, -1, axis=1)
    # Around a triangle: a corner if it is inside, then the cut on the edge after it if there is one.
    ends = np.stack([np.stack([triangles, triangles], -1), np.stack([triangles, onward], -1)], axis=2).reshape(-1, 6, 2)
    used = np.stack([kept, kept != np.roll(kept, -1, axis=1)], axis=2).reshape(-1, 6)
    names = (ends.min(axis=2).astype(np.int64) * len(inside) + ends.max(axis=2))[used]
    distinct, number = np.unique(names, return_inverse=True)
    polygon = np.full(used.shape, -1, np.int32)
    polygon[used] = number
    polygon = np.take_along_axis(polygon, np.argsort(~used, axis=1, kind="stable"), axis=1)  # three or four corners
    fans = np.stack([polygon[:, [0, 1, 2]], polygon[:, [0, 2, 3]]], axis=1).reshape(-1, 3)
    first, second = distinct // len(inside), distinct % len(inside)
    span = np.where(first == second, np.float32(1), inside[first] - inside[second])
    return ClippedSurface(
        first=first.astype(np.int32),
        second=second.astype(np.int32),
        share=np.where(first == second, np.float32(0), inside[first] / span).astype(np.float32),
        triangles=np.ascontiguousarray(fans[fans[:, 2] >= 0]),
    )
