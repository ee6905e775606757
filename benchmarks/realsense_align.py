"""librealsense's own alignment, fed through its software device: the peer that registration is measured against."""

from typing import Any

import numpy as np

from rgbd_seg.arrays import UInt8, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.libusb import preload_libusb


def load_realsense() -> Any:
    """The ``pyrealsense2`` module, or None where it is not installed."""
    preload_libusb()
    try:
        import pyrealsense2
    except ImportError:
        return None
    return pyrealsense2


class RealsenseAlign:
    """``rs.align`` to colour, for ideal lenses."""

    def __init__(self, rs: Any, calibration: Calibration) -> None:
        self._rs = rs
        self._device = rs.software_device()
        self._depth_sensor = self._device.add_sensor("Depth")
        self._color_sensor = self._device.add_sensor("Color")
        self._depth_profile = self._stream(self._depth_sensor, rs.stream.depth, 0, calibration.depth, 2, rs.format.z16)
        self._color_profile = self._stream(self._color_sensor, rs.stream.color, 1, calibration.color, 3, rs.format.rgb8)
        self._depth_sensor.add_read_only_option(rs.option.depth_units, calibration.metres_per_unit)
        pose = rs.extrinsics()
        # librealsense keeps rotations column by column.
        pose.rotation = calibration.T_color_depth.rotation.T.ravel().tolist()
        pose.translation = calibration.T_color_depth.translation.tolist()
        self._depth_profile.register_extrinsics_to(self._color_profile, pose)
        self._device.create_matcher(rs.matchers.default)
        self._syncer = rs.syncer()
        for sensor, profile in ((self._depth_sensor, self._depth_profile), (self._color_sensor, self._color_profile)):
            sensor.open(profile)
            sensor.start(self._syncer)
        self._align = rs.align(rs.stream.color)
        self._number = 0

    def _stream(self, sensor: Any, kind: Any, uid: int, camera: Intrinsics, size: int, pixel: Any) -> Any:
        intrinsics = self._rs.intrinsics()
        intrinsics.width, intrinsics.height = camera.width, camera.height
        intrinsics.fx, intrinsics.fy, intrinsics.ppx, intrinsics.ppy = camera.fx, camera.fy, camera.cx, camera.cy
        intrinsics.model, intrinsics.coeffs = self._rs.distortion.none, [0.0] * 5
        stream = self._rs.video_stream()
        stream.type, stream.index, stream.uid = kind, 0, uid
        stream.width, stream.height, stream.fps, stream.bpp = camera.width, camera.height, 30, size
        stream.fmt, stream.intrinsics = pixel, intrinsics
        return sensor.add_video_stream(stream).as_video_stream_profile()

    def frames(self, color: UInt8, raw: UInt16) -> Any:
        """A synchronised frame set; keep the arrays alive as long as it."""
        for _ in range(20):
            self._number += 1
            self._send(self._depth_sensor, self._depth_profile, raw, 2)
            self._send(self._color_sensor, self._color_profile, color, 3)
            ready, frames = self._syncer.try_wait_for_frames(200)
            if ready and frames.size() == 2:
                return frames
        raise RuntimeError("the software device delivered no synchronised frames")

    def _send(self, sensor: Any, profile: Any, pixels: Any, size: int) -> None:
        frame = self._rs.software_video_frame()
        frame.pixels, frame.bpp, frame.stride = np.ascontiguousarray(pixels), size, size * pixels.shape[1]
        frame.timestamp, frame.frame_number = self._number * 33.3, self._number
        frame.domain, frame.profile = self._rs.timestamp_domain.hardware_clock, profile
        frame.depth_units = 0.001
        sensor.on_video_frame(frame)

    def __call__(self, frames: Any) -> UInt16:
        """(H, W) raw depth in the colour picture, 0 = nothing; memory of the SDK, valid until the next call."""
        return np.asanyarray(self._align.process(frames).get_depth_frame().get_data())
