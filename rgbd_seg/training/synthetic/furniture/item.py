"""A thing: its meshes, and the room that nobody else may stand in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.shapes import bounds
from rgbd_seg.transform import RigidTransform


@dataclass(frozen=True, kw_only=True, eq=False)
class Solid:
    """A box in the world that is full."""

    T_world_solid: RigidTransform
    half: Float64  # (3,) metres

    def contains(self, points: Float32, margin: float = 0.0) -> Bool:
        """(n,) True where (n, 3) points of the world are inside."""
        local = (points - self.T_world_solid.translation) @ self.T_world_solid.rotation
        inside: Bool = np.all(np.abs(local) < self.half + margin, axis=1)
        return inside

    def outline(self) -> Float64:
        """(4, 2) corners on the floor plan, x and z."""
        signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        local = np.stack([signs[:, 0] * self.half[0], np.zeros(4), signs[:, 1] * self.half[2]], axis=1)
        return self.T_world_solid.apply(local)[:, [0, 2]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Item:
    """One piece of furniture, or anything else that takes up room."""

    name: str
    meshes: tuple[Mesh, ...]
    solids: tuple[Solid, ...]

    def moved(self, T_world_item: RigidTransform) -> "Item":
        """The item elsewhere."""
        return Item(
            name=self.name,
            meshes=tuple(mesh.moved(T_world_item) for mesh in self.meshes),
            solids=tuple(replace(s, T_world_solid=T_world_item @ s.T_world_solid) for s in self.solids),
        )

    def with_role(self, role: Role) -> "Item":
        """The same thing, seen differently: a chair at the subject's depth is a PROP. Pictured people stay that."""
        meshes = tuple(m if m.role == Role.PICTURED_PERSON else replace(m, role=role) for m in self.meshes)
        return replace(self, meshes=meshes)

    def holds(self, points: Float32, margin: float = 0.01) -> bool:
        """Whether any of (n, 3) points is inside the thing."""
        return any(bool(solid.contains(points, margin).any()) for solid in self.solids)

    @property
    def reach(self) -> float:
        """Furthest that the thing stands out from its own origin on the floor plan, metres."""
        corners = np.concatenate([solid.outline() for solid in self.solids]) if self.solids else np.zeros((1, 2))
        return float(np.linalg.norm(corners, axis=1).max())


def item(name: str, meshes: Iterable[Mesh], *, solid: bool = True) -> Item:
    """An item that is solid as far as its meshes' box reaches."""
    parts = tuple(meshes)
    return Item(name=name, meshes=parts, solids=(solid_around(parts),) if solid else ())


def solid_around(meshes: Sequence[Mesh]) -> Solid:
    """The upright box around meshes."""
    low, high = bounds(meshes)
    return solid_box(low, high)


def solid_box(low: ArrayLike, high: ArrayLike) -> Solid:
    """A box by its lowest and highest corner."""
    a, b = np.asarray(low, np.float64), np.asarray(high, np.float64)
    return Solid(
        T_world_solid=RigidTransform(rotation=np.eye(3), translation=(a + b) / 2), half=np.maximum((b - a) / 2, 1e-3)
    )
