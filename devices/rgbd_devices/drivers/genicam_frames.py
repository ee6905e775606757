"""Buffers of a GenICam 3D camera as images of their own memory."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rgbd_devices.drivers.genicam_nodes import GenicamNodes
from rgbd_devices.drivers.pixel_formats import to_uint16
from rgbd_devices.drivers.thermometer import Thermometer
from rgbd_devices.images import DepthImage, Image
from rgbd_seg.arrays import Float32, UInt16
from rgbd_seg.frames import Timestamp


class GenicamFrames:
    """Reads depth, brightness and confidence of one exposure from the parts of a buffer."""

    def __init__(self, nodes: GenicamNodes) -> None:
        self._nodes = nodes
        self._invalid, self._offset = nodes.invalid_value(), nodes.offset_units()
        self._thermometer = Thermometer(self._temperature)

    def images(self, buffer: Any) -> Sequence[Image]:
        """One depth image; nothing if the buffer lacks depth."""
        parts = {str(component.data_format): component for component in buffer.payload.components}
        depth = next((part for name, part in parts.items() if name.startswith("Coord3D")), None)
        if depth is None:
            return ()
        brightness = next((part for name, part in parts.items() if name.startswith("Mono")), None)
        confidence = next((part for name, part in parts.items() if name.startswith("Confidence")), None)
        return (
            DepthImage(
                raw_depth=self._depth(_values(depth)),
                infrared=None if brightness is None else _values(brightness),
                confidence=None if confidence is None else _unit(confidence),
                timestamp=Timestamp(int(buffer.timestamp_ns), "device"),
                temperature=self._thermometer.celsius(),
            ),
        )

    def _depth(self, stored: UInt16) -> UInt16:
        if self._invalid == 0 and self._offset == 0:
            return stored
        units = stored.astype(np.int32) + self._offset
        usable = (stored != self._invalid) & (units > 0) & (units <= np.iinfo(np.uint16).max)
        return np.where(usable, units, 0).astype(np.uint16)

    def _temperature(self) -> float | None:
        return self._nodes.number("DeviceTemperature") if self._nodes.has("DeviceTemperature") else None


def _values(part: Any) -> UInt16:
    return to_uint16(np.asarray(part.data), (int(part.height), int(part.width)))


def _unit(part: Any) -> Float32:
    full = 255 if str(part.data_format).endswith("8") else 65535
    return (_values(part) / np.float32(full)).astype(np.float32)
