"""Every driver passes the conformance check, each at the border of its SDK."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from fake_capture import FakeCapture
from realsense_device import SoftwareCamera
from recording_frames import CALIBRATION, frame_set
from test_depthai import FakeDai
from test_genicam import FakeCore
from test_network import Stub
from test_orbbec import FakeSdk
from test_record3d import fake as fake_record3d
from test_record3d import write_r3d
from test_stereo import pictures, rig
from test_v4l2 import z16

from rgbd_devices.check import RULES, CheckOptions, Subject
from rgbd_devices.check.rules import verify
from rgbd_devices.driver import Device
from rgbd_devices.drivers.depthai import DepthaiDriver
from rgbd_devices.drivers.genicam import GenicamDriver
from rgbd_devices.drivers.network import NetworkDevice
from rgbd_devices.drivers.orbbec import OrbbecDriver
from rgbd_devices.drivers.play import driver as play
from rgbd_devices.drivers.realsense import RealsenseDriver
from rgbd_devices.drivers.record3d import Record3dDriver
from rgbd_devices.drivers.stereo import StereoDriver
from rgbd_devices.drivers.v4l2 import V4l2Driver
from rgbd_devices.tum_export import TumExporter

# Short, and wide where a busy machine delays the fakes; `rgbd-seg devices check` has the strict limits.
OPTIONS = CheckOptions(seconds=0.7, restarts=3, rate_tolerance=0.45, most_jitter=2.0, least_paired=0.7)


SLOW = ("drops", "leak", "close")  # mostly the camera's work: judged for one driver, not for each


def assert_conforms(make_device: Callable[[], Device], *, without: tuple[str, ...] = SLOW) -> None:
    subject = Subject(make_device, OPTIONS)
    findings = {rule.name: verify(rule, subject) for rule in RULES if rule.name not in without}
    assert {name: found.text for name, found in findings.items() if found.verdict == "fail"} == {}


@pytest.fixture
def realsense() -> Iterator[SoftwareCamera]:
    pytest.importorskip(
        "pyrealsense2", reason="pyrealsense2 is not installed (extra `realsense`)", exc_type=ImportError
    )
    from rgbd_devices.drivers.realsense_sdk import load_realsense

    camera = SoftwareCamera(load_realsense())
    camera.run()
    yield camera
    camera.stop()


def test_realsense(realsense: SoftwareCamera) -> None:
    assert_conforms(lambda: RealsenseDriver(lambda: [realsense]).device(""), without=())


def test_orbbec() -> None:
    sdk = FakeSdk()
    assert_conforms(lambda: OrbbecDriver(lambda: sdk).device(""))


def test_depthai() -> None:
    dai = FakeDai()
    assert_conforms(lambda: DepthaiDriver(lambda: dai).device(""))


def test_record3d() -> None:
    assert_conforms(lambda: Record3dDriver(fake_record3d).device(""))


def test_genicam(tmp_path: Path) -> None:
    (tmp_path / "good.cti").touch()
    assert_conforms(lambda: GenicamDriver(FakeCore).device(f"?producer={tmp_path / 'good.cti'}"))


def grey(number: int, size: tuple[int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), 20 + number % 200, np.uint8)


def test_v4l2(tmp_path: Path) -> None:
    CALIBRATION.save(tmp_path / "camera.json")

    def opened(path: str) -> FakeCapture:
        return FakeCapture(grey, rate=30) if path == "/dev/video0" else FakeCapture(z16, sizes=((32, 24),), rate=30)

    address = f"0?depth=2&calibration={tmp_path / 'camera.json'}"
    assert_conforms(lambda: V4l2Driver(opened).device(address))


def test_stereo(tmp_path: Path) -> None:
    cameras = rig()
    cameras.save(tmp_path / "pair.json")
    left, right = pictures(cameras)

    def opened(path: str) -> FakeCapture:
        view = left if path == "a" else right
        return FakeCapture(lambda number, size: view[..., ::-1], sizes=((640, 480),), rate=20)

    address = f"a,b?calibration={tmp_path / 'pair.json'}&rate=20&downscale=4&disparities=32"
    assert_conforms(lambda: StereoDriver(opened).device(address))


def test_network() -> None:
    def opened(_: str) -> FakeCapture:
        return FakeCapture(grey, sizes=((1280, 720),), rate=30)

    assert_conforms(lambda: NetworkDevice(V4l2Driver(opened).device("0"), Stub()))


def test_a_recording(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed (extra `recording`)", minversion="17.0")
    from rgbd_devices.recording import Recorder

    with Recorder(tmp_path / "a.mkv") as recorder:
        for index in range(40):
            frame = frame_set(index)
            frame.raw_depth[:] = frame.raw_depth % 4000
            recorder.write(frame)
    assert_conforms(lambda: play.device(str(tmp_path / "a.mkv")))


def test_a_tum_folder(tmp_path: Path) -> None:
    with TumExporter(tmp_path / "tum") as exporter:
        for index in range(15):
            frame = frame_set(index)
            frame.raw_depth[:] = 1500 + index
            exporter.write(frame)
    assert_conforms(lambda: play.device(str(tmp_path / "tum")))


def test_a_record3d_file(tmp_path: Path) -> None:
    write_r3d(tmp_path / "a.r3d", 40)
    assert_conforms(lambda: play.device(str(tmp_path / "a.r3d")))


def test_a_realsense_recording(realsense: SoftwareCamera, tmp_path: Path) -> None:
    from test_realsense import record

    from rgbd_devices.drivers.realsense_sdk import load_realsense

    record(load_realsense(), SoftwareCamera(load_realsense()), tmp_path / "a.db3", 20)
    assert_conforms(lambda: play.device(str(tmp_path / "a.db3")))
