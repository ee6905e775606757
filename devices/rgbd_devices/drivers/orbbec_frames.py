"""Orbbec frames as images of their own memory."""

from typing import Any

import numpy as np

from rgbd_devices.drivers.depth_join import DepthJoin
from rgbd_devices.drivers.orbbec_profiles import decoded_as
from rgbd_devices.drivers.pixel_formats import to_rgb, to_uint16
from rgbd_devices.drivers.thermometer import Thermometer
from rgbd_devices.images import ColorImage, DepthImage, Image
from rgbd_seg.frames import Timestamp

_NANOSECONDS_PER_MICROSECOND = 1000


class OrbbecFrames:
    """Turns what the SDK hands over into images, at once."""

    def __init__(self, sdk: Any, device: Any, *, infrared: bool) -> None:
        self._sdk, self._device = sdk, device
        self._join = DepthJoin(infrared=infrared)
        self._thermometer = Thermometer(self._temperature)

    @property
    def has_temperature(self) -> bool:
        """Whether the model tells its temperature."""
        return self._thermometer.celsius() is not None

    def images(self, frames: Any) -> list[Image]:
        """What is complete with this frame set of the SDK, which may hold any of its streams."""
        images: list[Image] = []
        color, infrared, depth = frames.get_color_frame(), frames.get_ir_frame(), frames.get_depth_frame()
        if color is not None:
            pixel_format = decoded_as("color", color.get_format())
            picture = to_rgb(np.asarray(color.get_data()), pixel_format, _size(color))
            images.append(ColorImage(color=picture, timestamp=_stamp(color), sequence=int(color.get_index())))
        if infrared is not None:
            values = to_uint16(np.asarray(infrared.get_data()), _size(infrared))
            images += self._join.add_infrared(_stamp(infrared).nanoseconds, values)
        if depth is not None:
            image = DepthImage(
                raw_depth=to_uint16(np.asarray(depth.get_data()), _size(depth)),
                timestamp=_stamp(depth),
                sequence=int(depth.get_index()),
                temperature=self._thermometer.celsius(),
            )
            images += self._join.add_depth(image.timestamp.nanoseconds, image)
        return images

    def _temperature(self) -> float | None:
        try:
            told = self._device.get_temperature()
        except (self._sdk.OBError, RuntimeError):  # models without a sensor
            return None
        return float(told.ir_temperature) or float(told.chip_top_temperature) or None


def _size(frame: Any) -> tuple[int, int]:
    return int(frame.get_height()), int(frame.get_width())


def _stamp(frame: Any) -> Timestamp:
    return Timestamp(int(frame.get_timestamp_us()) * _NANOSECONDS_PER_MICROSECOND, "device")
