"""Renders sheets of a scene through a thin lens, far to near, in bands of rows.

A sheet is cut into slices of nearly one circle of confusion each. From the farthest on, every slice is spread by
its disc and laid over what is behind it. Slices with large discs are computed at half, a quarter, … of the
resolution, so that the cost hardly grows with the blur.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.aperture import disc
from rgbd_seg.effects.bands import run_in_bands
from rgbd_seg.effects.linear_light import decode, encode_table
from rgbd_seg.effects.push_pull import fill
from rgbd_seg.frames import AlphaMatte

_KERNEL = 6.0  # pixels: smallest disc at a reduced resolution
_STEP = 2.0  # pixels between slices in the sharp range
_GROWTH = 0.16  # of the diameter, between slices further out
_BAND = 256  # rows
_FILL_LONGEST = 768


@dataclass(frozen=True, eq=False)
class Sheets:
    """Signed circles of confusion, diameter in pixels of the picture, at any lower resolution; no NaN."""

    background: Float32
    subject: Float32


@dataclass(frozen=True, eq=False)
class Slice:
    """One step of depth and how it is drawn."""

    coc: float
    nearer: float
    farther: float
    level: int
    kernel: Float32


@dataclass(frozen=True, eq=False)
class Plan:
    """The slices from far to near, and how much of the surroundings a band needs."""

    slices: tuple[Slice, ...]
    levels: int
    halo: int
    margin: float  # pixels of confusion by which near things are told from the subject


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a band is rendered from."""

    color: UInt8 | Float32  # sRGB, or linear light 0…65535
    alpha: Float32
    foreground: UInt8 | Float32 | None
    filled: Float32  # (6, h, w) light of the background without the subject, and of the subject continued around it
    sheets: Sheets
    keep_subject_sharp: bool


def render(
    color: UInt8,
    matte: AlphaMatte,
    sheets: Sheets,
    *,
    keep_subject_sharp: bool,
    aperture: Callable[[float], Float32] = disc,
) -> UInt8:
    """The picture through the lens. (H, W, 3) sRGB in and out.

    ``aperture`` makes the shape of a point from its diameter.
    """
    from rgbd_seg.effects.thin_lens_kernels import encode_light

    scene = _scene(color, matte.alpha, matte.foreground, sheets, keep_subject_sharp)
    plan = make_plan(sheets, matte.alpha, aperture)
    out = np.empty_like(color, order="C")

    def rows(first: int, last: int) -> None:
        for top in range(first, last, _BAND):
            bottom = min(top + _BAND, last)
            light, front = _band(scene, plan, top, bottom)
            encode_light(light, encode_table(), out[top:bottom])
            if keep_subject_sharp:
                whole = matte.alpha[top:bottom] >= 1
                if front is not None:
                    whole &= front == 0
                out[top:bottom][whole] = color[top:bottom][whole]

    run_in_bands(rows, color.shape[0])
    return out


def render_linear(light: Float32, alpha: Float32, sheets: Sheets, *, keep_subject_sharp: bool) -> Float32:
    """The same for linear light of any range, (H, W, 3) float32 in and out."""
    scene = _scene(light, alpha, None, sheets, keep_subject_sharp)
    plan = make_plan(sheets, alpha, disc)
    out = np.empty_like(light, order="C")

    def rows(first: int, last: int) -> None:
        for top in range(first, last, _BAND):
            bottom = min(top + _BAND, last)
            out[top:bottom] = _band(scene, plan, top, bottom)[0]

    run_in_bands(rows, light.shape[0])
    return out


