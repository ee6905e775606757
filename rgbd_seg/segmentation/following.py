"""The portrait network on video."""

from rgbd_seg.frames import RgbdFrame, Segmentation
from rgbd_seg.models.passport import Passport
from rgbd_seg.protocols import Segmenter
from rgbd_seg.segmentation.engine import Execution
from rgbd_seg.segmentation.portrait import PortraitSegmenter
from rgbd_seg.temporal import PreviousAlpha


class FollowingSegmenter:
    """Shows the network with each frame what it found in the frame before; one for each stream.

    Frames come in the order of their time. It keeps what the network itself said, not the matte that was made of it:
    a choice between people that came later must not be taken for something the network saw.
    """

    def __init__(self, segmenter: PortraitSegmenter) -> None:
        self._segmenter = segmenter
        self._previous = PreviousAlpha()

    @property
    def name(self) -> str:
        """As in its passport."""
        return self._segmenter.name

    @property
    def needs_depth(self) -> bool:
        """False: colour is enough."""
        return self._segmenter.needs_depth

    @property
    def reads_depth(self) -> bool:
        """As the network: what it says with depth is not to be overruled by depth, in video neither."""
        return self._segmenter.reads_depth

    @property
    def passport(self) -> Passport:
        """Where the network comes from and how it is fed."""
        return self._segmenter.passport

    @property
    def execution(self) -> Execution:
        """The engine and device that really run it."""
        return self._segmenter.execution

    def segment(self, frame: RgbdFrame) -> Segmentation:
        """As `PortraitSegmenter.segment`, with the frame before in mind.

        Raises:
            ModelError: the network failed, or its output is not what its passport says.
        """
        found = self._segmenter.segment(frame, previous=self._previous.before(frame))
        self._previous.remember(frame, found.value)
        return found


def for_video(segmenter: Segmenter) -> Segmenter:
    """What a stream of frames is given to: it sees the frame before if its passport says that it gains by that."""
    if isinstance(segmenter, PortraitSegmenter) and segmenter.passport.input.previous_alpha:
        return FollowingSegmenter(segmenter)
    return segmenter
