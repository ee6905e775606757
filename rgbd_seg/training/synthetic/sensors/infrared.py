"""What surfaces do to the light of a depth camera beyond matt reflection: they shine, or let it through."""

import numpy as np

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.training.synthetic.appearance import NUMBERS
from rgbd_seg.training.synthetic.compiled import CompiledScene, Hits

_CLEAR = 0.6  # surfaces of less opacity are glass to infrared light
_BEYOND = 0.002  # metres behind the glass where the ray goes on
_PANES = 2  # a pair of glasses, a bottle: front and back


def shininess(scene: CompiledScene, triangle: Int32) -> Float32:
    """(n,) share of light that triangles reflect as a mirror does, 0 where nothing was met."""
    if scene.appearance is None:
        return np.zeros(len(triangle), np.float32)
    numbers, surface = scene.appearance.numbers, _surface(scene, triangle)
    mirror, roughness, specular = (numbers[:, NUMBERS.index(name)] for name in ("mirror", "roughness", "specular"))
    gloss = np.append(np.maximum(mirror, specular * np.square(1 - roughness)), np.float32(0))
    return np.asarray(gloss[surface], np.float32)


def through_glass(scene: CompiledScene, rays: Float32) -> Hits:
    """The first surface along every ray (n, 6) that is not clear glass."""
    hits = scene.caster.cast(rays)
    if scene.appearance is None:
        return hits
    clear = np.append(scene.appearance.numbers[:, NUMBERS.index("opacity")] < _CLEAR, False)
    if not clear.any():
        return hits
    distance, triangle, weights, normal = hits.distance.copy(), hits.triangle.copy(), hits.weights, hits.normal
    weights, normal = weights.copy(), normal.copy()
    for _ in range(_PANES):
        glass = np.flatnonzero(clear[_surface(scene, triangle)])
        if not len(glass):
            break
        travelled = distance[glass] + _BEYOND / np.linalg.norm(rays[glass, 3:], axis=1)
        onward = rays[glass].copy()
        onward[:, :3] += travelled[:, None] * onward[:, 3:]
        behind = scene.caster.cast(onward)
        distance[glass], triangle[glass] = travelled + behind.distance, behind.triangle
        weights[glass], normal[glass] = behind.weights, behind.normal
    return Hits(distance=distance, triangle=triangle, weights=weights, normal=normal)


def _surface(scene: CompiledScene, triangle: Int32) -> Int32:
    """Row of `Appearance.numbers` of every triangle; the row after the last stands for hair and for nothing."""
    if scene.appearance is None:
        return np.zeros(len(triangle), np.int32)
    last = len(scene.appearance.numbers)
    surface = np.where(triangle >= 0, scene.appearance.surface[np.maximum(triangle, 0)], last)
    return np.minimum(surface, last).astype(np.int32)
