"""Simple bodies that furniture and places are made of. Texture coordinates are in metres over ``tile``."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from rgbd_seg.arrays import Float32, Float64, Int32
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.transform import RigidTransform


def at(x: float, y: float, z: float, turn_degrees: float = 0.0) -> RigidTransform:
    """A place in the world and a turn about the vertical axis; positive turns +z towards +x."""
    return RigidTransform.from_rotation_vector((0, np.deg2rad(turn_degrees), 0), (x, y, z))


def box(
    name: str,
    size: ArrayLike,
    centre: ArrayLike,
    material: Material,
    *,
    role: Role = Role.PLACE,
    tile: float = 1.0,
    bevel: float = 0.0,
) -> Mesh:
    """A box of ``size`` (x, y, z) metres; ``bevel`` metres cut off its edges catch the light as real ones do."""
    half = np.asarray(size, np.float64) / 2
    if bevel > 0:
        return _bevelled(name, half, np.asarray(centre, np.float64), min(bevel, half.min() * 0.9), material, role, tile)
    corners: list[Float64] = []
    normals: list[Float64] = []
    coordinates: list[Float64] = []
    triangles: list[list[int]] = []
    for axis in range(3):
        for sign in (-1, 1):
            u, v = _across(axis)
            face = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64)
            points = np.zeros((4, 3))
            points[:, axis], points[:, u], points[:, v] = sign * half[axis], face[:, 0] * half[u], face[:, 1] * half[v]
            start = 4 * len(corners)
            quad = [(0, 1, 2), (0, 2, 3)] if sign * _handedness(axis) > 0 else [(0, 2, 1), (0, 3, 2)]
            triangles += [[start + i for i in triangle] for triangle in quad]
            corners.append(points)
            normals.append(np.tile(np.eye(3)[axis] * sign, (4, 1)))
            coordinates.append((face + 1) * (half[u], half[v]) / tile)
    points_world = np.concatenate(corners) + np.asarray(centre)
    return mesh(name, points_world, np.concatenate(normals), np.concatenate(coordinates), triangles,
                material, role)  # fmt: skip


def _across(axis: int) -> tuple[int, int]:
    """The texture's axes on a face: upright walls have their texture upright."""
    return {0: (2, 1), 1: (0, 2), 2: (0, 1)}[axis]


def _handedness(axis: int) -> int:
    return {0: -1, 1: -1, 2: 1}[axis]


def _bevelled(
    name: str, half: Float64, centre: Float64, bevel: float, material: Material, role: Role, tile: float
) -> Mesh:
    """Six faces drawn in by the bevel, joined by smooth strips: the hull of 24 points."""
    points: list[Float64] = []
    normals: list[Float64] = []
    coordinates: list[tuple[float, float]] = []
    faces: list[list[int]] = []
    index: dict[tuple[int, tuple[int, ...]], int] = {}
    for axis in range(3):
        u, v = _across(axis)
        for sign in (-1, 1):
            for su in (-1, 1):
                for sv in (-1, 1):
                    signs = [0, 0, 0]
                    signs[axis], signs[u], signs[v] = sign, su, sv
                    index[axis, tuple(signs)] = len(points)
                    point = np.array(signs) * (half - bevel)
                    point[axis] = sign * half[axis]
                    points.append(point)
                    normals.append(np.eye(3)[axis] * sign)
                    coordinates.append(((point[u] + half[u]) / tile, (point[v] + half[v]) / tile))
    for axis in range(3):
        u, v = _across(axis)
        for sign in (-1, 1):
            ring = []
            for su, sv in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                signs = [0, 0, 0]
                signs[axis], signs[u], signs[v] = sign, su, sv
                ring.append(index[axis, tuple(signs)])
            faces.append(ring)
    for axis in range(3):  # strips along edges parallel to this axis
        u, v = _across(axis)
        for su in (-1, 1):
            for sv in (-1, 1):
                low, high = [0, 0, 0], [0, 0, 0]
                low[u], low[v], low[axis] = su, sv, -1
                high[u], high[v], high[axis] = su, sv, 1
                faces.append([index[u, tuple(low)], index[u, tuple(high)], index[v, tuple(high)], index[v, tuple(low)]])
    triangles = [[f[0], f[1], f[2]] for f in faces] + [[f[0], f[2], f[3]] for f in faces]
    for corner in {signs for _, signs in index}:
        triangles.append([index[axis, corner] for axis in range(3)])
    vertices = np.array(points)
    return mesh(name, vertices + centre, np.array(normals), np.array(coordinates), _outwards(vertices, triangles),
                material, role)  # fmt: skip


def _outwards(vertices: Float64, triangles: Sequence[Sequence[int]]) -> Int32:
    """Triangles of a convex body about the origin, turned so that they are counter-clockwise from outside."""
    t = np.asarray(triangles, np.int32)
    a, b, c = vertices[t[:, 0]], vertices[t[:, 1]], vertices[t[:, 2]]
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), a + b + c) < 0
    t[inward] = t[inward][:, [0, 2, 1]]
    return t


def lathe(
    name: str,
    profile: ArrayLike,
    material: Material,
    *,
    centre: ArrayLike = (0, 0, 0),
    sides: int = 24,
    role: Role = Role.PLACE,
    tile: float = 1.0,
) -> Mesh:
    """A profile of (radius, height) pairs from bottom to top turned about the vertical axis: lamps, pots, posts."""
    outline = np.asarray(profile, np.float64)
    slope = np.gradient(outline, axis=0)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    circle = np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=1)
    points = outline[:, None, :1] * circle + np.array([0, 1.0, 0]) * outline[:, None, 1:]
    normals = slope[:, None, 1:] * circle - np.array([0, 1.0, 0]) * slope[:, None, :1]
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(outline, axis=0), axis=1))])
    around = angle * outline[:, 0].max()
    coordinates = np.stack(np.broadcast_arrays(around[None, :], along[:, None]), axis=-1) / tile
    return grid(name, points + np.asarray(centre), coordinates, material, normals=normals, role=role)


