"""What the RealSense driver costs over bare librealsense, on the SDK's own software device: 1280×720 + 640×480.

    python benchmarks/realsense_driver.py

Both receive the same frames, sent 30 times a second. Bare: a ``frame_queue`` and NumPy views of both frames, which die
with the next ones. Driver: a frame set from ``DeviceCamera.read`` – copied, paired by time, counted, queued. Measured
is the time from before the frames are sent until they are in the caller's hands.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from realsense_align import load_realsense
from report import print_environment, print_table

from rgbd_devices.drivers.realsense import RealsenseDriver

_ROUNDS = 300
_WARM_UP = 30
_PERIOD = 1 / 30
_STREAMS = {"depth": (640, 480, 2), "color": (1280, 720, 3)}


class SoftwareCamera:
    """librealsense's software device with both streams; stands for the ``rs.device`` that is plugged in."""

    def __init__(self, rs: Any) -> None:
        self._rs = rs
        self.device = rs.software_device()
        self.device.register_info(rs.camera_info.name, "Software")
        self.device.register_info(rs.camera_info.serial_number, "1")
        self.sensors = {name: self.device.add_sensor(name) for name in _STREAMS}
        self.sensors["depth"].add_read_only_option(rs.option.depth_units, 0.001)
        formats = {"depth": rs.format.z16, "color": rs.format.rgb8}
        self.profiles = {name: self._stream(name, formats[name]) for name in _STREAMS}
        self.profiles["depth"].register_extrinsics_to(self.profiles["color"], _identity(rs))
        noise = np.random.default_rng(0)
        self._pixels = {
            "depth": noise.integers(300, 4000, (480, 640), dtype=np.uint16),
            "color": noise.integers(0, 256, (720, 1280, 3), dtype=np.uint8),
        }
        self._number = 0

    def _stream(self, name: str, pixel_format: Any) -> Any:
        rs, (width, height, size) = self._rs, _STREAMS[name]
        intrinsics, stream = rs.intrinsics(), rs.video_stream()
        intrinsics.width, intrinsics.height, intrinsics.fx, intrinsics.fy = width, height, width * 0.9, width * 0.9
        intrinsics.ppx, intrinsics.ppy, intrinsics.model = width / 2, height / 2, rs.distortion.none
        intrinsics.coeffs = [0.0] * 5
        stream.type, stream.index, stream.uid = getattr(rs.stream, name), 0, int(getattr(rs.stream, name))
        stream.width, stream.height, stream.fps, stream.bpp = width, height, 30, size
        stream.fmt, stream.intrinsics = pixel_format, intrinsics
        return self.sensors[name].add_video_stream(stream).as_video_stream_profile()

    def send(self) -> None:
        """One frame of each stream."""
        self._number += 1
        for name, (width, _, size) in _STREAMS.items():
            frame = self._rs.software_video_frame()
            frame.pixels, frame.bpp, frame.stride = self._pixels[name], size, size * width
            frame.timestamp, frame.frame_number = self._number * 1000 / 30, self._number
            frame.domain, frame.profile = self._rs.timestamp_domain.hardware_clock, self.profiles[name]
            frame.depth_units = 0.001
            self.sensors[name].on_video_frame(frame)


def _identity(rs: Any) -> Any:
    pose = rs.extrinsics()
    pose.rotation, pose.translation = [1, 0, 0, 0, 1, 0, 0, 0, 1], [0.015, 0, 0]
    return pose


def _milliseconds(camera: SoftwareCamera, receive: Callable[[], object]) -> list[float]:
    times, due = [], time.perf_counter()
    for _ in range(_WARM_UP + _ROUNDS):
        due += _PERIOD
        time.sleep(max(0.0, due - time.perf_counter()))
        start = time.perf_counter()
        camera.send()
        receive()
        times.append(1e3 * (time.perf_counter() - start))
    return times[_WARM_UP:]


def _bare(rs: Any) -> list[float]:
    camera, queue = SoftwareCamera(rs), rs.frame_queue(8)
    for name, sensor in camera.sensors.items():
        sensor.open(camera.profiles[name])
        sensor.start(queue)

    def receive() -> list[Any]:
        return [np.asanyarray(queue.wait_for_frame().get_data()) for _ in _STREAMS]

    try:
        return _milliseconds(camera, receive)
    finally:
        for sensor in camera.sensors.values():
            sensor.stop()
            sensor.close()


def _driven(rs: Any) -> list[float]:
    camera = SoftwareCamera(rs)
    with RealsenseDriver(lambda: [_Plugged(camera.device)])() as opened:
        return _milliseconds(camera, opened.read)


class _Plugged:
    """A software device that says it is connected, as hardware does."""

    def __init__(self, device: Any) -> None:
        self._device = device

    def __getattr__(self, name: str) -> Any:
        return (lambda: True) if name == "is_connected" else getattr(self._device, name)


def _copies() -> float:
    """Milliseconds for owning the memory alone."""
    arrays = [np.ones((480, 640), np.uint16), np.ones((720, 1280, 3), np.uint8)]
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        kept = [array.copy() for array in arrays]
        times.append(1e3 * (time.perf_counter() - start))
        del kept
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    print_environment("pyrealsense2")
    rs = load_realsense()
    if rs is None:
        raise SystemExit("pyrealsense2 is not installed: pip install 'rgbd-seg[realsense]'")
    rows = [
        (name, run(rs)) for name, run in (("bare", _bare), ("driver", _driven), ("bare", _bare), ("driver", _driven))
    ]
    print_table(
        ["received by", "median ms", "p95 ms"],
        [[name, statistics.median(times), statistics.quantiles(times, n=20)[-1]] for name, times in rows],
    )
    medians = {
        name: statistics.median([t for row, times in rows if row == name for t in times]) for name in ("bare", "driver")
    }
    print(
        f"driver over bare: {medians['driver'] - medians['bare']:.3f} ms a frame set; copies alone {_copies():.3f} ms"
    )


if __name__ == "__main__":
    main()
