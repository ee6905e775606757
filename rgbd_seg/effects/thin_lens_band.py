"""One band of rows of a scene, drawn through the lens. See ``thin_lens``."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects import lens_slice_kernels as slicing
from rgbd_seg.effects import thin_lens_kernels as kernels
from rgbd_seg.effects.highlights import brighten
from rgbd_seg.effects.lens_plan import Plan, Slice
from rgbd_seg.linear_light import decode_table


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a band is drawn from."""

    color: UInt8 | Float32  # (H, W, 3) sRGB, or linear light
    alpha: Float32
    foreground: UInt8 | None
    maps: Float32  # (9, h, w) of lower resolution, see load_planes
    keep_subject_sharp: bool
    gain: UInt8 | None = None  # (H, W) see highlights: clipped light put back before it is spread


@dataclass(frozen=True, eq=False)
class Level:
    """A sheet at one resolution."""

    sheet: Float32  # (4 to 6, h, w), see lens_slice_kernels
    ranges: Float32  # (2, h, w) least and greatest circle of confusion in each pixel
    tiles: Float32  # (2, tiles down, tiles across) the same of each tile


@dataclass(frozen=True, eq=False)
class Drawn:
    """A band before the subject is put in, with its surroundings."""

    planes: Float32  # (9, h, w), see load_planes
    behind: Float32  # (4, h, w) light and cover
    front: Float32  # (4, h, w) light × cover and cover of near things before the subject, or (4, 0, 0)
    corner: tuple[int, int]  # row and column of the band's first pixel


