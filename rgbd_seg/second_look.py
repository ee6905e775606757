"""A photograph is looked at four times: as it is, cut out around whom was found, and both mirrored.

A network sees somebody who fills a quarter of the picture with a quarter of its pixels; in the cut-out it sees him
with all of them. It errs at random besides, and four answers err less than one. Odds are averaged geometrically, as
of independent witnesses who are equally sure (test-time augmentation; the mean of logits).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.frames import RgbdFrame, Segmentation
from rgbd_seg.protocols import Segmenter
from rgbd_seg.scaling import bounded_size, resized

_MARGIN = 0.125  # of the claim's height and width, kept on every side of it
_NARROWEST = 0.75  # sides of the cut-out, the shorter by the longer
_WHOLE = 0.95  # of the picture: a larger cut-out shows nothing new
_SPECK = 0.002  # of the picture: nobody to look at; and of the claim, in one row or column: beyond its outline
_ENOUGH = 1024  # pixels of the longer side that are shown
_SUREST = 1e-3  # a probability this near to 0 or 1 counts as this near


@dataclass(frozen=True)
class _Box:
    """Where a look was directed, as fractions of the picture."""

    top: float
    bottom: float
    left: float
    right: float

    def of(self, size: tuple[int, ...]) -> tuple[slice, slice]:
        """Rows and columns of a map of ``size``."""
        height, width = size[:2]
        rows = slice(round(self.top * height), round(self.bottom * height))
        return rows, slice(round(self.left * width), round(self.right * width))


@dataclass(frozen=True, eq=False)
class _Look:
    answer: Segmentation
    box: _Box
    mirrored: bool

    def drawn(self, name: str, size: tuple[int, ...]) -> Float32:
        """One of the answer's maps where the look was directed, in a picture of ``size``."""
        values: Float32 = getattr(self.answer, name)
        rows, columns = self.box.of(size)
        if self.mirrored:
            values = values[:, ::-1]
        return resized(np.ascontiguousarray(values), (rows.stop - rows.start, columns.stop - columns.start))


_EVERYTHING = _Box(0.0, 1.0, 0.0, 1.0)


def looked_again(
    segmenter: Segmenter, frame: RgbdFrame, found: Segmentation, claimed: Bool, size: tuple[int, int]
) -> Segmentation:
    """``found`` joined with what the segmenter says of three more views.

    Args:
        found: what it said of ``frame``.
        claimed: (h, w) whom to look at again.
        size: (height, width) of the result.
    """
    if claimed.mean() <= _SPECK:
        return found
    whole, around = _cut(frame, _EVERYTHING), _around(claimed, frame)
    looks = [
        _Look(found, _EVERYTHING, mirrored=False),
        _Look(segmenter.segment(_mirrored(whole)), _EVERYTHING, mirrored=True),
    ]
    if (around.bottom - around.top) * (around.right - around.left) < _WHOLE:
        part = _cut(frame, around)
        looks.append(_Look(segmenter.segment(part), around, mirrored=False))
        looks.append(_Look(segmenter.segment(_mirrored(part)), around, mirrored=True))
    mean = partial(_mean, looks, [_fading(look.box, size) for look in looks])
    return Segmentation(
        value=mean("value"),
        probability=mean("probability", odds=True),
        people=None if found.people is None else mean("people", odds=True),
        held=None if found.held is None else mean("held", odds=True),
    )


def _around(claimed: Bool, frame: RgbdFrame) -> _Box:
    """With a margin, not too narrow, on whole pixels of colour and depth alike."""
    height, width = frame.size
    top, bottom = _extent(claimed.sum(axis=1))
    left, right = _extent(claimed.sum(axis=0))
    tall, wide = ((1 + 2 * _MARGIN) * n for n in ((bottom - top) * height, (right - left) * width))
    tall, wide = max(tall, _NARROWEST * wide), max(wide, _NARROWEST * tall)
    rows, columns = frame.size if frame.depth is None else frame.depth.shape
    top, bottom = _snapped((top + bottom) / 2, tall / height, min(rows, height))
    left, right = _snapped((left + right) / 2, wide / width, min(columns, width))
    return _Box(top, bottom, left, right)


def _extent(counts: Float32) -> tuple[float, float]:
    """Where counts begin and end that are more than stray pixels, as fractions."""
    there = np.flatnonzero(counts > _SPECK * counts.sum())
    return float(there[0]) / counts.size, float(there[-1] + 1) / counts.size


def _snapped(middle: float, length: float, pixels: int) -> tuple[float, float]:
    first = int(np.floor(max(0.0, middle - length / 2) * pixels))
    last = int(np.ceil(min(1.0, middle + length / 2) * pixels))
    return first / pixels, last / pixels


def _cut(frame: RgbdFrame, box: _Box) -> RgbdFrame:
    color = frame.color[box.of(frame.color.shape)]
    return _part(frame, resized(color, bounded_size((color.shape[0], color.shape[1]), _ENOUGH)), box.of)


def _mirrored(frame: RgbdFrame) -> RgbdFrame:
    turned = (slice(None), slice(None, None, -1))
    return _part(frame, frame.color[turned], lambda size: turned)


def _part(frame: RgbdFrame, color: UInt8, place: Callable[[tuple[int, ...]], tuple[slice, slice]]) -> RgbdFrame:
    depth, confidence, shadow = frame.depth, frame.confidence, frame.shadow
    return RgbdFrame(
        color=np.ascontiguousarray(color),
        depth=None if depth is None else np.ascontiguousarray(depth[place(depth.shape)]),
        confidence=None if confidence is None else np.ascontiguousarray(confidence[place(confidence.shape)]),
        shadow=None if shadow is None else np.ascontiguousarray(shadow[place(shadow.shape)]),
        timestamp=frame.timestamp,
        depth_is_metric=frame.depth_is_metric,
    )


def _mean(looks: Sequence[_Look], shares: Sequence[Float32], name: str, *, odds: bool = False) -> Float32:
    """One map of all looks, each weighed by its share of every pixel of the result."""
    total = np.zeros_like(shares[0])
    for look, share in zip(looks, shares, strict=True):
        place = look.box.of(share.shape)
        values = look.drawn(name, share.shape)
        total[place] += share[place] * (_logit(values) if odds else values)
    mean = total / sum(shares)
    return np.asarray(1 / (1 + np.exp(-mean)) if odds else np.clip(mean, 0, 1), np.float32)


def _fading(box: _Box, size: tuple[int, int]) -> Float32:
    """1 in the box, less towards edges that are none of the picture's, so that no cut shows; 0 outside."""
    rows, columns = box.of(size)
    down = _ramp(rows.stop - rows.start, begins=box.top > 0, ends=box.bottom < 1)
    across = _ramp(columns.stop - columns.start, begins=box.left > 0, ends=box.right < 1)
    share = np.zeros(size, np.float32)
    share[rows, columns] = np.minimum(down[:, None], across)
    return share


def _ramp(length: int, *, begins: bool, ends: bool) -> Float32:
    rising = (np.arange(length, dtype=np.float32) + 0.5) / (_MARGIN / 2 * length)
    shares = np.ones(length, np.float32)
    if begins:
        shares = np.minimum(shares, rising)
    return np.minimum(shares, rising[::-1]) if ends else shares


def _logit(probability: Float32) -> Float32:
    clipped = np.clip(probability, _SUREST, 1 - _SUREST)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float32)
