"""Who stands before whom: the subject, placed pictures, and a background that has depth.

Missing depth is no opinion: a background without depth is behind everything, a subject without depth is before
everything, as the matte alone says.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.aperture import disc
from rgbd_seg.effects.depth_completion import LONGEST, complete
from rgbd_seg.foreground import estimate_foreground
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.linear_light import decode
from rgbd_seg.matting import MattingOptions, refine_alpha
from rgbd_seg.scaling import resized

_SOLID = 0.95  # alpha from which a pixel's depth is the subject's
_TIE = 0.03  # of the distance: nearer by less is not nearer; feet stand on the floor, not in it
_SOFT = 0.01  # of the distance: over which one surface passes through another
_SEEN = 0.01  # coverage below which nothing is to be seen
_NEAREST = 0.05  # metres
_SMALL = 1920  # pixels of the longer side, up to which sheets of half the working size serve
_MATTING = MattingOptions(working_side=640)  # things have plainer outlines than hair


@dataclass(frozen=True, eq=False)
class Screen:
    """The part of the background that stands before something: its coverage, and its light times coverage."""

    alpha: Float32  # (H, W)
    light: Float32  # (H, W, 3) linear, 0…65535


@dataclass(frozen=True, eq=False)
class Distances:
    """How far the frame's own things are, in metres; (h, w) of any size, None = no opinion."""

    subject: Float32 | None  # its surface, continued around it
    background: Float32 | None  # what is not subject, continued behind it


def distances(frame: RgbdFrame, matte: AlphaMatte, wanted: float | None) -> Distances:
    """Distances of the subject and of the frame's own background.

    Sensor depth around the subject still shows the subject: that of the background is continued there.

    Args:
        wanted: metres at which the subject is to stand; its relief is kept. None: where it was.
    """
    told = None if wanted is None else np.full((1, 1), wanted, np.float32)
    if frame.depth is None or not frame.depth_is_metric:
        return Distances(told, None)
    known = np.isfinite(frame.depth)
    if not known.any():
        return Distances(told, None)
    sheets = complete(frame.depth, matte.alpha, longest=LONGEST // 2 if max(frame.size) <= _SMALL else LONGEST)
    background, subject = (_metres(sheet) for sheet in (sheets.background, sheets.subject))
    if not (known & (resized(matte.alpha, (known.shape[0], known.shape[1])) > _SOLID)).any():
        return Distances(told, background)
    if wanted is not None:
        subject = np.maximum(subject + np.float32(wanted - middle_of(subject, matte.alpha)), np.float32(_NEAREST))
    return Distances(subject, background)


def _metres(disparity: Float32) -> Float32:
    return np.asarray(1 / np.maximum(disparity, np.float32(1e-4)), np.float32)


def middle_of(distance: Float32, alpha: Float32) -> float:
    """Where most of the subject stands, in metres."""
    inside = resized(alpha, (distance.shape[0], distance.shape[1])) > 0.5
    return float(np.median(distance[inside] if inside.any() else distance))


def nearer_than(
    subject: Float32, distance: float, color: UInt8, alpha: Float32, region: tuple[slice, slice]
) -> Float32:
    """(h, w) of ``region``: how far a plane at ``distance`` is in front of the subject there, its edges refined.

    Args:
        subject: (h, w) its distance, any size, the whole view.
        color, alpha: (H, W, 3), (H, W) the picture it is in, and its coverage: elsewhere the answer does not matter.
    """
    order = _before(np.full((1, 1), distance, np.float32), subject)
    shown = np.zeros_like(alpha)
    shown[region] = alpha[region]
    asked = order[cv2.dilate(resized(shown, (order.shape[0], order.shape[1])), np.ones((5, 5), np.uint8)) > _SEEN]
    if asked.size == 0 or asked.min() == asked.max():
        rows, columns = region
        answer = asked[0] if asked.size else 0
        return np.full((rows.stop - rows.start, columns.stop - columns.start), answer, np.float32)
    return np.ascontiguousarray(refine_alpha(color, order, options=_MATTING)[region])


def screen(
    picture: UInt8, depth: Float32 | None, distance: Float32, where: Float32, subject: Float32 | None = None
) -> Screen | None:
    """The part of a background that stands before something at ``distance``; None if none is to be seen.

    Args:
        picture: (H, W, 3). depth: (h, w) metres of the same view, NaN = behind.
        distance: metres, any size. where: (H, W) coverage of the thing: elsewhere the answer does not matter.
        subject: (H, W) coverage of a person who is in the picture and does not belong to it.
    """
    if depth is None:
        return None
    size = depth.shape[0], depth.shape[1]
    order = _before(depth, resized(distance, size))
    touched = cv2.dilate(resized(where, size), np.ones((5, 5), np.uint8)) > _SEEN
    if not (order[touched] > 0).any():
        return None
    if subject is not None:
        picture = estimate_foreground(picture, 1 - subject)
    alpha = refine_alpha(picture, order, depth=depth, options=_MATTING)
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
