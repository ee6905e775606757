"""A ray caster over spheres and rectangles with exact answers: sensor tests need no Open3D and no rounding."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.camera import Intrinsics
from rgbd_seg.training.synthetic.compiled import CompiledScene, Hits
from rgbd_seg.training.synthetic.scene import View
from rgbd_seg.transform import RigidTransform


@dataclass(frozen=True, kw_only=True)
class Sphere:
    """A solid ball."""

    center: tuple[float, float, float]
    radius: float

    def distance(self, origin, direction):
        """(n,) in direction lengths, inf where missed; (n, 3) normals."""
        to = origin - np.asarray(self.center)
        a, b, c = (direction**2).sum(1), (to * direction).sum(1), (to**2).sum(1) - self.radius**2
        root = b * b - a * c
        t = np.where(root >= 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
        t = np.where(t > 0, t, np.inf)
        normal = (to + np.where(np.isfinite(t), t, 0)[:, None] * direction) / self.radius
        return t, normal


@dataclass(frozen=True, kw_only=True)
class Rectangle:
    """A flat piece: corner + s·across + t·along, 0 ≤ s, t ≤ 1."""

    corner: tuple[float, float, float]
    across: tuple[float, float, float]
    along: tuple[float, float, float]

    def distance(self, origin, direction):
        """(n,) in direction lengths, inf where missed; (n, 3) normals."""
        corner, across, along = (np.asarray(v, float) for v in (self.corner, self.across, self.along))
        normal = np.cross(across, along)
        normal /= np.linalg.norm(normal)
        with np.errstate(all="ignore"):
            t = ((corner - origin) @ normal) / (direction @ normal)
        place = origin + np.where(np.isfinite(t), t, 0)[:, None] * direction - corner
        s, r = place @ across / (across @ across), place @ along / (along @ along)
        hit = np.isfinite(t) & (t > 0) & (s >= 0) & (s <= 1) & (r >= 0) & (r <= 1)
        return np.where(hit, t, np.inf), np.broadcast_to(normal, origin.shape)


@dataclass(frozen=True, eq=False)
class AnalyticCaster:
    """A `RayCaster`; every piece counts as one triangle."""

    pieces: tuple[Sphere | Rectangle, ...]

    def cast(self, rays: Float32) -> Hits:
        """The first surface along every ray."""
        origin, direction = rays[:, :3].astype(float), rays[:, 3:].astype(float)
        found = [piece.distance(origin, direction) for piece in self.pieces]
        t = np.stack([f[0] for f in found])
        nearest = t.argmin(0)
        distance = t.min(0)
        normal = np.stack([f[1] for f in found])[nearest, np.arange(len(rays))]
        return Hits(
            distance=distance.astype(np.float32),
            triangle=np.where(np.isfinite(distance), nearest, -1).astype(np.int32),
            weights=np.zeros((len(rays), 2), np.float32),
            normal=normal.astype(np.float32),
        )

    def occluded(self, rays: Float32, near: float = 0.0, far: float = 1.0) -> Bool:
        """(n,) True where a surface lies between ``near`` and ``far`` direction lengths from the origin."""
        t = np.stack([p.distance(rays[:, :3].astype(float), rays[:, 3:].astype(float))[0] for p in self.pieces])
        return ((t > near) & (t < far)).any(0)


def compiled(*pieces: Sphere | Rectangle, infrared=None, hair=()) -> CompiledScene:
    """Pieces as a scene; ``infrared``: reflectance of every piece (0.8 if None); ``hair``: indices of pieces."""
    count = len(pieces)
    return CompiledScene(
        caster=AnalyticCaster(pieces),
        vertices=np.zeros((3, 3), np.float32),
        triangles=np.zeros((count, 3), np.int32),
        role=np.zeros(count, np.uint8),
        is_hair=np.isin(np.arange(count), hair),
        infrared=np.full(count, 0.8, np.float32) if infrared is None else np.asarray(infrared, np.float32),
    )


def wall(z: float, *, left: float = -20.0, right: float = 20.0) -> Rectangle:
    """A wall that faces the camera at distance ``z`` in front of it (the camera looks along world −z)."""
    return Rectangle(corner=(left, -20, -z), across=(right - left, 0, 0), along=(0, 40, 0))


def looking_ahead(width: int = 320, height: int = 240, field_of_view: float = 60.0) -> View:
    """A colour camera at the origin that looks along world −z, its up along +y."""
    upright = RigidTransform(rotation=np.diag([1.0, -1.0, -1.0]), translation=np.zeros(3))
    intrinsics = Intrinsics.from_field_of_view(width, height, field_of_view)
    return View(intrinsics=intrinsics, T_camera_world=upright)
