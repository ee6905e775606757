"""Renders sheets of a scene through a thin lens.

A sheet is cut into slices of nearly one circle of confusion each. From the farthest on, every slice is spread by
its disc and laid over what is behind it. Slices with large discs are computed at half, a quarter, … of the
resolution, so that the cost hardly grows with the blur. A large picture is drawn in strips, in bounded memory.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.effects import lens_cell_kernels as cells
from rgbd_seg.effects import lens_finish_kernels as finishing
from rgbd_seg.effects import lens_tile_kernels as tiles
from rgbd_seg.effects.aperture import DISC
from rgbd_seg.effects.lens_plan import ApertureShape, Level, Plan, Sheets, make_plan
from rgbd_seg.effects.lens_sheet_kernels import NEAR_APART, PLAIN, WITH_SUBJECT
from rgbd_seg.effects.push_pull import fill
from rgbd_seg.frames import STILL, AlphaMatte
from rgbd_seg.linear_light import decode_table, encode_table
from rgbd_seg.options import check_choice

QUALITIES = ("photo", "live")
_LARGE = 2400  # pixels of the longer side, from which nearly all blur is drawn at half the resolution
_FILL_LONGEST = {"photo": 768, "live": 384}  # pixels, of the colours filled in
_STEP_PX = 3.0  # pixels of confusion within 5 cells that make a step of depth
_STEP_SHARE = 0.1  # or of the whole range
_ROWS = 16  # of cells, that a thread takes at a time
_STRIP = 16_000_000  # pixels drawn at once
_NO_PICTURE = np.zeros((0, 0, 3), np.uint8)
_NO_GAIN = np.zeros((0, 0), np.uint8)
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
    subject = _NO_PICTURE if matte.foreground is None else matte.foreground
    if quality == "auto":
        quality = "photo" if matte.timestamp.clock == STILL.clock else "live"
    scene = _scene(
        np.ascontiguousarray(color),
        _NO_GAIN if gain is None else gain,
        matte.alpha,
        subject,
        sheets,
        keep_subject_sharp,
        aperture,
        quality,
    )
    _draw(scene, color, out, _NO_LIGHT)
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
    light = np.ascontiguousarray(light, np.float32)
    _draw(
        _scene(light, _NO_GAIN, alpha, _NO_PICTURE, sheets, keep_subject_sharp, aperture, quality),
        _NO_PICTURE,
        _NO_PICTURE,
        out,
    )
    return out


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a picture is drawn from."""

    color: UInt8 | Float32  # (H, W, 3) sRGB, or linear light
    gain: UInt8  # (H, W) see highlights, or empty: clipped light put back before it is spread
    alpha: Float32
    foreground: UInt8  # (H, W, 3), or empty
    maps: Float32  # (9, h, w) of lower resolution, see lens_sheet_kernels
    step: int  # pixels to a cell of the maps
    mode: int  # how a pixel is shared among sheets
    keep_subject_sharp: bool
    plan: Plan

    def strip(self, first: int, end: int) -> "Scene":
        """Rows of the scene; both must be multiples of ``step``, or the height."""
        part = np.s_[first:end]
        foreground = self.foreground[part] if self.foreground.size else self.foreground
        maps = self.maps[:, first // self.step : -(-end // self.step)]
        return Scene(
            self.color[part],
            self.gain[part] if self.gain.size else self.gain,
            self.alpha[part],
            foreground,
            np.ascontiguousarray(maps),
            self.step,
            self.mode,
            self.keep_subject_sharp,
            self.plan,
        )


def _scene(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    sheets: Sheets,
    keep_subject_sharp: bool,
    aperture: ApertureShape,
    quality: str,
) -> Scene:
    longest = max(alpha.shape)
    check_choice("quality", quality, QUALITIES)
    grain = "large" if quality == "photo" and longest >= _LARGE else quality
    plan = make_plan(sheets, bool(alpha.any()), aperture, size=(alpha.shape[0], alpha.shape[1]), grain=grain)
    step = 1
    while step * _FILL_LONGEST[quality] < longest:
        step *= 2
    light, weight = _cell_means(color, alpha, step)
    filled = [_continued(light[k], weight[k]) for k in (0, 1)]
    maps = np.concatenate([*filled, _coc_maps(sheets, alpha.shape, step)])
    if not keep_subject_sharp:
        mode = WITH_SUBJECT if alpha.any() else PLAIN
    else:
        stands_before = (maps[7] - maps[6] > plan.margin) & (weight[0] > 0)
        mode = NEAR_APART if stands_before.any() else PLAIN
    return Scene(color, gain, alpha, foreground, np.ascontiguousarray(maps), step, mode, keep_subject_sharp, plan)


def _cell_means(color: UInt8 | Float32, alpha: Float32, step: int) -> tuple[Float32, Float32]:
    size = -(-alpha.shape[0] // step), -(-alpha.shape[1] // step)
    light, weight = np.empty((2, 3, *size), np.float32), np.empty((2, *size), np.float32)
    Bands().run(
        lambda first, end: cells.mean_cells(color, alpha, decode_table(), step, (first, end), light, weight), size[0]
    )
    return light, weight


def _coc_maps(sheets: Sheets, size: tuple[int, ...], step: int) -> Float32:
    """(3, h, w) circles of confusion of background and subject, and where the background has a step."""
    rows, columns = (-(-length // step) for length in size)
    background, subject = (
        np.asarray(cv2.resize(values, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)
        for values in (sheets.background, sheets.subject)
    )
    window = np.ones((5, 5), np.uint8)
    rise = cv2.dilate(background, window) - cv2.erode(background, window)
    uneven = rise > max(_STEP_PX, _STEP_SHARE * float(np.ptp(background)))
    return np.stack([background, subject, uneven.astype(np.float32)])


def _continued(light: Float32, weight: Float32) -> Float32:
    """Filled from cells that are clear of the edge, where a matte is least sure, if there are any."""
    sure = np.asarray(cv2.erode(weight, np.ones((3, 3), np.uint8)), np.float32)
    return fill(light.transpose(1, 2, 0), sure if sure.any() else weight).transpose(2, 0, 1)


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
