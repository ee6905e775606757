"""A scene made ready to be drawn through a lens: its slices of depth, and what fills in behind its edges."""

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, Int32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.effects.at_once import at_once
from rgbd_seg.effects.lens_match_kernels import match_cells
from rgbd_seg.effects.lens_mean_kernels import mean_cells
from rgbd_seg.effects.lens_plan import ApertureShape, Plan, Sheets, make_plan
from rgbd_seg.effects.lens_sheet_kernels import NEAR_APART, PLAIN, WITH_SUBJECT
from rgbd_seg.effects.push_pull import fill
from rgbd_seg.effects.unexplained_light import unexplained_light
from rgbd_seg.frames import STILL, AlphaMatte
from rgbd_seg.linear_light import decode_table
from rgbd_seg.options import check_choice

QUALITIES = ("photo", "live")
_LARGE = 2400  # pixels of the longer side, from which nearly all blur is drawn at half the resolution
_FILL_LONGEST = {"photo": 768, "live": 384}  # pixels, of the colours filled in
_WORTH_A_THREAD = 1_000_000  # pixels whose means take longer than to start a thread
_STEP_PX = 3.0  # pixels of confusion within 5 cells that make a step of depth
_STEP_SHARE = 0.1  # or of the whole range
_Array = TypeVar("_Array", UInt8, Float32, UInt8 | Float32)
_NO_PICTURE = np.zeros((0, 0, 3), np.uint8)
_NO_GAIN = np.zeros((0, 0), np.uint8)


@dataclass(frozen=True, eq=False)
class Backdrop:
    """What fills in behind the subject's edges, and what the subject is like there, known without depth."""

    light: Float32  # (6, h, w) of the background and of the subject
    clear: Float32  # (h, w) how far each cell is known to be background
    step: int  # pixels to a cell


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a picture is drawn from."""

    color: UInt8 | Float32  # (H, W, 3) sRGB, or linear light
    gain: UInt8  # (H, W) see highlights, or empty: clipped light put back before it is spread
    alpha: Float32
    foreground: UInt8  # (H, W, 3), or empty
    maps: Float32  # (9, h, w) of lower resolution, see lens_sheet_kernels
    matched: Float32  # circles of confusion by colour, see lens_match_kernels; or empty
    hop: int  # pixels to a cell of them
    step: int  # pixels to a cell of the maps
    mode: int  # how a pixel is shared among sheets
    keep_subject_sharp: bool
    plan: Plan

    def across(self, hop: int = 1) -> tuple[Int32, Float32]:
        """For every column, of cells of ``hop`` pixels, the maps' cell before it, and the way to the next one."""
        return _across(self.alpha.shape[1], hop, self.step)

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
            self.matched[first // self.hop : -(-end // self.hop)] if self.matched.size else self.matched,
            self.hop,
            self.step,
            self.mode,
            self.keep_subject_sharp,
            self.plan,
        )


def quality_of(quality: str, matte: AlphaMatte) -> str:
    """``photo`` or ``live``; ``auto`` is ``photo`` for a matte whose clock is ``still``."""
    if quality == "auto":
        return "photo" if matte.timestamp.clock == STILL.clock else "live"
    check_choice("quality", quality, QUALITIES)
    return quality


def make_backdrop(color: UInt8 | Float32, alpha: Float32, quality: str) -> Backdrop:
    """Colours to fill in, at a low resolution: those of cells that are all background or all subject, continued.

    Args:
        color: (H, W, 3) sRGB, or linear light. quality: ``photo`` or ``live``.
    """
    step = 1
    while step * _FILL_LONGEST[quality] < max(alpha.shape):
        step *= 2
    light, weight = _cell_means(_plain(color), _plain(alpha), step)
    filled = at_once(lambda: _continued(light[0], weight[0]), lambda: _continued(light[1], weight[1]))
    return Backdrop(np.concatenate(filled), weight[0], step)


