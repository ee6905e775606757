"""Is there a person at all? Networks trained on portraits see one in many a vase.

A real person is found again when the same picture is shown a little smaller, or cut out around the candidate; what a
network only imagines usually vanishes from at least one such view, and often from both. With MediaPipe's square
network, requiring agreement above 0.25 in either view wrongly silences 5 of 397 photographs of people (2 of the 359
in which the person fills a fifth of the picture) and clears 46 of 196 false claims on photographs without people.
The false claims that survive it are the network's to answer for.

In the dark colour shows nothing, and a network that looks at depth itself finds people there by their depth. What it
finds again nearly unchanged when the views show depth, too, is believed (`AGREEMENT_IN_DEPTH`): of 1,600 rendered
pictures of people colour alone silenced 11, three of them wrongly, two of which come back; of 48 things that it
silenced in 512 still lifes one comes back.
"""

from dataclasses import dataclass
from typing import TypeVar, cast

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64, UInt8
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.protocols import Segmenter
from rgbd_seg.scaling import bounded_size, resized

AGREEMENT = 0.25  # below this in every view there is no person
AGREEMENT_IN_DEPTH = 0.8  # from this in a view of colour and depth there is one
_SIDE = 256  # pixels of a view
_SMALLER = 0.8  # scale of the whole picture in the first view
_AROUND = 1.3  # side of the second view, in sizes of the candidate
_ENOUGH = 1024  # pixels of the longer side: what the views are cut from
_GREY = (128, 128, 128)
_MARGIN = 0.016  # of the longer side, kept around what is shown alone
_ALONE = 0.3  # mean probability: a box on a table gets 0, the least of a person's parts gets 0.45
_Values = TypeVar("_Values", UInt8, Float32)


@dataclass(frozen=True)
class _View:
    """A canvas and where the picture's unit square lands on it: pixel = scale · (x, y) + offset."""

    height: int
    width: int
    scale: Float64  # (2,) pixels per picture width, per picture height
    offset: Float64  # (2,)

    def draw(self, values: _Values) -> _Values:
        """``values`` (any resolution of the picture) on the canvas; grey, or 0, around it."""
        # Warping does not average; shrinking first does.
        across, down = (max(1, round(float(length))) for length in self.scale)
        if across < values.shape[1] and down < values.shape[0]:
            values = cast(_Values, cv2.resize(values, (across, down), interpolation=cv2.INTER_AREA))
        border = _GREY if values.ndim == 3 else 0
        return cast(_Values, self._warped(values, cv2.INTER_LINEAR, border))

    def draw_depth(self, depth: Float32) -> Float32:
        """(h, w) depth on the canvas, never mixed; nothing was measured around the picture."""
        return cast(Float32, self._warped(depth, cv2.INTER_NEAREST, np.nan))

    def _warped(self, values: _Values, flags: int, border: float | tuple[int, ...]) -> object:
        step = self.scale / (values.shape[1], values.shape[0])
        shift = self.offset + (step - 1) / 2  # between pixel centres
        matrix = np.array([[step[0], 0, shift[0]], [0, step[1], shift[1]]])
        return cv2.warpAffine(values, matrix, (self.width, self.height), flags=flags, borderValue=border)

    def covered(self) -> Float32:
        """1 where the picture is, 0 on the canvas around it."""
        inside = np.zeros((self.height, self.width), np.float32)
        left, top = np.maximum(np.round(self.offset), 0).astype(int)
        right, bottom = np.maximum(np.round(self.offset + self.scale), 0).astype(int)
        inside[top:bottom, left:right] = 1
        return inside


def person_agreement(
    segmenter: Segmenter, frame: RgbdFrame, probability: Float32, *, enough: float = 2 * AGREEMENT
) -> float:
    """How well the segmenter finds its own answer again in other views of the picture: the best overlap of two.

    Args:
        frame: what the views show: colour, and depth if it has any.
        probability: (h, w) what the segmenter said of it.
        enough: from this on no other view is asked for.
    Returns:
        Soft intersection over union in [0, 1]; 1 if it claimed nothing.
    """
    claimed = probability > 0.5
    if not claimed.any():
        return 1.0
    color = resized(frame.color, bounded_size(frame.size, _ENOUGH))
    best = 0.0
    for view in (_smaller(color.shape), _around(color.shape, claimed)):
        shown = RgbdFrame(
            color=view.draw(color),
            depth=None if frame.depth is None else view.draw_depth(frame.depth),
            depth_is_metric=frame.depth_is_metric,
        )
        again = segmenter.segment(shown).probability
        again = cv2.resize(again, (view.width, view.height), interpolation=cv2.INTER_LINEAR)
        best = max(best, _overlap(view.draw(probability), again * view.covered()))
        if best >= enough:
            break
    return best


def stands_alone(segmenter: Segmenter, color: UInt8, mask: Bool) -> bool:
    """Whether the segmenter takes what ``mask`` shows for a person when everything else is grey.

    Args:
        color: (H, W, 3) RGB.
        mask: (h, w) of any resolution.
    """
    size = bounded_size((color.shape[0], color.shape[1]), _SIDE)
    part = cv2.resize(mask.astype(np.uint8), (size[1], size[0]), interpolation=cv2.INTER_NEAREST)
    width = 2 * round(_MARGIN * max(size)) + 1
    shown = cv2.dilate(part, np.ones((width, width), np.uint8)) > 0
    view = np.where(shown[..., None], resized(color, size), np.uint8(_GREY[0]))
    probability = segmenter.segment(RgbdFrame(color=view)).probability
    found = cv2.resize(probability, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return bool(found[part > 0].mean() > _ALONE) if part.any() else False


def _smaller(shape: tuple[int, ...]) -> _View:
    """The whole picture, smaller, on the bottom edge where people are cut off."""
    scale = _SIDE / max(shape[:2])
    height, width = (max(8, round(length * scale)) for length in shape[:2])
    size = np.array([width, height], np.float64)
    return _View(height, width, size * _SMALLER, size * (1 - _SMALLER) * (0.5, 1.0))


def _around(shape: tuple[int, ...], claimed: Bool) -> _View:
    """A square around the candidate, standing on its bottom edge if the picture cuts the candidate there."""
    left, right = _extent(claimed.sum(axis=0))
    top, bottom = _extent(claimed.sum(axis=1))
    height, width = shape[:2]
    side = _AROUND * max((right - left) * width, (bottom - top) * height)
    x = (left + right) / 2 * width - side / 2
    y = bottom * height - side if bottom > 0.97 else (top + bottom) / 2 * height - side / 2
    scale = _SIDE / side
    return _View(_SIDE, _SIDE, np.array([width, height]) * scale, -np.array([x, y]) * scale)


def _extent(counts: Float64) -> tuple[float, float]:
    """Where the middle 98 % of the counts begin and end, as fractions."""
    total = np.cumsum(counts) / counts.sum()
    first, last = np.searchsorted(total, (0.01, 0.99))
    return float(first) / counts.size, float(min(last + 1, counts.size)) / counts.size


def _overlap(first: UInt8 | Float32, second: Float32) -> float:
    return float(np.minimum(first, second).sum() / max(float(np.maximum(first, second).sum()), 1e-6))
