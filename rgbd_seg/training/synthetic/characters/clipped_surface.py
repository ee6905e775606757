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
    names: dict[tuple[int, int], int] = {}
    ends: list[tuple[int, int, float]] = []

    def vertex(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in names:
            names[key] = len(ends)
            share = 0.0 if a == b else float(inside[key[0]] / (inside[key[0]] - inside[key[1]]))
            ends.append((*key, share))
        return names[key]

    found: list[tuple[int, int, int]] = []
    positive = inside[triangles] > 0
    for triangle, kept in zip(triangles[positive.any(1)].tolist(), positive[positive.any(1)].tolist(), strict=True):
        polygon = []
        for k in range(3):
            a, b = triangle[k], triangle[(k + 1) % 3]
            if kept[k]:
                polygon.append(vertex(a, a))
            if kept[k] != kept[(k + 1) % 3]:
                polygon.append(vertex(a, b))
        found += [(polygon[0], polygon[k], polygon[k + 1]) for k in range(1, len(polygon) - 1)]
    first, second, share = zip(*ends, strict=True) if ends else ((), (), ())
    return ClippedSurface(
        first=np.array(first, np.int32),
        second=np.array(second, np.int32),
        share=np.array(share, np.float32),
        triangles=np.array(found, np.int32).reshape(-1, 3),
    )
