"""librealsense frames as images of their own memory."""

from typing import Any

import numpy as np

from rgbd_devices.drivers.depth_join import DepthJoin
from rgbd_devices.drivers.pixel_formats import to_rgb, to_uint16
from rgbd_devices.images import ColorImage, DepthImage, Image
from rgbd_seg.frames import Timestamp

_NANOSECONDS_PER_MILLISECOND = 1e6


class RealsenseFrames:
    """Turns what the SDK hands over into images, at once: its memory goes back to its pool."""

    def __init__(self, rs: Any, *, infrared: bool) -> None:
        self._streams = {rs.stream.color: "color", rs.stream.depth: "depth", rs.stream.infrared: "infrared"}
        self._join = DepthJoin(infrared=infrared)

    def images(self, frame: Any, temperature: float | None) -> list[Image]:
        """What is complete with this frame; nothing for streams of other kinds, such as motion."""
        profile = frame.get_profile()
        kind = self._streams.get(profile.stream_type())
        if kind is None:
            return []
        number = int(frame.get_frame_number())
        data, stamp = np.asanyarray(frame.get_data()), _stamp(frame)
        size = data.shape[:2]
        if kind == "color":
            color = to_rgb(data.view(np.uint8), str(profile.format()).rpartition(".")[2], size)
            return [ColorImage(color=color, timestamp=stamp, sequence=number)]
        if kind == "infrared":
            return [*self._join.add_infrared(number, to_uint16(data, size))]
        depth = to_uint16(data, size)
        image = DepthImage(raw_depth=depth, timestamp=stamp, sequence=number, temperature=temperature)
        return [*self._join.add_depth(number, image)]


def _stamp(frame: Any) -> Timestamp:
    """Of whichever clock the camera's settings say: its own, or its own translated to the system's."""
    return Timestamp(round(frame.get_timestamp() * _NANOSECONDS_PER_MILLISECOND), "device")
