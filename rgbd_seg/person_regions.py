"""The regions that colour takes for people, each of one depth, and which of them are the front person's."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Int32, UInt8
from rgbd_seg.front_choice import Region, choose_front
from rgbd_seg.person_remainder import others_remainder
from rgbd_seg.scaling import bounded_size

_SMALLEST = 0.004  # share of the picture; smaller regions are left to the local evidence
_THIN = 3  # pixels of the coarse grid: bridges between people that are no wider are cut
_STEP_WINDOW = 5  # pixels of the coarse grid within which depth is compared
_STEP, _STEP_SHARE = 0.15, 0.08  # metres, or that share of the distance: such a step parts two regions
_STEP_LEVEL = 0.12  # the same as a share of inverse depth, where its scale is unknown
_SAME = 0.08  # of inverse depth: pieces of one patch of colour no farther apart are of one body
_MEASURED = 0.3  # share of a region that must be measured to judge it
_AROUND = 3  # pixels of the grid around a region that are compared with it
_FLAT = 0.014  # of the depth axis: how far a picture's depth strays from its plane, in the middle of its pixels
_PLANE = 0.036  # of the depth axis: how far what is around it may stray from the same plane
_SURROUNDED = 0.75  # share of what is around a picture that lies in its plane, at least, and
_EVEN, _UNEVEN = 0.55, 0.31  # of a picture as even, or as uneven, as any
_REACH = 0.04  # of the longer side: how far around another person's region depth is taken for theirs
_RIVAL = 0.25  # of the front person's area: what is ruled out from there on had better be a person behind one

PersonCheck = Callable[[Bool], bool]
"""Whether what a mask of the whole picture (any resolution) shows is a person on its own."""


def front_person(
    level: Float32,
    person: Float32,
    bounds: Sequence[float],
    *,
    depth: Float32 | None = None,
    is_person: PersonCheck | None = None,
    grid: int = 256,
) -> Float32:
    """(h, w) 0 where another person than the front one is, 1 elsewhere; unmeasured pixels go with their region.

    The front person is the nearest region of some size, with all that is nearer and all that hangs together with it in
    depth. If much would be ruled out behind it, ``is_person`` is asked whether it is a person at all: a box on a table
    before the person is none, and takes nobody's place.

    Args:
        level: (h, w) inverse depth scaled to [0, 1], 1 = nearest, NaN = not measured.
        person: (h, w) colour's probability of a person.
        bounds: rising levels at which people are parted.
        depth: (h, w) metres; None: of unknown scale.
        is_person: None: nobody is asked.
        grid: pixels of the longer side at which regions are found.
    """
    size = bounded_size((level.shape[0], level.shape[1]), grid)
    shape = (size[1], size[0])
    coarse = cv2.resize(level, shape, interpolation=cv2.INTER_NEAREST)
    hint = cv2.resize(person, shape, interpolation=cv2.INTER_NEAREST)
    metres = None if depth is None else cv2.resize(depth, shape, interpolation=cv2.INTER_NEAREST)
    found, aside = find_regions(coarse, hint, bounds, metres), list[Region]()
    candidates, pictures = [r for r in found if not r.flat], [r for r in found if r.flat]
    own, others = choose_front(candidates)
    while is_person is not None and others and _rivals(own, others):
        if is_person(np.any([region.mask for region in own], axis=0)):
            break
        # Nothing nearer than the subject is ever ruled out: what was found to be no person stays colour's to judge.
        aside.append(own[0])
        candidates = [region for region in candidates if region is not own[0]]
        own, others = choose_front(candidates)
    remains = others_remainder(coarse, hint, bounds, [*own, *aside], others + pictures)
    share = _painted(level, [*own, *aside], others + pictures)
    if remains.any():
        share[
            cv2.resize(remains.astype(np.uint8), (level.shape[1], level.shape[0]), interpolation=cv2.INTER_NEAREST) > 0
        ] = 0
    return share


def find_regions(level: Float32, hint: Float32, bounds: Sequence[float], depth: Float32 | None = None) -> list[Region]:
    """Connected parts of colour's people between the depths ``bounds``, nearest first, where measured well enough."""
    person = hint > 0.5
    known = np.isfinite(level) & person
    if not known.any():
        return []
    filled = cv2.medianBlur(_nearest_filled(level, known), 3)
    layer = np.digitize(filled, np.asarray(bounds))
    steps = _steps(filled if depth is None else cv2.medianBlur(_nearest_filled(depth, known), 3), depth is not None)
    regions = []
    for index in np.unique(layer[person]):
        part = (person & (layer == index)).astype(np.uint8)
        part = cv2.morphologyEx(part, cv2.MORPH_OPEN, np.ones((_THIN, _THIN), np.uint8))
        labels = _parted(part, steps, filled)
        areas = np.bincount(labels.ravel())
        for label in 1 + np.flatnonzero(areas[1:] >= _SMALLEST * level.size):
            mask, area = labels == label, float(areas[label])
            seen = known & mask
            if np.count_nonzero(seen) > _MEASURED * area:
                metres = 0.0 if depth is None else float(np.median(depth[seen]))
                sure = float(hint[mask].mean())
                flat = _is_flat(level, mask, person)
                surface = level if depth is None else depth
                regions.append(Region(mask, area, float(np.median(level[seen])), metres, flat, sure, surface))
    return sorted(regions, key=lambda region: -region.level)


