"""Many fusions of one picture need its network's answer once."""

import hashlib

from rgbd_seg.frames import RgbdFrame, Segmentation
from rgbd_seg.pipeline import DepthReader
from rgbd_seg.protocols import Segmenter
from rgbd_seg.segmentation.network import NetworkSegmenter


class Remembering:
    """A segmenter that keeps its answers until it is told to forget them."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._answers: dict[bytes, Segmentation] = {}

    @property
    def name(self) -> str:
        """The segmenter's own."""
        return self._segmenter.name

    @property
    def needs_depth(self) -> bool:
        """As the segmenter says."""
        return self._segmenter.needs_depth

    @property
    def reads_depth(self) -> bool:
        """As the segmenter does."""
        return isinstance(self._segmenter, DepthReader) and self._segmenter.reads_depth

    def segment(self, frame: RgbdFrame) -> Segmentation:
        """The segmenter's answer for this picture (and this depth, unless it looks at colour only)."""
        digest = hashlib.blake2b(repr(frame.color.shape).encode() + frame.color.tobytes())
        if frame.depth is not None and not isinstance(self._segmenter, NetworkSegmenter):
            digest.update(frame.depth.tobytes())
        key = digest.digest()
        if key not in self._answers:
            self._answers[key] = self._segmenter.segment(frame)
        return self._answers[key]

    def forget(self) -> None:
        """Before the next picture."""
        self._answers.clear()
