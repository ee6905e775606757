"""Which regions are the front person's: those that hang together with the front one as parts of one body do."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8

_FRONT_AREA = 0.25  # the front person has at least this share of the largest region; less is a hand or an error
_OFF_CENTRE = 0.35  # of the width
_SURE = 0.75  # of the surest region's mean probability that the front person has at least; a plant has less
_PLANT = 0.75  # of the front person's mean probability; what is nearer, apart and less sure is a plant or a desk
_ALIKE = 0.08  # of the nearest candidate's inverse depth: no farther behind, the more prominent one is the front person
_LIMB = 0.6  # of the area of what it touches: a nearer part that is smaller is an arm or a thing held
_ARM, _ARM_LOSS = 0.7, 0.6  # metres that such a part may be in front, or share of the farther one's inverse depth lost
_BODY, _BODY_LOSS = 0.45, 0.45  # the same between parts of one body that touch in the picture
_SHOULDER, _SHOULDER_LOSS = 0.14, 0.12  # the same, one beside the other
_SCRAP = 0.06  # of the largest part's area
_SIDE = 0.2  # of either one's area within the columns where the other one is tall: less is beside
_TALL = 0.3  # of the tallest column
_HANDS_REACH = 0.3  # metres that a hand may be behind the body
_STACKED = 0.3  # share of the body's inverse depth that a part may lose that lies above or below, as legs do, and
_LOOSE = 0.08  # one that lies beside
_TORSO = 0.6  # metres between parts above and below a table
_TOUCH = 0.07  # of the smaller one's outline: this much in common is touching
_OVER = 0.3  # of the narrower one's columns: this much in common is above or below, unless
_BESIDE = 0.4  # of the lower one's rows are in common
_NEXT = 0.07  # of the longer side: what is no farther away may be a hand seen past an obstacle,
_HAND = 0.12  # if it has no more than this share of the front person's area
_SAME, _SAME_LEVEL = 0.06, 0.04  # metres, or share of inverse depth, between two parts of one surface that
_THIN_THING = 0.04  # of the longer side, as wide as flowers or the frame of a screen, has cut apart
_SEAM = 6  # pixels of the coarse grid: depth is compared so far to both sides of a border
_CONTINUOUS = 0.05  # of the distance: a smaller step is no step
_STEP = 0.06  # metres: the same, close to the camera
_SEAMLESS = 0.3  # share of a common border without a step that makes one surface of two regions
_THIN = 3  # pixels of the coarse grid


@dataclass(frozen=True, eq=False)
class Region:
    """A connected part of the picture at one depth."""

    mask: Bool  # (h, w) of the coarse grid
    area: float  # pixels
    level: float  # median inverse depth, 1 = nearest
    depth: float = 0.0  # its depth in metres; 0: the scale of depth is not known
    flat: bool = False  # lies in the surface around it, as a picture on a wall does
    sure: float = 1.0  # mean of colour's probability
    surface: Float32 | None = None  # (h, w) metres, or inverse depth if their scale is unknown; all regions' own

    @cached_property
    def grown(self) -> Bool:
        """The mask with what touches it."""
        width = 2 * _THIN + 1
        grown: Bool = cv2.dilate(self.mask.astype(np.uint8), np.ones((width, width), np.uint8)) > 0
        return grown

    @cached_property
    def near_mean(self) -> Float32:
        """(h, w) mean of its surface within a few pixels; NaN farther away."""
        values = np.zeros(self.mask.shape, np.float32) if self.surface is None else self.surface
        inner: UInt8 = cv2.erode(self.mask.astype(np.uint8), np.ones((3, 3), np.uint8))
        inner = inner if np.count_nonzero(inner) > 0.5 * self.area else self.mask.astype(np.uint8)
        weight = inner.astype(np.float32) * np.isfinite(values)
        size = (2 * _SEAM + 1, 2 * _SEAM + 1)
        total = cv2.boxFilter(np.where(weight > 0, values, 0), -1, size, normalize=False)
        count = cv2.boxFilter(weight, -1, size, normalize=False)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean: Float32 = np.where(count > 2, total / count, np.nan).astype(np.float32)
        return mean


def choose_front(regions: Sequence[Region]) -> tuple[list[Region], list[Region]]:
    """The front person's regions, the front itself first, and those of others."""
    if not regions:
        return [], []
    largest = max(region.area for region in regions)
    surest = max(region.sure for region in regions if region.area >= _FRONT_AREA * largest)
    candidates = [r for r in regions if r.area >= _FRONT_AREA * largest and r.sure >= _SURE * surest]
    alike = [region for region in candidates if region.level >= (1 - _ALIKE) * candidates[0].level]
    front = max(alike, key=_prominence)
    own, rest = [front], [region for region in regions if region is not front]
    while joined := [region for region in rest if _belongs(region, own)]:
        own += joined[:1]  # one at a time: a region may hang on to the front person through another one
        rest = [region for region in rest if region is not joined[0]]
    small = _HAND * _largest(own).area
    strays = [region for region in own[1:] if region.area < small and _is_theirs(region, own, rest)]
    return [r for r in own if all(r is not s for s in strays)], rest + strays


def _prominence(region: Region) -> float:
    """Area, less towards the sides of the picture."""
    columns = region.mask.shape[1]
    place = float(np.nonzero(region.mask)[1].mean()) / columns - 0.5
    return region.area * float(np.exp(-((place / _OFF_CENTRE) ** 2)))


