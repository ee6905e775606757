"""A compiled scene as a picture in linear light with all its truth, by ray casting."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Bool, Float32, Int32
from rgbd_seg.errors import ConfigError
from rgbd_seg.linear_light import WHITE, decode_table
from rgbd_seg.options import check_range
from rgbd_seg.training.synthetic.appearance import NUMBERS, Appearance
from rgbd_seg.training.synthetic.compiled import CompiledScene
from rgbd_seg.training.synthetic.primary_rays import additional, centres, first, regular, remaining
from rgbd_seg.training.synthetic.roles import FRONT, Role
from rgbd_seg.training.synthetic.scene import Light, View
from rgbd_seg.training.synthetic.shading_kernels import gather, shade
from rgbd_seg.training.synthetic.surface_kernels import albedo_and_relief, surface_points
from rgbd_seg.training.synthetic.tracing import Sightings, trace
from rgbd_seg.training.synthetic.visibility import Points, PointTable, visibility
from rgbd_seg.training.synthetic.visibility_kernels import lower_median, towards_viewer

_TILT = 0.05  # relative change of depth within half a pixel beyond which a sample keeps its own
FARTHEST = 32.0  # metres; beyond that depth is not known, as in the sky
_BUMP, _OPACITY, _MIRROR = (NUMBERS.index(name) for name in ("bump", "opacity", "mirror"))
_FRONT = np.isin(np.arange(len(Role)), FRONT)


@dataclass(frozen=True, kw_only=True)
class RenderOptions:
    """How much work goes into a picture."""

    blurred_side: int = 3  # side × side samples per pixel where lens or motion blurs; elsewhere 1, 4 or 16
    edge_share: float = 0.3  # of all pixels at most get twelve more samples, for hair and edges of the front person

    def __post_init__(self) -> None:
        check_range("blurred_side", self.blurred_side, 1, 16)
        check_range("edge_share", self.edge_share, 0, 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rendered:
    """Maps of the view's size, without the camera's own exposure and noise."""

    color: Float32  # (H, W, 3) linear radiance
    foreground: Float32  # (H, W, 3) linear radiance of the front person alone; 0 where there is none
    coverage: Float32  # (H, W, 7) by Role
    depth: Float32  # (H, W) z-depth of one of the pixel's samples, the lower median: never a mean across an edge
    hair: Float32  # (H, W) coverage by hair of anyone

    @property
    def alpha(self) -> Float32:
        """(H, W) the front person's coverage, with what is held."""
        total: Float32 = np.minimum(self.coverage[..., list(FRONT)].sum(axis=-1), 1)
        return total


def render(
    compiled: CompiledScene,
    view: View,
    lights: Sequence[Light],
    ambient: Float32,
    *,
    rng: np.random.Generator,
    options: RenderOptions | None = None,
) -> Rendered:
    """The picture that the view's camera takes.

    Args:
        ambient: (3,) linear radiance from all around.
    Raises:
        ConfigError: the scene was compiled without its appearance.
    """
    if compiled.appearance is None:
        raise ConfigError("this compiled scene has geometry only; colour needs one made by compile_scene")
    work = _Picture(compiled, compiled.appearance, view, options or RenderOptions())
    work.look(rng)
    return work.developed(lights, ambient, rng)


