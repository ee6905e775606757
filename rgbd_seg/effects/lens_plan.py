"""How a scene is cut into slices of depth, and at what resolution each is drawn."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, UInt8

ApertureShape = Callable[[float], Float32]

_KERNEL = 8.0  # pixels: smallest disc at a reduced resolution
_STEP = 2.0  # pixels between slices in the sharp range
_GROWTH = 0.16  # of the diameter, between slices further out


@dataclass(frozen=True, eq=False)
class Sheets:
    """Signed circles of confusion, diameter in pixels of the picture, at any lower resolution; no NaN."""

    background: Float32
    subject: Float32


@dataclass(frozen=True, eq=False)
class Slice:
    """One step of depth and how it is drawn: at 1/2^level of the resolution, with this kernel."""

    nodes: tuple[float, float, float]  # circle of confusion of the nearer slice, this one and the farther one
    level: int
    kernel: Float32
    runs: UInt8  # (rows of the kernel, 2) first weight above 0 and one past the last

    @property
    def coc(self) -> float:
        """Its own circle of confusion."""
        return self.nodes[1]


@dataclass(frozen=True, eq=False)
class Plan:
    """The slices from far to near, and how much of the surroundings a band needs."""

    slices: tuple[Slice, ...]
    levels: int
    halo: int  # pixels of the picture around a band
    reach: int  # pixels of any level, of the widest kernel
    margin: float  # pixels of confusion by which near things are told from the subject


def make_plan(sheets: Sheets, has_subject: bool, aperture: ApertureShape) -> Plan:
    """Slices that cover all circles of confusion of the sheets."""
    values = sheets.background.ravel()
    if has_subject:
        values = np.concatenate([values, sheets.subject.ravel()])
    nodes = _nodes(values)
    slices = tuple(_slice(nodes, k, aperture) for k in range(len(nodes) - 1, -1, -1))
    levels = 1 + max(one.level for one in slices)
    cell = 2 ** (levels - 1)
    widest = max((one.kernel.shape[0] // 2) * 2**one.level for one in slices)
    return Plan(
        slices,
        levels,
        halo=cell * (int(np.ceil(widest / cell)) + 2),
        reach=max(one.kernel.shape[0] // 2 for one in slices),
        margin=max(_STEP, 0.06 * float(np.ptp(values))),
    )


def _slice(nodes: list[float], k: int, aperture: ApertureShape) -> Slice:
    diameter = abs(nodes[k])
    level = max(0, int(np.floor(np.log2(max(diameter, 1e-6) / _KERNEL))))
    kernel = aperture(_own_diameter(diameter, level))
    runs = [(int(row[0]), int(row[-1]) + 1) if row.size else (0, 0) for row in map(np.flatnonzero, kernel)]
    neighbours = nodes[max(k - 1, 0)], nodes[k], nodes[min(k + 1, len(nodes) - 1)]
    return Slice(neighbours, level, kernel, np.array(runs, np.uint8))


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
    """Diameter in pixels of ``level``, less the spread that drawing at that level adds by itself.

    Variances add: a disc's is d²/16 per axis; the mean of 2×2 pixels and the bilinear way back up, over all
    levels, add (4^level − 1)/3, and weights that are means over pixels add 4^level/12.
    """
    own = (4.0**level - 1) / 3 + 4.0**level / 12
    return float(np.sqrt(max(diameter**2 - 16 * own, 0))) / 2.0**level
