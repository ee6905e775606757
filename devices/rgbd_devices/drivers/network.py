"""A colour camera whose depth a network estimates: the hook for any `DepthEstimator`."""

import importlib.metadata
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np

from rgbd_devices.address import Address
from rgbd_devices.driver import Device, Driver
from rgbd_devices.images import DepthImage, Grabbed, RecordedPair
from rgbd_devices.profiles import Profiles
from rgbd_seg.arrays import Float32, UInt8, UInt16, describe
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import BackendMissingError, ConfigError, DeviceError
from rgbd_seg.transform import RigidTransform

ESTIMATORS = "rgbd_seg.depth_estimators"
_METRES_PER_UNIT = 0.0005  # up to 32 m; far finer than any network knows
_OPTIONS = {"network": "", "camera": "v4l2"}


@runtime_checkable
class DepthEstimator(Protocol):
    """Estimates depth from colour; named by an entry point of the group ``rgbd_seg.depth_estimators``."""

    @property
    def name(self) -> str:
        """How the user names it."""
        ...

    @property
    def gives_confidence(self) -> bool:
        """Whether `estimate` says how sure it is."""
        ...

    def depth_size(self, color_size: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of the depth for colour of this (height, width)."""
        ...

    def estimate(self, color: UInt8, intrinsics: Intrinsics) -> tuple[Float32, Float32 | None]:
        """Depth of one picture.

        Args:
            color: (H, W, 3) RGB.
            intrinsics: of ``color``.
        Returns:
            (h, w) z-depth in metres, NaN = no opinion, over the same field of view edge to edge, of `depth_size`;
            (h, w) confidence in [0, 1] or None.
        """
        ...


class NetworkDevice(Device):
    """Another device's colour, and depth estimated from it, of the same moment."""

    def __init__(self, camera: Device, estimator: DepthEstimator) -> None:
        """Opens nothing yet."""
        self._camera = camera
        self.limits_opening = camera.limits_opening
        self._estimator = estimator

    def open(self) -> DeviceInfo:
        """Open the colour camera.

        Raises:
            DeviceError: as the colour camera does.
        """
        info = self._camera.open()
        return replace(info, driver="network", name=f"{info.name} with {self._estimator.name}")

    @property
    def capabilities(self) -> Capabilities:
        """Colour as the camera's; depth always."""
        return Capabilities(
            color=True,
            confidence=self._estimator.gives_confidence,
            live=self._camera.capabilities.live,
            temperature=False,
        )

    def profiles(self) -> Sequence[StreamProfile]:
        """Colour's, and depth of the size that the network makes of each."""
        colors = [profile for profile in self._camera.profiles() if profile.stream == "color"]
        return list(dict.fromkeys([*colors, *map(self._depth_profile, colors)]))

    def start(self, profiles: Profiles) -> Calibration:
        """Start the colour camera; the profile of depth follows from that of colour.

        Raises:
            ConfigError: the camera has no colour, or the network does not make such depth of it.
        """
        if profiles.color is None:
            raise ConfigError("a depth network needs a camera with colour; this one has none")
        self._intrinsics = self._camera.start(Profiles(color=profiles.color)).color
        height, width = self._depth_size = self._estimator.depth_size(self._intrinsics.size)
        if profiles.depth is not None and profiles.depth.size != self._depth_size:
            raise ConfigError(
                f"{self._estimator.name} makes depth of {width}x{height} of this colour, not {profiles.depth}; choose "
                "colour and depth that go together"
            )
        return Calibration(
            color=self._intrinsics,
            depth=self._intrinsics.resized(width, height),
            T_color_depth=RigidTransform.identity(),
            metres_per_unit=_METRES_PER_UNIT,
        )

    def grab(self, timeout: float) -> Sequence[Grabbed]:
        """The next picture and its depth; of several that came, the newest alone is worth the network's time.

        Raises:
            DeviceDisconnectedError: the camera went away.
            DeviceError: the network breaks its contract.
        """
        came = [grabbed for grabbed in self._camera.grab(timeout) if not isinstance(grabbed, DepthImage)]
        if not came:
            return ()
        newest = came[-1]
        color = newest.color if isinstance(newest, RecordedPair) else newest
        raw, confidence = self._estimated(color.color)
        depth = DepthImage(
            raw_depth=raw,
            confidence=confidence,
            timestamp=color.timestamp,
            sequence=color.sequence,
            arrival=color.arrival,
        )
        return (replace(newest, depth=depth),) if isinstance(newest, RecordedPair) else (color, depth)

    def stop(self) -> None:
        """Stop the colour camera."""
        self._camera.stop()

    def close(self) -> None:
        """Close the colour camera."""
        self._camera.close()

    def _depth_profile(self, color: StreamProfile) -> StreamProfile:
        height, width = self._estimator.depth_size(color.size)
        return replace(color, stream="depth", width=width, height=height, format="")

    def _estimated(self, color: UInt8) -> tuple[UInt16, Float32 | None]:
        metres, confidence = self._estimator.estimate(color, self._intrinsics)
        if metres.dtype != np.float32 or metres.shape != self._depth_size:
            raise DeviceError(
                f"{self._estimator.name} gives depth as {describe(metres)}; expected float32 of {self._depth_size}"
            )
        if confidence is not None and (confidence.dtype != np.float32 or confidence.shape != metres.shape):
            raise DeviceError(
                f"{self._estimator.name} gives confidence as {describe(confidence)}; expected float32 of {metres.shape}"
            )
        with np.errstate(invalid="ignore"):
            units = np.rint(metres / _METRES_PER_UNIT)
            usable = (units >= 1) & (units <= np.iinfo(np.uint16).max)
        return np.where(usable, units, 0).astype(np.uint16), confidence


class NetworkDriver(Driver):
    """Address: ``[camera's address]?network=NAME[&camera=v4l2]``."""

    name = "network"

    def list(self) -> Sequence[DeviceInfo]:
        """None: any colour camera will do."""
        return []

    def device(self, address: str) -> Device:
        """The camera with the network.

        Raises:
            BackendMissingError: no such network is installed.
            ConfigError: no network is named, or the camera's driver is unknown.
        """
        parsed = Address.parse(address, _OPTIONS)
        estimator = find_estimator(parsed.options["network"])
        cameras = importlib.metadata.entry_points(group="rgbd_seg.cameras", name=parsed.options["camera"])
        for entry in cameras:
            found = entry.load()
            if isinstance(found, Driver):
                return NetworkDevice(found.device(parsed.place), estimator)
        raise ConfigError(f"camera is {parsed.options['camera']!r}; expected a driver's name, such as v4l2")


def find_estimator(name: str) -> DepthEstimator:
    """The installed depth network of this name.

    Raises:
        BackendMissingError: it is not installed.
        ConfigError: the name is empty.
    """
    there = {entry.name: entry for entry in importlib.metadata.entry_points(group=ESTIMATORS)}
    if not name:
        raise ConfigError(f"no network is named; installed: {', '.join(there) or 'none'}, as in network:0?network=NAME")
    if name not in there:
        raise BackendMissingError(f"no depth network {name!r} is installed; installed: {', '.join(there) or 'none'}")
    estimator: DepthEstimator = there[name].load()
    return estimator


driver = NetworkDriver()
