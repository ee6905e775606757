"""Recording and playback at 1280×720: milliseconds a frame as fast as it goes, and whether 30 a second are kept up.

python benchmarks/recording.py
"""

import tempfile
import time
from pathlib import Path

import numpy as np
from report import print_environment, print_table

from rgbd_devices.camera import DeviceCamera
from rgbd_devices.camera_options import CameraOptions
from rgbd_devices.drivers.play import driver as play
from rgbd_devices.recording import Recorder
from rgbd_devices.synthetic import SyntheticDevice, SyntheticOptions
from rgbd_seg.errors import StreamClosedError
from rgbd_seg.frames import FrameSet

_FRAMES = 90
_LIVE_SECONDS = 10.0
_DEPTH_SIZES = {"640×480": (480, 640), "1280×720": (720, 1280)}


def main() -> None:
    print_environment("av", "opencv-contrib-python")
    rows = []
    for noise in ("stereo", "tof"):
        for name, size in _DEPTH_SIZES.items():
            with tempfile.TemporaryDirectory() as folder:
                rows.append([f"{noise}, depth {name}", *_measured(Path(folder) / "a.mkv", noise, size)])
    print_table(
        [
            "1280×720 colour",
            "record ms",
            "CPU ms",
            "play ms",
            "CPU ms",
            "bit-exact",
            "MB/s at 30 Hz",
            "live: written",
            "dropped",
        ],
        rows,
    )


def _measured(path: Path, noise: str, depth_size: tuple[int, int]) -> list[object]:
    frames = _frames(noise, depth_size)
    write = _Clock()
    with Recorder(path) as recorder:
        for frame in frames:
            recorder.write(frame)
    written = write.per_frame(len(frames))
    read = _Clock()
    exact = 0
    with play(str(path)) as camera:
        try:
            for frame in frames:
                exact += bool(np.array_equal(camera.read(5.0).raw_depth, frame.raw_depth))
        except StreamClosedError:
            pass
    played = read.per_frame(len(frames))
    rate = path.stat().st_size / len(frames) * 30 / 1e6
    path.unlink()
    return [*written, *played, f"{exact} of {len(frames)}", rate, *_live(path, noise, depth_size)]


class _Clock:
    """Wall and processor time; of two cores at 30 a second there are 66.7 ms a frame of the latter."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def per_frame(self, count: int) -> tuple[float, float]:
        return 1e3 * (time.perf_counter() - self._wall) / count, 1e3 * (time.process_time() - self._cpu) / count


def _frames(noise: str, depth_size: tuple[int, int]) -> list[FrameSet]:
    """Made beforehand, so that making them is not measured."""
    options = SyntheticOptions(size=(720, 1280), depth_size=depth_size, noise=noise, realtime=False)
    with DeviceCamera(SyntheticDevice(options), CameraOptions(policy="block")) as camera:
        return [camera.read(5.0) for _ in range(_FRAMES)]


def _live(path: Path, noise: str, depth_size: tuple[int, int]) -> tuple[int, int]:
    """From the synthetic camera at 30 a second, which itself takes a part of the two cores."""
    options = SyntheticOptions(size=(720, 1280), depth_size=depth_size, noise=noise)
    written = 0
    with DeviceCamera(SyntheticDevice(options), CameraOptions(queue_size=60)) as camera, Recorder(path) as recorder:
        end = time.monotonic() + _LIVE_SECONDS
        while time.monotonic() < end:
            recorder.write(camera.read(5.0))
            written += 1
        dropped = camera.statistics.dropped
    return written, dropped


if __name__ == "__main__":
    main()
