"""How a scene is cut into slices of depth, and at what resolution each is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Int32
from rgbd_seg.effects.aperture import Aperture
from rgbd_seg.options import check_choice

ApertureShape = Callable[[float], Float32]

GRAINS = ("photo", "large", "live")  # how finely blur is drawn: small photos, large ones, video
_STEP = 2.0  # pixels between slices in the sharp range
_GROWTH = {"photo": 0.16, "large": 0.16, "live": 0.34}  # of the diameter, between slices further out
_FULL = {"photo": 16.0, "large": 5.0, "live": 5.0}  # pixels: wider discs are drawn at a reduced resolution
_KERNEL = {"photo": 8.0, "large": 8.0, "live": 6.0}  # pixels: smallest disc at a quarter of the resolution and below
_RANGES = 4096  # of circles of confusion, that are looked through for what there is
_LATTICE = 10  # places across the picture where an uneven aperture has its own shape


@dataclass(frozen=True, eq=False)
class Sheets:
    """Signed circles of confusion, diameter in pixels of the picture, at any lower resolution; no NaN."""

    background: Float32
    subject: Float32


@dataclass(frozen=True, eq=False)
class Level:
    """What is drawn at 1/2^level of the resolution, from far to near on one side of the focus.

    Only what is as far out of focus as the level's first slice comes to the level: ``zero`` is the circle of
    confusion up to which nothing does and ``scale`` the slope from there to all.
    """

    nodes: Float32  # (n, 3) circle of confusion, slopes to the nearer and the farther slice
    kernels: Float32  # (n, places down, places across, k, k) weights by which light is gathered
    runs: Int32  # (n, k, 2) first weight above 0 in each row of any place, and one past the last
    zero: float
    scale: float

    @property
    def reach(self) -> int:
        """Pixels, of the level, that its widest kernel reaches."""
        return int(self.kernels.shape[-1]) // 2


@dataclass(frozen=True, eq=False)
class Plan:
    """Slices by level; index 0 of ``far`` and ``near`` is unused, ``focus`` has the full resolution."""

    focus: Level
    far: tuple[Level, ...]  # from half the resolution on
    near: tuple[Level, ...]
    margin: float  # pixels of confusion by which near things are told from the subject
    spacing: float  # pixels of the picture between places of the kernels
    halo: int  # pixels of the picture that a pixel may take light from

    @property
    def nodes(self) -> list[float]:
        """All circles of confusion that have a slice, from far to near."""
        levels = [*reversed(self.far), self.focus, *self.near]
        return [float(node) for level in levels for node in level.nodes[:, 0]]


def make_plan(
    sheets: Sheets,
    draws_subject: bool,
    aperture: ApertureShape,
    *,
    size: tuple[int, int] = (0, 0),
    grain: str = "photo",
) -> Plan:
    """Slices that cover all circles of confusion of what is drawn, in a picture of ``size`` (height, width)."""
    check_choice("grain", grain, GRAINS)
    maps = [sheets.background, sheets.subject] if draws_subject else [sheets.background]
    nearest, farthest = min(float(one.min()) for one in maps), max(float(one.max()) for one in maps)
    nodes = _nodes(maps, nearest, farthest, _GROWTH[grain])
    levels = [_level(abs(node), grain) for node in nodes]
    spacing = float(2 ** np.ceil(np.log2(max(*size, 16) / _LATTICE)))
    places = _places(aperture, size, spacing)

    def side(sign: int) -> tuple[Level, ...]:
        top = max((level for node, level in zip(nodes, levels, strict=True) if node * sign > 0), default=0)
        return tuple(_side(nodes, levels, sign * level, aperture, places) for level in range(1, top + 1))

    far, near = side(1), side(-1)
    focus = _side(nodes, levels, 0, aperture, places)
    reaches = [focus.reach, *(one.reach * 2**k for side in (far, near) for k, one in enumerate(side, 1))]
    return Plan(
        focus,
        far,
        near,
        margin=max(_STEP, 0.06 * (farthest - nearest)),
        spacing=spacing,
        halo=max(reaches) + 2 ** (1 + max(len(far), len(near))),
    )


def _side(
    nodes: list[float], levels: list[int], signed: int, aperture: ApertureShape, places: list[list[tuple[float, float]]]
) -> Level:
    """The slices of one level (before the focus: of its negative), from far to near."""
    own = [k for k in range(len(nodes)) if levels[k] == abs(signed) and (signed == 0 or nodes[k] * signed > 0)]
    own.reverse()
    zero, scale = _entry(nodes, levels, signed)
    slopes = []
    for k in own:
        nearer = 1 / (nodes[k] - nodes[k - 1]) if k > 0 else 0.0
        farther = 1 / (nodes[k + 1] - nodes[k]) if k + 1 < len(nodes) else 0.0
        if signed > 0 and k == own[-1]:
            nearer = 0.0  # the slope by which light comes to the level is its slope
        if signed < 0 and k == own[0]:
            farther = 0.0
        slopes.append((nodes[k], nearer, farther))
    shapes = [[[_kernel(aperture, nodes[k], abs(signed), at) for at in row] for row in places] for k in own]
    kernels = _stacked(shapes, (len(places), len(places[0])))
    return Level(np.array(slopes, np.float32).reshape(-1, 3), kernels, _runs(kernels), zero, scale)


def _entry(nodes: list[float], levels: list[int], signed: int) -> tuple[float, float]:
    """Where a level begins: nothing belongs to it at the first circle of confusion, all after 1/second."""
    deep = [k for k in range(len(nodes)) if levels[k] >= abs(signed) and nodes[k] * signed > 0]
    if signed == 0 or not deep:
        return 0.0, 0.0
    k = deep[0] if signed > 0 else deep[-1]
    before = k - 1 if signed > 0 else k + 1
    if not 0 <= before < len(nodes):
        return -1e9 * signed, 1.0 * np.sign(signed)
    return nodes[before], 1 / (nodes[k] - nodes[before])


def _stacked(shapes: list[list[list[Float32]]], places: tuple[int, int]) -> Float32:
    """Kernels of different sizes in one array, each in the middle of its square."""
    side = max((kernel.shape[0] for one in shapes for row in one for kernel in row), default=1)
    stacked = np.zeros((len(shapes), *places, side, side), np.float32)
    for n, one in enumerate(shapes):
        for j, row in enumerate(one):
            for i, kernel in enumerate(row):
                rim = (side - kernel.shape[0]) // 2
                stacked[n, j, i, rim : side - rim, rim : side - rim] = kernel
    return stacked


def _runs(kernels: Float32) -> Int32:
    used: Bool = np.max(kernels, axis=(1, 2), initial=0) > 0
    side = kernels.shape[-1]
    first = np.where(used.any(axis=2), used.argmax(axis=2), 0)
    end = np.where(used.any(axis=2), side - used[..., ::-1].argmax(axis=2), 0)
    return np.ascontiguousarray(np.stack([first, end], axis=2), np.int32)


def _places(aperture: ApertureShape, size: tuple[int, int], spacing: float) -> list[list[tuple[float, float]]]:
    """Where in the picture the aperture's shape is worked out, from its middle, in half diagonals."""
    if not isinstance(aperture, Aperture) or aperture.is_even:
        return [[(0.0, 0.0)]]
    height, width = size
    half = max(float(np.hypot(height, width)) / 2, 1.0)
    rows, columns = (int(np.ceil(length / spacing)) + 1 for length in size)
    return [
        [((i * spacing - width / 2) / half, (j * spacing - height / 2) / half) for i in range(columns)]
        for j in range(rows)
    ]


