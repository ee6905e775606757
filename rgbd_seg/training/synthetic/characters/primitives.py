"""Simple shapes for things that people wear and hold: boxes, tubes, turned shapes, sheets."""

from dataclasses import dataclass, replace

import numpy as np

from rgbd_seg.arrays import Float32, Float64, Int32
from rgbd_seg.training.synthetic.characters.surface import vertex_normals
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.transform import RigidTransform


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """Triangles without material, in the thing's own coordinates, metres."""

    vertices: Float32  # (n, 3)
    normals: Float32  # (n, 3)
    texture_coordinates: Float32  # (n, 2)
    triangles: Int32  # (m, 3)

    def placed(self, T_world_shape: RigidTransform) -> "Shape":
        """The shape in other coordinates."""
        rotation = T_world_shape.rotation.astype(np.float32)
        return replace(
            self,
            vertices=(self.vertices @ rotation.T + T_world_shape.translation.astype(np.float32)).astype(np.float32),
            normals=(self.normals @ rotation.T).astype(np.float32),
        )

    def mesh(self, name: str, material: Material, role: Role) -> Mesh:
        """With a material and a role."""
        return Mesh(
            name=name,
            vertices=self.vertices,
            normals=self.normals,
            texture_coordinates=self.texture_coordinates,
            triangles=self.triangles,
            material=material,
            role=role,
        )


def joined(*shapes: Shape) -> Shape:
    """Several shapes as one."""
    starts = np.cumsum([0, *(len(s.vertices) for s in shapes[:-1])])
    return Shape(
        vertices=np.concatenate([s.vertices for s in shapes]),
        normals=np.concatenate([s.normals for s in shapes]),
        texture_coordinates=np.concatenate([s.texture_coordinates for s in shapes]),
        triangles=np.concatenate([s.triangles + np.int32(k) for s, k in zip(shapes, starts, strict=True)]),
    )


def box(size: tuple[float, float, float], center: tuple[float, float, float] = (0, 0, 0)) -> Shape:
    """A box; the texture covers every face once."""
    vertices: list[Float64] = []
    normals: list[Float64] = []
    coordinates: list[tuple[float, float]] = []
    triangles: list[tuple[int, int, int]] = []
    for axis in range(3):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        for sign in (-1.0, 1.0):
            start = len(vertices)
            for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                point = np.zeros(3)
                point[axis], point[first], point[second] = sign, u * sign, v
                vertices.append(point * np.array(size) / 2 + center)
                normals.append(np.eye(3)[axis] * sign)
                coordinates.append(((u + 1) / 2, (v + 1) / 2))
            triangles += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
    return _shape(np.array(vertices), np.array(normals), np.array(coordinates), np.array(triangles))


def turned(profile: list[tuple[float, float]], sides: int = 28) -> Shape:
    """(radius, y) from bottom to top, turned around the y axis; smooth."""
    points = np.array(profile, np.float64)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    ring = np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=1)
    vertices = points[:, None, :1] * ring[None] + points[:, None, 1:] * np.array([0.0, 1.0, 0.0])
    return grid(vertices, closed=True)


def ball(radius: float, sides: int = 28) -> Shape:
    """A sphere."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, sides // 2 + 1)
    return turned([(radius * float(np.cos(a)), radius * float(np.sin(a))) for a in angle], sides)


def tube(path: Float64, radius: float | Float64, sides: int = 8, *, flat: float = 1.0) -> Shape:
    """A tube along (k, 3) ``path``; ``flat`` < 1 makes it a band."""
    points = np.asarray(path, np.float64)
    tangent = np.gradient(points, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    across = np.empty_like(points)
    guess = np.eye(3)[int(np.argmin(np.abs(tangent[0])))]
    for k, direction in enumerate(tangent):  # carried along: no sudden twist
        guess = guess - (guess @ direction) * direction
        guess = guess / max(float(np.linalg.norm(guess)), 1e-12)
        across[k] = guess
    other = np.cross(tangent, across)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    around = np.broadcast_to(np.asarray(radius, np.float64), (len(points),))[:, None, None]
    circle = np.cos(angle)[None, :, None] * across[:, None] + flat * np.sin(angle)[None, :, None] * other[:, None]
    return grid(points[:, None] + around * circle, closed=True)


def grid(vertices: Float64, *, closed: bool = False) -> Shape:
    """(r, c, 3) rows and columns of points, smooth; ``closed``: the last column is the first one again."""
    rows, columns = vertices.shape[:2]
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1])
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    flat = vertices.reshape(-1, 3).astype(np.float32)
    if closed:
        joint = index.copy()
        joint[:, -1] = joint[:, 0]
        merged = joint.reshape(-1)[triangles].astype(np.int32)
        normals = vertex_normals(flat, merged)[joint.reshape(-1)]
    else:
        normals = vertex_normals(flat, triangles)
    v, u = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    return _shape(flat, normals, np.stack([u, v], -1).reshape(-1, 2), triangles)


def _shape(vertices: Float64 | Float32, normals: Float64 | Float32, uv: Float64, triangles: Int32) -> Shape:
    return Shape(
        vertices=vertices.astype(np.float32),
        normals=normals.astype(np.float32),
        texture_coordinates=uv.astype(np.float32),
        triangles=triangles.astype(np.int32),
    )
