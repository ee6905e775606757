"""Orbbec cameras – Gemini, Astra, Femto – through ``pyorbbecsdk2``."""

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from rgbd_devices.backend import load_backend
from rgbd_devices.driver import Device, Driver
from rgbd_devices.drivers.orbbec_calibration import orbbec_calibration
from rgbd_devices.drivers.orbbec_frames import OrbbecFrames
from rgbd_devices.drivers.orbbec_profiles import offered_profiles
from rgbd_devices.drivers.sdk_errors import told
from rgbd_devices.images import Image
from rgbd_devices.profiles import Profiles
from rgbd_devices.udev_rules import udev_rules
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import DeviceError, DeviceNotFoundError, DeviceTimeoutError, FrameError, StreamClosedError

_FIRST_FRAME_MILLISECONDS = 500
_FIRST_DEPTH_SECONDS = 5.0
_MOST_WAITING = 4  # pictures from before the first depth; older ones can have no partner

LoadSdk = Callable[[], Any]


class OrbbecDevice(Device):
    """One camera, streaming through the SDK's pipeline without its frame matching: pairing is not its business."""

    def __init__(self, serial: str, load: LoadSdk) -> None:
        """The camera with this serial number, else the first; ``load`` returns the SDK's module."""
        self._serial = serial
        self._load = load
        self._device: Any = None
        self._pipeline: Any = None
        self._waiting: list[Image] = []
        self._runs_infrared: bool | None = None  # once it streams
        self._has_temperature = False

    def open(self) -> DeviceInfo:
        """Find the camera and ask what it has.

        Raises:
            BackendMissingError: ``pyorbbecsdk2`` is not installed.
            DeviceNotFoundError: it is not plugged in.
            DeviceError: it is busy or not permitted.
        """
        self.close()
        sdk = self._load()
        try:
            self._context = quiet_context(sdk)
            found = self._context.query_devices()
            serials = [str(found.get_device_serial_number_by_index(index)) for index in range(found.get_count())]
            if self._serial not in serials and (self._serial or not serials):
                raise DeviceNotFoundError(
                    f"no Orbbec camera {self._serial or 'at all'}; plugged in: {', '.join(serials) or 'none'}. Check "
                    f"the cable and, on Linux, that {udev_rules()} is installed as its first lines say"
                )
            self._serial = self._serial or serials[0]
            self._device = found.get_device_by_serial_number(self._serial)
            self._pipeline = sdk.Pipeline(self._device)
            self._offers = offered_profiles(sdk, self._pipeline, self._device)
            told_info = self._device.get_device_info()
        except (sdk.OBError, RuntimeError) as error:
            if isinstance(error, DeviceError):
                raise
            raise told(error, f"cannot open Orbbec {self._serial}".rstrip()) from error
        return DeviceInfo(
            driver="orbbec",
            serial=self._serial,
            name=str(told_info.get_name()),
            firmware=str(told_info.get_firmware_version()),
            connection=str(told_info.get_connection_type()),
        )

    @property
    def capabilities(self) -> Capabilities:
        """Of this model; once it streams, of what runs."""
        streams = {offer.stream for offer, _ in self._offers}
        infrared = "infrared" in streams if self._runs_infrared is None else self._runs_infrared
        return Capabilities(
            color="color" in streams, depth="depth" in streams, infrared=infrared, temperature=self._has_temperature
        )

    def profiles(self) -> Sequence[StreamProfile]:
        """All that can be decoded."""
        return [offer for offer, _ in self._offers]

    def start(self, profiles: Profiles) -> Calibration:
        """Stream, and take the first depth picture: only with it the SDK tells the unit of depth.

        Raises:
            CalibrationError: the camera tells a lens model that cannot be expressed.
            DeviceError: it refuses, or no depth comes.
        """
        sdk = self._load()
        if self._pipeline is None:
            raise StreamClosedError(f"Orbbec {self._serial} is closed; open it first")
        chosen = {profile.stream: self._theirs(profile) for profile in profiles.chosen}
        try:
            config = sdk.Config()
            for theirs in chosen.values():
                config.enable_stream(theirs)
            config.set_frame_aggregate_output_mode(sdk.OBFrameAggregateOutputMode.ANY_SITUATION)
            self._runs_infrared = profiles.infrared is not None
            self._frames = OrbbecFrames(sdk, self._device, infrared=self._runs_infrared)
            self._has_temperature = self._frames.has_temperature
            self._pipeline.start(config)
            scale = self._first_scale() if "depth" in chosen else 1.0
            return orbbec_calibration(chosen.get("color"), chosen.get("depth"), scale)
        except (sdk.OBError, RuntimeError) as error:
            if isinstance(error, DeviceError):
                raise
            raise told(error, f"Orbbec {self._serial} does not stream") from error

    def grab(self, timeout: float) -> Sequence[Image]:
        """What came together.

        Raises:
            DeviceDisconnectedError: it was unplugged.
        """
        if self._waiting:
            images, self._waiting = self._waiting, []
            return images
        sdk = self._load()
        try:
            frames = self._pipeline.wait_for_frames(max(1, round(timeout * 1e3)))
            return [] if frames is None else self._frames.images(frames)
        except (sdk.OBError, RuntimeError) as error:
            raise told(error, f"Orbbec {self._serial} stopped") from error

    def stop(self) -> None:
        """End the streams."""
        self._waiting, self._runs_infrared = [], None
        if self._pipeline is not None:
            try:
                self._pipeline.stop()
            except (self._load().OBError, RuntimeError):
                return  # not started, or gone

    def close(self) -> None:
        """Let go of the camera."""
        self.stop()
        self._pipeline, self._device, self._context = None, None, None

    def _first_scale(self) -> float:
        # By the clock, not by frames: while depth starts up, any number of them may be colour alone.
        end = time.monotonic() + _FIRST_DEPTH_SECONDS
        while time.monotonic() < end:
            frames = self._pipeline.wait_for_frames(_FIRST_FRAME_MILLISECONDS)
            if frames is None:
                continue
            with suppress(FrameError):  # a camera's first JPEG is often cut off; the unit of depth is told all the same
                self._waiting = [*self._waiting, *self._frames.images(frames)][-_MOST_WAITING:]
            depth = frames.get_depth_frame()
            if depth is not None:
                return float(depth.get_depth_scale())
        raise DeviceTimeoutError(
            f"Orbbec {self._serial} sent no depth within {_FIRST_DEPTH_SECONDS:g} s; choose a slower profile, or plug "
            "it in again"
        )

    def _theirs(self, profile: StreamProfile) -> Any:
        return next(theirs for offer, theirs in self._offers if offer == profile)