def _steps(surface: Float32, metric: bool) -> Bool:
    """Where depth jumps from one pixel to another close by, as between two bodies and hardly ever within one."""
    window = np.ones((_STEP_WINDOW, _STEP_WINDOW), np.uint8)
    near, far = cv2.erode(surface, window), cv2.dilate(surface, window)
    if metric:
        return np.asarray(far - near > np.maximum(np.float32(_STEP), np.float32(_STEP_SHARE) * near), bool)
    return np.asarray(far - near > np.float32(_STEP_LEVEL) * far, bool)


def _parted(part: UInt8, steps: Bool, level: Float32) -> Int32:
    """Connected pieces of ``part`` with a step between them; what lies on a step goes with the nearest piece."""
    whole: Int32 = cv2.connectedComponents(part, connectivity=4)[1]
    cut = cv2.morphologyEx(part * ~steps, cv2.MORPH_OPEN, np.ones((_THIN, _THIN), np.uint8))
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(cut, connectivity=4)
    large = [p for p in range(1, len(stats)) if stats[p, cv2.CC_STAT_AREA] >= _SMALLEST * part.size]
    home = {piece: int(whole[pieces == piece][0]) for piece in large}
    for label in set(home.values()):
        here = sorted((p for p in large if home[p] == label), key=lambda p: -int(stats[p, cv2.CC_STAT_AREA]))
        owner = _grouped(pieces, here, level)
        if owner.max() > 1:
            inner = whole == label
            nearest, _ = _nearest_owner(owner)
            whole[inner] = nearest[inner] + whole.max()
    return whole


def _grouped(pieces: Int32, chosen: Sequence[int], level: Float32) -> Int32:
    """The chosen pieces numbered anew, those at one depth alike: what only a thing held before it has cut is one."""
    owner = np.zeros_like(pieces)
    depths: list[float] = []
    for piece in chosen:
        mask = pieces == piece
        depth = float(np.median(level[mask]))
        alike = [i for i, other in enumerate(depths) if abs(depth - other) < _SAME * max(depth, other)]
        owner[mask] = 1 + (alike[0] if alike else len(depths))
        if not alike:
            depths.append(depth)
    return owner


def _is_flat(level: Float32, mask: Bool, person: Bool) -> bool:
    """True if the region and what surrounds it lie in one plane: inverse depth is linear in the pixel's place there."""
    width = 2 * _AROUND + 1
    known = np.isfinite(level)
    within = ~(level >= 1)  # at the near end the axis is cut off, and planes are bent there
    ring = (cv2.dilate(mask.astype(np.uint8), np.ones((width, width), np.uint8)) > 0) & ~person & within
    inside, outside = mask & known, ring & known
    if np.count_nonzero(outside) < max(_SURROUNDED * np.count_nonzero(ring), 16):
        return False
    rows, columns = np.nonzero(inside)
    terms = np.stack([rows, columns, np.ones_like(rows)], axis=1).astype(np.float64)
    plane = np.linalg.lstsq(terms, level[inside].astype(np.float64), rcond=None)[0]
    bent = np.median(np.abs(level[inside] - terms @ plane))
    rows, columns = np.nonzero(outside)
    off = np.abs(level[outside] - (rows * plane[0] + columns * plane[1] + plane[2]))
    # The less even it is, the more of what surrounds it must lie in its plane.
    needed = max(_SURROUNDED, _EVEN + _UNEVEN * bent / _FLAT)
    return bool(bent < _FLAT and np.mean(off < _PLANE) > needed)


def _rivals(own: Sequence[Region], others: Sequence[Region]) -> bool:
    return max(other.area for other in others) > _RIVAL * sum(region.area for region in own)


def _painted(level: Float32, own: Sequence[Region], others: Sequence[Region]) -> Float32:
    """0 on the others' regions, and around them where depth is more theirs than the front person's."""
    result = np.ones(level.shape, np.float32)
    if not others:
        return result
    owner = np.zeros(others[0].mask.shape, np.int32)
    for index, region in enumerate([*own, *others], start=1):
        owner[region.mask] = index
    levels = np.array([0.0, *(region.level for region in [*own, *others])])
    nearest, distance = _nearest_owner(owner)
    theirs = (nearest > len(own)) & (distance <= _REACH * max(owner.shape))
    mine = ((owner > 0) & (owner <= len(own))).astype(np.uint8)
    inside = (owner > len(own)) & (cv2.dilate(mine, np.ones((5, 5), np.uint8)) == 0)
    front = own[0].level if own else np.inf  # nobody else is there: all around is theirs
    middle = (levels[nearest] + front) / 2
    shape = (level.shape[1], level.shape[0])
    theirs, inside = (
        cv2.resize(m.astype(np.uint8), shape, interpolation=cv2.INTER_NEAREST) > 0 for m in (theirs, inside)
    )
    middle = cv2.resize(middle.astype(np.float32), shape, interpolation=cv2.INTER_NEAREST)
    with np.errstate(invalid="ignore"):
        result[theirs & (inside | ~(level > middle))] = 0
    return result


def _nearest_owner(owner: Int32) -> tuple[Int32, Float32]:
    """Index of the region nearest to each pixel, and how far it is."""
    distance, labels = cv2.distanceTransformWithLabels(
        (owner == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(int(labels.max()) + 1, np.int32)
    of_label[labels[owner > 0]] = owner[owner > 0]
    nearest: Int32 = of_label[labels]
    return nearest, distance


def _nearest_filled(values: Float32, known: Bool) -> Float32:
    labels = cv2.distanceTransformWithLabels((~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[
        1
    ]
    of_label = np.zeros(int(labels.max()) + 1, np.float32)
    of_label[labels[known]] = values[known]
    filled: Float32 = of_label[labels]
    return filled
