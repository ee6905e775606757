"""A device that does what a test tells it, picture by picture."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from rgbd_devices import ColorImage, DepthImage, Device, Profiles
from rgbd_devices.images import Image
from rgbd_seg import Calibration, Intrinsics, RigidTransform, Timestamp
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile

RATE = 60.0
CAMERA = Intrinsics.from_field_of_view(8, 6, 60)
CALIBRATION = Calibration(
    color=CAMERA,
    depth=CAMERA,
    T_color_depth=RigidTransform(rotation=np.eye(3), translation=np.array([0.02, 0, 0])),
    metres_per_unit=0.001,
)


def pair(number: int, *, size: tuple[int, int] = (6, 8)) -> tuple[Image, Image]:
    stamp = Timestamp(round(number / RATE * 1e9), "device")
    return (
        ColorImage(color=np.full((*size, 3), number % 256, np.uint8), timestamp=stamp, sequence=number),
        DepthImage(raw_depth=np.full(size, 1000 + number % 100, np.uint16), timestamp=stamp, sequence=number),
    )


class ScriptedDevice(Device):
    """Delivers pairs at `RATE`; ``on_grab`` and ``on_open`` may raise, sleep, or change what is delivered."""

    def __init__(
        self,
        on_grab: Callable[[int], Sequence[Image] | None] | None = None,
        on_open: Callable[[int], None] | None = None,
        *,
        live: bool = True,
    ) -> None:
        self.opens = self.closes = self.grabs = 0
        self._on_grab, self._on_open = on_grab, on_open
        self._live = live

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(live=self._live)

    def open(self) -> DeviceInfo:
        self.opens += 1
        if self._on_open is not None:
            self._on_open(self.opens)
        return DeviceInfo(driver="scripted", serial="S1", name="Scripted")

    def profiles(self) -> Sequence[StreamProfile]:
        return [StreamProfile(stream=stream, width=8, height=6, rate=RATE) for stream in ("color", "depth")]

    def start(self, profiles: Profiles) -> Calibration:
        return CALIBRATION

    def grab(self, timeout: float) -> Sequence[Image]:
        self.grabs += 1
        number = self.grabs - 1
        if self._on_grab is not None:
            images = self._on_grab(number)
            if images is not None:
                return images
        time.sleep(1 / RATE if self.capabilities.live else 0)
        return pair(number)

    def close(self) -> None:
        self.closes += 1
