"""Whether a frame goes on where the one before ended."""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.frames import STILL, RgbdFrame, Timestamp

_LONGEST_GAP_S = 0.5
_CUT = 0.12  # of full brightness, mean over the thumbnail: camera motion from frame to frame stays well below
_THUMBNAIL = (32, 24)


@dataclass(frozen=True, eq=False)
class _Moment:
    timestamp: Timestamp
    size: tuple[int, int]
    thumbnail: Float32
    alpha: Float32


class PreviousAlpha:
    """The alpha of the frame before, as long as frames follow each other.

    It is forgotten at a scene cut, after a pause, and when a stream begins anew (its time goes back) or changes its
    size or clock. Photos (time `STILL`) are neither remembered nor given anything.
    """

    def __init__(self) -> None:
        self._last: _Moment | None = None

    def before(self, frame: RgbdFrame) -> Float32 | None:
        """The alpha of the frame that ``frame`` follows; None if it follows none."""
        last = self._last
        if last is None or frame.timestamp.clock != last.timestamp.clock or frame.size != last.size:
            return None
        gap = 1e-9 * (frame.timestamp.nanoseconds - last.timestamp.nanoseconds)
        if not 0 < gap <= _LONGEST_GAP_S:
            return None
        return None if np.abs(_thumbnail(frame.color) - last.thumbnail).mean() > _CUT else last.alpha

    def remember(self, frame: RgbdFrame, alpha: Float32) -> None:
        """``alpha``, of any size, was found in ``frame``."""
        if frame.timestamp.clock != STILL.clock:
            self._last = _Moment(frame.timestamp, frame.size, _thumbnail(frame.color), alpha)


def _thumbnail(color: UInt8) -> Float32:
    # Every n-th pixel: the whole of a large frame would take longer than the network.
    step = max(1, min(color.shape[0] // (2 * _THUMBNAIL[1]), color.shape[1] // (2 * _THUMBNAIL[0])))
    small = cv2.resize(np.ascontiguousarray(color[::step, ::step]), _THUMBNAIL, interpolation=cv2.INTER_AREA)
    return np.asarray(small.mean(axis=2) / 255, np.float32)
