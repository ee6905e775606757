"""Small drawn scenes with known answers, for the tests of depth probability, depth layers and the pipeline."""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.frames import RgbdFrame, Segmentation

SIZE = (192, 256)


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """A room with a person at 1.2 m, the wall at 3 m, and what the tests put beside."""

    color: UInt8
    depth: Float32
    person: Bool
    other: Bool  # a second person behind, or a nearer thing

    @property
    def frame(self) -> RgbdFrame:
        return RgbdFrame(color=self.color, depth=self.depth)


def body(center: int, top: int, size: float = 1.0) -> Bool:
    """A head and shoulders that reach the lower edge."""
    mask = np.zeros(SIZE, np.uint8)
    radius = round(20 * size)
    cv2.circle(mask, (center, top + radius), radius, 1, -1)
    neck = round(9 * size)
    cv2.rectangle(mask, (center - neck, top + radius), (center + neck, top + round(60 * size)), 1, -1)
    shoulders = (center, SIZE[0] + round(10 * size))
    cv2.ellipse(mask, shoulders, (round(50 * size), SIZE[0] - top - round(30 * size)), 0, 180, 360, 1, -1)
    return mask > 0


def scene(*, behind: bool = False, nearer: bool = False, center: int = 128) -> Scene:
    """A person in a room; ``behind``: a second one at 2 m; ``nearer``: a board at 0.8 m at the left edge."""
    random = np.random.default_rng(5)
    rows = np.linspace(0, 1, SIZE[0], dtype=np.float32)[:, None]
    depth = np.broadcast_to(3.0 - 0.4 * rows, SIZE).copy()  # a wall leaning towards the camera
    color = np.full((*SIZE, 3), (90, 120, 140), np.uint8)
    other = np.zeros(SIZE, bool)
    if behind:
        other = body(center + 75, 50, 0.7)
        depth[other] = 2.0
        color[other] = (60, 60, 150)
    person = body(center, 20)
    relief = 0.1 * (cv2.distanceTransform(person.astype(np.uint8), cv2.DIST_L2, 5) / 50).clip(0, 1)
    depth = np.where(person, 1.25 - relief, depth)
    color[person] = (170, 70, 60)
    if nearer:
        board = np.zeros(SIZE, bool)
        board[70:, :36] = True
        depth[board] = 0.8
        color[board] = (220, 215, 200)
        other |= board
    other &= ~person
    color = np.clip(color + random.normal(0, 4, color.shape), 0, 255).astype(np.uint8)
    return Scene(color=color, depth=depth.astype(np.float32), person=person, other=other)


def unsure(mask: Bool, blur: float = 4.0) -> Float32:
    """What a network might say of ``mask``: soft edges, never quite 0 or 1."""
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), blur)
    return np.clip(0.02 + 0.96 * soft, 0, 1)


def iou(probability: Float32, mask: Bool) -> float:
    """At 0.5."""
    here = probability > 0.5
    return float((here & mask).sum() / max((here | mask).sum(), 1))


class FixedSegmenter:
    """Says the same of every picture of the right proportions; ``views`` may deny it (a false person)."""

    def __init__(self, probability: Float32, *, only_whole: bool = False) -> None:
        self._probability = probability
        self._only_whole = only_whole
        self.asked = 0

    @property
    def name(self) -> str:
        return "fixed"

    @property
    def needs_depth(self) -> bool:
        return False

    def segment(self, frame: RgbdFrame) -> Segmentation:
        self.asked += 1
        denied = self._only_whole and self.asked > 1
        said = np.zeros_like(self._probability) if denied else self._probability
        return Segmentation(value=said, probability=said)
