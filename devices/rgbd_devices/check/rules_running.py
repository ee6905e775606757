"""Rules about how a camera behaves: each runs it."""

import threading
import time
from pathlib import Path

from rgbd_devices.camera import DeviceCamera
from rgbd_devices.camera_options import CameraOptions
from rgbd_devices.check.subject import Finding, Subject, failed, passed, skipped
from rgbd_devices.driver import Unpluggable
from rgbd_seg.errors import DeviceError, DeviceTimeoutError, RgbdSegError, StreamClosedError

_CLOSE = 2.0  # seconds, promised
_FIRST_FRAME = 5.0
_LEAST_PICTURES = 10


def check_pairing(subject: Subject) -> Finding:
    """Colour and depth find each other; everything received is accounted for."""
    with _camera(subject) as camera:
        _read_for(camera, subject.options.seconds)
    statistics = camera.statistics
    for name, counts in (("color", statistics.color), ("depth", statistics.depth)):
        if counts.waiting != 0:
            return failed(f"{name}: {counts.waiting} of {counts.received} pictures are unaccounted for after closing")
    capabilities = camera.device.capabilities
    if not (capabilities.color and capabilities.depth):
        return skipped("there is only one stream")
    fewer = min(statistics.color.received, statistics.depth.received)
    share = statistics.frame_sets / max(fewer, 1)
    if fewer < _LEAST_PICTURES or share < subject.options.least_paired:
        return failed(
            f"{statistics.frame_sets} pairs of {statistics.color.received} colour and {statistics.depth.received} "
            "depth pictures; expected nearly all: stamp both by the moment of exposure, and state shared_clock=False "
            "if the clocks are two"
        )
    return passed(f"{100 * share:.1f} % paired ({statistics.frame_sets} frame sets)")


def check_drops(subject: Subject) -> Finding:
    """A slow reader loses the oldest frame sets, and every one is counted."""
    options = CameraOptions(queue_size=2, policy="drop-oldest")
    with _camera(subject, options) as camera:
        frames = []
        for _ in range(4):
            try:
                frames.append(camera.read(_FIRST_FRAME))
            except StreamClosedError:
                break
            time.sleep(0.3)
        statistics = camera.statistics
    if statistics.frame_sets != statistics.delivered + statistics.dropped + statistics.queued:
        return failed(f"{statistics.frame_sets} frame sets, but delivered, dropped and queued do not add up to that")
    stamps = [frame.color_timestamp.nanoseconds for frame in frames]
    if stamps != sorted(set(stamps)):
        return failed("frame sets were delivered out of order or twice")
    return passed(f"{statistics.delivered} delivered, {statistics.dropped} dropped and counted")


def check_close(subject: Subject) -> Finding:
    """Closing takes at most two seconds, also while someone waits for a frame."""
    camera = _camera(subject)
    camera.start()
    reader = threading.Thread(target=_read_on, args=(camera,), daemon=True)
    reader.start()
    time.sleep(0.3)
    begin = time.monotonic()
    camera.stop()
    took = time.monotonic() - begin
    reader.join(_CLOSE)
    if took > _CLOSE or reader.is_alive():
        return failed(
            f"closing took {took:.1f} s; expected at most {_CLOSE:g}: no call may wait longer than its time limit"
        )
    time.sleep(0.05)
    hanging = [thread.name for thread in threading.enumerate() if thread.name == "rgbd camera"]
    if hanging and took > 1.4:  # given up on, not ended
        return failed("the driver did not return from a call after close was asked for")
    return passed(f"{1e3 * took:.0f} ms")


def check_restart(subject: Subject) -> Finding:
    """The camera starts again and again, and lets go of its threads and files each time."""
    camera = _camera(subject)
    threads = files = 0
    slowest = 0.0
    for turn in range(subject.options.restarts):
        begin = time.monotonic()
        try:
            with camera:
                camera.read(_FIRST_FRAME)
        except RgbdSegError as error:
            return failed(f"start number {turn + 1} failed: {error}")
        slowest = max(slowest, time.monotonic() - begin)
        if turn == 0:  # what is loaded once is loaded now
            threads, files = threading.active_count(), _open_files()
    most = subject.options.restarts // 2
    more_threads, more_files = _left_over(threads, files, most)
    if max(more_threads, more_files) >= most > 0:
        return failed(
            f"after {subject.options.restarts} starts there are {more_threads} more threads and {more_files} more open "
            "files; close must let go of everything"
        )
    return passed(f"{subject.options.restarts} starts, the slowest {slowest:.2f} s to its first frame and closed")


def _left_over(threads: int, files: int, most: int) -> tuple[int, int]:
    """Threads and files above the given counts, once those that were told to end have had the time to."""
    until = time.monotonic() + _CLOSE
    while True:
        more = threading.active_count() - threads, _open_files() - files
        if max(more) < most or time.monotonic() > until:
            return more
        time.sleep(0.02)


def check_unplug(subject: Subject) -> Finding:
    """An unplugged camera is noticed, and comes back by itself."""
    device = subject.make_device()
    if not isinstance(device, Unpluggable):
        return skipped("the driver cannot simulate it; pull the cable for some seconds while `devices view` runs")
    gone, limit = subject.options.unplug_seconds, subject.options.recovery_seconds
    camera = DeviceCamera(device, color=subject.color, depth=subject.depth)
    with camera:
        if not camera.capabilities.live:
            return skipped("a recording cannot be unplugged")
        session = camera.read(_FIRST_FRAME).session
        device.simulate_unplug(gone)
        back = time.monotonic() + gone
        while time.monotonic() < back + limit + 1.5:
            try:
                if camera.read(0.1).session > session:
                    break
            except DeviceTimeoutError:
                continue
            except DeviceError as error:
                return failed(f"the camera did not come back: {error}")
        after = time.monotonic() - back
        if camera.statistics.losses < 1:
            return failed("the loss was not noticed; raise DeviceDisconnectedError from grab when the camera is gone")
        if camera.statistics.reconnects < 1:
            return failed(f"not back {after:.1f} s after the return: {camera.history[-1].reason}")
    if after > limit:
        return failed(f"back after {after:.2f} s; expected at most {limit:g} s after the return")
    return passed(f"frames again {after:.2f} s after the return")


def check_leak(subject: Subject) -> Finding:
    """Memory does not grow while the camera streams."""
    if not Path("/proc/self/statm").exists():
        return skipped("this system does not tell a process's memory")
    with _camera(subject) as camera:
        frames = _read_for(camera, max(1.0, 0.3 * subject.options.seconds))  # caches and queues fill
        before = _resident()
        frames += _read_for(camera, subject.options.seconds)
        growth = _resident() - before
    if growth > subject.options.most_growth:
        return failed(
            f"memory grew by {growth / 1e6:.0f} MB in {subject.options.seconds:g} s; expected at most "
            f"{subject.options.most_growth / 1e6:.0f} MB"
        )
    return passed(f"{growth / 1e6:+.1f} MB over {frames} frame sets")


def _camera(subject: Subject, options: CameraOptions | None = None) -> DeviceCamera:
    return DeviceCamera(subject.make_device(), options, color=subject.color, depth=subject.depth)


def _read_for(camera: DeviceCamera, seconds: float) -> int:
    end, frames = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        try:
            camera.read(1.0)
            frames += 1
        except DeviceTimeoutError:
            continue
        except StreamClosedError:  # a recording's end
            break
    return frames


def _read_on(camera: DeviceCamera) -> None:
    try:
        while True:
            camera.read(10)
    except RgbdSegError:
        return


def _resident() -> int:
    """Bytes of this process in memory."""
    import os

    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.exists() else 0