class _Picture:
    """The state of one rendering: what was seen so far, and what is made of it."""

    def __init__(self, compiled: CompiledScene, look: Appearance, view: View, options: RenderOptions) -> None:
        self._compiled, self._look, self._view, self._options = compiled, look, view, options
        self._pixels = view.intrinsics.width * view.intrinsics.height
        self._blurred = view.aperture > 0 or (view.shutter > 0 and any(view.velocity))
        self._samples = np.full(self._pixels, 1, np.float32)

    def look(self, rng: np.random.Generator) -> None:
        """Trace all samples: few on even surfaces, more at edges, most at the front person's edge."""
        if self._blurred:
            side = self._options.blurred_side
            self._samples[:] = side**2
            self._seen = trace(self._compiled, self._look, regular(self._view, side, rng))
            self._depth = self._depth_of(trace(self._compiled, self._look, centres(self._view)))
            return
        cells = rng.integers(0, 4, self._pixels, dtype=np.int32)
        parts = [trace(self._compiled, self._look, first(self._view, cells, rng))]
        uneven = self._uneven(parts[0])
        self._samples[uneven] = 4
        parts.append(trace(self._compiled, self._look, remaining(self._view, cells, uneven, rng)))
        self._seen = Sightings.joined(parts)
        self._depth = self._depth_of(self._seen)
        edges = self._edges(self._seen)
        self._samples[edges] = 16
        parts += self._more(cells, edges, uneven, rng)
        self._seen = Sightings.joined(parts)

    def _more(self, cells: Int32, edges: Int32, uneven: Int32, rng: np.random.Generator) -> list[Sightings]:
        """Twelve more samples at edges; first those that make four where there was one."""
        lone = np.setdiff1d(edges, uneven, assume_unique=True).astype(np.int32)
        return [
            trace(self._compiled, self._look, rays)
            for rays in (remaining(self._view, cells, lone, rng), additional(self._view, edges, rng))
        ]

    def developed(self, lights: Sequence[Light], ambient: Float32, rng: np.random.Generator) -> Rendered:
        """Light on all that was seen, gathered in pixels."""
        radiance = self._radiance(lights, np.asarray(ambient, np.float32), rng)
        seen, count = self._seen, self._pixels
        color, foreground = np.zeros((count, 3), np.float32), np.zeros((count, 3), np.float32)
        coverage = np.zeros((count, len(Role)), np.float32)
        gather(seen.pixel, seen.share, seen.light, seen.role, _FRONT, radiance, color, foreground, coverage)
        hair = np.bincount(seen.pixel, weights=seen.share * self._is_hair(seen), minlength=count).astype(np.float32)
        front = np.maximum(coverage[:, _FRONT].sum(axis=1, keepdims=True), 1e-6)
        per_sample = (1 / self._samples).astype(np.float32)
        size = self._view.intrinsics.size
        return Rendered(
            color=(color * per_sample[:, None]).reshape(*size, 3),
            foreground=(foreground / front).reshape(*size, 3),
            coverage=(coverage * per_sample[:, None]).reshape(*size, len(Role)),
            depth=self._depth.reshape(size),
            hair=(hair * per_sample).reshape(size),
        )

    def _depth_of(self, seen: Sightings) -> Float32:
        """The lower median of a pixel's samples: with half of them on the nearer surface, that one."""
        solid = (seen.share > 0) & ~self._is_clear(seen) if self._has_glass() else slice(None)
        middle = np.empty(self._pixels, np.float32)
        lower_median(seen.pixel[solid], self._at_centre(seen)[solid], 4, middle)
        return np.where(middle < FARTHEST, middle, np.float32(np.nan))

    def _at_centre(self, seen: Sightings) -> Float32:
        """(n,) depth where the triangle's plane meets the ray through the pixel's middle: samples lie beside it."""
        middle = centres(self._view).rays[seen.pixel, 3:]
        beside = np.einsum("ij,ij->i", seen.facing, seen.rays[:, 3:])
        with np.errstate(all="ignore"):  # where nothing was met there is no plane
            ratio = beside / np.einsum("ij,ij->i", seen.facing, middle)
        near = (np.abs(ratio - 1) < _TILT) & (
            seen.share > 0
        )  # not what mirrors show; at grazing angles planes run away
        return np.where(near, seen.depth * np.where(near, ratio, 1), seen.depth).astype(np.float32)

    def _has_glass(self) -> bool:
        return bool((self._look.numbers[:, _OPACITY] < 1).any())

    def _is_clear(self, seen: Sightings) -> Bool:
        """Glass that lets most light through has no depth of its own."""
        opacity = np.append(self._look.numbers[:, _OPACITY], np.float32(1))
        surface = np.where(seen.triangle >= 0, self._look.surface[seen.triangle], len(opacity) - 1)
        clear: Bool = opacity[np.minimum(surface, len(opacity) - 1)] < 0.5
        return clear

    def _is_hair(self, seen: Sightings) -> Bool:
        hair: Bool = seen.triangle >= self._look.first_hair
        return hair

    def _uneven(self, seen: Sightings) -> Int32:
        """Pixels around which surface or depth changes, from one sample each; hair counts in a wider ring."""
        import cv2

        size = self._view.intrinsics.size
        whole = seen.share > 0
        surface, depth = np.full(self._pixels, -1, np.int32), np.zeros(self._pixels, np.float32)
        surface[seen.pixel[whole]] = np.where(seen.triangle >= 0, self._look.surface[seen.triangle], -1)[whole]
        depth[seen.pixel[whole]] = np.minimum(seen.depth, 2 * FARTHEST)[whole]
        ids, inverse = surface.reshape(size).astype(np.float32), 1 / np.maximum(depth.reshape(size), 0.05)
        square = np.ones((3, 3), np.uint8)
        changes = (cv2.dilate(ids, square) != cv2.erode(ids, square)) | (
            cv2.dilate(inverse, square) > 1.03 * cv2.erode(inverse, square)
        )
        clear = self._look.numbers[:, [_OPACITY, _MIRROR]] @ np.array([-1, 1], np.float32) > -1  # glass and mirrors
        changes |= np.append(clear, np.zeros(len(self._look.names) - len(clear) + 1, np.bool_))[surface].reshape(size)
        hair = (surface >= len(self._look.numbers)).reshape(size).astype(np.uint8)
        around_hair = cv2.dilate(hair, np.ones((7, 7), np.uint8)) > 0
        return np.flatnonzero(changes | around_hair).astype(np.int32)

    def _edges(self, seen: Sightings) -> Int32:
        """Pixels at the front person's outline and beside it; the most mixed ones if too many."""
        import cv2

        size = self._view.intrinsics.size
        front = np.bincount(seen.pixel, weights=seen.share * _FRONT[seen.role], minlength=self._pixels)
        covered = (front / self._samples).astype(np.float32).reshape(size)
        mixed = cv2.dilate(covered, np.ones((3, 3))) - cv2.erode(covered, np.ones((3, 3)))
        wanted = mixed.ravel()
        pixels = np.flatnonzero(wanted > 0.01)
        most = int(self._options.edge_share * self._pixels)
        if len(pixels) > most:
            pixels = np.sort(pixels[np.argsort(-wanted[pixels], kind="stable")[:most]])
        return pixels.astype(np.int32)

    def _radiance(self, lights: Sequence[Light], ambient: Float32, rng: np.random.Generator) -> Float32:
        compiled, look, seen = self._compiled, self._look, self._seen
        position, normal, uv = self._surfaces(seen)
        point_of, points = self._points(seen, position)
        seen_light = visibility(compiled, points, lights, self._view.intrinsics.width, rng)
        albedo = np.empty_like(position)
        # A lone sample must stand for its whole pixel: a little more than that, since levels are not blended.
        apart = np.where(self._samples > 1, np.sqrt(np.minimum(self._samples, 9)), 0.75).astype(np.float32)[seen.pixel]
        footprint = seen.distance / (np.float32(self._view.intrinsics.fx) * apart)
        albedo_and_relief(
            seen.triangle, footprint, uv, compiled.triangles, compiled.vertices, look.texture_coordinates, look.surface,
            look.texel_density, look.numbers[:, _BUMP].copy(), look.textures.texels, look.textures.places,
            decode_table() / np.float32(WHITE), look.first_hair, look.strand_color, albedo, normal,
        )  # fmt: skip
        radiance = np.empty_like(position)
        shade(
            seen.rays, position, normal, albedo, seen.triangle, look.surface, point_of, seen_light, look.numbers,
            look.first_hair, light_table(lights), ambient, ambient, radiance,
        )  # fmt: skip
        self._even_hair(radiance)
        return radiance

    def _even_hair(self, radiance: Float32) -> None:
        """Half of every hair sample's light from the hair around it: a pixel shows more strands than it has samples."""
        import cv2

        seen, (height, width) = self._seen, self._view.intrinsics.size
        hair = np.flatnonzero(self._is_hair(seen) & (seen.share > 0))
        if not len(hair):
            return
        pixel, weight = seen.pixel[hair], seen.share[hair] / self._samples[seen.pixel[hair]]
        sums = np.zeros((self._pixels, 4), np.float32)
        for k in range(3):
            sums[:, k] = np.bincount(pixel, weights=radiance[hair, k] * weight, minlength=self._pixels)
        sums[:, 3] = np.bincount(pixel, weights=weight, minlength=self._pixels)
        around = cv2.GaussianBlur(sums.reshape(height, width, 4), (0, 0), 0.85).reshape(-1, 4)
        mean = around[:, :3] / np.maximum(around[:, 3:], 1e-6)
        radiance[hair] = 0.5 * radiance[hair] + 0.5 * mean[pixel]

    def _surfaces(self, seen: Sightings) -> tuple[Float32, Float32, Float32]:
        position = np.empty((len(seen.pixel), 3), np.float32)
        normal, uv = np.empty_like(position), np.empty((len(seen.pixel), 2), np.float32)
        surface_points(
            seen.rays, seen.distance, seen.triangle, seen.weights, self._compiled.triangles, self._look.normals,
            self._look.texture_coordinates, self._look.first_hair, position, normal, uv,
        )  # fmt: skip
        return position, normal, uv

    def _points(self, seen: Sightings, position: Float32) -> tuple[Int32, Points]:
        """The places whose shadows are traced: one for all samples of a pixel that lie on one surface."""
        table = PointTable(self._pixels, len(seen.pixel))
        surface = np.where(seen.triangle >= 0, self._look.surface[seen.triangle], np.int32(-1))
        point_of = table.assign(seen.pixel, seen.distance, surface)
        first = table.first[: table.count]
        normal, reach = np.empty((len(first), 3), np.float32), np.empty(len(first), np.float32)
        towards_viewer(
            first, seen.rays, seen.facing, seen.distance, seen.triangle, self._look.first_hair, normal, reach
        )
        return point_of, Points(
            pixel=seen.pixel[first],
            position=position[first],
            normal=normal,
            reach=reach,
            table=table.table,
        )


def light_table(lights: Sequence[Light]) -> Float32:
    """(l, 8) rows for the shading loops: position or direction, colour, size (radians for the sun), 1 for the sun."""
    rows = [
        [*light.position, *light.color, np.deg2rad(light.size) if light.distant else light.size, float(light.distant)]
        for light in lights
    ]
    return np.asarray(rows, np.float32).reshape(len(lights), 8)