def cylinder(
    name: str, radius: float, base: ArrayLike, height: float, material: Material, *, role: Role = Role.PLACE
) -> Mesh:
    """An upright closed cylinder that stands on ``base``."""
    r = radius
    profile = [(0.001, 0), (r * 0.999, 0), (r, 0.001), (r, height - 0.001), (r * 0.999, height), (0.001, height)]
    return lathe(name, profile, material, centre=base, sides=20, role=role)


def rod(
    name: str, start: ArrayLike, end: ArrayLike, radius: float, material: Material, *, role: Role = Role.PLACE
) -> Mesh:
    """A round bar from one point to another: chair legs, branches, lamp posts."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    axis = b - a
    length = float(np.linalg.norm(axis))
    axis /= max(length, 1e-9)
    side = np.cross(axis, [0, 0, 1.0] if abs(axis[2]) < 0.9 else [1.0, 0, 0])
    side /= np.linalg.norm(side)
    angle = np.linspace(0, 2 * np.pi, 11)
    circle = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * np.cross(axis, side)
    points = np.stack([a + circle * 1e-3, a + circle * radius, b + circle * radius, b + circle * 1e-3])
    normals = np.stack([circle * 0 - axis, circle, circle, circle * 0 + axis])
    coordinates = np.stack(
        np.broadcast_arrays(angle[None] * radius, np.array([0, 0, length, length])[:, None]), axis=-1
    )
    return grid(name, points, coordinates, material, normals=normals, role=role, outward=True)


def quad(
    name: str, corners: ArrayLike, material: Material, *, role: Role = Role.PLACE, repeat: tuple[float, float] = (1, 1)
) -> Mesh:
    """A flat picture by its corners (4, 3): lower left, lower right, upper right, upper left, seen from its front."""
    points = np.asarray(corners, np.float64)
    normal = np.cross(points[1] - points[0], points[3] - points[0])
    normals = np.tile(normal / np.linalg.norm(normal), (4, 1))
    coordinates = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * repeat
    return mesh(name, points, normals, coordinates, [(0, 1, 2), (0, 2, 3)], material, role)


def grid(
    name: str,
    points: Float64,
    coordinates: Float64,
    material: Material,
    *,
    normals: Float64 | None = None,
    role: Role = Role.PLACE,
    outward: bool = True,
) -> Mesh:
    """A surface of (rows, columns, 3) points; without normals, smooth ones that agree with the triangles."""
    rows, columns = points.shape[:2]
    corner = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]
    triangles = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], axis=2).reshape(-1, 3).astype(np.int32)
    flat = points.reshape(-1, 3)
    smooth = smooth_normals(flat, triangles) if normals is None else normals.reshape(-1, 3)
    if not outward:
        triangles, smooth = triangles[:, [0, 2, 1]], -smooth if normals is None else smooth
    return mesh(name, flat, smooth, coordinates.reshape(-1, 2), triangles, material, role)


def ellipsoid(
    name: str, radii: ArrayLike, centre: ArrayLike, material: Material, *, role: Role = Role.PLACE, tile: float = 1.0
) -> Mesh:
    """A ball with three radii."""
    r = np.asarray(radii, np.float64)
    polar, angle = np.meshgrid(np.linspace(0.01, np.pi - 0.01, 15), np.linspace(0, 2 * np.pi, 25), indexing="ij")
    unit = np.stack([np.sin(polar) * np.sin(angle), -np.cos(polar), np.sin(polar) * np.cos(angle)], axis=-1)
    coordinates = np.stack([angle * r[0], polar * r[1]], axis=-1) / tile
    return grid(name, unit * r + np.asarray(centre), coordinates, material, normals=unit / r, role=role)


def mesh(
    name: str,
    vertices: ArrayLike,
    normals: ArrayLike,
    coordinates: ArrayLike,
    triangles: ArrayLike,
    material: Material,
    role: Role = Role.PLACE,
) -> Mesh:
    """A mesh from anything that converts; normals are made unit length."""
    n = np.asarray(normals, np.float64)
    n = n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-9)
    return Mesh(
        name=name,
        vertices=np.asarray(vertices, np.float32),
        normals=n.astype(np.float32),
        texture_coordinates=np.asarray(coordinates, np.float32),
        triangles=np.asarray(triangles, np.int32).reshape(-1, 3),
        material=material,
        role=role,
    )


def smooth_normals(vertices: Float64, triangles: Int32) -> Float64:
    """(n, 3) area-weighted means of the triangles around every vertex."""
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    face = np.cross(b - a, c - a)
    total = np.zeros_like(vertices, dtype=np.float64)
    for i in range(3):
        np.add.at(total, triangles[:, i], face)
    smooth: Float64 = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    return smooth


def bounds(meshes: Sequence[Mesh]) -> tuple[Float32, Float32]:
    """Lowest and highest corner of the box around meshes."""
    lows = np.stack([mesh.vertices.min(axis=0) for mesh in meshes])
    highs = np.stack([mesh.vertices.max(axis=0) for mesh in meshes])
    return lows.min(axis=0), highs.max(axis=0)
