"""Finds and undoes a shift between depth and colour: a knock, a warm camera, depth that is a few frames old.

The subject's outline is seen twice, by colour and by depth. Their gradients are correlated over shifts, from coarse
to fine; the shift is believed only if it makes the two agree clearly better than no shift does.
"""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32

_GRID = 320  # pixels, longer side
_SEARCH = 6  # pixels of that grid, each way: 2 % of the picture
_COARSE = 2  # the coarse grid's pixels in those of the grid
_COARSE_SEARCH = 16  # pixels of the coarse grid: 10 % of the picture, a body at arm's length 50 ms ago
_AROUND = 25  # pixels of the grid around the subject where outlines count
_GAIN = 1.03  # agreement must grow by this factor; pictures known to be aligned gained at most 1.4 %
_LIKE = 0.5  # correlation that two views of one outline have at least, for a shift beyond the fine search


def find_shift(opinion: Float32, probability: Float32) -> tuple[float, float]:
    """How far depth must move to lie on colour.

    Args:
        opinion: (h, w) depth's probability of the subject, NaN = none.
        probability: (h, w) colour's.
    Returns:
        (right, down) in pixels of the maps; (0, 0) unless a shift is evident.
    """
    scale = min(1.0, _GRID / max(opinion.shape))
    size = (max(1, round(opinion.shape[1] * scale)), max(1, round(opinion.shape[0] * scale)))
    if min(size) < 8 * _SEARCH:
        return 0.0, 0.0
    depth = cv2.resize(np.nan_to_num(opinion, nan=0.5), size, interpolation=cv2.INTER_AREA)
    color = cv2.resize(probability, size, interpolation=cv2.INTER_AREA)
    seen = ((depth > 0.5) & (color > 0.5)).astype(np.float32)
    around = cv2.GaussianBlur(cv2.dilate(seen, np.ones((_AROUND, _AROUND), np.uint8)), (0, 0), 6)
    color = np.clip(color, 0.02, 0.98)
    far = _far_shift(depth, color)
    if far != (0, 0):
        depth, around = moved(depth, far, fill=0.5), moved(around, far, fill=0.0)
    agreement = _agreement(depth, color * around, _SEARCH)
    _, best, _, (x, y) = cv2.minMaxLoc(agreement)
    at_rest = float(agreement[_SEARCH, _SEARCH])
    if best <= 0 or (far == (0, 0) and best < _GAIN * max(at_rest, 0.0)):
        return 0.0, 0.0
    right = far[0] + x - _SEARCH + _between(agreement[y], x)
    down = far[1] + y - _SEARCH + _between(agreement[:, x], y)
    return right / scale, down / scale


def _far_shift(depth: Float32, color: Float32) -> tuple[int, int]:
    """(right, down) in pixels of the grid; (0, 0) unless the outlines agree well, and only, that far away."""
    size = (depth.shape[1] // _COARSE, depth.shape[0] // _COARSE)
    if min(size) < 3 * _COARSE_SEARCH:
        return 0, 0
    depth, color = (cv2.resize(values, size, interpolation=cv2.INTER_AREA) for values in (depth, color))
    agreement = _agreement(depth, color, _COARSE_SEARCH)
    _, best, _, (x, y) = cv2.minMaxLoc(agreement)
    right, down = _COARSE * (x - _COARSE_SEARCH), _COARSE * (y - _COARSE_SEARCH)
    if max(abs(right), abs(down)) < _SEARCH or best <= 0 or best < _LIKE * _energy(depth, color):
        return 0, 0
    return right, down


def moved(depth: Float32, shift: tuple[float, float], *, fill: float = float("nan")) -> Float32:
    """``depth`` moved by (right, down) pixels, to the nearest pixel; what comes into view is not measured."""
    right, down = round(shift[0]), round(shift[1])
    height, width = depth.shape
    result = np.full_like(depth, fill)
    result[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = depth[
        max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
    ]
    return result


def _agreement(depth: Float32, color: Float32, search: int) -> Float32:
    """(2·search + 1)² correlation of the two maps' gradients, row and column = shift + search."""
    inner = slice(search, -search)
    total = np.zeros((2 * search + 1, 2 * search + 1), np.float32)
    for of_depth, of_color in zip(_gradients(depth), _gradients(color), strict=True):
        total += cv2.matchTemplate(of_color, np.ascontiguousarray(of_depth[inner, inner]), cv2.TM_CCORR)
    return total


def _energy(depth: Float32, color: Float32) -> float:
    """What `_agreement` would be if both had the same outline."""
    first, second = (sum(float((part**2).sum()) for part in _gradients(values)) for values in (depth, color))
    return float(np.sqrt(first * second))


def _gradients(values: Float32) -> tuple[Float32, Float32]:
    smooth = cv2.GaussianBlur(values, (0, 0), 1.5)
    return cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)


def _between(values: Float32, peak: int) -> float:
    """Offset in (−0.5, 0.5) of the top of the parabola through ``peak`` and its neighbours."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    low, top, high = (float(value) for value in values[peak - 1 : peak + 2])
    bend = low - 2 * top + high
    return 0.5 * (low - high) / bend if bend < 0 else 0.0
