"""What a driver hands over: one picture of one stream, stamped by the device."""

from dataclasses import dataclass
from typing import TypeAlias

from rgbd_seg.arrays import Float32, UInt8, UInt16
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import Timestamp


@dataclass(frozen=True, kw_only=True, eq=False)
class ColorImage:
    """A colour picture. Its array is the receiver's own: never a view into a buffer that the device fills again."""

    color: UInt8  # (H, W, 3) RGB, sRGB
    timestamp: Timestamp  # middle of the exposure if the device tells, else when it says the picture was taken
    sequence: int | None = None  # as the device counts
    arrival: Timestamp | None = None  # ``host`` clock; None: when `Device.grab` returned


@dataclass(frozen=True, kw_only=True, eq=False)
class DepthImage:
    """A depth picture. Its arrays are the receiver's own: never views into a buffer that the device fills again."""

    raw_depth: UInt16  # (h, w) z-depth in sensor units, 0 = not measured; a driver converts ray length
    timestamp: Timestamp  # as in `ColorImage`
    sequence: int | None = None
    confidence: Float32 | None = None  # (h, w) in [0, 1]
    infrared: UInt16 | None = None  # (h, w)
    temperature: float | None = None  # of the sensor, °C
    arrival: Timestamp | None = None


Image: TypeAlias = ColorImage | DepthImage


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordedPair:
    """Colour and depth that a recording holds as one frame set.

    They were paired when they were recorded, perhaps by clocks or limits that nobody knows any more: they are not
    paired again by time.
    """

    color: ColorImage
    depth: DepthImage
    session: int = 0  # as `FrameSet.session` when it was recorded; clocks and sequences start anew with each one

    @property
    def images(self) -> tuple[ColorImage, DepthImage]:
        """Both pictures."""
        return self.color, self.depth


Grabbed: TypeAlias = Image | RecordedPair  # what `Device.grab` hands over


class DamagedDepthError(FrameError):
    """A depth or infrared picture came that cannot be decoded; any other `FrameError` of a camera is of colour."""
