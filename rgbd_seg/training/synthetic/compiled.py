"""A scene made ready for ray casting, and the small interface behind which the ray caster stands."""

from dataclasses import dataclass
from typing import Protocol

from rgbd_seg.arrays import Bool, Float32, Int32, UInt8
from rgbd_seg.training.synthetic.appearance import Appearance


@dataclass(frozen=True, kw_only=True, eq=False)
class Hits:
    """Where n rays met the first surface."""

    distance: Float32  # (n,) in lengths of the ray's direction, inf where nothing was met
    triangle: Int32  # (n,) -1 where nothing was met
    weights: Float32  # (n, 2) barycentric weights of the triangle's second and third vertex
    normal: Float32  # (n, 3) the triangle's own normal, unit length


class RayCaster(Protocol):
    """Rays are (n, 6) float32: origin, direction (of any length)."""

    def cast(self, rays: Float32) -> Hits:
        """The first surface along every ray."""
        ...

    def occluded(self, rays: Float32, near: float = 0.0, far: float = 1.0) -> Bool:
        """(n,) True where a surface lies between ``near`` and ``far`` direction lengths from the origin."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class CompiledScene:
    """All meshes and strands as one list of triangles; hair strands are ribbons that face the camera."""

    caster: RayCaster
    vertices: Float32  # (n, 3) metres, world
    triangles: Int32  # (m, 3)
    role: UInt8  # (m,) Role of every triangle
    is_hair: Bool  # (m,)
    infrared: Float32  # (m,) mean reflectance at 850 nm
    appearance: Appearance | None = None  # what colour needs beyond that; depth sensors do without
