"""Depth without holes, for effects only: what a sensor did not measure is guessed, never shown as measured.

Two sheets are completed apart, each from its own pixels, so that nothing of the subject's depth reaches the
background behind it: the background without the subject, and the subject's own surface. Holes of the background take
the depth of what has their colour beside them: measured disparity and its certainty are both smoothed along the
picture's edges (D. Min et al., Fast Global Image Smoothing, 2014) and divided.
"""

from dataclasses import dataclass
from typing import TypeVar, cast

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.effects.depth_completion_kernels import disparity_cells
from rgbd_seg.effects.push_pull import fill

_Picture = TypeVar("_Picture", Float32, UInt8)
_NO_CONFIDENCE = np.zeros((0, 0), np.float32)

LONGEST = 768  # pixels; a phone's own depth has no more
_SOLID = 0.95  # alpha from which a pixel's depth is the subject's
_NEAREST = 1e-3  # metres, or the unit of relative depth
_BAND = 0.02  # of the longer side: how far the subject's depth may have spread past its edge
_COARSER = 4  # times: what the background is expected to be near the subject is smooth anyway
_GUIDE_LONGEST = 320  # pixels, at which colours lead depth into holes
_GUIDE_SMOOTHNESS = 30.0  # least error in holes of a simulated ToF camera, of 10 to 300
_GUIDE_LEVELS = 8.0  # 8-bit steps that make an edge
_REACHED = 1e-3  # certainty from which a hole takes its neighbours' depth rather than a smooth continuation
_SAME_THING = 0.1  # certainty from which a hole is part of the thing measured beside it; across edges it is less


@dataclass(frozen=True, eq=False)
class DisparitySheets:
    """Disparity (1/z) without holes, at a working resolution."""

    background: Float32  # (h, w) as if the subject were not there
    subject: Float32  # (h, w) the subject's surface, continued around it
    solid: Bool  # (h, w) the subject's core
    measured: bool  # False if there was no depth at all


def complete(
    depth: Float32,
    alpha: Float32,
    color: UInt8 | None = None,
    confidence: Float32 | None = None,
    *,
    longest: int = LONGEST,
) -> DisparitySheets:
    """Both sheets of a depth map.

    Args:
        depth: (h, w) metres, NaN = not measured. alpha: (H, W) of the same field of view.
        color: (H, W, 3) that leads depth into holes; None: they are filled smoothly.
        confidence: (h, w) in [0, 1], how far each measurement is trusted; None: all alike.
        longest: pixels of the sheets' longer side, at most. 384 instead of 768 costs 0.1 dB or less in 640×480.
    """
    disparity, known = _working(depth, confidence, longest)
    inside = _area(alpha, disparity.shape)
    solid = inside > _SOLID
    subject_known = known * solid
    subject = fill(disparity[None], subject_known)[0]
    trusted = _trusted_background(disparity, known, inside, subject)
    background = fill(disparity[None], trusted)[0]
    if color is not None:
        background = _led_by_color(background, disparity, trusted, inside, color)
    if not subject_known.any():
        subject = background
    return DisparitySheets(_calm(background), _calm(subject), solid, bool(known.any()))


def bridged(depth: Float32, color: UInt8) -> Float32:
    """(h, w) metres; holes take the depth of what has their colour close by. NaN stays where nothing does.

    Args:
        depth: (h, w) metres, NaN = not measured; measured ones are kept as they are.
        color: (H, W, 3) of the same field of view.
    """
    hole = ~np.isfinite(depth)
    if not hole.any() or hole.all() or min(depth.shape) < 8:
        return depth
    disparity, known = _working(depth, None, LONGEST)
    led, certainty = _led(disparity, known, color)
    reached = hole & (_area(certainty, depth.shape) > _SAME_THING)
    return np.where(reached, 1 / np.maximum(_area(led, depth.shape), np.float32(1e-4)), depth).astype(np.float32)