def _belongs(region: Region, own: Sequence[Region]) -> bool:
    largest = _largest(own)
    if any(_is_cut_off(region, part) for part in own if part.area >= _FRONT_AREA * region.area):
        return True
    if region.area >= _HAND * largest.area and _is_beside(region, own) and not _is_near(region, largest):
        return False  # another body, whatever an arm between the two may suggest
    if any(_seamless(region, part) for part in own):
        return True
    # A scrap that may be anyone's ties nobody to the front person.
    weighty = [part for part in own if part.area >= max(_FRONT_AREA * region.area, _SCRAP * largest.area)]
    touching = [part for part in weighty if _touching(region, part) > _TOUCH]
    if region.level >= own[0].level and touching:
        return True
    if any(_is_near(region, part) for part in touching):
        return True
    if region.level > own[0].level and region.sure < _PLANT * own[0].sure:
        return False
    if region.area < _HAND * own[0].area and any(_is_next(region, part) for part in own):
        return True
    bulk = [part for part in own if part.area >= _FRONT_AREA * own[0].area]
    if _is_beside(region, bulk) or not any(_stacked(region, p) and region.depth - p.depth < _TORSO for p in bulk):
        return False
    body = sum(part.area * part.level for part in bulk) / sum(part.area for part in bulk)
    return 1 - region.level / max(body, 1e-6) < _STACKED


def _largest(own: Sequence[Region]) -> Region:
    return max(own, key=lambda region: region.area)


def _is_theirs(region: Region, own: Sequence[Region], others: Sequence[Region]) -> bool:
    """True if a small region touches somebody else who is nearer to it in depth than what it touches of the body."""

    def gap(parts: Sequence[Region]) -> float:
        touched = [abs(part.level - region.level) for part in parts if _touching(region, part) > _TOUCH]
        return min(touched, default=np.inf)

    return gap([part for part in others if part.area > region.area]) < gap([p for p in own if p is not region])


def _seamless(region: Region, part: Region) -> bool:
    """True if depth goes on from one to the other without a step along much of their border."""
    border = (region.grown & part.mask) | (part.grown & region.mask)
    if np.count_nonzero(border) < 4 * _THIN:
        return False
    here, there = region.near_mean[border], part.near_mean[border]
    step = np.abs(here - there)
    if region.depth and part.depth:
        limit = np.maximum(np.float32(_STEP), np.float32(_CONTINUOUS) * np.minimum(here, there))
    else:
        limit = np.float32(_CONTINUOUS) * np.maximum(here, there)
    with np.errstate(invalid="ignore"):
        return bool(np.mean(step < limit) > _SEAMLESS)


def _is_near(region: Region, part: Region) -> bool:
    """True if no more lies between the two than between parts of one body: knees and chest of one who sits."""
    limb, beside = part.area < _LIMB * region.area, _is_beside(region, [part])
    if limb and not beside:
        limits = _ARM, _ARM_LOSS  # someone nearer would be larger
    elif limb or not beside or region.area < _HAND * part.area:
        limits = _BODY, _BODY_LOSS
    else:
        limits = _SHOULDER, _SHOULDER_LOSS
    if region.depth and part.depth:
        return region.depth - part.depth < limits[0]
    return 1 - region.level / max(part.level, 1e-6) < limits[1]


def _is_beside(region: Region, parts: Sequence[Region]) -> bool:
    """True if hardly anything of either is above, below or in front of the bulk of the other."""
    body = np.any([part.mask for part in parts], axis=0)
    return max(_within(region.mask, body), _within(body, region.mask)) < _SIDE


def _within(mask: Bool, other: Bool) -> float:
    """Share of the first one's area in the columns where there is much of the other: a body, not an arm held out."""
    heights = np.asarray(other.sum(axis=0))
    return int(mask[:, heights >= _TALL * heights.max()].sum()) / int(mask.sum())


def _is_cut_off(region: Region, part: Region) -> bool:
    """True if the two lie at one depth on both sides of a thin thing, as of flowers held before the chest."""
    if region.depth and part.depth:
        alike = abs(region.depth - part.depth) < _SAME
    else:
        alike = abs(region.level - part.level) < _SAME_LEVEL * max(region.level, part.level)
    return alike and _apart(region, part) <= _THIN_THING


def _apart(region: Region, part: Region) -> float:
    """Least distance of the two in longer sides of the picture."""
    away = cv2.distanceTransform((~part.mask).astype(np.uint8), cv2.DIST_L2, 5)
    longer: int = max(region.mask.shape)
    return float(away[region.mask].min()) / longer


def _is_next(region: Region, part: Region) -> bool:
    """True if the region is close by and at much the same depth, or nearer: a hand seen past an obstacle."""
    if _apart(region, part) > _NEXT:
        return False
    if region.depth and part.depth:
        return region.depth - part.depth < _HANDS_REACH
    return 1 - region.level / max(part.level, 1e-6) < _LOOSE


def _touching(first: Region, second: Region) -> float:
    """Share of the smaller one's outline that touches the other."""
    small, large = (first, second) if first.area < second.area else (second, first)
    ring = small.grown & ~small.mask
    return int(np.count_nonzero(ring & large.mask)) / max(int(np.count_nonzero(ring)), 1)


def _stacked(first: Region, second: Region) -> bool:
    """True if one is above the other, as torso and legs on both sides of a table are."""
    return _shared(first.mask, second.mask, 0) >= _OVER and _shared(first.mask, second.mask, 1) <= _BESIDE


def _shared(first: Bool, second: Bool, axis: int) -> float:
    """Share of the columns (axis 0) or rows (1) of the shorter one that the other one has too."""
    here, there = np.asarray(first.any(axis=axis)), np.asarray(second.any(axis=axis))
    common, shorter = int(np.count_nonzero(here & there)), min(int(here.sum()), int(there.sum()))
    return common / shorter