def make_scene(
    color: UInt8 | Float32,
    alpha: Float32,
    sheets: Sheets,
    *,
    keep_subject_sharp: bool,
    aperture: ApertureShape,
    quality: str,
    foreground: UInt8 | None = None,
    gain: UInt8 | None = None,
    backdrop: Backdrop | None = None,
) -> Scene:
    """Plan the slices and fill in, at a low resolution, what the subject hides and what it is like at its edge.

    Args:
        color: (H, W, 3) sRGB, or linear light. foreground: the subject's own colours. gain: of `find_highlights`.
        quality: ``photo`` or ``live``. backdrop: made before for the same picture and quality.
    """
    check_choice("quality", quality, QUALITIES)
    longest = max(alpha.shape)
    grain = "large" if quality == "photo" and longest >= _LARGE else quality
    drawn = not keep_subject_sharp and bool(alpha.any())
    size = alpha.shape[0], alpha.shape[1]
    color, alpha = _plain(color), _plain(alpha)

    def planned() -> Plan:
        return make_plan(sheets, drawn, aperture, size=size, grain=grain)

    plan, found = (planned(), backdrop) if backdrop else at_once(planned, lambda: make_backdrop(color, alpha, quality))
    step, hop = found.step, 1 if grain == "photo" else 2
    maps = np.concatenate([found.light, _coc_maps(sheets, size, step)])
    bright, own = (
        (_NO_GAIN if gain is None else _plain(gain)),
        (_NO_PICTURE if foreground is None else _plain(foreground)),
    )
    unexplained = unexplained_light(color, bright, alpha, own, maps, _across(alpha.shape[1], 1, step), step)
    maps = np.ascontiguousarray(np.concatenate([maps, unexplained]))
    if not keep_subject_sharp:
        mode = WITH_SUBJECT if drawn else PLAIN
    else:
        stands_before = (maps[7] - maps[6] > plan.margin) & (found.clear > 0)
        mode = NEAR_APART if stands_before.any() else PLAIN
    return Scene(
        color,
        bright,
        alpha,
        own,
        maps,
        _matched(color, alpha, maps, step, hop),
        hop,
        step,
        mode,
        keep_subject_sharp,
        plan,
    )


def _across(width: int, hop: int, step: int) -> tuple[Int32, Float32]:
    cells = -(-width // step)
    at = (np.arange(-(-width // hop), dtype=np.float32) + np.float32(0.5)) * np.float32(hop / step) - np.float32(0.5)
    at = np.clip(at, 0, np.float32(cells - 1))
    index = np.clip(at.astype(np.int32), 0, max(cells - 2, 0))
    return index, np.asarray(at - index, np.float32)


def _matched(color: UInt8 | Float32, alpha: Float32, maps: Float32, step: int, hop: int) -> Float32:
    """Circles of confusion by colour at the background's steps of depth; empty if there is none."""
    if not maps[8].any():
        return np.zeros((0, 0), np.float32)
    found = np.empty((-(-alpha.shape[0] // hop), -(-alpha.shape[1] // hop)), np.float32)
    roots, across = np.sqrt(maps[:3]), _across(alpha.shape[1], hop, step)
    Bands().run(
        lambda first, end: match_cells(
            color, alpha, maps, roots, *across, step, hop, decode_table(), (first, end), found
        ),
        found.shape[0],
    )
    return found


def _plain(values: _Array) -> _Array:
    """Contiguous and writable: loops would be compiled anew for any other kind of array."""
    return np.require(values, requirements=["C", "W"])


def _cell_means(color: UInt8 | Float32, alpha: Float32, step: int) -> tuple[Float32, Float32]:
    size = -(-alpha.shape[0] // step), -(-alpha.shape[1] // step)
    light, weight = np.empty((2, 3, *size), np.float32), np.empty((2, *size), np.float32)
    Bands().run(
        lambda first, end: mean_cells(color, alpha, decode_table(), step, (first, end), light, weight),
        size[0],
        at_least=max(1, _WORTH_A_THREAD // (step * alpha.shape[1])),
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
    return fill(light, sure if sure.any() else weight)
