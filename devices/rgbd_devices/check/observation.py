"""A device watched at its own seam, before queue and pairing hide anything."""

import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rgbd_devices.driver import Device
from rgbd_devices.images import ColorImage, DamagedDepthError, Grabbed, Image, RecordedPair
from rgbd_devices.profiles import Profiles, choose_profiles
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import DeviceDisconnectedError, FrameError, StreamClosedError

GRAB = 0.2  # seconds
_KEPT = 40  # pictures that are kept to the end to see whether they change: over a second of two streams


@dataclass(kw_only=True)
class StreamSeen:
    """What one stream delivered; times in ns."""

    stamps: list[int] = field(default_factory=list)
    arrivals: list[int] = field(default_factory=list)
    clocks: set[str] = field(default_factory=set)
    sequences: list[int | None] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # of arrays' types and sizes, and why pictures could not be decoded


@dataclass(kw_only=True)
class Observation:
    """Everything that the rules judge afterwards."""

    info: DeviceInfo
    capabilities: Capabilities
    offered: tuple[StreamProfile, ...]
    profiles: Profiles
    calibration: Calibration
    color: StreamSeen = field(default_factory=StreamSeen)
    depth: StreamSeen = field(default_factory=StreamSeen)
    kept: list[tuple[Image, int]] = field(default_factory=list)  # with the checksum of its content on arrival
    images: int = 0
    sentinel: float = 0.0  # greatest share of pixels with the highest value of uint16
    medians: list[float] = field(default_factory=list)  # metres
    filled: list[float] = field(default_factory=list)  # share of measured pixels
    confidence_range: tuple[float, float] = (1.0, 0.0)  # least and greatest; NaN if there was one
    with_confidence: int = 0
    with_infrared: int = 0
    temperatures: list[float] = field(default_factory=list)
    depth_images: int = 0
    longest_grab: float = 0.0  # seconds
    lost: str = ""  # how the observation ended early

    def streams(self) -> list[tuple[str, StreamSeen, StreamProfile]]:
        """Name, what was seen and profile of every stream that runs."""
        pairs = (("color", self.color, self.profiles.color), ("depth", self.depth, self.profiles.depth))
        return [(name, seen, profile) for name, seen, profile in pairs if profile is not None]


def observe(device: Device, seconds: float, *, color: str | None, depth: str | None) -> Observation:
    """Open ``device``, watch it for ``seconds`` and close it."""
    try:
        info = device.open()
        offered = tuple(device.profiles())
        profiles = choose_profiles(offered, color=color, depth=depth)
        calibration = device.start(profiles)
        seen = Observation(
            info=info, capabilities=device.capabilities, offered=offered, profiles=profiles, calibration=calibration
        )
        _watch(device, seen, seconds)
        device.stop()
    finally:
        device.close()
    return seen


def checksum(image: Image) -> int:
    """Of the picture's content."""
    array: NDArray[Any] = image.color if isinstance(image, ColorImage) else image.raw_depth
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


def _watch(device: Device, seen: Observation, seconds: float) -> None:
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            start = time.monotonic()
            grabbed = _grab(device, seen)
            arrival = time.monotonic_ns()
            seen.longest_grab = max(seen.longest_grab, time.monotonic() - start)
            for came in grabbed:
                for image in came.images if isinstance(came, RecordedPair) else (came,):
                    _note(image, arrival, seen)
    except StreamClosedError:
        pass  # a recording may be shorter than the observation
    except DeviceDisconnectedError as error:
        seen.lost = str(error)


def _grab(device: Device, seen: Observation) -> Sequence[Grabbed]:
    try:
        return device.grab(GRAB)
    except FrameError as error:
        if not seen.capabilities.live:
            raise
        (seen.depth if isinstance(error, DamagedDepthError) else seen.color).faults.append(str(error))
        return ()


def _note(image: Image, arrival: int, seen: Observation) -> None:
    from rgbd_devices.image_check import image_fault

    stream = seen.color if isinstance(image, ColorImage) else seen.depth
    stream.stamps.append(image.timestamp.nanoseconds)
    stream.arrivals.append(arrival)
    stream.clocks.add(image.timestamp.clock)
    stream.sequences.append(image.sequence)
    fault = image_fault(image, seen.calibration)
    if fault is not None:
        stream.faults.append(fault)
        return
    if len(seen.kept) < _KEPT:
        seen.kept.append((image, checksum(image)))
    seen.images += 1
    if not isinstance(image, ColorImage):
        _measure(image, seen)


def _measure(image: Image, seen: Observation) -> None:
    if isinstance(image, ColorImage):
        return
    seen.depth_images += 1
    measured = image.raw_depth[image.raw_depth > 0]
    seen.filled.append(measured.size / image.raw_depth.size)
    if measured.size:
        seen.medians.append(float(np.median(measured)) * seen.calibration.metres_per_unit)
        highest = float(np.count_nonzero(measured == np.iinfo(np.uint16).max)) / image.raw_depth.size
        seen.sentinel = max(seen.sentinel, highest)
    if image.confidence is not None:
        seen.with_confidence += 1
        low, high = seen.confidence_range
        least, most = float(image.confidence.min()), float(image.confidence.max())  # NaN if one is
        seen.confidence_range = (least if not least >= low else low, most if not most <= high else high)
    seen.with_infrared += image.infrared is not None
    if image.temperature is not None:
        seen.temperatures.append(image.temperature)
