"""librealsense's own software device as a camera: the real SDK without hardware."""

import threading
import time
from typing import Any

import numpy as np

from rgbd_seg.arrays import UInt8, UInt16

FOCAL_DEPTH, FOCAL_COLOR = 600.0, 900.0
METRES_PER_UNIT = 0.00025
BASELINE = 0.015


class SoftwareCamera:
    """Depth 640×480 (and infrared) and colour 1280×720, sent by a thread; stands in for ``rs.device`` too."""

    def __init__(self, rs: Any, serial: str = "0123", *, color_lens: Any = None, infrared: bool = False) -> None:
        self.rs, self.device = rs, rs.software_device()
        self.device.register_info(rs.camera_info.name, "Software D435")
        self.device.register_info(rs.camera_info.serial_number, serial)
        self._depth, self._color = self.device.add_sensor("Stereo Module"), self.device.add_sensor("RGB Camera")
        self._profiles = {
            "depth": self._stream(self._depth, rs.stream.depth, (640, 480), 2, rs.format.z16, FOCAL_DEPTH),
            "color": self._stream(
                self._color, rs.stream.color, (1280, 720), 3, rs.format.rgb8, FOCAL_COLOR, color_lens
            ),
        }
        if infrared:
            self._profiles["infrared"] = self._stream(
                self._depth, rs.stream.infrared, (640, 480), 1, rs.format.y8, FOCAL_DEPTH, index=1
            )
        self._depth.add_read_only_option(rs.option.depth_units, METRES_PER_UNIT)
        self._depth.add_read_only_option(rs.option.asic_temperature, 41.0)
        pose = rs.extrinsics()
        # A turn of 90° about z, column by column as librealsense stores it: a transposed reading is found out.
        pose.rotation, pose.translation = [0, 1, 0, -1, 0, 0, 0, 0, 1], [BASELINE, 0, 0]
        self._profiles["depth"].register_extrinsics_to(self._profiles["color"], pose)
        self.plugged = True
        self._alive: list[Any] = []  # the SDK does not keep the arrays it was given
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def _stream(
        self, sensor: Any, kind: Any, size: tuple[int, int], bytes_per_pixel: int, pixel_format: Any, focal: float,
        lens: Any = None, index: int = 0,
    ) -> Any:  # fmt: skip
        rs = self.rs
        intrinsics, stream = rs.intrinsics(), rs.video_stream()
        intrinsics.width, intrinsics.height = size
        intrinsics.fx = intrinsics.fy = focal
        intrinsics.ppx, intrinsics.ppy = (size[0] - 1) / 2, (size[1] - 1) / 2
        intrinsics.model, intrinsics.coeffs = lens or (rs.distortion.brown_conrady, [0.0] * 5)
        stream.type, stream.index, stream.uid = kind, index, int(kind) * 10 + index
        stream.width, stream.height, stream.fps, stream.bpp = *size, 30, bytes_per_pixel
        stream.fmt, stream.intrinsics = pixel_format, intrinsics
        return sensor.add_video_stream(stream).as_video_stream_profile()

    # What the driver asks of an rs.device.
    def query_sensors(self) -> Any:
        return self.device.query_sensors()

    def supports(self, field: Any) -> bool:
        return bool(self.device.supports(field))

    def get_info(self, field: Any) -> str:
        return str(self.device.get_info(field))

    def is_connected(self) -> bool:
        return self.plugged

    def send(self, number: int) -> None:
        """One frame of each stream; what it shows is `raw_depth` and `color` of ``number``."""
        depth, color = raw_depth(number), color_picture(number)
        self._send(self._depth, "depth", depth, 2, number, 0.0)
        if "infrared" in self._profiles:
            self._send(self._depth, "infrared", (depth % 251).astype(np.uint8), 1, number, 0.0)
        self._send(self._color, "color", color, 3, number, 1.5)

    def run(self, rate: float = 30.0) -> None:
        """Send frames from a thread, until `stop`."""
        self._thread = threading.Thread(target=self._run, args=(rate,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, rate: float) -> None:
        start, number = time.monotonic(), 0
        while not self._over.wait(max(0.0, start + number / rate - time.monotonic())):
            number += 1
            if self.plugged:
                self.send(number)

    def _send(self, sensor: Any, kind: str, pixels: Any, bytes_per_pixel: int, number: int, delay: float) -> None:
        frame = self.rs.software_video_frame()
        frame.pixels, frame.bpp, frame.stride = pixels, bytes_per_pixel, bytes_per_pixel * pixels.shape[1]
        frame.timestamp, frame.frame_number = number * 1000 / 30 + delay, number
        frame.domain, frame.profile = self.rs.timestamp_domain.hardware_clock, self._profiles[kind]
        frame.depth_units = METRES_PER_UNIT
        self._alive = [*self._alive[-30:], pixels]
        sensor.on_video_frame(frame)


def raw_depth(number: int) -> UInt16:
    """What the software camera measures in its frame ``number``."""
    rows, columns = np.mgrid[:480, :640]
    return ((rows * 7 + columns * 13 + number * 17) % 65536).astype(np.uint16)


def color_picture(number: int) -> UInt8:
    """What the software camera sees in its frame ``number``."""
    picture = np.zeros((720, 1280, 3), np.uint8)
    picture[...] = (number % 256, 100, 200)
    picture[number % 720] = 255
    return picture
