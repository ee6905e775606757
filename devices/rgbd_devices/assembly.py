"""From a pair of pictures to a frame set."""

import numpy as np

from rgbd_devices.images import DepthImage
from rgbd_devices.pairing import Pair
from rgbd_seg.arrays import UInt8
from rgbd_seg.calibration import Calibration
from rgbd_seg.frames import STILL, FrameSet, Timestamp


def assemble(pair: Pair, calibration: Calibration, session: int) -> FrameSet:
    """A frame set of the pair.

    A camera without depth gives depth that was nowhere measured; one without colour gives its infrared in grey, or
    black.
    """
    color, depth = pair
    color_stamp = color.timestamp if color is not None else None
    depth_stamp = depth.timestamp if depth is not None else None
    return FrameSet(
        color=_grey(depth, calibration) if color is None else color.color,
        raw_depth=np.zeros(calibration.depth.size, np.uint16) if depth is None else depth.raw_depth,
        confidence=None if depth is None else depth.confidence,
        infrared=None if depth is None else depth.infrared,
        calibration=calibration,
        color_timestamp=color_stamp or depth_stamp or STILL,
        depth_timestamp=depth_stamp or color_stamp or STILL,
        color_sequence=None if color is None else color.sequence,
        depth_sequence=None if depth is None else depth.sequence,
        temperature=None if depth is None else depth.temperature,
        arrival=max(_arrivals(pair), key=lambda stamp: stamp.nanoseconds),
        session=session,
    )


def _arrivals(pair: Pair) -> list[Timestamp]:
    return [image.arrival for image in pair if image is not None and image.arrival is not None] or [STILL]


def _grey(depth: DepthImage | None, calibration: Calibration) -> UInt8:
    size = calibration.color.size
    if depth is None or depth.infrared is None or size != depth.infrared.shape:
        return np.zeros((*size, 3), np.uint8)
    brightest = max(int(depth.infrared.max()), 1)
    grey = (depth.infrared.astype(np.uint32) * 255 // brightest).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)
