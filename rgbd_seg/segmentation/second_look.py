"""Is it a person at all? A network asked again with the picture framed anew.

Networks trained on portraits find the salient thing of a picture: a vase in front of a wall is a "person" at 0.99.
What they say of a person survives another framing; what they say of a vase often does not. So whatever was found
is looked at twice more, closer and from further away, and dropped if neither look finds it again. (If one objection
were enough, a third more false finds would go, and with them one group photo in thirty.)
Figures: ``python benchmarks/segmenters.py``.
"""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.frames import RgbdFrame, Segmentation
from rgbd_seg.preprocessing import halve_towards
from rgbd_seg.segmentation.engine import Execution
from rgbd_seg.segmentation.network import NetworkSegmenter

Int32: TypeAlias = NDArray[np.int32]

_CLOSER = 0.75  # of the long side
_WIDER = 0.25  # added on each side
_DISBELIEVED, _BELIEVED = 0.35, 0.6  # share of it found again; 0.2 for the vase, above 0.9 for most people
_SPECK = 0.002  # of the picture; what is smaller is not looked at by itself
_GREY = 127


class SecondLook:
    """A network that checks what it found. Three runs instead of one when there is something to check."""

    def __init__(self, network: NetworkSegmenter) -> None:
        self._network = network

    @property
    def name(self) -> str:
        """As the network's."""
        return self._network.name

    @property
    def needs_depth(self) -> bool:
        """As the network's."""
        return self._network.needs_depth

    @property
    def network(self) -> NetworkSegmenter:
        """The network itself, which looks once."""
        return self._network

    @property
    def execution(self) -> Execution:
        """The engine and device that really run it."""
        return self._network.execution

    def segment(self, frame: RgbdFrame) -> Segmentation:
        """The network's answer, without the things that it takes for a person in this one framing only.

        Raises:
            ModelError: the network failed, or its output is not what its passport says.
        """
        first = self._network.segment(frame)
        labels = _things(first.probability)
        if labels is None:
            return first
        agreement = np.maximum(*self._looks(frame.color, first.probability.shape))
        probability = first.probability * _belief(first.probability, labels, agreement)
        return Segmentation(value=first.value * (probability >= 0.5), probability=probability)

    def _looks(self, color: UInt8, size: tuple[int, int]) -> tuple[Float32, Float32]:
        form = self._network.passport.input
        small = halve_towards(color, (form.height, form.width))
        return self._closer(small, size), self._wider(small, size)

    def _closer(self, color: UInt8, size: tuple[int, int]) -> Float32:
        """What it says of the middle of the picture; 0, not confirmed, where that is out of sight."""
        height, width = color.shape[:2]
        top, left = (_margin(height), 0) if height >= width else (0, _margin(width))
        seen = self._ask(color[top : height - top, left : width - left])
        whole = np.zeros(size, np.float32)
        y, x = round(top / height * size[0]), round(left / width * size[1])
        inner = whole[y : size[0] - y, x : size[1] - x]
        inner[...] = cv2.resize(seen, inner.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return whole

    def _wider(self, color: UInt8, size: tuple[int, int]) -> Float32:
        height, width = color.shape[:2]
        top, left = round(height * _WIDER), round(width * _WIDER)
        bordered = cv2.copyMakeBorder(color, top, top, left, left, cv2.BORDER_CONSTANT, value=(_GREY,) * 3)
        seen = self._ask(bordered)
        # Pixel centres of the picture within the bordered one, in pixels of ``seen``.
        rows = (top + (np.arange(size[0]) + 0.5) / size[0] * height) / bordered.shape[0] * seen.shape[0] - 0.5
        columns = (left + (np.arange(size[1]) + 0.5) / size[1] * width) / bordered.shape[1] * seen.shape[1] - 0.5
        x, y = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
        return np.asarray(cv2.remap(seen, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)

    def _ask(self, color: UInt8) -> Float32:
        return self._network.segment(RgbdFrame(color=np.ascontiguousarray(color))).probability


def _margin(side: int) -> int:
    return round(side * (1 - _CLOSER) / 2)


def _things(probability: Float32) -> Int32 | None:
    """Every pixel's thing, 1…n: the connected region of more than 0.5 that is nearest to it. None if there is none."""
    found = (probability >= 0.5).astype(np.uint8)
    _, regions, stats, _ = cv2.connectedComponentsWithStats(found, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= _SPECK * probability.size
    keep[0] = False
    if not keep.any():
        return None
    background = np.where(keep[regions], 0, 1).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(background, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    return np.asarray(nearest, np.int32)


def _belief(probability: Float32, labels: Int32, looks: Float32) -> Float32:
    """(h, w) in [0, 1]: how far the thing nearest to each pixel was confirmed, mean over its certain pixels."""
    certain = np.where(probability >= 0.5, 1.0, 0.0)
    count = np.bincount(labels.ravel(), weights=certain.ravel())
    agreed = np.bincount(labels.ravel(), weights=(certain * looks).ravel()) / np.maximum(count, 1)
    step = np.clip((agreed - _DISBELIEVED) / (_BELIEVED - _DISBELIEVED), 0, 1)
    belief = step * step * (3 - 2 * step)
    return belief.astype(np.float32)[labels]
