"""What colour half believes, or claims where depth has holes: whose is it if not the front person's?

Regions that colour is sure of and depth has measured are judged one by one. What is left of colour's claims, such as
the pale shapes of people far behind or a poster beyond the sensor's reach, is nobody's that matters unless it hangs
on to the front person.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Int32
from rgbd_seg.front_choice import Region

_CLAIMED = 0.1  # colour's probability from which a pixel is claimed
_SURE = 0.5  # surer claims are judged before the others
_AROUND = 0.04  # of the longer side: so near to the front person everything is left to the evidence of each pixel
_BEHIND = 0.35  # metres that a part of the body may lie behind the body
_LOSS = 0.2  # the same as a share of inverse depth, where its scale is unknown
_HOLE = 0.012  # of the longer side: so far around a pixel
_SEEN = 0.3  # must be measured; smaller holes are as what surrounds them, scattered measurements say nothing
_NECK = 0.035  # of the longer side: what joins a claim to the front person in a hole had better be as wide as an arm
_TOUCH = 0.016  # of the longer side: no farther apart is touching, if
_WIDTH = 1.0  # of the square root of the claim's area so many pixels are
_BELOW = 0.5  # of the columns: this much in common with the front person makes legs of what is seen below a table
_BULK = 0.25  # of the front region's area: smaller regions of the front person say little of where the body is
_LARGE = 0.6  # of the front person's area: an unmeasured claim so large may be the subject itself


def others_remainder(
    level: Float32, hint: Float32, bounds: Sequence[float], own: Sequence[Region], others: Sequence[Region]
) -> Bool:
    """True where colour claims a person that is neither a region of ``own`` or ``others`` nor hangs on to ``own``.

    Args:
        level: (h, w) inverse depth of the coarse grid, NaN = not measured.
        hint: (h, w) colour's probability of a person.
        bounds: rising levels at which people are parted.
    """
    body = np.any([region.mask for region in own], axis=0) if own else np.zeros(hint.shape, bool)
    judged = np.any([body, *(region.mask for region in others)], axis=0)
    claimed: Bool = (hint > _CLAIMED) & ~judged
    if own:
        claimed &= _away(body) > _AROUND
    if not claimed.any():
        return claimed
    filled = _filled(level)
    seen = cv2.blur(np.isfinite(level).astype(np.float32), _window(_HOLE, hint.shape))
    kind = np.where(seen < _SEEN, 0, 1 + np.digitize(filled, np.asarray(bounds)))
    rejected = apart = np.zeros(hint.shape, bool)
    if own:  # what colour is sure of in holes: if it hangs on to the front person, so may what hangs on to it
        labels = _labels(_without_necks((hint > _SURE) & ~judged & (kind == 0)))
        kept = _joined(labels, body)[labels]
        rejected = apart = (labels > 0) & ~kept
        body, judged = body | ((labels > 0) & kept), judged | (labels > 0)
    away = _away(body)
    claimed = (hint > _CLAIMED) & ~judged & (away > _AROUND)
    for index in np.unique(kind[claimed]):
        labels = _labels(claimed & (kind == index))
        beside = _beside(labels, away) if own else np.full(int(labels.max()) + 1, index == 0)
        kept = beside if index == 0 else beside & _fits(labels, filled, own)
        rejected = rejected | ((labels > 0) & ~kept[labels])
    if apart.any():  # with the paler parts of what was found apart
        rejected = rejected | (claimed & (kind == 0) & (_away(apart) < away))
    return rejected


def _window(reach: float, shape: tuple[int, ...]) -> tuple[int, int]:
    """A square that reaches so far, in longer sides of the picture."""
    width = 2 * max(1, round(reach * max(shape))) + 1
    return width, width


def _labels(part: Bool) -> Int32:
    labels: Int32 = cv2.connectedComponents(part.astype(np.uint8), connectivity=8)[1]
    return labels


def _without_necks(part: Bool) -> Bool:
    square = np.ones(_window(_NECK / 2, part.shape), np.uint8)
    cut: Bool = cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_OPEN, square) > 0
    return cut


def _away(body: Bool) -> Float32:
    """Distance from the front person in longer sides of the picture."""
    if not body.any():
        return np.full(body.shape, np.inf, np.float32)
    return np.asarray(cv2.distanceTransform((~body).astype(np.uint8), cv2.DIST_L2, 5) / max(body.shape), np.float32)


def _joined(labels: Int32, body: Bool) -> Bool:
    """Per label: it touches the front person along some width, lies below, or is large enough to be the subject."""
    count = np.bincount(labels.ravel())
    near = cv2.dilate(body.astype(np.uint8), np.ones(_window(_TOUCH, body.shape), np.uint8)) > 0
    touching = np.bincount(labels[near], minlength=count.size) >= _WIDTH * np.sqrt(count)
    under = np.zeros(labels.shape, bool)
    under[np.nonzero(body)[0].max() :, body.any(axis=0)] = True
    below = np.bincount(labels.ravel(), weights=under.ravel()) > _BELOW * count
    joined: Bool = touching | below | (count > _LARGE * np.count_nonzero(body))
    return joined


def _beside(labels: Int32, away: Float32) -> Bool:
    """Per label: it begins where the front person's neighbourhood ends."""
    limit = _AROUND + 2 / max(labels.shape)
    beside: Bool = np.bincount(labels[away <= limit], minlength=int(labels.max()) + 1) > 0
    return beside


def _fits(labels: Int32, filled: Float32, own: Sequence[Region]) -> Bool:
    """Per label: it lies at a depth that the front person's body may have, or nearer."""
    count = np.bincount(labels.ravel())
    if not own:
        return np.zeros(count.size, bool)
    bulk = [region for region in own if region.area >= _BULK * own[0].area]
    if own[0].depth and own[0].surface is not None:
        far = max(region.depth for region in bulk) + _BEHIND
        with np.errstate(invalid="ignore"):
            fits = _filled(own[0].surface) < far
    else:
        fits = filled > (1 - _LOSS) * min(region.level for region in bulk)
    share: Bool = np.bincount(labels.ravel(), weights=fits.ravel()) > 0.5 * count
    return share


def _filled(level: Float32) -> Float32:
    """Holes filled from the nearest measured pixel."""
    known = np.isfinite(level)
    if not known.any():
        return np.zeros_like(level)
    labels = cv2.distanceTransformWithLabels((~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[
        1
    ]
    of_label = np.zeros(int(labels.max()) + 1, np.float32)
    of_label[labels[known]] = level[known]
    filled: Float32 = of_label[labels]
    return filled
