"""Depth without holes, for blur only: what a sensor did not measure is guessed smoothly, never shown as measured.

Two sheets are completed apart, each from its own pixels, so that nothing of the subject's depth reaches the
background behind it: the background without the subject, and the subject's own surface.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.effects.push_pull import fill

_LONGEST = 768  # pixels; a phone's own depth has no more
_SOLID = 0.95  # alpha from which a pixel's depth is the subject's
_NEAREST = 1e-3  # metres, or the unit of relative depth
_BAND = 0.02  # of the longer side: how far the subject's depth may have spread past its edge


@dataclass(frozen=True, eq=False)
class DisparitySheets:
    """Disparity (1/z) without holes, at a working resolution."""

    background: Float32  # (h, w) as if the subject were not there
    subject: Float32  # (h, w) the subject's surface, continued around it
    solid: Bool  # (h, w) the subject's core
    measured: bool  # False if there was no depth at all


def complete(depth: Float32, alpha: Float32) -> DisparitySheets:
    """Both sheets of a depth map.

    Args:
        depth: (h, w) metres, NaN = not measured. alpha: (H, W) of the same field of view.
    """
    disparity, known = _working(depth)
    inside = _area(alpha, disparity.shape)
    solid = inside > _SOLID
    subject_known = known * solid
    subject = fill(disparity[..., None], subject_known)[..., 0]
    background = _background(disparity, known, inside, subject)
    if not subject_known.any():
        subject = background
    return DisparitySheets(_calm(background), _calm(subject), solid, bool(known.any()))


def _working(depth: Float32) -> tuple[Float32, Float32]:
    """Disparity and the share of each cell that was measured, at no more than the working size."""
    known = np.isfinite(depth).astype(np.float32)
    # Floored, since sums over a disparity of 1e9 beside 1 forget the 1.
    distance = np.maximum(np.where(known > 0, depth, 1), np.float32(_NEAREST))
    disparity = np.where(known > 0, 1 / distance, 0).astype(np.float32)
    scale = _LONGEST / max(depth.shape)
    if scale >= 1:
        return disparity, known
    size = max(1, round(depth.shape[0] * scale)), max(1, round(depth.shape[1] * scale))
    share = _area(known, size)
    return (_area(disparity, size) / np.maximum(share, 1e-6)).astype(np.float32), share


def _background(disparity: Float32, known: Float32, inside: Float32, subject: Float32) -> Float32:
    """Depth of what is not subject.

    Close around the subject, depth of low resolution still shows the subject. Taken for background it would stay
    sharp, as a ring. There a pixel counts only if it is nearer to what lies outside the band than to the subject.
    """
    reach = 2 * max(1, round(_BAND * max(inside.shape))) + 1
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    touched = cv2.dilate((inside > 0.02).astype(np.uint8), element) > 0
    clear = known * ~touched
    if not clear.any():
        clear = known * (inside < 0.5)
    expected = fill(disparity[..., None], clear)[..., 0]
    ours = np.abs(disparity - expected) < np.abs(disparity - subject)
    trusted = np.where(touched, known * (inside < 0.02) * ours, known).astype(np.float32)
    return fill(disparity[..., None], trusted if trusted.any() else clear)[..., 0]


def _calm(disparity: Float32) -> Float32:
    """Single wild pixels removed; steps kept."""
    if min(disparity.shape) < 5:
        return disparity
    return np.asarray(cv2.medianBlur(np.ascontiguousarray(disparity), 5), np.float32)


def _area(values: Float32, size: tuple[int, int]) -> Float32:
    if values.shape == size:
        return values
    method = cv2.INTER_AREA if values.shape[0] > size[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (size[1], size[0]), interpolation=method), np.float32)
