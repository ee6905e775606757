"""Depth made up for a photograph that has none, so that the network also sees real colours beside depth.

Only what every scene shares is imagined: the person stands before most of the rest, surfaces are smooth, a floor comes
nearer downwards, and some things stand as near as the person or nearer. Where nobody is, something else often stands
out as a person would: a shape in depth is no person unless colour shows one. None of it tells more of the outline than
a depth camera would; what spoils real depth is put on it as on rendered depth.
"""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32

_NEAREST, _FARTHEST = 0.4, 3.5  # metres of the person
_THINGS = 4  # at most, that are no person
_SAME_DEPTH_SHARE = 0.35  # of the things: furniture at the person's own depth
_SUBJECT_SHARE = 0.6  # of the pictures of nobody in which a thing takes the person's place


def imagined(rng: np.random.Generator, alpha: Float32) -> Float32:
    """(s, s) metres for a photograph whose person's coverage is ``alpha``, (s, s) in [0, 1]."""
    side = alpha.shape[0]
    person = float(np.exp(rng.uniform(np.log(_NEAREST), np.log(_FARTHEST))))
    depth = _backdrop(rng, side, person)
    for _ in range(int(rng.integers(_THINGS + 1))):
        depth = _with_thing(rng, depth, person)
    if not alpha.any() and rng.random() < _SUBJECT_SHARE:
        alpha = _rounded_thing(rng, side)
    covered = alpha if rng.random() < 0.5 else cv2.GaussianBlur(alpha, (0, 0), float(rng.uniform(0.5, 2.0)))
    body = person * (1 + _swell(rng, alpha))
    return np.where(covered > rng.uniform(0.3, 0.6), body, depth).astype(np.float32)


def _backdrop(rng: np.random.Generator, side: int, person: float) -> Float32:
    """A wall, tilted and uneven, and often a floor that rises to the person's feet."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side - 0.5
    away = 1 / (person + float(np.exp(rng.uniform(np.log(0.25), np.log(6.0)))))
    inverse = away * (1 + rng.normal(0, 0.35) * x + rng.normal(0, 0.25) * y)
    if rng.random() < 0.5:
        inverse = np.maximum(inverse, (0.9 / person) * (y + 0.5) + rng.uniform(-0.5, 0.1) / person)
    uneven = cv2.resize(rng.standard_normal((5, 5)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    inverse = inverse * (1 + 0.08 * rng.random() * uneven)
    return np.asarray(1 / np.clip(inverse, 1 / 12, 1 / (0.9 * person)), np.float32)


def _with_thing(rng: np.random.Generator, depth: Float32, person: float) -> Float32:
    """A box or a round thing; it hides only what is farther."""
    side = depth.shape[0]
    if rng.random() < _SAME_DEPTH_SHARE:
        distance = person * float(np.exp(rng.normal(0, 0.06)))
    else:
        distance = person * float(np.exp(rng.uniform(-0.2, 1.2)))
    shape = np.zeros(depth.shape, np.uint8)
    (x, y), (w, h) = rng.uniform(0, side, 2), rng.uniform(0.05, 0.4, 2) * side
    if rng.random() < 0.5:
        cv2.ellipse(shape, ((float(x), float(y)), (float(w), float(h)), float(rng.uniform(0, 180))), 1, -1)
    else:
        corners = cv2.boxPoints(((float(x), float(y)), (float(w), float(h)), float(rng.normal(0, 10))))
        cv2.fillConvexPoly(shape, corners.astype(np.int32), 1)
    return np.where((shape > 0) & (depth > distance), np.float32(distance), depth).astype(np.float32)


def _rounded_thing(rng: np.random.Generator, side: int) -> Float32:
    """(s, s) 1 inside the outline of a vase, a lamp, an animal, a heap: what is as large and as round as a person."""
    if rng.random() < 0.5:  # turned on a lathe: one width for every height
        knots = rng.uniform(0.15, 1.0, int(rng.integers(3, 8))).astype(np.float32)
        widths = cv2.resize(knots[:, None], (1, side), interpolation=cv2.INTER_CUBIC)
        top, half = rng.uniform(0.05, 0.6), rng.uniform(0.1, 0.35)
        y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
        inside = (np.abs(x - rng.uniform(0.25, 0.75)) < half * widths) & (y > top) & (y < top + rng.uniform(0.4, 1.0))
        return np.asarray(inside, np.float32)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side - rng.uniform(0.3, 0.7, (2, 1, 1)).astype(np.float32)
    size, tall = rng.uniform(0.2, 0.4), rng.uniform(0.7, 1.6)
    wavy = cv2.GaussianBlur(rng.standard_normal((side, side), np.float32), (0, 0), side / rng.uniform(8, 20))
    wavy *= np.float32(rng.uniform(0.1, 0.5) / max(float(wavy.std()), 1e-9))
    return np.asarray(np.hypot(x * tall, y / tall) / size + wavy < 1, np.float32)


def _swell(rng: np.random.Generator, alpha: Float32) -> Float32:
    """Relief of a body, relative to its distance: rounder towards the middle, limbs before or behind."""
    side = alpha.shape[0]
    inner = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 3) / side
    round_ = -rng.uniform(0, 0.15) * np.sqrt(inner)
    limbs = cv2.GaussianBlur(rng.standard_normal(alpha.shape, np.float32), (0, 0), side / 12)
    limbs *= np.float32(rng.uniform(0, 0.06) / max(float(limbs.std()), 1e-9))
    return np.asarray(round_ + limbs, np.float32)
