"""Who stands before whom: the subject, placed pictures, and a background that has depth.

Missing depth is no opinion: a background without depth is behind everything, a subject without depth is before
everything, as the matte alone says.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.aperture import disc
from rgbd_seg.effects.depth_completion import complete
from rgbd_seg.foreground import estimate_foreground
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.linear_light import decode
from rgbd_seg.matting import refine_alpha
from rgbd_seg.scaling import resized

_SOLID = 0.95  # alpha from which a pixel's depth is the subject's
_TIE = 0.03  # of the distance: nearer by less is not nearer; feet stand on the floor, not in it
_SOFT = 0.01  # of the distance: over which one surface passes through another
_SEEN = 0.01  # coverage below which nothing is to be seen
_NEAREST = 0.05  # metres


@dataclass(frozen=True, eq=False)
class Screen:
    """The part of the background that stands before something: its coverage, and its light times coverage."""

    alpha: Float32  # (H, W)
    light: Float32  # (H, W, 3) linear, 0…65535


def subject_distance(frame: RgbdFrame, matte: AlphaMatte, wanted: float | None) -> Float32 | None:
    """(h, w) distance of the subject's surface, continued around it, in metres; None if there is no opinion.

    Args:
        wanted: metres at which the subject is to stand; its relief is kept. None: where it was.
    """
    measured = None
    if frame.depth is not None and frame.depth_is_metric:
        inside = resized(matte.alpha, (frame.depth.shape[0], frame.depth.shape[1])) > _SOLID
        if (inside & np.isfinite(frame.depth)).any():
            sheets = complete(frame.depth, matte.alpha)
            measured = 1 / np.maximum(sheets.subject, 1e-4)
            if wanted is not None:
                measured = measured + np.float32(wanted - np.median(measured[sheets.solid]))
            return np.maximum(measured, np.float32(_NEAREST)).astype(np.float32)
    return None if wanted is None else np.full((1, 1), wanted, np.float32)


def middle_of(distance: Float32, alpha: Float32) -> float:
    """Where most of the subject stands, in metres."""
    inside = resized(alpha, (distance.shape[0], distance.shape[1])) > 0.5
    return float(np.median(distance[inside] if inside.any() else distance))


def nearer_than(subject: Float32, distance: float, color: UInt8, region: tuple[slice, slice]) -> Float32:
    """(h, w) of ``region``: how far a plane at ``distance`` is in front of the subject there, its edges refined.

    Args:
        subject: (h, w) its distance, any size, the whole view. color: (H, W, 3) the picture it is in.
    """
    order = _before(np.full((1, 1), distance, np.float32), subject)
    if order.min() == order.max():
        rows, columns = region
        return np.full((rows.stop - rows.start, columns.stop - columns.start), order[0, 0], np.float32)
    return np.ascontiguousarray(refine_alpha(color, order)[region])


def screen(picture: UInt8, depth: Float32 | None, distance: Float32, where: Float32) -> Screen | None:
    """The part of a background that stands before something at ``distance``; None if none is to be seen.

    Args:
        picture: (H, W, 3). depth: (h, w) metres of the same view, NaN = behind.
        distance: metres, any size. where: (H, W) coverage of the thing: elsewhere the answer does not matter.
    """
    if depth is None:
        return None
    size = depth.shape[0], depth.shape[1]
    order = _before(depth, resized(distance, size))
    touched = cv2.dilate(resized(where, size), np.ones((5, 5), np.uint8)) > _SEEN
    if not (order[touched] > 0).any():
        return None
    alpha = refine_alpha(picture, order, depth=depth)
    # Next to a soft edge even full coverage may hold some of what is behind: its colour is asked of the inside.
    sure = np.minimum(alpha, cv2.blur(alpha, (3, 3)))
    light = decode(estimate_foreground(picture, sure)) * alpha[..., None]
    return Screen(alpha, light)


def _before(one: Float32, other: Float32) -> Float32:
    """How far ``one`` is nearer than ``other``, 0 to 1; 0 where it was not measured."""
    with np.errstate(invalid="ignore"):
        lead = np.log(other / one)
    return np.asarray(np.nan_to_num(np.clip(0.5 + (lead - _TIE) / (2 * _SOFT), 0, 1)), np.float32)


def blurred(found: Screen, disc_px: float) -> Screen:
    """The screen out of focus: a point of it is drawn as a disc of ``disc_px`` pixels."""
    if disc_px < 1:
        return found
    layers = np.dstack([found.light, found.alpha])
    spread = np.maximum(cv2.filter2D(layers, -1, disc(disc_px), borderType=cv2.BORDER_REPLICATE), 0)
    return Screen(np.ascontiguousarray(spread[..., 3]), np.ascontiguousarray(spread[..., :3]))
