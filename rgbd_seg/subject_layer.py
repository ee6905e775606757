"""Which of the people that colour sees is the subject: told apart by the gaps between their depths."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.person_regions import PersonCheck, front_person

_BINS = 64
_RISE = 3.0  # two peaks are two people if the valley between them is this much lower than the lower peak
_FRONT_MASS = 0.25  # what has at least this share of the largest one's pixels may be a person
_BRIDGE = 6.0  # pixels; an arm that joins two depths is at least this thick, the blur at an outline is not
_ISLAND = 0.03  # share of the largest part's area below which a detached part is an error ...
_ISLAND_DISTANCE = 0.04  # ... if it lies farther than this share of the picture's longer side from the main parts
_OUTLINE = 0.02  # of the longer side: depth this close to the outline may be of neither side
_EDGE = 0.01  # softness of the cut between two people, as a share of the depth axis


@dataclass(frozen=True)
class _Layer:
    """A peak of the person pixels' depth histogram: far and near end on the axis in [0, 1], and its share of them."""

    far: float
    near: float
    mass: float


def subject_membership(
    level: Float32,
    person: Float32,
    *,
    focus: tuple[float, float] | None = None,
    depth: Float32 | None = None,
    is_person: PersonCheck | None = None,
    grid: int = 256,
) -> Float32:
    """How far each pixel's depth agrees with being the chosen person rather than another one.

    Without ``focus`` the front person is chosen: whoever is clearly behind or beside is not the subject, and nothing
    nearer that touches the subject is ever ruled out (an outstretched hand, a held object). With ``focus`` the person
    there is chosen, and people in front of, behind or beside that one are not the subject.

    Args:
        level: (h, w) inverse depth scaled to [0, 1], 1 = nearest, NaN = not measured.
        person: (h, w) colour's probability of a person.
        focus: (x, y) as fractions of the picture's width and height.
        depth: (h, w) metres, used without ``focus``; None: of unknown scale.
        is_person: asked, without ``focus``, whether what seems to be the front person is one.
        grid: pixels of the longer side at which people's regions are found, without ``focus``.
    Returns:
        (h, w) in [0, 1]; 1 where nothing speaks against it. An unmeasured pixel is another person's if the region
        that colour sees around it is.
    """
    known = np.isfinite(level)
    mask = known & (person > 0.5)
    if not mask.any():
        return np.ones_like(level)
    layers = _layers(level[mask], person[mask])
    if focus is None:
        bounds = [(farther.near + nearer.far) / 2 for farther, nearer in pairwise(layers[::-1])]
        return front_person(level, person, bounds, depth=depth, is_person=is_person, grid=grid)
    return _focused(level, mask, layers, focus)


