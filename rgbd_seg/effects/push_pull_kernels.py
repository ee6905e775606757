"""Loops of the pyramid that fills holes, compiled: one call, so that threads do not wait for each other's turns."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32
from rgbd_seg.effects.inner_loop import inner_loop
from rgbd_seg.effects.scratch_kernels import floats

_ONE = np.float32(1)
_FEW = np.float32(3)  # a cell with some trusted pixels knows nearly as much as one full of them
_LEAST, _LITTLE = np.float32(1e-12), np.float32(1e-6)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def fill_level(level: Float32) -> None:
    """Fills what a level of the pyramid does not trust from those beneath it.

    Args:
        level: (c + 1, h, w) values times their weight, and the weight last; the values are filled in place.
    """
    planes, height, width = level.shape
    if height == 1 and width == 1:
        for p in range(planes - 1):
            level[p, 0, 0] /= max(level[planes - 1, 0, 0], _LITTLE)
        return
    beneath = np.empty((planes, (height + 1) // 2, (width + 1) // 2), np.float32)
    _coarser(level, beneath)
    fill_level(beneath)
    _finer(beneath, level)


@inner_loop(fastmath=True)
def _coarser(fine: Float32, out: Float32) -> None:
    """Half the resolution through a binomial of 5×5, mirrored at the edges.

    Args:
        fine: (c + 1, h, w). out: (c + 1, ⌈h/2⌉, ⌈w/2⌉).
    """
    planes, height, width = fine.shape
    line = floats(width + 4)
    four, six = np.float32(4), np.float32(6)
    for j in range(out.shape[1]):
        for p in range(planes):
            a, e = fine[p, _inside(2 * j - 2, height)], fine[p, _inside(2 * j + 2, height)]
            b, d = fine[p, _inside(2 * j - 1, height)], fine[p, _inside(2 * j + 1, height)]
            c, target = fine[p, 2 * j], out[p, j]
            for x in range(width):
                line[x + 2] = a[x] + e[x] + four * (b[x] + d[x]) + six * c[x]
            for x in range(2):
                line[x] = line[2 + _inside(x - 2, width)]
                line[width + 2 + x] = line[2 + _inside(width + x, width)]
            for i in range(target.size):
                ends, beside = line[2 * i] + line[2 * i + 4], line[2 * i + 1] + line[2 * i + 3]
                target[i] = (ends + four * beside + six * line[2 * i + 2]) * np.float32(1 / 256)
        weight = out[planes - 1, j]
        for i in range(weight.size):
            line[i] = min(_ONE, _FEW * weight[i]) / max(weight[i], _LEAST)
        for p in range(planes):
            target = out[p, j]
            for i in range(target.size):
                target[i] *= line[i]


@inner_loop(fastmath=True)
def _finer(beneath: Float32, level: Float32) -> None:
    """To what a level trusts, as far as it does not, what lies beneath it is added, enlarged.

    Args:
        beneath: (c + 1, ⌈h/2⌉, ⌈w/2⌉), filled. level: (c + 1, h, w).
    """
    last, height, width = level.shape[0] - 1, level.shape[1], level.shape[2]
    rows, columns = beneath.shape[1:]
    line, index, share = floats(columns + 1), np.empty(width, np.int32), floats(width)
    for x in range(width):
        index[x], share[x] = _between(x, width, columns)
    for y in range(height):
        j, f = _between(y, height, rows)
        weight = level[last, y]
        for p in range(last):
            above, below, target = beneath[p, j], beneath[p, min(j + 1, rows - 1)], level[p, y]
            for i in range(columns):
                line[i] = above[i] + f * (below[i] - above[i])
            line[columns] = line[columns - 1]
            for x in range(width):
                i = index[x]
                target[x] += (_ONE - weight[x]) * (line[i] + share[x] * (line[i + 1] - line[i]))


@inner_loop()
def _between(at: int, length: int, cells: int) -> tuple[int, np.float32]:
    """The cell before a pixel's middle, and the way from its own middle to the next one's."""
    place = (np.float32(at) + np.float32(0.5)) * np.float32(cells / length) - np.float32(0.5)
    place = min(max(place, np.float32(0)), np.float32(cells - 1))
    return int(place), np.float32(place - int(place))


@inner_loop()
def _inside(at: int, length: int) -> int:
    """A place mirrored at the first and the last one, as often as it takes."""
    if length == 1:
        return 0
    at = abs(at) % (2 * length - 2)
    return min(at, 2 * length - 2 - at)
