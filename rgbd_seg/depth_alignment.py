"""Finds and undoes a shift between depth and colour: a knock, a warm camera, depth that is a few frames old.

The subject's outline is seen twice, by colour and by depth. Their gradients are correlated over shifts, from coarse
to fine; the shift is believed only if it makes the two agree clearly better than no shift does.
"""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.shared_information import explained

_GRID = 320  # pixels, longer side
_SEARCH = 6  # pixels of that grid, each way: 2 % of the picture
_AROUND = 25  # pixels of the grid around the subject where outlines count
_JUMP_GRID = 96  # pixels, longer side, on which a jump is sought
_JUMP_SEARCH = 20  # pixels of it, each way: 21 % of the picture, a body at arm's length 0.1 s ago
_JUMP_LEAST = 2  # pixels of it; less is the fine search's
_OUTLINE = 0.5  # of a gradient beside the map itself
_JUMPS = 2  # the second from where the first led
_JUMP_COST = 0.006  # of correlation that each pixel of a jump must bring
_JUMP_GAIN = 0.02  # correlation must grow by so much; in pictures known to be aligned it hardly ever did
_JUMP_LIKE = 0.4  # correlation that is a likeness at all
_FAR_SEARCH = 30  # pixels of the same grid: 31 % of the picture, a face at arm's length 0.2 s ago
_TOLD = 0.6  # of colour's uncertainty that depth resolves after such a jump, and
_TOLD_GAIN = 0.1  # how much more than without it
_BINS = 64
_RARE = 2e-3  # share of the pixels below which a depth says nothing
_GAIN = 1.03  # agreement must grow by this factor; pictures known to be aligned gained at most 1.4 %


def find_shift(opinion: Float32, probability: Float32, level: Float32 | None = None) -> tuple[float, float]:
    """How far depth must move to lie on colour.

    Args:
        opinion: (h, w) depth's probability of the subject, NaN = none.
        probability: (h, w) colour's.
        level: (h, w) inverse depth scaled to [0, 1], NaN = not measured: a second witness.
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
    bounded = np.clip(color, 0.02, 0.98)
    agreement = _agreement(depth, bounded * around, _SEARCH)
    _, best, _, (x, y) = cv2.minMaxLoc(agreement)
    at_rest = float(agreement[_SEARCH, _SEARCH])
    if best <= 0 or best < _GAIN * max(at_rest, 0.0):
        return 0.0, 0.0
    right = x - _SEARCH + _between(agreement[y], x)
    down = y - _SEARCH + _between(agreement[:, x], y)
    if level is not None and not _is_better(level, color, (right, down)):
        return 0.0, 0.0
    return right / scale, down / scale


def _is_better(level: Float32, color: Float32, shift: tuple[float, float]) -> bool:
    """Whether the person's depths lie more where colour sees the person after they moved by pixels of ``color``."""
    near = cv2.resize(level, (color.shape[1], color.shape[0]), interpolation=cv2.INTER_NEAREST)
    layer = _person_layer(near, color)
    there = moved(layer, shift, fill=0.5)
    return _likeness(there, color) > _likeness(layer, color)


def _likeness(first: Float32, second: Float32) -> float:
    """Pearson's correlation; 0 if either is the same everywhere."""
    first, second = first - first.mean(), second - second.mean()
    return float((first * second).sum() / max(np.sqrt(float((first**2).sum() * (second**2).sum())), 1e-6))


def find_jump(level: Float32, probability: Float32) -> tuple[int, int]:
    """How far depth must move to lie roughly on colour, if it lies far beside it.

    At which depths the person is, is seen from all of the picture at once, since most of the person still lies on
    themselves; where those depths are is then compared with where colour sees the person.

    Args:
        level: (h, w) inverse depth scaled to [0, 1], NaN = not measured.
        probability: (h, w) colour's probability of a person.
    Returns:
        (right, down) in pixels of the maps; (0, 0) unless such a jump is evident.
    """
    scale = _JUMP_GRID / max(level.shape)
    size = (max(1, round(level.shape[1] * scale)), max(1, round(level.shape[0] * scale)))
    right = down = 0
    if min(size) < _JUMP_SEARCH or scale > 1:
        return right, down
    border = _JUMP_SEARCH
    thin = max(1, int(0.4 / scale))
    fine, seen = level[::thin, ::thin], probability[::thin, ::thin]
    color = cv2.resize(probability, size, interpolation=cv2.INTER_AREA)
    color = _with_outline(cv2.copyMakeBorder(color, border, border, border, border, cv2.BORDER_REPLICATE))
    for _ in range(_JUMPS):
        here = moved(fine, (right / thin, down / thin)) if right or down else fine
        layer = cv2.resize(_person_layer(here, seen), size, interpolation=cv2.INTER_AREA)
        agreement = cv2.matchTemplate(color, _with_outline(layer), cv2.TM_CCOEFF_NORMED)
        agreement -= _far(border)
        _, best, _, (x, y) = cv2.minMaxLoc(agreement)
        step = x - border, y - border
        if best < _JUMP_LIKE or best < float(agreement[border, border]) + _JUMP_GAIN or max(map(abs, step)) == border:
            break
        right, down = right + round(step[0] / scale), down + round(step[1] / scale)
    if max(abs(right), abs(down)) * scale < _JUMP_LEAST:
        return _find_far_jump(level, probability, size)
    return right, down


def _find_far_jump(level: Float32, probability: Float32, size: tuple[int, int]) -> tuple[int, int]:
    """A jump so long that the person's depths cannot be told from where colour sees the person now.

    Only where depth then explains most of what colour sees: somebody else at another depth, whom colour takes for a
    person too, leaves much unexplained, wherever depth is moved.
    """
    near = cv2.resize(level, size, interpolation=cv2.INTER_NEAREST)
    color = cv2.resize(probability, size, interpolation=cv2.INTER_AREA)
    border = _FAR_SEARCH
    told = explained(near, color, border)
    _, best, _, (x, y) = cv2.minMaxLoc(told - _far(border))
    step = x - border, y - border
    if float(told[y, x]) < _TOLD or best < float(told[border, border]) + _TOLD_GAIN:
        return 0, 0
    if not _JUMP_LEAST <= max(map(abs, step)) < border:
        return 0, 0
    return round(step[0] * level.shape[1] / size[0]), round(step[1] * level.shape[0] / size[1])


def _far(reach: int) -> Float32:
    """(2·reach + 1)² what a jump of each length must be better by."""
    steps = np.arange(-reach, reach + 1, dtype=np.float32)
    return np.asarray(_JUMP_COST * np.hypot(steps[:, None], steps[None]), np.float32)


def _with_outline(values: Float32) -> Float32:
    """(h, w, 3): the map and its gradient, which weighs as much."""
    return np.dstack([values, *(_OUTLINE * part for part in _gradients(values))])


def _person_layer(level: Float32, probability: Float32) -> Float32:
    """(h, w) how much more often its depth is seen on the person than elsewhere; 0.5 where it was not measured."""
    known = np.isfinite(level)
    place = np.rint(level[known] * (_BINS - 1)).astype(np.int32)
    person = probability[known]
    counts = (np.bincount(place, weights=weights, minlength=_BINS) for weights in (person, 1 - person))
    inside, outside = (cv2.GaussianBlur(c.astype(np.float32)[None], (0, 0), 1.5)[0] for c in counts)
    inside, outside = inside / max(float(inside.sum()), 1e-6), outside / max(float(outside.sum()), 1e-6)
    layer = np.full(level.shape, 0.5, np.float32)
    layer[known] = ((inside + _RARE) / (inside + outside + 2 * _RARE))[place]
    return layer


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
