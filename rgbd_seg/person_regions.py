"""The regions that colour takes for people, each of one depth, and which of them are the front person's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Int32
from rgbd_seg.scaling import bounded_size

_SMALLEST = 0.004  # share of the picture; smaller regions are left to the local evidence
_THIN = 3  # pixels of the coarse grid: bridges between people that are no wider are cut
_FRONT_AREA = 0.25  # the front person has at least this share of the largest region; less is a hand or an error
_MEASURED = 0.3  # share of a region that must be measured to judge it
_AROUND = 3  # pixels of the grid around a region that are compared with it
_FLAT = 0.014  # of the depth axis: how far a picture's depth strays from its plane, in the middle of its pixels
_PLANE = 0.036  # of the depth axis: how far what is around it may stray from the same plane
_SURROUNDED = 0.75  # share of what is around a picture that lies in its plane
_OFF_CENTRE = 0.35  # of the width
_SURE = 0.85  # of the surest region's mean probability that the front person has at least; a plant has less
_LIMB = 0.6  # of the area of what it touches: a nearer part that is smaller is an arm or a thing held
_ARM = 0.7  # metres that such a part may be in front
_BODY = 0.35  # metres between parts of one body that touch in the picture, one above the other: knees and chest
_SHOULDER = 0.25  # the same, one beside the other
_JOINED = 0.45  # share of the body's inverse depth that a part of it which touches it may lose, and
_STACKED = 0.3  # one that lies above or below, as legs do behind a table, and
_LOOSE = 0.08  # one that lies beside
_TOUCH = 0.1  # of the smaller one's outline: this much in common is touching
_OVER = 0.3  # of the narrower one's columns: this much in common is above or below, unless
_BESIDE = 0.4  # of the lower one's rows are in common
_REACH = 0.04  # of the longer side: how far around another person's region depth is taken for theirs
_RIVAL = 0.25  # of the front person's area: what is ruled out from there on had better be a person behind one

PersonCheck = Callable[[Bool], bool]
"""Whether what a mask of the whole picture (any resolution) shows is a person on its own."""


@dataclass(frozen=True, eq=False)
class Region:
    """A connected part of the picture at one depth."""

    mask: Bool  # (h, w) of the coarse grid
    area: float  # pixels
    level: float  # median inverse depth, 1 = nearest
    depth: float = 0.0  # its depth in metres; 0: the scale of depth is not known
    flat: bool = False  # lies in the surface around it, as a picture on a wall does
    sure: float = 1.0  # mean of colour's probability


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
    return _painted(level, [*own, *aside], others + pictures)


def find_regions(level: Float32, hint: Float32, bounds: Sequence[float], depth: Float32 | None = None) -> list[Region]:
    """Connected parts of colour's people between the depths ``bounds``, nearest first, where measured well enough."""
    person = hint > 0.5
    known = np.isfinite(level) & person
    if not known.any():
        return []
    filled = cv2.medianBlur(level if np.isfinite(level).all() else _nearest_filled(level, known), 3)
    layer = np.digitize(filled, np.asarray(bounds))
    regions = []
    for index in np.unique(layer[person]):
        part = (person & (layer == index)).astype(np.uint8)
        part = cv2.morphologyEx(part, cv2.MORPH_OPEN, np.ones((_THIN, _THIN), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=4)
        for label in range(1, count):
            area = float(stats[label, cv2.CC_STAT_AREA])
            mask = labels == label
            seen = known & mask
            if area >= _SMALLEST * level.size and np.count_nonzero(seen) > _MEASURED * area:
                metres = 0.0 if depth is None else float(np.median(depth[seen]))
                sure = float(hint[mask].mean())
                flat = _is_flat(level, mask, person)
                regions.append(Region(mask, area, float(np.median(level[seen])), metres, flat, sure))
    return sorted(regions, key=lambda region: -region.level)


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
    return bool(bent < _FLAT and np.mean(off < _PLANE) > _SURROUNDED)


def choose_front(regions: Sequence[Region]) -> tuple[list[Region], list[Region]]:
    """The front person's regions, the front itself first, and those of others."""
    if not regions:
        return [], []
    largest = max(region.area for region in regions)
    surest = max(region.sure for region in regions if region.area >= _FRONT_AREA * largest)
    candidates = [r for r in regions if r.area >= _FRONT_AREA * largest and r.sure >= _SURE * surest]
    alike = [region for region in candidates if region.level >= (1 - _LOOSE) * candidates[0].level]
    front = max(alike, key=_prominence)
    own, rest = [front], [region for region in regions if region is not front]
    while joined := [region for region in rest if _belongs(region, own)]:
        own += joined[:1]  # one at a time: a region may hang on to the front person through another one
        rest = [region for region in rest if region is not joined[0]]
    return own, rest


def _prominence(region: Region) -> float:
    """Area, less towards the sides of the picture."""
    columns = region.mask.shape[1]
    place = float(np.nonzero(region.mask)[1].mean()) / columns - 0.5
    return region.area * float(np.exp(-((place / _OFF_CENTRE) ** 2)))


def _belongs(region: Region, own: Sequence[Region]) -> bool:
    # A scrap that may be anyone's ties nobody to the front person.
    weighty = [part for part in own if part.area >= _FRONT_AREA * region.area]
    touching = [part for part in weighty if _touching(region, part) > _TOUCH]
    if region.level >= own[0].level and (touching or region.area < _FRONT_AREA * own[0].area):
        return True
    body = sum(part.area * part.level for part in own) / sum(part.area for part in own)
    lost = 1 - region.level / max(body, 1e-6)
    if any(_is_near(region, part) for part in touching):
        return lost < _JOINED or region.depth > 0
    bulk = [part for part in own if part.area >= _FRONT_AREA * own[0].area]
    return lost < (_STACKED if any(_stacked(region, part) for part in bulk) else _LOOSE)


def _is_near(region: Region, part: Region) -> bool:
    """True if no more lies between the two than between parts of one body: knees and chest of one who sits."""
    if region.depth and part.depth:
        gap = region.depth - part.depth
        if _shared(region.mask, part.mask, 0) < _OVER:
            return gap < _SHOULDER
        return gap < (_ARM if part.area < _LIMB * region.area else _BODY)  # someone nearer would be larger
    return 1 - region.level / max(part.level, 1e-6) < _JOINED


def _rivals(own: Sequence[Region], others: Sequence[Region]) -> bool:
    return max(other.area for other in others) > _RIVAL * sum(region.area for region in own)


def _touching(first: Region, second: Region) -> float:
    """Share of the smaller one's outline that touches the other."""
    small, large = (first, second) if first.area < second.area else (second, first)
    width = 2 * _THIN + 1
    ring = (cv2.dilate(small.mask.astype(np.uint8), np.ones((width, width), np.uint8)) > 0) & ~small.mask
    return int(np.count_nonzero(ring & large.mask)) / max(int(np.count_nonzero(ring)), 1)


def _stacked(first: Region, second: Region) -> bool:
    """True if one is above the other, as torso and legs on both sides of a table are."""
    return _shared(first.mask, second.mask, 0) >= _OVER and _shared(first.mask, second.mask, 1) <= _BESIDE


def _shared(first: Bool, second: Bool, axis: int) -> float:
    """Share of the columns (axis 0) or rows (1) of the shorter one that the other one has too."""
    here, there = np.asarray(first.any(axis=axis)), np.asarray(second.any(axis=axis))
    common, shorter = int(np.count_nonzero(here & there)), min(int(here.sum()), int(there.sum()))
    return common / shorter


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
