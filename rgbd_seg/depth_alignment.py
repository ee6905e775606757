"""Finds and undoes a small shift between depth and colour, such as a knock or a warm camera leaves after calibration.

The subject's outline is seen twice, by colour and by depth. Their gradients are correlated over small shifts; the
shift is believed only if it makes the two agree clearly better than no shift does.
"""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32

_GRID = 320  # pixels, longer side
_SEARCH = 6  # pixels of that grid, each way: 2 % of the picture
_AROUND = 25  # pixels of that grid around the subject where outlines count
_GAIN = 1.03  # agreement must grow by this factor; pictures known to be aligned gained at most 1.4 %


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
    agreement = _agreement(depth, np.clip(color, 0.02, 0.98) * around)
    at_rest = float(agreement[_SEARCH, _SEARCH])
    _, best, _, (x, y) = cv2.minMaxLoc(agreement)
    if at_rest <= 0 or best < _GAIN * at_rest:
        return 0.0, 0.0
    right = x - _SEARCH + _between(agreement[y], x)
    down = y - _SEARCH + _between(agreement[:, x], y)
    return right / scale, down / scale


def moved(depth: Float32, shift: tuple[float, float]) -> Float32:
    """``depth`` moved by (right, down) pixels, to the nearest pixel; what comes into view is not measured."""
    right, down = round(shift[0]), round(shift[1])
    height, width = depth.shape
    result = np.full_like(depth, np.nan)
    result[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = depth[
        max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
    ]
    return result


def _agreement(depth: Float32, color: Float32) -> Float32:
    """(2·_SEARCH + 1)² correlation of the two maps' gradients, row and column = shift + _SEARCH."""
    inner = slice(_SEARCH, -_SEARCH)
    total = np.zeros((2 * _SEARCH + 1, 2 * _SEARCH + 1), np.float32)
    depth, color = (cv2.GaussianBlur(values, (0, 0), 1.5) for values in (depth, color))
    for dx, dy in ((1, 0), (0, 1)):
        of_depth, of_color = (cv2.Sobel(values, cv2.CV_32F, dx, dy) for values in (depth, color))
        total += cv2.matchTemplate(of_color, np.ascontiguousarray(of_depth[inner, inner]), cv2.TM_CCORR)
    return total


def _between(values: Float32, peak: int) -> float:
    """Offset in (−0.5, 0.5) of the top of the parabola through ``peak`` and its neighbours."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    low, top, high = (float(value) for value in values[peak - 1 : peak + 2])
    bend = low - 2 * top + high
    return 0.5 * (low - high) / bend if bend < 0 else 0.0
