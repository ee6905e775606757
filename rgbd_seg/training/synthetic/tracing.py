"""What every sample of a picture sees: the first surface, what is behind glass, what a mirror shows."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Int32, UInt8
from rgbd_seg.training.synthetic.appearance import NUMBERS, Appearance
from rgbd_seg.training.synthetic.compiled import CompiledScene
from rgbd_seg.training.synthetic.primary_rays import PrimaryRays
from rgbd_seg.training.synthetic.roles import PEOPLE, Role

_MIRROR, _OPACITY = NUMBERS.index("mirror"), NUMBERS.index("opacity")
_LAYERS = 4  # of glass that one looks through
_SKIN_DEEP = 1e-3  # metres; where a ray goes on behind glass
_SKY = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Sightings:
    """Surfaces seen by samples. Of one sample's sightings the shares add up to 1, and so do the lights."""

    pixel: Int32  # (n,)
    rays: Float32  # (n, 6) the ray that met the surface
    distance: Float32  # (n,) along that ray
    depth: Float32  # (n,) z-depth in metres of what the sample saw first, mirrors not entered
    triangle: Int32  # (n,) -1: nothing was met
    weights: Float32  # (n, 2) barycentric
    facing: Float32  # (n, 3) the triangle's own normal
    share: Float32  # (n,) part of the sample's coverage; 0 for what a mirror shows
    light: Float32  # (n,) part of the sample's colour
    role: UInt8  # (n,)

    def take(self, chosen: np.ndarray) -> "Sightings":
        """Some of them."""
        return Sightings(**{name: value[chosen] for name, value in vars(self).items()})

    @staticmethod
    def joined(parts: "list[Sightings]") -> "Sightings":
        """Several lists as one."""
        if len(parts) == 1:
            return parts[0]
        return Sightings(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in vars(parts[0])})


def trace(compiled: CompiledScene, look: Appearance, primary: PrimaryRays) -> Sightings:
    """All that the rays' samples see."""
    first = _cast(compiled, primary.pixel, primary.rays, np.ones(len(primary.pixel), np.float32))
    layers = _behind_glass(compiled, look, first)
    seen = layers[0] if len(layers) == 1 else Sightings.joined(layers)
    return _with_reflections(compiled, look, seen)


def _cast(compiled: CompiledScene, pixel: Int32, rays: Float32, share: Float32) -> Sightings:
    hits = compiled.caster.cast(rays)
    role = np.where(hits.triangle >= 0, compiled.role[hits.triangle], np.uint8(Role.PLACE))
    return Sightings(
        pixel=pixel,
        rays=rays,
        distance=hits.distance,
        depth=hits.distance,
        triangle=hits.triangle,
        weights=hits.weights,
        facing=hits.normal,
        share=share,
        light=share,
        role=role,
    )


def _number(look: Appearance, triangle: Int32, column: int, of_hair: float) -> Float32:
    """A material's number for every hit; ``of_hair`` for strands and where nothing was met."""
    table = np.append(look.numbers[:, column], np.float32(of_hair))
    surface = np.where(triangle >= 0, look.surface[triangle], len(look.numbers))
    values: Float32 = table[np.minimum(surface, len(look.numbers))]
    return values


def _behind_glass(compiled: CompiledScene, look: Appearance, seen: Sightings) -> list[Sightings]:
    """The sightings, and what is seen through those that are glass, layer by layer."""
    layers = []
    if (look.numbers[:, _OPACITY] >= 1).all():
        return [seen]
    for _ in range(_LAYERS):
        opacity = _number(look, seen.triangle, _OPACITY, 1.0)
        clear = np.flatnonzero(opacity < 1)
        if not len(clear):
            break
        share = seen.share.copy()
        share[clear] *= opacity[clear]
        through = seen.share[clear] - share[clear]
        layers.append(_replaced(seen, share=share, light=share))
        rays = seen.rays[clear].copy()
        step = seen.distance[clear] + np.float32(_SKIN_DEEP)
        rays[:, :3] += rays[:, 3:] * step[:, None]
        behind = _cast(compiled, seen.pixel[clear], rays, through)
        seen = _replaced(behind, depth=seen.depth[clear] + np.float32(_SKIN_DEEP) + behind.distance)
    else:
        return layers
    return [*layers, seen]


def _with_reflections(compiled: CompiledScene, look: Appearance, seen: Sightings) -> Sightings:
    """The sightings, with what mirrors among them show; a person in a mirror is a pictured person."""
    if not look.numbers[:, _MIRROR].any():
        return seen
    strength = _number(look, seen.triangle, _MIRROR, 0.0)
    shiny = np.flatnonzero(strength > 0)
    if not len(shiny):
        return seen
    mirrored = _cast(compiled, seen.pixel[shiny], _reflected(seen.take(shiny)), seen.light[shiny] * strength[shiny])
    pictured = shiny[np.isin(mirrored.role, PEOPLE) & (strength[shiny] >= 0.5)]
    role, light = seen.role.copy(), seen.light.copy()
    role[pictured] = np.where(role[pictured] == Role.PLACE, Role.PICTURED_PERSON, role[pictured])
    light[shiny] -= mirrored.light
    nothing = np.zeros(len(shiny), np.float32)
    mirrored = _replaced(mirrored, share=nothing, depth=seen.depth[shiny])
    return Sightings.joined([_replaced(seen, role=role, light=light), mirrored])


def _reflected(seen: Sightings) -> Float32:
    direction = seen.rays[:, 3:]
    along = np.einsum("ij,ij->i", direction, seen.facing)
    rays = np.empty_like(seen.rays)
    rays[:, 3:] = direction - 2 * along[:, None] * seen.facing
    rays[:, :3] = seen.rays[:, :3] + direction * seen.distance[:, None] - np.sign(along)[:, None] * seen.facing * 1e-3
    return rays


def _replaced(seen: Sightings, **fields: np.ndarray) -> Sightings:
    return Sightings(**(vars(seen) | fields))
