"""How much of every lamp, and of the light from all around, reaches the points of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.training.synthetic.compiled import CompiledScene
from rgbd_seg.training.synthetic.ray_kernels import around, towards
from rgbd_seg.training.synthetic.scene import Light
from rgbd_seg.training.synthetic.visibility_kernels import PER_PIXEL, assign, chequered, smooth, undecided

Pattern = tuple[Int32, Float32]

AMBIENT_REACH = 0.9  # metres; what stands further off does not darken a corner
_SUN_REACH = 30.0  # metres; nothing further off, such as the sky's own dome, hides the sun
_LIFT = 0.003  # metres off the surface, so that it does not shade itself


@dataclass(frozen=True, kw_only=True, eq=False)
class Points:
    """Places whose shadows are traced; many sightings share one."""

    pixel: Int32  # (p,)
    position: Float32  # (p, 3)
    normal: Float32  # (p, 3) geometric, towards the viewer; for hair, towards the viewer
    reach: Float32  # (p,) metres that neighbours may lie off the tangent plane
    table: Int32  # (pixels, PER_PIXEL)


class PointTable:
    """Collects points while sightings come in, some samples first and more at the edges later."""

    def __init__(self, pixels: int, capacity: int) -> None:
        self.table = np.full((pixels, PER_PIXEL), -1, np.int32)
        self._distance = np.zeros(capacity, np.float32)
        self._surface = np.zeros(capacity, np.int32)
        self.first = np.zeros(capacity, np.int32)  # the sighting that a point was made from
        self.count = 0

    def assign(self, pixel: Int32, distance: Float32, surface: Int32) -> Int32:
        """(n,) the point of every sighting, -1 for the sky (surface -1)."""
        point_of = np.empty(len(pixel), np.int32)
        self.count = assign(
            pixel, distance, surface, self.table, point_of, self._distance, self._surface, self.first, self.count
        )
        return point_of


def visibility(
    compiled: CompiledScene, points: Points, lights: Sequence[Light], width: int, rng: np.random.Generator
) -> Float32:
    """(p, 1 + lights) shares in [0, 1]: of the light from all around, then of every light.

    Rays are traced from every other pixel, and from the rest where those around it do not all agree.
    """
    count = len(points.pixel)
    values = np.zeros((count, 1 + len(lights)), np.float32)
    first, later, rest = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int32)
    start = chequered(points.pixel, points.table, width, first, later)
    first, later = first[:start], later[: count - start]
    for channel in range(1 + len(lights)):
        pattern = _pattern(points, rng)
        for chosen in (first, later):
            if chosen is later:
                many = undecided(points.pixel, later, points.table, width, channel, values, rest)
                chosen = rest[:many]
            if channel == 0:
                values[chosen, 0] = ~compiled.caster.occluded(_around(points, chosen, width, pattern))
            else:
                rays, faces = _towards(lights[channel - 1], points, chosen, width, pattern)
                values[chosen, channel] = 0
                values[faces, channel] = ~compiled.caster.occluded(rays, near=0.002, far=0.98)
    smoothed = np.empty_like(values)
    smooth(points.pixel, points.position, points.normal, points.reach, points.table, width, values, smoothed)
    return smoothed


def _around(points: Points, chosen: Int32, width: int, pattern: Pattern) -> Float32:
    """(n, 6) one ray from every chosen point, as far as what darkens corners is looked for."""
    rays = np.empty((len(chosen), 6), np.float32)
    order, jitter = pattern
    around(chosen, points.pixel, width, points.position, points.normal, order, jitter, _LIFT, AMBIENT_REACH, rays)
    return rays


def _towards(light: Light, points: Points, chosen: Int32, width: int, pattern: Pattern) -> tuple[Float32, Int32]:
    """(r, 6) rays to some place on the light from the r chosen points that may see it, and which points these are."""
    rays = np.empty((len(chosen), 6), np.float32)
    faces = np.empty(len(chosen), np.int32)
    order, jitter = pattern
    size = 2 * np.tan(np.deg2rad(light.size) / 2) if light.distant else light.size
    count = towards(
        chosen, points.pixel, width, points.position, points.normal, order, jitter, _LIFT,
        np.asarray(light.position, np.float32), size, _SUN_REACH if light.distant else 0.0, rays, faces,
    )  # fmt: skip
    return rays[:count], faces[:count]


def _pattern(points: Points, rng: np.random.Generator) -> Pattern:
    """An order of 16 cells, so that every 4×4 pixels cover the unit square evenly, and (p, 2) places in them."""
    return rng.permutation(16).astype(np.int32), rng.random((len(points.pixel), 2), dtype=np.float32)
