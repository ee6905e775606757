"""iPhone and iPad (TrueDepth or LiDAR) live over USB through the Record3D app and the package ``record3d``."""

import queue
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from rgbd_devices.backend import load_backend
from rgbd_devices.driver import Device, Driver
from rgbd_devices.drivers.iphone_depth import confidence_levels, depth_units, registered_calibration
from rgbd_devices.drivers.sdk_errors import told
from rgbd_devices.images import ColorImage, DepthImage, Image
from rgbd_devices.profiles import Profiles
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import DeviceDisconnectedError, DeviceError, DeviceNotFoundError, DeviceTimeoutError
from rgbd_seg.frames import Timestamp

_FIRST_FRAME_SECONDS = 5.0
_QUEUE = 64  # two seconds; `grab` comes at once
_RATE = 30.0  # the app streams at up to this; the SDK does not tell

LoadSdk = Callable[[], Any]
_Pair = tuple[ColorImage, DepthImage]


class Record3dDevice(Device):
    """One phone. The app decides sizes and rate; they are known with the first frame, which `open` waits for."""

    def __init__(self, udid: str, load: LoadSdk) -> None:
        """The phone with this UDID, else the first; ``load`` returns the SDK's module."""
        self._udid = udid
        self._load = load
        self._stream: Any = None
        self._first: _Pair | None = None

    def open(self) -> DeviceInfo:
        """Connect and wait for the first frame.

        Raises:
            BackendMissingError: ``record3d`` is not installed.
            DeviceNotFoundError: the phone is not plugged in.
            DeviceTimeoutError: the app does not stream.
        """
        self.close()
        sdk = self._load()
        self._frames: queue.Queue[_Pair] = queue.Queue(_QUEUE)
        self._is_over = False
        try:
            there = sdk.Record3DStream.get_connected_devices()
            chosen = next((phone for phone in there if self._udid in ("", str(phone.udid))), None)
            if chosen is None:
                names = ", ".join(str(phone.udid) for phone in there) or "none"
                raise DeviceNotFoundError(
                    f"no iPhone {self._udid or 'at all'} over USB; plugged in: {names}. Unlock it, trust this "
                    "computer, and on Linux have usbmuxd running"
                )
            self._udid = str(chosen.udid)
            self._stream = sdk.Record3DStream()
            self._stream.on_new_frame = self._receive
            self._stream.on_stream_stopped = self._end
            if not self._stream.connect(chosen):
                raise DeviceError(
                    f"iPhone {self._udid} refuses; open Record3D, USB streaming, and press its red button"
                )
            self._first = self._frames.get(timeout=_FIRST_FRAME_SECONDS)
        except queue.Empty as error:
            raise DeviceTimeoutError(
                f"iPhone {self._udid} sends nothing; in Record3D turn on USB streaming and press the red button"
            ) from error
        except RuntimeError as error:
            if isinstance(error, DeviceError):
                raise
            raise told(error, f"cannot open iPhone {self._udid}".rstrip()) from error
        return DeviceInfo(driver="record3d", serial=self._udid, name=f"iPhone {self._kind()}", connection="USB")

    @property
    def capabilities(self) -> Capabilities:
        """LiDAR has confidence."""
        return Capabilities(confidence=self._first is not None and self._first[1].confidence is not None)

    def profiles(self) -> Sequence[StreamProfile]:
        """The one that runs."""
        color, depth = self._sizes()
        return [
            StreamProfile(stream=stream, width=width, height=height, rate=_RATE)
            for stream, (height, width) in (("color", color), ("depth", depth))
        ]

    def start(self, profiles: Profiles) -> Calibration:
        """It streams since `open`."""
        color, depth = self._sizes()
        found = self._stream.get_intrinsic_mat()
        intrinsics = Intrinsics(width=color[1], height=color[0], fx=found.fx, fy=found.fy, cx=found.tx, cy=found.ty)
        return registered_calibration(intrinsics, depth)

    def grab(self, timeout: float) -> Sequence[Image]:
        """The next colour and depth, which the phone takes together.

        Raises:
            DeviceDisconnectedError: the app or the cable ended the stream.
        """
        try:
            return self._frames.get(timeout=timeout)
        except queue.Empty:
            if self._is_over:
                raise DeviceDisconnectedError(
                    f"iPhone {self._udid} ended the stream; check the cable and that Record3D is in front"
                ) from None
            return ()

    def close(self) -> None:
        """End the connection."""
        stream, self._stream, self._first = self._stream, None, None
        if stream is not None:
            stream.disconnect()

    def _receive(self) -> None:
        """In the SDK's thread; what it returns is overwritten by the next frame."""
        stream = self._stream
        if stream is None:
            return
        now = Timestamp(time.monotonic_ns(), "host")  # the SDK tells no time of its own
        confidence = np.asarray(stream.get_confidence_frame())
        depth = depth_units(np.asarray(stream.get_depth_frame(), dtype=np.float32))
        levels = confidence_levels(confidence) if confidence.shape == depth.shape else None
        picture = np.array(stream.get_rgb_frame(), dtype=np.uint8)
        images = (
            ColorImage(color=picture, timestamp=now, arrival=now),
            DepthImage(raw_depth=depth, confidence=levels, timestamp=now, arrival=now),
        )
        if self._frames.full():
            with suppress(queue.Empty):  # the reader was quicker
                self._frames.get_nowait()  # the oldest
        self._frames.put_nowait(images)

    def _end(self) -> None:
        self._is_over = True

    def _sizes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        if self._first is None:
            raise DeviceError(f"iPhone {self._udid} is closed; open it first")
        color, depth = self._first
        return (color.color.shape[0], color.color.shape[1]), depth.raw_depth.shape

    def _kind(self) -> str:
        return "LiDAR" if self._stream.get_device_type() == 1 else "TrueDepth"


class Record3dDriver(Driver):
    """Address: the phone's UDID, or nothing for the first one."""

    name = "record3d"

    def __init__(self, load: LoadSdk | None = None) -> None:
        """``load`` returns the SDK's module; None: the installed one."""
        self._load = load or _load

    def list(self) -> Sequence[DeviceInfo]:
        """The phones that are plugged in."""
        sdk = self._load()
        try:
            there = sdk.Record3DStream.get_connected_devices()
        except RuntimeError as error:
            raise told(error, "cannot list iPhones") from error
        return [
            DeviceInfo(driver=self.name, serial=str(phone.udid), name="iPhone", connection="USB") for phone in there
        ]

    def device(self, address: str) -> Device:
        """The phone with this UDID."""
        return Record3dDevice(address.strip(), self._load)


def _load() -> Any:
    return load_backend("record3d", package="record3d", extra="record3d")


driver = Record3dDriver()