def make_plan(sheets: Sheets, alpha: Float32, aperture: Callable[[float], Float32]) -> Plan:
    """Slices that cover all circles of confusion of the sheets."""
    values = sheets.background.ravel()
    if alpha.any():
        values = np.concatenate([values, sheets.subject.ravel()])
    nodes = _nodes(values)
    slices = []
    for k in range(len(nodes) - 1, -1, -1):
        diameter = abs(nodes[k])
        level = max(0, int(np.floor(np.log2(max(diameter, 1e-6) / _KERNEL))))
        nearer, farther = nodes[max(k - 1, 0)], nodes[min(k + 1, len(nodes) - 1)]
        slices.append(Slice(nodes[k], nearer, farther, level, aperture(_own_diameter(diameter, level))))
    levels = 1 + max(one.level for one in slices)
    cell = 2 ** (levels - 1)
    reach = max((one.kernel.shape[0] // 2) * 2**one.level for one in slices)
    halo = cell * (int(np.ceil(reach / cell)) + 2)
    margin = max(_STEP, 0.06 * float(np.ptp(values)))
    return Plan(tuple(slices), levels, halo, margin)


def _nodes(values: Float32) -> list[float]:
    """Circles of confusion to slice at, from near to far; none where the sheets have nothing."""
    nearest, farthest = float(values.min()), float(values.max())
    nodes = [-c for c in reversed(_steps(-nearest)[1:])] + _steps(farthest)
    filled = np.histogram(values, nodes)[0] > 0 if len(nodes) > 1 else np.ones(0, np.bool_)
    return [c for k, c in enumerate(nodes) if filled[max(k - 1, 0) : k + 1].any()] or [0.0]


def _steps(most: float) -> list[float]:
    """0 … ``most``, evenly at first and then in proportion."""
    steps = [0.0]
    while steps[-1] < most:
        steps.append(min(steps[-1] + max(_STEP, _GROWTH * steps[-1]), most))
    return steps


def _own_diameter(diameter: float, level: int) -> float:
    """Diameter in pixels of ``level``, less the spread that going down and up the pyramid adds by itself.

    Variances add: a disc's is d²/16 per axis; the mean of 2×2 pixels and the bilinear way back up, over all
    levels, add (4^level − 1)/3.
    """
    return float(np.sqrt(max(diameter**2 - 16 / 3 * (4.0**level - 1), 0))) / 2.0**level


def _scene(
    color: UInt8 | Float32,
    alpha: Float32,
    foreground: UInt8 | None,
    sheets: Sheets,
    keep_subject_sharp: bool,
) -> Scene:
    from rgbd_seg.effects.thin_lens_kernels import sheet_cells

    height, width = alpha.shape
    step = int(np.ceil(max(height, width) / _FILL_LONGEST))
    size = -(-height // step), -(-width // step)
    light = np.empty((2, *size, 3), np.float32)
    weight = np.empty((2, *size), np.float32)

    def rows(first: int, last: int) -> None:
        top, bottom = first * step, min(last * step, height)
        sheet_cells(_linear(color[top:bottom]), alpha[top:bottom], step, light[:, first:last], weight[:, first:last])

    run_in_bands(rows, size[0])
    filled = np.concatenate([_continued(light[sheet], weight[sheet]).transpose(2, 0, 1) for sheet in (0, 1)])
    return Scene(color, alpha, foreground, np.ascontiguousarray(filled), sheets, keep_subject_sharp)


def _continued(light: Float32, weight: Float32) -> Float32:
    """Filled from cells that are clear of the edge, where a matte is least sure, if there are any."""
    sure = np.asarray(cv2.erode(weight, np.ones((3, 3), np.uint8)), np.float32)
    return fill(light, sure if sure.any() else weight)


def _linear(color: UInt8 | Float32) -> Float32:
    if color.dtype == np.uint8:
        return decode(color)  # type: ignore[arg-type]
    return np.asarray(color, np.float32)


def _band(scene: Scene, plan: Plan, top: int, bottom: int) -> tuple[Float32, Float32 | None]:
    """Linear light of rows [top, bottom), and the cover of near things before the subject there."""
    from rgbd_seg.effects.thin_lens_kernels import finish

    planes, origin = _load(scene, plan, top, bottom)
    width = scene.alpha.shape[1]
    inner = np.s_[:, top - origin[0] : bottom - origin[0], -origin[1] : width - origin[1]]
    near = _take_out_near(planes) if scene.keep_subject_sharp else None
    sheets = [_pyramid(planes[:6], plan.levels)]
    if not scene.keep_subject_sharp and planes[9].any():
        sheets.append(_pyramid(planes[6:12], plan.levels))
    behind = _draw(plan, sheets)[inner]
    front = np.zeros((4, 0, 0), np.float32)
    if near is not None:
        front = _draw(plan, [_pyramid(near, plan.levels)])[inner]
    light = np.empty((bottom - top, width, 3), np.float32)
    finish(planes[inner], behind, front, scene.keep_subject_sharp, light)
    return light, front[3] if near is not None else None


def _load(scene: Scene, plan: Plan, top: int, bottom: int) -> tuple[Float32, tuple[int, int]]:
    """The planes of a band with its surroundings, and the picture's row and column at their first pixel.

    Both are multiples of the coarsest cell, so that bands meet without a seam.
    """
    from rgbd_seg.effects.thin_lens_kernels import load_planes

    height, width = scene.alpha.shape
    cell = 2 ** (plan.levels - 1)
    origin = (top // cell) * cell - plan.halo, -plan.halo
    rows = -(-(bottom + plan.halo - origin[0]) // cell) * cell
    columns = -(-(width + 2 * plan.halo) // cell) * cell
    first, last = max(origin[0], 0), min(origin[0] + rows, height)
    color = _linear(scene.color[first:last])
    foreground = np.zeros((0, 0, 3), np.float32) if scene.foreground is None else _linear(scene.foreground[first:last])
    planes = np.empty((13, rows, columns), np.float32)
    load_planes(
        color,
        scene.alpha,
        foreground,
        scene.filled,
        scene.sheets.background,
        scene.sheets.subject,
        (first, height),
        origin,
        plan.margin,
        planes,
    )
    return planes, origin


def _take_out_near(planes: Float32) -> Float32 | None:
    """What stands before the subject as a sheet of its own; the background sheet goes on without it."""
    near = planes[12]
    if not near.any():
        return None
    sheet = np.stack([*(planes[:3] * near), near, planes[4], np.ones_like(near)])
    rest = 1 - near
    planes[:3] *= rest
    planes[3] = rest
    planes[5] = rest
    return sheet


def _pyramid(sheet: Float32, levels: int) -> list[Float32]:
    pyramid = [sheet]
    for _ in range(levels - 1):
        pyramid.append(_resized(pyramid[-1], 0.5, cv2.INTER_AREA))
    return pyramid


def _resized(planes: Float32, factor: float, method: int) -> Float32:
    size = round(planes.shape[2] * factor), round(planes.shape[1] * factor)
    out = np.empty((planes.shape[0], size[1], size[0]), np.float32)
    for plane, target in zip(planes, out, strict=True):
        cv2.resize(plane, size, dst=target, interpolation=method)
    return out


def _draw(plan: Plan, sheets: list[list[Float32]]) -> Float32:
    """All slices of all sheets, far to near: (4, h, w) light and cover.

    Behind the focus discs shrink, so what is drawn is brought to the next finer level on the way. Before it they
    grow, so near slices are gathered per level and laid over the rest at the end.
    """
    level = max(plan.slices[0].level, 0) if plan.slices[0].coc > 0 else 0
    out = np.zeros((4, *sheets[0][level].shape[1:]), np.float32)
    near: dict[int, Float32] = {}
    for one in plan.slices:
        if one.coc >= 0:
            out, level = _finer(out, level, one.level), one.level
            target = out
        else:
            target = near.setdefault(one.level, np.zeros((4, *sheets[0][one.level].shape[1:]), np.float32))
        for sheet in sheets:
            _spread(one, sheet[one.level], target)
    return _gathered(_finer(out, level, 0), near)


def _finer(planes: Float32, level: int, wanted: int) -> Float32:
    for _ in range(level - wanted):
        planes = _resized(planes, 2, cv2.INTER_LINEAR)
    return planes


def _spread(one: Slice, sheet: Float32, target: Float32) -> None:
    from rgbd_seg.effects.thin_lens_kernels import CELL, slice_cells, spread_over

    height, width = sheet.shape[1:]
    planes = np.empty((5, height, width), np.float32)
    grid = (height - 1) // CELL + 1, (width - 1) // CELL + 1
    occupied, hidden = np.empty(grid, np.bool_), np.empty(grid, np.bool_)
    slice_cells(sheet, one.nearer, one.coc, one.farther, planes, occupied, hidden)
    if occupied.any():
        spread_over(planes, one.kernel, one.kernel.shape[0] // 2, occupied, hidden, target)


def _gathered(out: Float32, near: dict[int, Float32]) -> Float32:
    """Near slices, coarsest in front, over the rest."""
    from rgbd_seg.effects.thin_lens_kernels import over_planes

    front: Float32 | None = None
    for level in range(max(near, default=-1), -1, -1):
        if front is not None:
            front = _finer(front, 1, 0)
        if level in near:
            if front is not None:
                over_planes(front, near[level])
            front = near[level]
    if front is not None:
        over_planes(front, out)
    return out
