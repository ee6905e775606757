"""Renders sheets of a scene through a thin lens.

A sheet is cut into slices of nearly one circle of confusion each. From the farthest on, every slice is spread by
its disc and laid over what is behind it. Slices with large discs are computed at half, a quarter, … of the
resolution, so that the cost hardly grows with the blur. A large picture is drawn in strips, in bounded memory.
"""

from collections.abc import Callable

import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.effects import lens_cell_kernels as cells
from rgbd_seg.effects import lens_finish_kernels as finishing
from rgbd_seg.effects import lens_tile_kernels as tiles
from rgbd_seg.effects.aperture import DISC
from rgbd_seg.effects.lens_plan import ApertureShape, Level, Sheets
from rgbd_seg.effects.lens_scene import Scene, make_scene, quality_of
from rgbd_seg.effects.lens_sheet_kernels import NEAR_APART, PLAIN
from rgbd_seg.frames import AlphaMatte
from rgbd_seg.linear_light import decode_table, encode_table

_ROWS = 16  # of cells, that a thread takes at a time
_STRIP = 16_000_000  # pixels drawn at once
_NO_PICTURE = np.zeros((0, 0, 3), np.uint8)
_NO_LIGHT = np.zeros((0, 0, 3), np.float32)


def render(
    color: UInt8,
    matte: AlphaMatte,
    sheets: Sheets,
    *,
    keep_subject_sharp: bool,
    aperture: ApertureShape = DISC,
    quality: str = "auto",
    gain: UInt8 | None = None,
) -> UInt8:
    """The picture through the lens. (H, W, 3) sRGB in and out.

    Args:
        aperture: makes the shape of a point from its diameter.
        quality: ``photo``, or ``live``, a few times faster and a little less exact; ``auto`` is ``photo`` for a matte
            whose clock is ``still``.
        gain: that of `find_highlights`.
    """
    out = np.empty(color.shape, np.uint8)
    scene = make_scene(
        color,
        matte.alpha,
        sheets,
        keep_subject_sharp=keep_subject_sharp,
        aperture=aperture,
        quality=quality_of(quality, matte),
        foreground=matte.foreground,
        gain=gain,
    )
    _draw(scene, np.asarray(scene.color, np.uint8), out, _NO_LIGHT)
    return out


def render_linear(
    light: Float32,
    alpha: Float32,
    sheets: Sheets,
    *,
    keep_subject_sharp: bool,
    aperture: ApertureShape = DISC,
    quality: str = "photo",
) -> Float32:
    """The same for linear light of any range, (H, W, 3) float32 in and out."""
    out = np.empty(light.shape, np.float32)
    scene = make_scene(
        np.asarray(light, np.float32),
        alpha,
        sheets,
        keep_subject_sharp=keep_subject_sharp,
        aperture=aperture,
        quality=quality,
    )
    _draw(scene, _NO_PICTURE, _NO_PICTURE, out)
    return out


