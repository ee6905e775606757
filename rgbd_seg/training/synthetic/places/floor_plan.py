"""Who may stand where: people and the camera's view first, furniture where it is left free."""

from collections.abc import Sequence

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.training.synthetic.furniture.item import Item
from rgbd_seg.training.synthetic.shapes import at
from rgbd_seg.transform import RigidTransform

Rng = np.random.Generator
_TRIES = 12


class FloorPlan:
    """Furnishes an area (x from, to; z from, to) around discs that people need and the view of the camera."""

    def __init__(
        self,
        area: tuple[float, float, float, float],
        discs: Sequence[tuple[float, float, float]],
        *,
        view_angle: float = 38.0,
        view_reach: float = 4.0,
    ) -> None:
        """Discs are x, z, radius; the camera looks at the origin from +z within ``view_angle`` degrees either side."""
        self.area = area
        self._discs = list(discs)
        spread = np.deg2rad(view_angle)
        side = np.sin(spread) * view_reach
        self._taken: list[Float64] = [np.array([(0, -0.1), (side, view_reach), (-side, view_reach)])]
        self.items: list[Item] = []

    def add(self, item: Item, T_world_item: RigidTransform, *, force: bool = False) -> bool:
        """Put the item there if the place is free (or in any case, as what hangs on walls is)."""
        moved = item.moved(T_world_item)
        outlines = [solid.outline() for solid in moved.solids]
        if not force and not all(self._free(outline) for outline in outlines):
            return False
        self.items.append(moved)
        if not force:
            self._taken += outlines
        return True

    def scatter(self, item: Item, rng: Rng, *, behind: bool = True) -> bool:
        """Somewhere on the floor, in any direction; behind the subject unless told otherwise."""
        x0, x1, z0, z1 = self.area
        far = min(z1, -0.3) if behind else z1
        reach = min(item.reach, 0.5 * (x1 - x0), 0.5 * (far - z0))
        for _ in range(_TRIES):
            x, z = rng.uniform(x0 + reach, x1 - reach), rng.uniform(z0 + reach, max(far, z0 + reach + 0.01))
            if self.add(item, at(x, 0, z, rng.uniform(-40, 40) if rng.random() < 0.7 else rng.uniform(0, 360))):
                return True
        return False

    def along_wall(self, item: Item, wall: "Wall", rng: Rng) -> bool:
        """With its back to a wall."""
        low = np.concatenate([(s.T_world_solid.translation[[0, 2]] - s.half[[0, 2]])[None] for s in item.solids])
        deep, half = -float(low[:, 1].min()), -float(low[:, 0].min())
        for _ in range(_TRIES):
            along = rng.uniform(half, max(wall.length - half, half + 0.01))
            if self.add(item, wall.T_world_wall @ at(along, 0, deep + 0.01)):
                return True
        return False

    def _free(self, outline: Float64) -> bool:
        x0, x1, z0, z1 = self.area
        low, high = outline.min(axis=0), outline.max(axis=0)
        if low[0] < x0 or high[0] > x1 or low[1] < z0 or high[1] > z1:
            return False
        if any(_distance(outline, x, z) < radius for x, z, radius in self._discs):
            return False
        return not any(overlap(outline, taken) for taken in self._taken)


class Wall:
    """A wall by where it starts and its length; local x runs along it, y up, z into the room."""

    def __init__(self, T_world_wall: RigidTransform, length: float, height: float) -> None:
        self.T_world_wall, self.length, self.height = T_world_wall, length, height


def overlap(a: Float64, b: Float64) -> bool:
    """Whether two convex polygons (n, 2) overlap: no line through an edge keeps them apart."""
    for polygon in (a, b):
        edges = np.roll(polygon, -1, axis=0) - polygon
        for across in np.stack([-edges[:, 1], edges[:, 0]], axis=1):
            p, q = a @ across, b @ across
            if p.max() <= q.min() or q.max() <= p.min():
                return False
    return True


def _distance(outline: Float64, x: float, z: float) -> float:
    """From a point to a convex outline, 0 inside."""
    point = np.array([x, z])
    ends = np.roll(outline, -1, axis=0)
    edge, to_point = ends - outline, point - outline
    cross = edge[:, 0] * to_point[:, 1] - edge[:, 1] * to_point[:, 0]
    if (cross >= 0).all() or (cross <= 0).all():
        return 0.0
    t = np.clip((edge * to_point).sum(1) / np.maximum((edge**2).sum(1), 1e-9), 0, 1)
    return float(np.linalg.norm(to_point - t[:, None] * edge, axis=1).min())
