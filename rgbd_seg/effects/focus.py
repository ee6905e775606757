"""What to focus on, and how far away it is.

There is no face detector here: the head is found from the subject's outline. It is the topmost part of the subject
that is thicker than an arm, and its size is that of the largest circle that touches its top from within.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.effects.bokeh_options import BokehOptions
from rgbd_seg.effects.depth_completion import DisparitySheets
from rgbd_seg.errors import FrameError

_LONGEST = 192  # pixels at which the outline is looked at
_LEAST = 30  # pixels of a subject
_LIMB = 0.28  # of the radius of the trunk, below which a part is an arm or a hand
_TOUCHES = 0.8  # radius by distance from the top, below which a circle's sides are what stops it growing
_FACE = 0.8  # of the head's radius
_FRONT = 75  # percentile of the disparities of the head: its front is the face, its rim hair
_NEAREST = 98  # percentile of the subject's


@dataclass(frozen=True)
class Focus:
    """What is sharp."""

    disparity: float  # 1/z, or relative units
    on: str  # face, nearest, subject, point, distance, or "near" where nobody is
    subject: float  # disparity of the subject as a whole, which strength is understood for
    point: tuple[float, float] | None = None  # pixel of the picture


@dataclass(frozen=True)
class Head:
    """A circle in the subject's outline, in cells of the mask it was found in."""

    x: float
    y: float
    radius: float

    def inside(self, size: tuple[int, int], share: float) -> Bool:
        """(h, w) True within ``share`` of its radius."""
        v, u = np.ogrid[: size[0], : size[1]]
        near: Bool = (u - self.x) ** 2 + (v - self.y) ** 2 <= (share * self.radius) ** 2
        return near


def find_focus(size: tuple[int, int], sheets: DisparitySheets, options: BokehOptions) -> Focus:
    """The focus that ``options`` ask for.

    Args:
        size: (H, W) of the picture.
    Raises:
        FrameError: the focus point is outside the picture.
    """
    has_subject = bool(sheets.solid.any())
    subject = (
        float(np.median(sheets.subject[sheets.solid]))
        if has_subject
        else float(np.percentile(sheets.background, 90))  # nobody there: what is near
    )
    if options.focus_distance is not None:
        return Focus(1 / options.focus_distance, "distance", subject)
    if options.focus_point is not None:
        return Focus(_disparity_at(size, sheets, options.focus_point), "point", subject, options.focus_point)
    if not has_subject:
        return Focus(subject, "near", subject)
    if options.focus_on == "nearest":
        return Focus(float(np.percentile(sheets.subject[sheets.solid], _NEAREST)), "nearest", subject)
    head = find_head(sheets.solid) if options.focus_on == "face" else None
    face = head.inside(sheets.solid.shape, _FACE) & sheets.solid if head is not None else None
    if head is None or face is None or not face.any():
        return Focus(subject, "subject", subject)
    rows, columns = sheets.solid.shape
    point = (head.x + 0.5) * size[1] / columns - 0.5, (head.y + 0.5) * size[0] / rows - 0.5
    return Focus(float(np.percentile(sheets.subject[face], _FRONT)), "face", subject, point)


def find_head(solid: Bool) -> Head | None:
    """The head in the mask of a subject; None if there is hardly anything."""
    scale = min(1.0, _LONGEST / max(solid.shape))
    size = max(1, round(solid.shape[1] * scale)), max(1, round(solid.shape[0] * scale))
    body = _largest_piece(cv2.resize(solid.astype(np.uint8), size, interpolation=cv2.INTER_AREA))
    if body is None:
        return None
    thickness = cv2.distanceTransform(body, cv2.DIST_L2, 5)
    found = _circle_at_the_top(np.asarray(thickness, np.float32))
    return Head((found.x + 0.5) / scale - 0.5, (found.y + 0.5) / scale - 0.5, found.radius / scale)


def _largest_piece(mask: np.ndarray) -> np.ndarray | None:
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    areas = statistics[1:, cv2.CC_STAT_AREA]
    if not areas.size or areas.max() < _LEAST:
        return None
    return np.asarray(labels == 1 + int(areas.argmax()), np.uint8)


def _circle_at_the_top(thickness: Float32) -> Head:
    """The largest circle within the outline that still touches the top of what is thicker than an arm."""
    thickest = float(thickness.max())
    first = int(np.argmax(thickness.max(axis=1) >= _LIMB * thickest))
    x, y = int(thickness[first].argmax()), first
    top = first - int(np.argmin(thickness[first::-1, x] > 0)) + 1 if (thickness[: first + 1, x] == 0).any() else 0
    while y + 1 < thickness.shape[0]:
        beside = slice(max(x - 2, 0), x + 3)
        step = beside.start + int(thickness[y + 1, beside].argmax())
        grown = thickness[y + 1, step]
        if grown < thickness[y, x] or (top > 0 and grown < _TOUCHES * (y + 2 - top)) or (top == 0 and y > grown):
            break
        x, y = step, y + 1
    return Head(float(x), float(y), float(thickness[y, x]))


def _disparity_at(size: tuple[int, int], sheets: DisparitySheets, point: tuple[float, float]) -> float:
    height, width = size
    x, y = point
    if not (0 <= x < width and 0 <= y < height):
        raise FrameError(f"focus_point is {point}; expected a pixel of the {width}×{height} picture")
    rows, columns = sheets.background.shape
    j, i = min(int((y + 0.5) * rows / height), rows - 1), min(int((x + 0.5) * columns / width), columns - 1)
    sheet = sheets.subject if sheets.solid[j, i] else sheets.background
    return float(sheet[j, i])