def _draw(scene: Scene, picture: UInt8, out: UInt8, light: Float32) -> None:
    """All of the picture, in strips of rows that with their surroundings are not too large."""
    height, width = scene.alpha.shape
    align = max(tiles.ROWS, scene.step, 2 ** max(len(scene.plan.far), len(scene.plan.near)))
    if scene.plan.focus.kernels.shape[1] > 1:
        align = max(align, int(scene.plan.spacing))
    halo = -(-scene.plan.halo // align) * align
    rows = max(_STRIP // width - 2 * halo, halo, align) // align * align
    if height * width <= _STRIP:
        rows = height
    for first in range(0, height, rows):
        end = min(first + rows, height)
        begin, stop = max(first - halo, 0), min(end + halo, height)
        part = np.s_[begin:stop]
        _Strip(scene.strip(begin, stop), begin).draw(
            (first - begin, end - begin),
            picture[part] if picture.size else picture,
            out[part] if out.size else out,
            light[part] if light.size else light,
        )


class _Strip:
    """Draws rows of a scene, level by level."""

    def __init__(self, scene: Scene, first_row: int) -> None:
        self._scene = scene
        self._first_row = first_row
        self._bands = Bands()
        height, width = scene.alpha.shape
        self._sharp: Bool = np.zeros((-(-height // tiles.ROWS), -(-width // tiles.COLUMNS)), np.bool_)

    def draw(self, rows: tuple[int, int], picture: UInt8, out: UInt8, light: Float32) -> None:
        """Rows [first, end) of the strip; the first is a multiple of a tile's."""
        scene = self._scene
        far, near = self._load()
        behind, before = self._draw_side(far, scene.plan.far, False), self._draw_side(near, scene.plan.near, True)
        focus = scene.plan.focus
        kernels = self._kernels(focus)

        def tile_row(row: int) -> None:
            finishing.finish_tiles(
                picture,
                scene.color,
                scene.gain,
                scene.alpha,
                scene.foreground,
                scene.maps,
                scene.step,
                decode_table(),
                encode_table(),
                row,
                scene.mode,
                scene.plan.margin,
                focus.nodes,
                kernels,
                focus.runs,
                scene.plan.spacing,
                self._sharp,
                behind,
                before,
                scene.keep_subject_sharp,
                out,
                light,
            )

        self._share(tile_row, rows[0] // tiles.ROWS, -(-rows[1] // tiles.ROWS))

    def _load(self) -> tuple[list[Float32], list[Float32]]:
        """The sheets at each level, as far as they are drawn there, behind the focus and before it."""
        scene, plan = self._scene, self._scene.plan
        count = 1 if scene.mode == PLAIN else 2
        size = (scene.alpha.shape[0] + 1) // 2, (scene.alpha.shape[1] + 1) // 2
        far, near = (np.empty((count, 6, *(size if side else (0, 0))), np.float32) for side in (plan.far, plan.near))
        ramps = np.array([[side[0].zero, side[0].scale] if side else [0, 0] for side in (plan.far, plan.near)])

        def load(rows: tuple[int, int]) -> None:
            cells.load_cells(
                scene.color,
                scene.gain,
                scene.alpha,
                scene.foreground,
                scene.maps,
                scene.step,
                decode_table(),
                rows,
                scene.mode,
                scene.plan.margin,
                ramps.astype(np.float32),
                far,
                near,
                self._sharp,
            )

        self._share_rows(load, size[0])
        return self._pooled(far, plan.far, True), self._pooled(near, plan.near, False)

    def _pooled(self, first: Float32, levels: tuple[Level, ...], is_far: bool) -> list[Float32]:
        """The sheets at all levels of a side from those at half the resolution."""
        held = [first] if levels else []
        for level in levels[1:]:
            fine = held[-1]
            coarse = np.empty((*fine.shape[:2], (fine.shape[2] + 1) // 2, (fine.shape[3] + 1) // 2), np.float32)

            def pool(
                rows: tuple[int, int], fine: Float32 = fine, level: Level = level, coarse: Float32 = coarse
            ) -> None:
                cells.pool_cells(fine, rows, level.zero, level.scale, is_far, coarse)

            self._share_rows(pool, coarse.shape[2])
            held.append(coarse)
        return held

    def _draw_side(self, sheets: list[Float32], levels: tuple[Level, ...], in_front: bool) -> Float32:
        """(layers, 4, h, w) light and cover at half the resolution of all that is out of focus on one side."""
        layers = 2 if self._scene.mode == NEAR_APART else 1
        drawn = np.zeros((layers, 4, 0, 0), np.float32)
        for k in range(len(levels) - 1, -1, -1):
            level, source, coarser = levels[k], sheets[k], drawn
            drawn = np.empty((layers, 4, *source.shape[2:]), np.float32)
            kernels = self._kernels(level)
            spacing = self._scene.plan.spacing / 2 ** (k + 1)

            def tile_row(
                row: int,
                level: Level = level,
                source: Float32 = source,
                coarser: Float32 = coarser,
                drawn: Float32 = drawn,
                kernels: Float32 = kernels,
                spacing: float = spacing,
            ) -> None:
                tiles.draw_tiles(source, row, coarser, level.nodes, kernels, level.runs, spacing, in_front, drawn)

            self._share(tile_row, 0, -(-source.shape[2] // tiles.ROWS))
        return drawn

    def _kernels(self, level: Level) -> Float32:
        """Those of the strip's own rows, where the aperture's shape changes over the picture."""
        if level.kernels.shape[1] == 1:
            return level.kernels
        return np.ascontiguousarray(level.kernels[:, int(self._first_row / self._scene.plan.spacing) :])

    def _share_rows(self, work: Callable[[tuple[int, int]], object], rows: int) -> None:
        self._share(lambda k: work((k * _ROWS, min((k + 1) * _ROWS, rows))), 0, -(-rows // _ROWS))

    def _share(self, work: Callable[[int], object], first: int, end: int) -> None:
        """Calls shared among threads as they come free: some tiles are far quicker than others."""
        left = iter(range(first, end))  # taken from by all threads, one at a time under the interpreter lock

        def take(_first: int, _end: int) -> None:
            for k in left:
                work(k)

        self._bands.run(take, min(self._bands.threads, end - first), at_least=1)