def attached(subject: Float32) -> Float32:
    """0 on small islands of ``subject`` far from its main parts, 1 elsewhere.

    Such islands are things at the subject's depth that colour mistook. A hand seen past an obstacle lies closer.
    """
    mask = (subject > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    kept = np.ones_like(subject)
    small = area < _ISLAND * area.max()
    small[0] = False
    if count <= 2 or not small.any():
        return kept
    main = (mask > 0) & ~small[labels]
    distance = cv2.distanceTransform((~main).astype(np.uint8), cv2.DIST_L2, 5)
    for label in np.flatnonzero(small):
        island = labels == label
        if distance[island].min() > _ISLAND_DISTANCE * max(mask.shape):
            kept[cv2.dilate(island.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0] = 0
    return kept


def connected_at(person: Float32, focus: tuple[float, float]) -> Float32:
    """Who of the people that colour sees is at a point, without depth: those that touch are one.

    Args:
        person: (h, w) colour's probability of a person.
        focus: (x, y) as fractions of the picture's width and height.
    Returns:
        (h, w) 0 around other people than the one there, or nearest to it, 1 elsewhere.
    """
    mask = person > 0.5
    return _beside(mask, *_nearest(mask, focus)) if mask.any() else np.ones_like(person)


def _focused(level: Float32, mask: Bool, layers: list[_Layer], focus: tuple[float, float]) -> Float32:
    y, x = _nearest(mask, focus)
    chosen = next((i for i, layer in enumerate(layers) if level[y, x] >= layer.far), len(layers) - 1)
    first, last = _same_person(level, mask, layers, chosen)
    membership = np.ones_like(level)
    if last + 1 < len(layers):
        membership *= _above(level, layers[last].far, layers[last + 1].near)
    if first > 0:
        membership *= 1 - _above(level, layers[first - 1].far, layers[first].near)
    chosen_only: Float32 = membership * _beside(mask & (membership > 0.5), y, x)
    return chosen_only


def _nearest(mask: Bool, focus: tuple[float, float]) -> tuple[int, int]:
    """Row and column of the pixel well inside ``mask`` that is nearest to the focus."""
    height, width = mask.shape
    x, y = min(int(focus[0] * width), width - 1), min(int(focus[1] * height), height - 1)
    rows, columns = np.nonzero(_inside(mask))
    nearest = int(np.argmin((rows - y) ** 2 + (columns - x) ** 2))
    return int(rows[nearest]), int(columns[nearest])


def _inside(mask: Bool) -> Bool:
    """``mask`` without its outline, where depth is a mixture of two surfaces; all of it if nothing else is left."""
    width = 2 * max(1, round(_OUTLINE * max(mask.shape))) + 1
    inner: Bool = cv2.erode(mask.astype(np.uint8), np.ones((width, width), np.uint8), borderValue=1) > 0
    return inner if inner.any() else mask


def _same_person(level: Float32, mask: Bool, layers: list[_Layer], chosen: int) -> tuple[int, int]:
    """First (nearest) and last layer that are bodily joined to the chosen one."""
    first = last = chosen
    while last + 1 < len(layers) and _joined(level, mask, layers[last].far, layers[last + 1].near):
        last += 1
    while first > 0 and _joined(level, mask, layers[first - 1].far, layers[first].near):
        first -= 1
    return first, last


def _beside(mask: Bool, y: int, x: int) -> Float32:
    """1 around the connected part of ``mask`` at (y, x), 0 around other large parts: each pixel follows the nearest."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    own = labels[y, x]
    area = stats[:, cv2.CC_STAT_AREA]
    rival = np.flatnonzero(area >= _FRONT_MASS * area[own])
    rival = rival[(rival != own) & (rival != 0)]
    if count <= 2 or own == 0 or rival.size == 0:
        return np.ones(mask.shape, np.float32)
    to_own = cv2.distanceTransform((labels != own).astype(np.uint8), cv2.DIST_L2, 5)
    to_rival = cv2.distanceTransform((~np.isin(labels, rival)).astype(np.uint8), cv2.DIST_L2, 5)
    nearest: Float32 = (to_own <= to_rival).astype(np.float32)
    return nearest


def _above(level: Float32, far: float, near: float) -> Float32:
    """Rises from 0 to 1 over the middle of the gap between a farther layer's near end and a nearer layer's far end."""
    softness = max(_EDGE, abs(far - near) / 8)
    rise = 1 / (1 + np.exp(-(level - (far + near) / 2) / np.float32(softness)))
    return np.where(np.isnan(level), 1, rise).astype(np.float32)


def _joined(level: Float32, mask: Bool, far: float, near: float) -> bool:
    """True if something thick spans the gap between two layers: one body (an arm towards the camera), not two.

    Smoothed depth maps also have pixels in the gap, along outlines; those are thin. What lies in the gap without
    touching the bulk of both layers is a third thing.
    """
    with np.errstate(invalid="ignore"):
        between = (mask & (level < far) & (level > near)).astype(np.uint8)
    framed = cv2.copyMakeBorder(between, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    thick = 2 * cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1] >= _BRIDGE
    if not thick.any():
        return False
    labels = cv2.connectedComponents(between, connectivity=8)[1]
    with np.errstate(invalid="ignore"):
        sides = (_large_parts(mask & (level >= far)), _large_parts(mask & (level <= near)))
    return any(_touches(labels == label, sides) for label in np.unique(labels[thick & (between > 0)]))


def _large_parts(mask: Bool) -> Bool:
    """The connected parts of ``mask`` that are at least a quarter of the largest one."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    large: Bool = (area > 0) & (area >= _FRONT_MASS * area.max())
    kept: Bool = large[labels]
    return kept


def _touches(part: Bool, sides: tuple[Bool, Bool]) -> bool:
    grown = cv2.dilate(part.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return all(bool((grown & side).any()) for side in sides)


def _layers(level: Float32, weight: Float32) -> list[_Layer]:
    """Peaks of the depth histogram, nearest first, with the empty stretches between them."""
    counts = np.histogram(level, _BINS, (0, 1), weights=weight)[0]
    density = np.convolve(counts, (0.06, 0.24, 0.4, 0.24, 0.06), mode="same")
    spans = _peaks(density)
    ends = [_gap(density, low[1], high[0]) for low, high in pairwise(spans)]
    fars = [0.0, *[gap[1] for gap in ends]]
    nears = [*[gap[0] for gap in ends], 1.0]
    middles = [-np.inf, *[(low + high) / 2 for low, high in ends], np.inf]
    total = float(weight.sum())
    layers = []
    for i in range(len(spans)):
        inside = (level >= middles[i]) & (level < middles[i + 1])
        layers.append(_Layer(fars[i], nears[i], float(weight[inside].sum()) / total))
    return layers[::-1]


def _peaks(density: Float64) -> list[tuple[int, int]]:
    """(first, last) top of each group of peaks, after joining those whose valley is too shallow to part people."""
    padded = np.concatenate([[-1.0], density, [-1.0]])
    tops = np.flatnonzero((density > 0) & (density >= padded[:-2]) & (density > padded[2:]))
    spans = [(int(top), int(top)) for top in tops]
    heights = [float(density[top]) for top in tops]
    valleys = [float(density[a : b + 1].min()) for a, b in pairwise(tops)]
    while valleys:
        shallow = [_RISE * valley / min(heights[i], heights[i + 1]) for i, valley in enumerate(valleys)]
        i = int(np.argmax(shallow))
        if shallow[i] <= 1:
            break
        spans[i : i + 2] = [(spans[i][0], spans[i + 1][1])]
        heights[i : i + 2] = [max(heights[i], heights[i + 1])]
        del valleys[i]
    return spans


def _gap(density: Float64, low_top: int, high_top: int) -> tuple[float, float]:
    """Where the lowest stretch between two tops begins and ends, on the axis in [0, 1]."""
    stretch = density[low_top : high_top + 1]
    empty = np.flatnonzero(stretch <= 1.5 * stretch.min() + 1e-6 * density.max())
    return (low_top + int(empty[0])) / _BINS, (low_top + int(empty[-1]) + 1) / _BINS