def _kernel(aperture: ApertureShape, diameter: float, level: int, at: tuple[float, float]) -> Float32:
    """Weights by which a pixel gathers light: those by which a point spreads, turned by half a turn."""
    own = float(np.copysign(_own_diameter(abs(diameter), level), diameter))
    weights = aperture.kernel(own, at) if isinstance(aperture, Aperture) else aperture(abs(own))
    return weights[::-1, ::-1]


def _level(diameter: float, grain: str) -> int:
    if diameter < _FULL[grain]:
        return 0
    return max(1, int(np.floor(np.log2(diameter / _KERNEL[grain]))))


def _nodes(maps: list[Float32], nearest: float, farthest: float, growth: float) -> list[float]:
    """Circles of confusion to slice at, from near to far; none where the sheets have nothing."""
    nodes = [-c for c in reversed(_steps(-nearest, growth)[1:])] + _steps(farthest, growth)
    filled = np.zeros(len(nodes) - 1, np.bool_)
    # Every value counts, but only once for each of many narrow ranges.
    scale = (_RANGES - 1) / max(farthest - nearest, 1e-3)
    ends = np.clip(np.floor((np.array(nodes) - nearest) * scale), 0, _RANGES - 1).astype(np.intp)
    for one in maps:
        there = cv2.calcHist([one], [0], None, [_RANGES], [nearest, nearest + _RANGES / scale]).ravel() > 0
        filled |= np.array([there[low : high + 1].any() for low, high in pairwise(ends)], np.bool_)
    return [c for k, c in enumerate(nodes) if filled[max(k - 1, 0) : k + 1].any()] or [0.0]


def _steps(most: float, growth: float) -> list[float]:
    """0 … ``most``, evenly at first and then in proportion."""
    steps = [0.0]
    while steps[-1] < most:
        steps.append(min(steps[-1] + max(_STEP, growth * steps[-1]), most))
    return steps


def _own_diameter(diameter: float, level: int) -> float:
    """Diameter in pixels of ``level``, less the spread that drawing at that level adds by itself.

    Variances add: a disc's is d²/16 per axis; the mean of 2×2 pixels and the bilinear way back up, over all
    levels, add (4^level − 1)/3, and weights that are means over pixels add 4^level/12.
    """
    own = (4.0**level - 1) / 3 + 4.0**level / 12
    return float(np.sqrt(max(diameter**2 - 16 * own, 0))) / 2.0**level