class OrbbecDriver(Driver):
    """Address: a serial number, or nothing for the first camera."""

    name = "orbbec"

    def __init__(self, load: LoadSdk | None = None) -> None:
        """``load`` returns the SDK's module; None: the installed one."""
        self._load = load or _load

    def list(self) -> Sequence[DeviceInfo]:
        """The cameras that are plugged in."""
        sdk = self._load()
        try:
            found = quiet_context(sdk).query_devices()
            return [
                DeviceInfo(
                    driver=self.name,
                    serial=str(found.get_device_serial_number_by_index(index)),
                    name=str(found.get_device_name_by_index(index)),
                    connection=str(found.get_device_connection_type_by_index(index)),
                )
                for index in range(found.get_count())
            ]
        except (sdk.OBError, RuntimeError) as error:
            raise told(error, "cannot list Orbbec cameras") from error

    def device(self, address: str) -> Device:
        """The camera with this serial number."""
        return OrbbecDevice(address.strip(), self._load)


def quiet_context(sdk: Any) -> Any:
    """``Context`` of an SDK that does not write a folder ``Log`` wherever the program runs."""
    sdk.Context.set_logger_to_file(sdk.OBLogLevel.NONE, tempfile.gettempdir())
    sdk.Context.set_logger_to_console(sdk.OBLogLevel.ERROR)
    return sdk.Context()


def _load() -> Any:
    # Its stated dependencies (NumPy 1, an old PyAV, the other OpenCV) contradict this package's; it needs none of them.
    install = "pip install --no-deps pyorbbecsdk2"
    return load_backend("pyorbbecsdk", package="pyorbbecsdk2", extra="orbbec", install=install)


driver = OrbbecDriver()
