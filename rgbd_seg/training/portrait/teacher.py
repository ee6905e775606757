"""Labels for photographs from a network whose licence allows it."""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.protocols import Segmenter

_SCALES = (1.0, 0.8)  # of the picture; smaller ones stand in the middle of a grey field
_DISAGREE = 0.25  # standard deviation of the views' probabilities above which a pixel is not trusted
_UNDECIDED = (0.2, 0.8)
_MOST_UNSURE = 0.5  # of the pixels, relative to the person: beyond, the whole label is thrown away
_GREY = 127


@dataclass(frozen=True, kw_only=True, eq=False)
class Label:
    """What a teacher says of a photograph."""

    probability: Float32  # (H, W) in [0, 1]
    unsure: Float32  # (H, W) 1 where its own views disagree


class Teacher:
    """A segmenter asked several times: mirrored and at several scales. Where the answers differ it does not know."""

    def __init__(self, segmenter: Segmenter) -> None:
        self.segmenter = segmenter

    def label(self, color: UInt8) -> Label | None:
        """Mean answer and doubt; None where too much is in doubt, nobody is there, or all of it is person."""
        height, width = color.shape[:2]
        answers = np.stack([self._answer(color, scale, mirror) for scale in _SCALES for mirror in (False, True)])
        mean, spread = answers.mean(axis=0), answers.std(axis=0)
        undecided = (mean > _UNDECIDED[0]) & (mean < _UNDECIDED[1]) & (spread > _DISAGREE / 2)
        unsure = (spread > _DISAGREE) | undecided
        person = np.count_nonzero(mean > 0.5)
        if not 0.02 * mean.size < person < 0.97 * mean.size or np.count_nonzero(unsure) > _MOST_UNSURE * person:
            return None
        resize = (width, height)
        return Label(
            probability=cv2.resize(mean, resize, interpolation=cv2.INTER_LINEAR).astype(np.float32),
            unsure=cv2.resize(unsure.astype(np.float32), resize, interpolation=cv2.INTER_NEAREST),
        )

    def _answer(self, color: UInt8, scale: float, mirror: bool) -> Float32:
        """(256, 256) probability of the picture's own field of view."""
        height, width = color.shape[:2]
        canvas = np.full_like(color, _GREY)
        h, w = max(1, round(height * scale)), max(1, round(width * scale))
        top, left = (height - h) // 2, (width - w) // 2
        canvas[top : top + h, left : left + w] = cv2.resize(color, (w, h), interpolation=cv2.INTER_AREA)
        shown = np.ascontiguousarray(canvas[:, ::-1]) if mirror else canvas
        found = self.segmenter.segment(RgbdFrame(color=shown)).probability
        full = cv2.resize(found[:, ::-1] if mirror else found, (width, height), interpolation=cv2.INTER_LINEAR)
        inner = full[top : top + h, left : left + w]
        return np.asarray(cv2.resize(inner, (256, 256), interpolation=cv2.INTER_LINEAR), np.float32)
