"""Luxonis OAK-D through ``depthai`` 3: colour undistorted, depth put onto it by the device."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from rgbd_devices.backend import load_backend
from rgbd_devices.driver import Device, Driver
from rgbd_devices.drivers.depthai_frames import color_image, depth_image
from rgbd_devices.drivers.sdk_errors import told
from rgbd_devices.drivers.thermometer import Thermometer
from rgbd_devices.images import Image
from rgbd_devices.profiles import Profiles
from rgbd_devices.udev_rules import udev_rules
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import DeviceDisconnectedError, DeviceError, DeviceNotFoundError, StreamClosedError
from rgbd_seg.transform import RigidTransform

_MILLIMETRE = 0.001
_QUEUE = 8
_POLL_SECONDS = 0.002
_COLOR_SIZES = ((1280, 720), (1920, 1080), (640, 360))  # 16:9, as the depth
_DEPTH_SIZES = ((640, 360), (1280, 720))
_RATES = (30.0, 15.0)

LoadSdk = Callable[[], Any]


class DepthaiDevice(Device):
    """One OAK-D. Depth lies on the colour camera's pixels, both free of distortion."""

    def __init__(self, device_id: str, load: LoadSdk) -> None:
        """The device with this id, else the first; ``load`` returns the SDK's module."""
        self._id = device_id
        self._load = load
        self._device: Any = None
        self._pipeline: Any = None
        self._queues: tuple[Any, Any] | None = None

    def open(self) -> DeviceInfo:
        """Boot the device.

        Raises:
            BackendMissingError: ``depthai`` is not installed.
            DeviceNotFoundError: it is not plugged in.
            DeviceError: it is busy or not permitted.
        """
        self.close()
        dai = self._load()
        try:
            there = dai.Device.getAllAvailableDevices()
            chosen = next((info for info in there if self._id in ("", str(info.getDeviceId()))), None)
            if chosen is None:
                ids = ", ".join(str(info.getDeviceId()) for info in there) or "none"
                raise DeviceNotFoundError(
                    f"no OAK camera {self._id or 'at all'}; plugged in: {ids}. Check the cable and, on Linux, that "
                    f"{udev_rules()} is installed as its first lines say"
                )
            self._id = str(chosen.getDeviceId())
            self._device = dai.Device(chosen)
            name = str(self._device.getDeviceName() or "OAK")
        except RuntimeError as error:
            if isinstance(error, DeviceError):
                raise
            raise told(error, f"cannot open OAK {self._id}".rstrip()) from error
        return DeviceInfo(
            driver="depthai", serial=self._id, name=name, connection=str(chosen.protocol).rpartition(".")[2]
        )

    @property
    def capabilities(self) -> Capabilities:
        """Colour and depth."""
        return Capabilities(temperature=True)

    def profiles(self) -> Sequence[StreamProfile]:
        """What the device scales to."""
        return [
            StreamProfile(stream=stream, width=width, height=height, rate=rate, format=pixel_format)
            for stream, sizes, pixel_format in (("color", _COLOR_SIZES, "nv12"), ("depth", _DEPTH_SIZES, "z16"))
            for rate in _RATES
            for width, height in sizes
        ]

    def start(self, profiles: Profiles) -> Calibration:
        """Build the pipeline and run it.

        Raises:
            DeviceError: the device refuses, or carries no calibration.
        """
        color, depth = profiles.color, profiles.depth
        if self._device is None or color is None or depth is None:
            raise StreamClosedError(f"OAK {self._id} is closed; open it first")
        try:
            calibration = self._calibration(color, depth)
            self._pipeline, *queues = self._built(color, depth)
            self._queues = queues[0], queues[1]
            self._thermometer = Thermometer(self._temperature)
            self._pipeline.start()
        except RuntimeError as error:
            raise told(error, f"OAK {self._id} does not stream {color} + {depth}") from error
        return calibration

    def grab(self, timeout: float) -> Sequence[Image]:
        """All that came.

        Raises:
            DeviceDisconnectedError: it was unplugged.
        """
        if self._queues is None:
            raise StreamClosedError(f"OAK {self._id} does not stream; start it first")
        end = time.monotonic() + timeout
        try:
            while True:
                colors, depths = (queue.tryGetAll() for queue in self._queues)
                if colors or depths:
                    temperature = self._thermometer.celsius()
                    return [*map(color_image, colors), *(depth_image(message, temperature) for message in depths)]
                if self._device.isClosed() or not self._pipeline.isRunning():
                    raise DeviceDisconnectedError(f"OAK {self._id} went away; check cable and power")
                if time.monotonic() >= end:
                    return ()
                time.sleep(_POLL_SECONDS)  # two queues cannot be waited for together
        except RuntimeError as error:
            if isinstance(error, DeviceError):
                raise
            raise told(error, f"OAK {self._id} stopped") from error

    def stop(self) -> None:
        """End the pipeline; depthai needs the device booted anew afterwards, so that this closes it too."""
        self.close()

    def close(self) -> None:
        """Let go of the device."""
        pipeline, device = self._pipeline, self._device
        self._pipeline, self._device, self._queues = None, None, None
        for end in (pipeline and pipeline.stop, device and device.close):
            try:
                if end:
                    end()
            except RuntimeError:  # it is gone already
                continue

    def _built(self, color: StreamProfile, depth: StreamProfile) -> tuple[Any, Any, Any]:
        dai = self._load()
        pipeline = dai.Pipeline(self._device)
        socket = dai.CameraBoardSocket.CAM_A
        camera = pipeline.create(dai.node.Camera).build(socket)
        pictures = camera.requestOutput(
            (color.width, color.height), type=dai.ImgFrame.Type.NV12, fps=color.rate, enableUndistortion=True
        )
        stereo = pipeline.create(dai.node.StereoDepth).build(
            autoCreateCameras=True, presetMode=dai.node.StereoDepth.PresetMode.DEFAULT, fps=depth.rate
        )
        stereo.setLeftRightCheck(True)
        stereo.setSubpixel(True)
        stereo.setDepthAlign(socket)
        stereo.setOutputSize(depth.width, depth.height)
        queues = (output.createOutputQueue(maxSize=_QUEUE, blocking=False) for output in (pictures, stereo.depth))
        return (pipeline, *queues)

    def _calibration(self, color: StreamProfile, depth: StreamProfile) -> Calibration:
        dai = self._load()
        handler = self._device.readCalibration()

        def intrinsics(profile: StreamProfile) -> Intrinsics:
            matrix = handler.getCameraIntrinsics(dai.CameraBoardSocket.CAM_A, profile.width, profile.height)
            (fx, _, cx), (_, fy, cy), _ = matrix
            return Intrinsics(width=profile.width, height=profile.height, fx=fx, fy=fy, cx=cx, cy=cy)

        return Calibration(
            color=intrinsics(color),
            depth=intrinsics(depth),
            T_color_depth=RigidTransform.identity(),
            metres_per_unit=_MILLIMETRE,
        )

    def _temperature(self) -> float:
        return float(self._device.getChipTemperature().average)


class DepthaiDriver(Driver):
    """Address: a device id, or nothing for the first camera."""

    name = "depthai"

    def __init__(self, load: LoadSdk | None = None) -> None:
        """``load`` returns the SDK's module; None: the installed one."""
        self._load = load or _load

    def list(self) -> Sequence[DeviceInfo]:
        """The cameras that are plugged in or on the network."""
        dai = self._load()
        try:
            there = dai.Device.getAllAvailableDevices()
        except RuntimeError as error:
            raise told(error, "cannot list OAK cameras") from error
        return [
            DeviceInfo(
                driver=self.name,
                serial=str(info.getDeviceId()),
                name=f"OAK {info.name}".strip(),
                connection=str(info.protocol).rpartition(".")[2],
            )
            for info in there
        ]

    def device(self, address: str) -> Device:
        """The camera with this id."""
        return DepthaiDevice(address.strip(), self._load)


def _load() -> Any:
    return load_backend("depthai", package="depthai", extra="depthai")


driver = DepthaiDriver()