class BandRenderer:
    """Draws bands one after the other in the same memory; one per thread."""

    def __init__(self, scene: Scene, plan: Plan) -> None:
        self._scene = scene
        self._plan = plan
        self._memory: dict[str, Float32] = {}

    def render(self, top: int, bottom: int) -> tuple[Float32, Float32 | None]:
        """(rows, W, 3) linear light of rows [top, bottom), and the cover of near things before the subject there.

        Both are overwritten by the next call.
        """
        drawn = self.draw(top, bottom)
        light = self._take("light", (bottom - top, self._scene.alpha.shape[1], 3))
        kernels.finish(drawn.planes, drawn.behind, drawn.front, drawn.corner, self._scene.keep_subject_sharp, light)
        if not drawn.front.size:
            return light, None
        (y, x), (rows, columns) = drawn.corner, light.shape[:2]
        return light, drawn.front[3, y : y + rows, x : x + columns]

    def draw(self, top: int, bottom: int) -> Drawn:
        """What lies behind a sharp subject and before it, or all there is. Overwritten by the next call."""
        planes, origin, any_near = self._load(top, bottom)
        keep = self._scene.keep_subject_sharp
        near, behind_sheets = None, [planes[:4]]
        if keep and any_near:
            near, rest = self._take("near", (5, *planes.shape[1:])), self._take("rest", (6, *planes.shape[1:]))
            kernels.split_near(planes, self._plan.margin, near, rest)
            behind_sheets = [rest]
        if not keep and planes[8].any():
            behind_sheets.append(planes[4:9])
        behind = self._draw("behind", behind_sheets)
        slicing.fill_unreached(planes, behind)
        front = self._draw("front", [near]) if near is not None else np.zeros((4, 0, 0), np.float32)
        return Drawn(planes, behind, front, (top - origin[0], -origin[1]))

    def _take(self, name: str, shape: tuple[int, ...]) -> Float32:
        """Memory for a name, kept from band to band: fresh pages cost more than the work done in them."""
        size = int(np.prod(shape))
        held = self._memory.get(name)
        if held is None or held.size < size:
            held = self._memory[name] = np.zeros(size, np.float32)
        return held[:size].reshape(shape)

    def _load(self, top: int, bottom: int) -> tuple[Float32, tuple[int, int], bool]:
        """The planes of a band with its surroundings, and the picture's row and column at their first pixel.

        Both are multiples of the coarsest cell, so that bands meet without a seam.
        """
        scene, halo = self._scene, self._plan.halo
        height, width = scene.alpha.shape
        cell = 2 ** (self._plan.levels - 1)
        origin = (top // cell) * cell - halo, -halo
        rows = -(-(bottom + halo - origin[0]) // cell) * cell
        columns = -(-(width + 2 * halo) // cell) * cell
        held = slice(max(origin[0], 0), min(origin[0] + rows, height))
        planes = self._take("planes", (9, rows, columns))
        any_near = kernels.load_planes(
            self._bright(scene, held),
            scene.alpha,
            np.zeros((0, 0, 3), np.float32)
            if scene.foreground is None
            else self._linear("foreground", scene.foreground[held]),
            scene.maps,
            held.start,
            origin,
            self._plan.margin,
            planes,
        )
        return planes, origin, any_near

    def _bright(self, scene: Scene, held: slice) -> Float32:
        """Linear light of rows of the picture, clipped highlights put back."""
        light = self._linear("color", scene.color[held])
        return light if scene.gain is None else brighten(light, scene.gain[held])

    def _linear(self, name: str, rows: UInt8 | Float32) -> Float32:
        if rows.dtype != np.uint8:
            return np.ascontiguousarray(rows, np.float32)
        light = self._take(name, rows.shape)
        cv2.LUT(np.ascontiguousarray(rows), decode_table(), dst=light)
        return light

    def _draw(self, name: str, sheets: Sequence[Float32]) -> Float32:
        """All slices of all sheets, far to near: (4, h, w) light and cover.

        Behind the focus discs shrink, so what is drawn is brought to the next finer level on the way. Before it they
        grow, so near slices are gathered per level and laid over the rest at the end. Only the result has memory of
        its own ``name``; all else is shared with the next drawing.
        """
        pyramids = [self._pyramid(f"sheet {k}", sheet) for k, sheet in enumerate(sheets)]
        level = max((one.level for one in self._plan.slices if one.coc >= 0), default=0)
        out = self._blank(name if level == 0 else f"coarse {level}", pyramids[0][level].sheet)
        near: dict[int, Float32] = {}
        for one in self._plan.slices:
            if one.coc >= 0:
                out, level = self._finer(name, out, level, one.level), one.level
            for pyramid in pyramids:
                source = pyramid[one.level]
                if not _touches(one, source.tiles):
                    continue
                if one.coc < 0 and one.level not in near:
                    near[one.level] = self._blank(f"near {one.level}", source.sheet)
                self._spread(one, pyramid[0].sheet, source, out if one.coc >= 0 else near[one.level])
        out = self._finer(name, out, level, 0)
        self._lay_near_over(near, out)
        return out

    def _blank(self, name: str, like: Float32) -> Float32:
        blank = self._take(name, (4, *like.shape[1:]))
        blank.fill(0)
        return blank

    def _pyramid(self, name: str, sheet: Float32) -> list[Level]:
        """The sheet at every level, and the ranges of circles of confusion in its pixels and tiles."""
        ranges = self._take(f"{name} ranges 0", (2, *sheet.shape[1:]))
        slicing.coc_ranges(sheet, ranges)
        levels = [Level(sheet, ranges, _tiles(ranges))]
        for level in range(1, self._plan.levels):
            sheet = self._resized(f"{name} {level}", sheet, 0.5, cv2.INTER_AREA)
            ranges = self._take(f"{name} ranges {level}", (2, *sheet.shape[1:]))
            slicing.merge_ranges(levels[-1].ranges, 2, 2, ranges)
            levels.append(Level(sheet, ranges, _tiles(ranges)))
        return levels

    def _resized(self, name: str, planes: Float32, factor: float, method: int) -> Float32:
        size = round(planes.shape[2] * factor), round(planes.shape[1] * factor)
        out = self._take(name, (planes.shape[0], size[1], size[0]))
        for plane, target in zip(planes, out, strict=True):
            cv2.resize(plane, size, dst=target, interpolation=method)
        return out

    def _finer(self, name: str, planes: Float32, level: int, wanted: int) -> Float32:
        for finer in range(level - 1, wanted - 1, -1):
            planes = self._resized(name if finer == 0 else f"coarse {finer}", planes, 2, cv2.INTER_LINEAR)
        return planes

    def _spread(self, one: Slice, full: Float32, source: Level, target: Float32) -> None:
        margin = self._plan.reach
        tiles = source.tiles.shape[1:]
        # Wide enough that a tile's row never ends outside; what lies outside the sheet stays 0.
        shape = 5, source.sheet.shape[1] + 2 * margin, tiles[1] * slicing.TILE_COLUMNS + 2 * margin
        planes = self._take(f"slice {shape}", shape)
        state = np.empty(tiles, np.uint8)
        slicing.cut_slice(full, source.sheet, source.ranges, source.tiles, one.nodes, margin, planes, state)
        slicing.spread_over(planes, one.kernel, one.runs, margin, state, target)

    def _lay_near_over(self, near: dict[int, Float32], out: Float32) -> None:
        """Near slices, coarsest in front, over the rest."""
        front: Float32 | None = None
        for level in range(max(near, default=-1), -1, -1):
            if front is not None:
                front = self._resized(f"in front {level}", front, 2, cv2.INTER_LINEAR)
            if level in near:
                if front is not None:
                    slicing.over_planes(front, near[level])
                front = near[level]
        if front is not None:
            slicing.over_planes(front, out)


def _tiles(ranges: Float32) -> Float32:
    tiles = np.empty(
        (2, -(-ranges.shape[1] // slicing.TILE_ROWS), -(-ranges.shape[2] // slicing.TILE_COLUMNS)), np.float32
    )
    slicing.merge_ranges(ranges, slicing.TILE_ROWS, slicing.TILE_COLUMNS, tiles)
    return tiles


def _touches(one: Slice, tiles: Float32) -> bool:
    """Whether any tile has something of the slice."""
    nearer, node, farther = one.nodes
    holds = tiles[0] <= tiles[1]
    if nearer < node:
        holds &= tiles[1] > nearer
    if farther > node:
        holds &= tiles[0] < farther
    return bool(holds.any())
