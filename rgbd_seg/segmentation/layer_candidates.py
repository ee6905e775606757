"""Regions of a depth map that could be the subject, and how much each looks like one.

The nearer parts of the scene are cut out at many depths; every connected piece of every cut is a candidate. A subject
stands out: most of its outline is a step in depth (a floor, a table or a wall has none where it runs on), it is
central, upright and not spanning the picture, and the picture's lower edge may cut it but seldom the others.
Deliberately nothing here knows faces or clothes: a vase on its own in front is as much a subject as a person.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32

_CUTS = np.linspace(0.1, 0.95, 24)
_SMALLEST, _LARGEST = 0.02, 0.9  # share of the picture
_TYPICAL = 0.15  # share of the picture from which size no longer counts against a candidate
_SOLID = 0.6  # share of its convex hull that a person with spread arms still fills; two things joined fill less
_STEP = 0.12  # of the scene's range of inverse depth: a full step at the outline
_REACH = 9  # pixels across which the step is measured
_CENTRAL = 0.1  # share of the width: this far from the middle is as good as the middle
_OFF_CENTRE = 0.25  # share of the width: σ of the subject's place beyond that
_ALIKE = 0.85  # candidates this close to the best one may be the same object, cut tighter or wider
_GROWTH = 1.02  # area gained from one cut to the next wider one beyond which the tighter was losing parts
_CLEARED = 1.15  # a subject behind something nearer must look this much better without it
_OUTLINE = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))


@dataclass(frozen=True, eq=False)
class Candidate:
    """A connected piece of the scene in front of one depth."""

    mask: Bool  # (h, w)
    cut: float  # level above which it was cut out
    outline: float  # share of its outline that is a step in depth
    score: float  # in [0, 1]


def best_candidate(level: Float32, focus: tuple[float, float] | None = None) -> Candidate | None:
    """The piece that looks most like a subject; None if there is none at all.

    Args:
        level: (h, w) inverse depth scaled to [0, 1], 1 = nearest, holes filled with something far.
        focus: (x, y) as fractions of the picture: the subject covers this point, wherever it is.
    """
    smooth = cv2.medianBlur(level, 5)
    found = [piece for cut in _CUTS for piece in _pieces(smooth, smooth > cut, float(cut), focus)]
    if not found:
        return None
    best = _best(found)
    # Something nearer may touch the subject in the picture: what is left without it may look more like one.
    tops = [float(cut) for cut in _CUTS[::2] if cut > best.cut + _STEP]
    scores = [_top_score(_pieces(smooth, best.mask & (smooth <= top), best.cut, focus)) for top in tops]
    if max(scores, default=0.0) <= _CLEARED * best.score:
        return best
    top = tops[int(np.argmax(scores))]
    lower = [float(cut) for cut in _CUTS if cut < top]
    return _best([p for cut in lower for p in _pieces(smooth, (smooth > cut) & (smooth <= top), cut, focus)])


def _top_score(pieces: list[Candidate]) -> float:
    return max((piece.score for piece in pieces), default=0.0)


def _best(found: list[Candidate]) -> Candidate:
    best = max(found, key=lambda candidate: candidate.score)
    alike = [c for c in found if c.score >= _ALIKE * best.score and _overlap(c.mask, best.mask) > 0.5]
    sharpest = max(candidate.outline for candidate in alike)
    return _tightest([c for c in alike if c.outline >= sharpest - 0.02])


def _tightest(alike: list[Candidate]) -> Candidate:
    """The tightest cut of one object that has not begun to lose parts of it.

    A wider cut with as good an outline may have taken in a table; a tighter one loses area quickly.
    """
    ordered = sorted(alike, key=lambda candidate: -candidate.cut)
    for tight, wider in pairwise(ordered):
        if np.count_nonzero(wider.mask) < _GROWTH * np.count_nonzero(tight.mask):
            return tight
    return ordered[-1]


def _overlap(first: Bool, second: Bool) -> float:
    """Shared part of the smaller one."""
    smaller = min(int(first.sum()), int(second.sum()))
    return int((first & second).sum()) / max(smaller, 1)


def _pieces(level: Float32, part: Bool, cut: float, focus: tuple[float, float] | None) -> list[Candidate]:
    height, width = level.shape
    opened = cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_OPEN, _OUTLINE)
    count, labels, stats, centroids = cv2.connectedComponentsWithStats(opened, connectivity=4)
    pieces = []
    for label in range(1, count):
        share = stats[label, cv2.CC_STAT_AREA] / (height * width)
        if not _SMALLEST <= share <= _LARGEST:
            continue
        mask = labels == label
        if focus is not None and not mask[_pixel(focus, mask.shape)]:
            continue
        tall = stats[label, cv2.CC_STAT_HEIGHT] / height
        place = 0.0 if focus is not None else centroids[label][0] / width - 0.5
        outline = _stepped_outline(level, mask)
        score = outline * _likeness(mask, share, tall, place)
        pieces.append(Candidate(mask, cut, outline, score))
    return pieces


def _likeness(mask: Bool, share: float, tall: float, place: float) -> float:
    """How far size, place and contact with the picture's edges speak for a subject."""
    left, right, top = mask[:, 0].mean(), mask[:, -1].mean(), mask[0].mean()
    cut_off = max(0.0, left - 0.3) + max(0.0, right - 0.3) + 1.5 * max(0.0, top - 0.25)
    size = min(1.0, share / _TYPICAL) ** 0.5 * min(1.0, 2 * tall)
    solid = min(1.0, _solidity(mask) / _SOLID)
    grounded = 1.0 if mask[-1].any() else 0.6
    return float(
        size * solid * grounded * np.exp(-((max(0.0, abs(place) - _CENTRAL) / _OFF_CENTRE) ** 2) - 2 * cut_off)
    )


def _solidity(mask: Bool) -> float:
    contours = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    hull = cv2.convexHull(np.concatenate(contours))
    return float(np.count_nonzero(mask) / max(cv2.contourArea(hull), 1.0))


def _stepped_outline(level: Float32, mask: Bool) -> float:
    """Share of the outline inside the picture across which depth falls off by a full step."""
    inside = mask.astype(np.float32)
    outside = 1 - inside
    size = (_REACH, _REACH)
    here = cv2.blur(level * inside, size) / np.maximum(cv2.blur(inside, size), 1e-6)
    there = cv2.blur(level * outside, size) / np.maximum(cv2.blur(outside, size), 1e-6)
    edge = mask & (cv2.erode(mask.astype(np.uint8), _OUTLINE, borderType=cv2.BORDER_REPLICATE) == 0)
    if not edge.any():
        return 0.0
    fall = (here[edge] - there[edge]) / _STEP
    # Where something nearer covers the outline it shows nothing; a piece that is mostly covered is no piece.
    seen = fall > -1
    return float(np.clip(fall[seen], 0, 1).mean()) if 2 * np.count_nonzero(seen) > seen.size else 0.0


def _pixel(focus: tuple[float, float], shape: tuple[int, ...]) -> tuple[int, int]:
    return min(int(focus[1] * shape[0]), shape[0] - 1), min(int(focus[0] * shape[1]), shape[1] - 1)