def _working(depth: Float32, confidence: Float32 | None, longest: int) -> tuple[Float32, Float32]:
    """Disparity and how far each cell is known, at no more than the working size."""
    (height, width), scale = depth.shape, min(1.0, longest / max(depth.shape))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    step = max(k for k in range(1, height // size[0] + 1) if height % k == 0 and width % k == 0)
    disparity, known = np.empty((2, height // step, width // step), np.float32)
    sure = _NO_CONFIDENCE if confidence is None else _plain(confidence)
    disparity_cells(_plain(depth), sure, np.float32(_NEAREST), step, disparity, known)
    share = _area(known, size)
    return (_area(disparity, size) / np.maximum(share, np.float32(1e-6))).astype(np.float32), share


def _plain(values: Float32) -> Float32:
    """Contiguous and writable: loops would be compiled anew for any other kind of array."""
    return np.require(values, np.float32, ["C", "W"])


def _trusted_background(disparity: Float32, known: Float32, inside: Float32, subject: Float32) -> Float32:
    """How far each cell is known to be the depth of what is not subject.

    Close around the subject, depth of low resolution still shows the subject. Taken for background it would stay
    sharp, as a ring. There a pixel counts only if it is nearer to what lies outside the band than to the subject.
    """
    reach = 2 * max(1, round(_BAND * max(inside.shape))) + 1
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    touched = cv2.dilate((inside > 0.02).astype(np.uint8), element) > 0
    clear = np.where(touched, np.float32(0), known)
    if not clear.any():
        clear = known * (inside < 0.5)
    expected = _coarsely_filled(disparity, clear)
    ours = np.abs(disparity - expected) < np.abs(disparity - subject)
    trusted = np.where(touched, known * ((inside < 0.02) & ours), known)
    return trusted if trusted.any() else clear


def _coarsely_filled(disparity: Float32, weight: Float32) -> Float32:
    size = -(-weight.shape[0] // _COARSER), -(-weight.shape[1] // _COARSER)
    share = _area(weight, size)
    mean = np.asarray(_area(disparity * weight, size) / np.maximum(share, 1e-6), np.float32)
    return _area(fill(mean[None], share)[0], weight.shape)


def _led_by_color(background: Float32, disparity: Float32, trusted: Float32, inside: Float32, color: UInt8) -> Float32:
    """``background`` with holes outside the subject as what has their colour beside them."""
    hole = (trusted == 0) & (inside < 0.02)
    if not hole.any() or min(hole.shape) < 8 or not trusted.any():
        return background
    led, certainty = _led(disparity, trusted, color)
    reached = _area(certainty, hole.shape) > _REACHED
    return np.where(hole & reached, _area(led, hole.shape), background)


def _led(disparity: Float32, trusted: Float32, color: UInt8) -> tuple[Float32, Float32]:
    """Disparity smoothed along the picture's edges, and how certain it is, at the size of the guide."""
    scale = min(1.0, _GUIDE_LONGEST / max(trusted.shape))
    size = max(1, round(trusted.shape[0] * scale)), max(1, round(trusted.shape[1] * scale))
    smoother = cv2.ximgproc.createFastGlobalSmootherFilter(_shrunk(color, size), _GUIDE_SMOOTHNESS, _GUIDE_LEVELS)
    certainty = np.asarray(smoother.filter(_area(trusted, size)), np.float32)
    led = np.asarray(smoother.filter(_area(disparity * trusted, size)), np.float32) / np.maximum(certainty, 1e-6)
    return led.astype(np.float32), certainty


def _calm(disparity: Float32) -> Float32:
    """Single wild pixels removed; steps kept."""
    if min(disparity.shape) < 5:
        return disparity
    return np.asarray(cv2.medianBlur(np.ascontiguousarray(disparity), 5), np.float32)


def _area(values: Float32, size: tuple[int, int]) -> Float32:
    return np.asarray(_shrunk(values, size), np.float32)


def _shrunk(values: _Picture, size: tuple[int, int]) -> _Picture:
    """Means over areas, or between cells, where it grows."""

    def resized(rows: int, columns: int, method: int) -> _Picture:
        return cast(_Picture, cv2.resize(values, (columns, rows), interpolation=method))

    if values.shape[:2] == size:
        return values
    if values.shape[0] <= size[0]:
        return resized(*size, cv2.INTER_LINEAR)
    while values.shape[0] >= 2 * size[0] and values.shape[0] % 2 == 0 and values.shape[1] % 2 == 0:
        values = resized(values.shape[0] // 2, values.shape[1] // 2, cv2.INTER_AREA)  # much faster than at once
    return values if values.shape[:2] == size else resized(*size, cv2.INTER_AREA)
