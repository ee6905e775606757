"""The streams of a RealSense device, live or recorded: profiles, calibration, sensors."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from rgbd_devices.drivers.pixel_formats import COLOR_FORMATS
from rgbd_devices.drivers.realsense_calibration import realsense_calibration
from rgbd_devices.profiles import Profiles
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import StreamProfile
from rgbd_seg.errors import DeviceError

_FORMATS = {"color": COLOR_FORMATS, "depth": ("z16",), "infrared": ("y8", "y16")}
_WANTED_SIZES = {"color": (1280, 720), "depth": (848, 480), "infrared": (848, 480)}  # D400's best depth at 30 Hz
_WANTED_RATE = 30


class RealsenseStreams:
    """What one ``rs.device`` offers; sensors are opened and started here."""

    def __init__(self, rs: Any, device: Any) -> None:
        self._rs = rs
        self._offers: list[tuple[StreamProfile, Any, Any]] = []  # ours, theirs, sensor
        for sensor in device.query_sensors():
            for found in sensor.get_stream_profiles():
                offer = self._profile(found)
                if offer is not None:
                    self._offers.append((offer, found, sensor))
        self._offers.sort(key=lambda offer: _preference(offer[0]))
        self._started: list[Any] = []

    @property
    def profiles(self) -> Sequence[StreamProfile]:
        """All, the preferred of each stream first."""
        return [offer for offer, _, _ in self._offers]

    def offers(self, stream: str) -> bool:
        """Whether there is such a stream."""
        return any(offer.stream == stream for offer, _, _ in self._offers)

    @property
    def depth_sensor(self) -> Any:
        """The sensor that measures depth."""
        return next((sensor for offer, _, sensor in self._offers if offer.stream == "depth"), None)

    def calibration(self, profiles: Profiles) -> Calibration:
        """Of the chosen profiles.

        Raises:
            CalibrationError: the camera tells a lens model that cannot be expressed.
            DeviceError: colour or depth is missing.
        """
        color, depth = profiles.color or profiles.depth, profiles.depth or profiles.color
        if color is None or depth is None:
            raise DeviceError("the RealSense camera offers neither colour nor depth; expected at least one")
        return realsense_calibration(
            self._rs,
            self._theirs(color)[0].as_video_stream_profile(),
            self._theirs(depth)[0].as_video_stream_profile(),
            self._metres_per_unit(),
        )

    def start(self, profiles: Profiles, receiver: Any) -> None:
        """Stream the chosen profiles into a ``frame_queue`` or function."""
        by_sensor: dict[int, tuple[Any, list[Any]]] = {}
        for profile in profiles.chosen:
            theirs, sensor = self._theirs(profile)
            by_sensor.setdefault(id(sensor), (sensor, []))[1].append(theirs)
        for sensor, wanted in by_sensor.values():
            sensor.open(wanted)
            self._started.append(sensor)
        for sensor, _ in by_sensor.values():
            sensor.start(receiver)

    def stop(self) -> None:
        """End all streams; a camera that is gone is left alone."""
        for sensor in self._started:
            for end in (sensor.stop, sensor.close):
                with suppress(RuntimeError):  # not started, or gone: nothing is left to end
                    end()
        self._started = []

    def temperature(self) -> float | None:
        """Of the depth sensor's chip, °C; None if the camera does not tell."""
        option, sensor = self._rs.option, self.depth_sensor
        for name in (option.asic_temperature, option.ldd_temperature, option.soc_pvt_temperature):
            try:
                if sensor is not None and sensor.supports(name):
                    return float(sensor.get_option(name))
            except RuntimeError:  # for instance before it streams
                return None
        return None

    @property
    def has_temperature(self) -> bool:
        """Whether the camera tells its temperature."""
        option, sensor = self._rs.option, self.depth_sensor
        names = (option.asic_temperature, option.ldd_temperature, option.soc_pvt_temperature)
        return sensor is not None and any(sensor.supports(name) for name in names)

    def _metres_per_unit(self) -> float:
        sensor = self.depth_sensor
        return float(sensor.as_depth_sensor().get_depth_scale()) if sensor is not None else 0.001

    def _theirs(self, profile: StreamProfile) -> tuple[Any, Any]:
        return next((found, sensor) for offer, found, sensor in self._offers if offer == profile)

    def _profile(self, found: Any) -> StreamProfile | None:
        """Ours for theirs; None for streams and formats that are not used."""
        stream = str(found.stream_type()).rpartition(".")[2]
        pixel_format = str(found.format()).rpartition(".")[2]
        # Of a stereo pair's two infrared pictures the left one (index 1) is the one that depth lies on.
        if pixel_format not in _FORMATS.get(stream, ()) or (stream == "infrared" and found.stream_index() > 1):
            return None
        video = found.as_video_stream_profile()
        return StreamProfile(
            stream=stream, width=video.width(), height=video.height(), rate=float(found.fps()), format=pixel_format
        )


def _preference(profile: StreamProfile) -> tuple[bool, bool, int, int]:
    """Sort key: the wanted size and rate first, then the nearest; cheap formats first."""
    width, height = _WANTED_SIZES[profile.stream]
    difference = abs(profile.width * profile.height - width * height)
    return (
        (profile.width, profile.height) != (width, height),
        profile.rate != _WANTED_RATE,
        difference,
        _FORMATS[profile.stream].index(profile.format),
    )
