"""How much of every lamp, and of the light from all around, reaches the points of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.training.synthetic.compiled import CompiledScene
from rgbd_seg.training.synthetic.scene import Light
from rgbd_seg.training.synthetic.visibility_kernels import PER_PIXEL, assign, smooth

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
    """(p, 1 + lights) shares in [0, 1]: of the light from all around, then of every light."""
    values = np.empty((len(points.pixel), 1 + len(lights)), np.float32)
    origin = points.position + points.normal * np.float32(_LIFT)
    places = _pattern(points.pixel, width, 1 + len(lights), rng)
    around = _cosine(points.normal, places[0]) * np.float32(AMBIENT_REACH)
    values[:, 0] = ~compiled.caster.occluded(np.concatenate([origin, around], axis=1))
    for index, light in enumerate(lights):
        values[:, 1 + index] = _lit(compiled, points, origin, light, places[1 + index])
    smoothed = np.empty_like(values)
    smooth(points.pixel, points.position, points.normal, points.reach, points.table, width, values, smoothed)
    return smoothed


def _lit(compiled: CompiledScene, points: Points, origin: Float32, light: Light, places: Float32) -> Float32:
    towards = _towards(light, origin, places)
    faces = np.flatnonzero(np.einsum("ij,ij->i", towards, points.normal) > -0.2 * np.linalg.norm(towards, axis=1))
    lit = np.zeros(len(origin), np.float32)
    rays = np.concatenate([origin[faces], towards[faces]], axis=1)
    lit[faces] = ~compiled.caster.occluded(rays, near=0.002, far=0.98)
    return lit


def _towards(light: Light, origin: Float32, places: Float32) -> Float32:
    """(p, 3) to some place on the light."""
    if light.distant:
        direction = np.asarray(light.position, np.float32)
        side, up = _axes(direction[None])
        spread = np.float32(np.tan(np.deg2rad(light.size) / 2) * 2)
        offset = (places - 0.5) * spread
        sun: Float32 = (direction + offset[:, :1] * side + offset[:, 1:] * up) * np.float32(_SUN_REACH)
        return sun
    middle = np.asarray(light.position, np.float32) - origin
    side, up = _axes(middle / np.maximum(np.linalg.norm(middle, axis=1, keepdims=True), 1e-6))
    offset = (places - 0.5) * np.float32(light.size)
    towards: Float32 = middle + offset[:, :1] * side + offset[:, 1:] * up
    return towards


def _axes(direction: Float32) -> tuple[Float32, Float32]:
    """Two directions across the given ones (Duff et al. 2017, without the branch)."""
    x, y, z = direction[:, 0], direction[:, 1], direction[:, 2]
    sign = np.where(z >= 0, np.float32(1), np.float32(-1))
    a = -1 / (sign + z)
    b = x * y * a
    first = np.stack([1 + sign * x * x * a, sign * b, -sign * x], axis=1)
    second = np.stack([b, sign + y * y * a, -y], axis=1)
    return first.astype(np.float32), second.astype(np.float32)


def _cosine(normal: Float32, places: Float32) -> Float32:
    """Directions over the half space, more of them near the normal, by Lambert's law."""
    radius, angle = np.sqrt(places[:, :1]), places[:, 1:] * np.float32(2 * np.pi)
    side, up = _axes(normal)
    height = np.sqrt(np.maximum(1 - places[:, :1], 0))
    direction: Float32 = side * (radius * np.cos(angle)) + up * (radius * np.sin(angle)) + normal * height
    return direction


def _pattern(pixel: Int32, width: int, count: int, rng: np.random.Generator) -> Float32:
    """(count, p, 2) places in the unit square; every block of 4×4 pixels covers it evenly."""
    cell = (pixel // width % 4) * 4 + pixel % width % 4
    places = rng.random((count, len(pixel), 2), dtype=np.float32)
    for index in range(count):
        column = rng.permutation(16)[cell]
        places[index, :, 0] = (places[index, :, 0] + column % 4) / 4
        places[index, :, 1] = (places[index, :, 1] + column // 4) / 4
    return places
