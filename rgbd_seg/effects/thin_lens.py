"""Renders sheets of a scene through a thin lens.

A sheet is cut into slices of nearly one circle of confusion each. From the farthest on, every slice is spread by
its disc and laid over what is behind it. Slices with large discs are computed at half, a quarter, … of the
resolution, so that the cost hardly grows with the blur. The picture is drawn in bands of rows, in bounded memory.
"""

from dataclasses import replace

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.effects import thin_lens_kernels as kernels
from rgbd_seg.effects.aperture import disc
from rgbd_seg.effects.highlights import brighten
from rgbd_seg.effects.lens_plan import ApertureShape, Sheets, make_plan
from rgbd_seg.effects.push_pull import fill
from rgbd_seg.effects.thin_lens_band import BandRenderer, Scene
from rgbd_seg.frames import AlphaMatte
from rgbd_seg.linear_light import decode, decode_table, encode_table

_BAND = 256  # rows
_LARGE = 2400  # pixels of the longer side, from which blur is drawn at half the resolution
_FILL_LONGEST = 768  # pixels, of the colours filled in
_STEP_PX = 3.0  # pixels of confusion within 5 cells that make a step of depth
_STEP_SHARE = 0.1  # or of the whole range


def render(
    color: UInt8,
    matte: AlphaMatte,
    sheets: Sheets,
    *,
    keep_subject_sharp: bool,
    aperture: ApertureShape = disc,
    gain: UInt8 | None = None,
) -> UInt8:
    """The picture through the lens. (H, W, 3) sRGB in and out.

    ``aperture`` makes the shape of a point from its diameter. ``gain`` is that of `find_highlights`.
    """
    if keep_subject_sharp and max(color.shape) >= _LARGE:
        return _render_double(color, matte, sheets, aperture, gain)
    scene = replace(_scene(color, matte.alpha, matte.foreground, sheets, keep_subject_sharp), gain=gain)
    plan = make_plan(sheets, bool(matte.alpha.any()), aperture)
    out = np.empty_like(color, order="C")

    def rows(first: int, last: int) -> None:
        band = BandRenderer(scene, plan)
        for top in range(first, last, _BAND):
            bottom = min(top + _BAND, last)
            light, front = band.render(top, bottom)
            keep = (matte.alpha[top:bottom] >= 1) & keep_subject_sharp
            if front is not None:
                keep &= front == 0
            kernels.encode_light(light, encode_table(), color[top:bottom], keep, out[top:bottom])

    Bands().run(rows, color.shape[0], at_least=_BAND // 2)
    return out


def _render_double(
    color: UInt8, matte: AlphaMatte, sheets: Sheets, aperture: ApertureShape, gain: UInt8 | None
) -> UInt8:
    """A large picture: the blurred sheets are drawn at half its resolution, the sharp subject at all of it."""
    height = matte.alpha.shape[0]
    light, alpha = _halved(color, matte.alpha, gain)
    halved = Sheets(background=sheets.background * np.float32(0.5), subject=sheets.subject * np.float32(0.5))
    scene = _scene(light, alpha, None, halved, True)
    plan = make_plan(halved, bool(alpha.any()), aperture)
    out = np.empty_like(color, order="C")
    foreground = np.zeros((0, 0, 3), np.uint8) if matte.foreground is None else matte.foreground

    def rows(first: int, last: int) -> None:
        band = BandRenderer(scene, plan)
        for top in range(first, last, _BAND // 2):
            bottom = min(top + _BAND // 2, last)
            drawn = band.draw(top, bottom)
            part = np.s_[2 * top : min(2 * bottom, height)]
            kernels.finish_double(
                color[part],
                foreground[part],
                matte.alpha[part],
                scene.maps,
                (2 * top, height),
                drawn.planes,
                drawn.behind,
                drawn.front,
                drawn.corner,
                decode_table(),
                encode_table(),
                out[part],
            )

    Bands().run(rows, alpha.shape[0], at_least=_BAND // 4)
    return out


def _halved(color: UInt8, alpha: Float32, gain: UInt8 | None) -> tuple[Float32, Float32]:
    """Linear light and alpha as means of 2×2 pixels; an odd last row or column counts twice."""
    height, width = alpha.shape
    rows, columns = (height + 1) // 2, (width + 1) // 2
    light, small = np.empty((rows, columns, 3), np.float32), np.empty((rows, columns), np.float32)

    def band(first: int, last: int) -> None:
        for top in range(first, last, 32):
            bottom = min(top + 32, last)
            part, size = np.s_[2 * top : min(2 * bottom, height)], (columns, bottom - top)
            bright = linear(color[part])
            if gain is not None:
                brighten(bright, gain[part])
            cv2.resize(_even(bright), size, dst=light[top:bottom], interpolation=cv2.INTER_AREA)
            cv2.resize(_even(alpha[part]), size, dst=small[top:bottom], interpolation=cv2.INTER_AREA)

    Bands().run(band, rows)
    return light, small


def _even(values: Float32) -> Float32:
    down, across = values.shape[0] % 2, values.shape[1] % 2
    if not down and not across:
        return values
    return np.asarray(cv2.copyMakeBorder(values, 0, down, 0, across, cv2.BORDER_REPLICATE), np.float32)


def render_linear(light: Float32, alpha: Float32, sheets: Sheets, *, keep_subject_sharp: bool) -> Float32:
    """The same for linear light of any range, (H, W, 3) float32 in and out."""
    scene = _scene(light, alpha, None, sheets, keep_subject_sharp)
    plan = make_plan(sheets, bool(alpha.any()), disc)
    out = np.empty_like(light, order="C")

    def rows(first: int, last: int) -> None:
        band = BandRenderer(scene, plan)
        for top in range(first, last, _BAND):
            bottom = min(top + _BAND, last)
            out[top:bottom] = band.render(top, bottom)[0]

    Bands().run(rows, light.shape[0], at_least=_BAND // 2)
    return out


def _scene(
    color: UInt8 | Float32, alpha: Float32, foreground: UInt8 | None, sheets: Sheets, keep_subject_sharp: bool
) -> Scene:
    height, width = alpha.shape
    step = int(np.ceil(max(height, width) / _FILL_LONGEST))
    size = -(-height // step), -(-width // step)
    light = np.empty((2, *size, 3), np.float32)
    weight = np.empty((2, *size), np.float32)

    def rows(first: int, last: int) -> None:
        for top in range(first, last, 32):
            bottom = min(top + 32, last)
            part = np.s_[top * step : min(bottom * step, height)]
            kernels.sheet_cells(linear(color[part]), alpha[part], step, light[:, top:bottom], weight[:, top:bottom])

    Bands().run(rows, size[0])
    filled = [_continued(light[sheet], weight[sheet]).transpose(2, 0, 1) for sheet in (0, 1)]
    maps = np.concatenate([*filled, _coc_maps(sheets, size)])
    return Scene(color, alpha, foreground, np.ascontiguousarray(maps), keep_subject_sharp)


def _coc_maps(sheets: Sheets, size: tuple[int, int]) -> Float32:
    """(3, h, w) circles of confusion of background and subject, and where the background has a step."""
    background, subject = (
        np.asarray(cv2.resize(values, (size[1], size[0]), interpolation=cv2.INTER_LINEAR), np.float32)
        for values in (sheets.background, sheets.subject)
    )
    window = np.ones((5, 5), np.uint8)
    rise = cv2.dilate(background, window) - cv2.erode(background, window)
    step = rise > max(_STEP_PX, _STEP_SHARE * float(np.ptp(background)))
    return np.stack([background, subject, step.astype(np.float32)])


def _continued(light: Float32, weight: Float32) -> Float32:
    """Filled from cells that are clear of the edge, where a matte is least sure, if there are any."""
    sure = np.asarray(cv2.erode(weight, np.ones((3, 3), np.uint8)), np.float32)
    return fill(light, sure if sure.any() else weight)


def linear(color: UInt8 | Float32) -> Float32:
    """Linear light of an sRGB picture, or light as it is."""
    if color.dtype == np.uint8:
        return decode(color)  # type: ignore[arg-type]
    return np.asarray(color, np.float32)
