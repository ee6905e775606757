"""Acme's cameras for rgbd-seg."""

from collections.abc import Sequence

import numpy as np

from acme_camera import sdk
from rgbd_devices import ColorImage, DepthImage, Device, Driver, Profiles
from rgbd_devices.images import Image
from rgbd_seg import Calibration, Intrinsics, RigidTransform, Timestamp
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import DeviceDisconnectedError, DeviceNotFoundError


class AcmeDevice(Device):
    """One camera."""

    capabilities = Capabilities()

    def __init__(self, serial: str) -> None:
        self._serial = serial or sdk.SERIALS[0]
        self._camera: sdk.Camera | None = None

    def open(self) -> DeviceInfo:
        try:
            self._camera = sdk.Camera(self._serial)
        except sdk.AcmeError as error:
            raise DeviceNotFoundError(f"no Acme camera {self._serial}; connected: {', '.join(sdk.SERIALS)}") from error
        return DeviceInfo(driver="acme", serial=self._serial, name="Acme One", connection="USB 3")

    def profiles(self) -> Sequence[StreamProfile]:
        return [
            StreamProfile(stream=stream, width=sdk.WIDTH, height=sdk.HEIGHT, rate=sdk.RATE, format=form)
            for stream, form in (("color", "bgr8"), ("depth", "z16"))
        ]

    def start(self, profiles: Profiles) -> Calibration:
        camera = Intrinsics(
            width=sdk.WIDTH,
            height=sdk.HEIGHT,
            fx=sdk.FOCAL_LENGTH,
            fy=sdk.FOCAL_LENGTH,
            cx=(sdk.WIDTH - 1) / 2,
            cy=(sdk.HEIGHT - 1) / 2,
        )
        pose = RigidTransform(rotation=np.eye(3), translation=np.array([sdk.BASELINE, 0.0, 0.0]))
        return Calibration(color=camera, depth=camera, T_color_depth=pose, metres_per_unit=0.001)

    def grab(self, timeout: float) -> Sequence[Image]:
        if self._camera is None:
            raise DeviceDisconnectedError("the Acme camera is closed; open it first")
        try:
            frame = self._camera.wait(round(1000 * timeout))
        except sdk.AcmeError as error:
            raise DeviceDisconnectedError(f"the Acme camera {self._serial} went away: {error}") from error
        if frame is None:
            return ()
        bgr, depth, microseconds, number = frame
        stamp = Timestamp(microseconds * 1000, "device")
        return (
            ColorImage(color=bgr[..., ::-1].copy(), timestamp=stamp, sequence=number),
            DepthImage(raw_depth=depth.copy(), timestamp=stamp, sequence=number),
        )

    def close(self) -> None:
        if self._camera is not None:
            self._camera.release()
            self._camera = None


class AcmeDriver(Driver):
    """Finds Acme's cameras."""

    name = "acme"

    def list(self) -> Sequence[DeviceInfo]:
        return [DeviceInfo(driver="acme", serial=serial, name="Acme One") for serial in sdk.SERIALS]

    def device(self, address: str) -> AcmeDevice:
        return AcmeDevice(address)


driver = AcmeDriver()
