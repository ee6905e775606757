"""Renders sheets of a scene through a thin lens.

A sheet is cut into slices of nearly one circle of confusion each. From the farthest on, every slice is spread by
its disc and laid over what is behind it. Slices with large discs are computed at half, a quarter, … of the
resolution, so that the cost hardly grows with the blur. A large picture is drawn in strips, in bounded memory.
"""

from collections.abc import Callable

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Int32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.effects import lens_cell_kernels as cells
from rgbd_seg.effects import lens_tile_kernels as tiles
from rgbd_seg.effects.aperture import DISC
from rgbd_seg.effects.lens_finish_kernels import finish_rows
from rgbd_seg.effects.lens_plan import ApertureShape, Level, Sheets
from rgbd_seg.effects.lens_pool_kernels import pool_cells
from rgbd_seg.effects.lens_scene import Backdrop, Scene, make_scene, quality_of
from rgbd_seg.effects.lens_sheet_kernels import NEAR_APART, PLAIN, load_band
from rgbd_seg.frames import AlphaMatte
from rgbd_seg.linear_light import decode_table, encode_table

_ROWS = 16  # of cells, that a thread takes at a time
_STRIP = 4_000_000  # pixels drawn at once: more takes memory and no less time
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
    backdrop: Backdrop | None = None,
) -> UInt8:
    """The picture through the lens. (H, W, 3) sRGB in and out.

    Args:
        aperture: makes the shape of a point from its diameter.
        quality: ``photo``, or ``live``, a few times faster and a little less exact; ``auto`` is ``photo`` for a matte
            whose clock is ``still``.
        gain: that of `find_highlights`. backdrop: of `make_backdrop`, if it was made before.
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
        backdrop=backdrop,
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
        block = 2 * cells.BLOCK
        self._seen: Bool = np.zeros((-(-height // block), -(-width // block)), np.bool_)

    def draw(self, rows: tuple[int, int], picture: UInt8, out: UInt8, light: Float32) -> None:
        """Rows [first, end) of the strip; the first is a multiple of a tile's."""
        plan = self._scene.plan
        far, near = self._load()
        behind, before = self._draw_side(far, plan.far, False), self._draw_side(near, plan.near, True)
        seen, across = self._seen_tiles(0), self._scene.across()
        state = np.where(self._sharp, 2, 1).astype(np.uint8) * seen
        self._share(
            lambda row: self._finish(row, state[row], behind, before, across, picture, out, light),
            rows[0] // tiles.ROWS,
            -(-rows[1] // tiles.ROWS),
        )

    def _finish(
        self,
        row: int,
        state: UInt8,
        behind: Float32,
        before: Float32,
        across: tuple[Int32, Float32],
        picture: UInt8,
        out: UInt8,
        light: Float32,
    ) -> None:
        """One row of tiles of the result."""
        scene = self._scene
        top, end = row * tiles.ROWS, min((row + 1) * tiles.ROWS, scene.alpha.shape[0])
        drawn = np.zeros((behind.shape[0], 4, 0, scene.alpha.shape[1]), np.float32)
        if (state == 2).any() or before.size or not behind.size:
            drawn = self._draw_focus(row, state, behind, before, across)
        finish_rows(
            picture,
            scene.color,
            scene.gain,
            scene.alpha,
            scene.foreground,
            scene.maps,
            *across,
            scene.step,
            decode_table(),
            encode_table(),
            top,
            end,
            scene.keep_subject_sharp,
            behind,
            drawn,
            out,
            light,
        )

    def _draw_focus(
        self, row: int, state: UInt8, behind: Float32, before: Float32, across: tuple[Int32, Float32]
    ) -> Float32:
        """(layers, 4, rows, W) light and cover of a row of tiles at full resolution."""
        scene, focus, height = self._scene, self._scene.plan.focus, self._scene.alpha.shape[0]
        top, end = row * tiles.ROWS, min((row + 1) * tiles.ROWS, height)
        first = max(top - focus.reach, 0)
        last = min(end + focus.reach, height) if (state == 2).any() else first
        sheets = np.empty((1 if scene.mode == PLAIN else 2, 6, last - first, scene.alpha.shape[1]), np.float32)
        load_band(
            scene.color,
            scene.gain,
            scene.alpha,
            scene.foreground,
            scene.maps,
            scene.matched,
            scene.hop,
            *across,
            scene.step,
            decode_table(),
            first,
            focus.reach,
            state,
            scene.mode,
            np.float32(scene.plan.margin),
            sheets,
        )
        drawn = np.zeros((behind.shape[0], 4, end - top, scene.alpha.shape[1]), np.float32)
        tiles.draw_tiles(
            sheets,
            first,
            row,
            state,
            behind,
            before,
            focus.nodes,
            self._kernels(focus),
            focus.runs,
            self._spacing(0),
            drawn,
            0,
        )
        return drawn

    def _load(self) -> tuple[list[Float32], list[Float32]]:
        """The sheets at each level, as far as they are drawn there, behind the focus and before it."""
        scene, plan = self._scene, self._scene.plan
        count = 1 if scene.mode == PLAIN else 2
        size = (scene.alpha.shape[0] + 1) // 2, (scene.alpha.shape[1] + 1) // 2
        far, near = (np.empty((count, 6, *(size if side else (0, 0))), np.float32) for side in (plan.far, plan.near))
        ramps = np.array([[side[0].zero, side[0].scale] if side else [0, 0] for side in (plan.far, plan.near)])
        across = scene.across(2)

        def load(rows: tuple[int, int]) -> None:
            cells.load_cells(
                scene.color,
                scene.gain,
                scene.alpha,
                scene.foreground,
                scene.maps,
                scene.matched,
                scene.hop,
                *across,
                scene.step,
                decode_table(),
                rows,
                plan.focus.reach,
                scene.mode,
                np.float32(plan.margin),
                ramps.astype(np.float32),
                far,
                near,
                self._sharp,
                self._seen,
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
                pool_cells(fine, rows, level.zero, level.scale, is_far, coarse)

            self._share_rows(pool, coarse.shape[2])
            held.append(coarse)
        return held

    def _draw_side(self, sheets: list[Float32], levels: tuple[Level, ...], in_front: bool) -> Float32:
        """(layers, 4, h, w) light and cover at half the resolution of all that is out of focus on one side."""
        layers = 2 if self._scene.mode == NEAR_APART else 1
        none = drawn = np.zeros((layers, 4, 0, 0), np.float32)
        for k in range(len(levels) - 1, -1, -1):
            level, source, coarser = levels[k], sheets[k], drawn
            drawn = np.zeros((layers, 4, *source.shape[2:]), np.float32)
            far, near = (none, coarser) if in_front else (coarser, none)
            state = 2 * self._seen_tiles(k + 1)

            def tile_row(
                row: int,
                level: Level = level,
                source: Float32 = source,
                state: UInt8 = state,
                far: Float32 = far,
                near: Float32 = near,
                drawn: Float32 = drawn,
                k: int = k,
            ) -> None:
                kernels, spacing = self._kernels(level), self._spacing(k + 1)
                top = row * tiles.ROWS
                tiles.draw_tiles(
                    source, 0, row, state[row], far, near, level.nodes, kernels, level.runs, spacing, drawn, top
                )

            self._share(tile_row, 0, -(-source.shape[2] // tiles.ROWS))
        return drawn

    def _seen_tiles(self, level: int) -> UInt8:
        """(rows, columns) 1 for tiles of a level, in which anything but the subject is seen."""
        scene, block = self._scene, 2 * cells.BLOCK
        height, width = (-(-length // 2**level) for length in scene.alpha.shape)
        size = -(-height // tiles.ROWS), -(-width // tiles.COLUMNS)
        if not scene.keep_subject_sharp or scene.mode == NEAR_APART:
            return np.ones(size, np.uint8)
        seen = self._seen.astype(np.uint8)
        if level:  # a coarse pixel is seen a little beyond its own place
            reach = 2 * -(-(2 ** (level + 1)) // block) + 1
            seen = np.asarray(cv2.dilate(seen, np.ones((reach, reach), np.uint8)), np.uint8)
        steps = (max(length * 2**level // block, 1) for length in (tiles.ROWS, tiles.COLUMNS))
        for axis, step in enumerate(steps):
            seen = np.maximum.reduceat(seen, np.arange(0, seen.shape[axis], step), axis=axis)
        return np.ascontiguousarray(seen[: size[0], : size[1]])

    def _kernels(self, level: Level) -> Float32:
        """Those of the strip's own rows, where the aperture's shape changes over the picture."""
        if level.kernels.shape[1] == 1:
            return level.kernels
        return np.ascontiguousarray(level.kernels[:, int(self._first_row / self._scene.plan.spacing) :])

    def _spacing(self, level: int) -> float | None:
        """Pixels of a level between the places of kernels; None where there is one for all."""
        plan = self._scene.plan
        return None if plan.focus.kernels.shape[1:3] == (1, 1) else plan.spacing / 2**level

    def _share_rows(self, work: Callable[[tuple[int, int]], object], rows: int) -> None:
        self._share(lambda k: work((k * _ROWS, min((k + 1) * _ROWS, rows))), 0, -(-rows // _ROWS))

    def _share(self, work: Callable[[int], object], first: int, end: int) -> None:
        """Calls shared among threads as they come free: some tiles are far quicker than others."""
        left = iter(range(first, end))  # taken from by all threads, one at a time under the interpreter lock

        def take(_first: int, _end: int) -> None:
            for k in left:
                work(k)

        self._bands.run(take, min(self._bands.threads, end - first), at_least=1)
