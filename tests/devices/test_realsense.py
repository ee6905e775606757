"""The RealSense driver against the real SDK: its software device, and files recorded from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from realsense_device import BASELINE, FOCAL_COLOR, METRES_PER_UNIT, SoftwareCamera, color_picture, raw_depth
from recording_frames import read_all

from rgbd_devices.camera import DeviceCamera
from rgbd_devices.camera_options import CameraOptions
from rgbd_devices.drivers import realsense
from rgbd_devices.drivers.play import driver as play
from rgbd_devices.drivers.realsense import RealsenseDriver
from rgbd_devices.drivers.realsense_calibration import intrinsics_of
from rgbd_devices.drivers.realsense_sdk import load_realsense
from rgbd_devices.drivers.realsense_streams import _preference
from rgbd_seg.devices import CameraState, StreamProfile
from rgbd_seg.distortion import BrownConrady, KannalaBrandt, NoDistortion
from rgbd_seg.errors import BackendMissingError, CalibrationError, DeviceNotFoundError, FrameError

pytest.importorskip("pyrealsense2", reason="pyrealsense2 is not installed (extra `realsense`)", exc_type=ImportError)


@pytest.fixture
def camera() -> Iterator[SoftwareCamera]:
    software = SoftwareCamera(load_realsense())
    yield software
    software.stop()


def driver_of(*cameras: SoftwareCamera) -> RealsenseDriver:
    return RealsenseDriver(lambda: [camera for camera in cameras if camera.plugged])


def test_frames_come_through_the_sdk_unchanged(camera: SoftwareCamera) -> None:
    camera.run()
    with driver_of(camera)() as opened:
        frames = [opened.read(2.0) for _ in range(20)]
        assert opened.info.serial == "0123"
        assert opened.info.name == "Software D435"
        assert opened.capabilities.temperature
        assert opened.statistics.depth.missed == opened.statistics.color.missed == 0
    for frame in frames:  # after the camera was closed: memory is the frame set's own
        assert frame.depth_sequence == frame.color_sequence
        number = frame.depth_sequence
        assert number is not None
        np.testing.assert_array_equal(frame.raw_depth, raw_depth(number))
        np.testing.assert_array_equal(frame.color, color_picture(number))
        assert frame.depth_timestamp.clock == "device"
        assert frame.depth_timestamp.nanoseconds == pytest.approx(number * 1e9 / 30, abs=1e3)
        assert frame.color_timestamp.nanoseconds - frame.depth_timestamp.nanoseconds == pytest.approx(1.5e6, abs=1e3)
        assert frame.temperature == 41.0
    numbers = np.array([frame.depth_sequence for frame in frames])
    assert (np.diff(numbers) == 1).all()


def test_calibration_is_the_cameras_own(camera: SoftwareCamera) -> None:
    with driver_of(camera)("0123") as opened:
        calibration = opened.calibration()
    assert calibration.color.size == (720, 1280)
    assert calibration.color.fx == FOCAL_COLOR
    assert calibration.metres_per_unit == pytest.approx(METRES_PER_UNIT, rel=1e-6)
    moved = calibration.T_color_depth.apply(np.array([1.0, 0.0, 2.0]))
    rs = load_realsense()
    depth, color = (camera._profiles[name] for name in ("depth", "color"))
    truth = rs.rs2_transform_point_to_point(depth.get_extrinsics_to(color), [1.0, 0.0, 2.0])
    np.testing.assert_allclose(moved, truth, atol=1e-6)
    assert calibration.T_color_depth.translation[0] == pytest.approx(BASELINE)


@pytest.mark.parametrize(
    ("model", "terms", "kind"),
    [
        ("none", [0.0] * 5, NoDistortion),
        ("brown_conrady", [0.11, -0.25, 0.001, -0.002, 0.09], BrownConrady),
        ("modified_brown_conrady", [0.05, -0.06, 0.001, -0.002, 0.02], BrownConrady),
        ("inverse_brown_conrady", [-0.055, 0.066, -0.0005, 0.0008, -0.021], BrownConrady),
        ("kannala_brandt4", [0.05, -0.01, 0.004, -0.001, 0.0], KannalaBrandt),
    ],
)
def test_lens_models_agree_with_librealsense(model: str, terms: list[float], kind: type) -> None:
    """Pixels all over the picture, along our rays and back by ``rs2_project_point_to_pixel``."""
    rs = load_realsense()
    found = rs.intrinsics()
    found.width, found.height, found.fx, found.fy, found.ppx, found.ppy = 1280, 800, 640.0, 641.0, 636.5, 404.25
    found.model, found.coeffs = getattr(rs.distortion, model), terms
    ours = intrinsics_of(rs, found)
    assert isinstance(ours.distortion, kind)
    pixels = np.stack(np.meshgrid(np.linspace(5, 1274, 9), np.linspace(5, 794, 7)), -1).reshape(-1, 2)
    rays, valid = ours.rays(pixels)
    assert valid.all()
    theirs = np.array([rs.rs2_project_point_to_pixel(found, [x, y, 1.0]) for x, y in rays.tolist()])
    assert np.abs(theirs - pixels).max() < 0.25


def test_a_lens_that_is_not_known_is_refused() -> None:
    rs = load_realsense()
    found = rs.intrinsics()
    found.width, found.height, found.fx, found.fy = 640, 480, 600.0, 600.0
    found.model, found.coeffs = rs.distortion.ftheta, [0.9, 0.0, 0.0, 0.0, 0.0]
    with pytest.raises(CalibrationError, match="ftheta"):
        intrinsics_of(rs, found)


def test_infrared_comes_with_the_depth_of_its_exposure() -> None:
    camera = SoftwareCamera(load_realsense(), infrared=True)
    camera.run()
    try:
        opened = DeviceCamera(driver_of(camera).device(""), infrared="640x480")
        with opened:
            frames = [opened.read(2.0) for _ in range(8)]
            assert opened.capabilities.infrared
    finally:
        camera.stop()
    for frame in frames:
        assert frame.infrared is not None
        np.testing.assert_array_equal(frame.infrared, frame.raw_depth % 251)


def test_the_right_one_of_two_is_opened(camera: SoftwareCamera) -> None:
    other = SoftwareCamera(load_realsense(), "9999")
    driver = driver_of(other, camera)
    assert [info.serial for info in driver.list()] == ["9999", "0123"]
    with driver("0123") as opened:
        assert opened.info.serial == "0123"
    with pytest.raises(DeviceNotFoundError, match=r"4711.*9999, 0123"), driver("4711"):
        pass


def test_no_camera_says_what_to_check() -> None:
    with pytest.raises(DeviceNotFoundError, match="udev"), driver_of()():
        pass


def test_unplugged_and_back(camera: SoftwareCamera) -> None:
    import time

    camera.run()
    options = CameraOptions(stall_timeout=0.2)
    with DeviceCamera(driver_of(camera).device(""), options=options) as opened:
        first = opened.read(2.0)
        camera.plugged = False
        deadline = time.monotonic() + 3
        while opened.state is CameraState.STREAMING and time.monotonic() < deadline:
            time.sleep(0.02)
        assert opened.state in (CameraState.LOST, CameraState.RECONNECTING)
        camera.plugged = True
        back = time.monotonic()
        frame = opened.read(3.0)
        while frame.session == first.session:
            frame = opened.read(3.0)
        assert time.monotonic() - back < 1.5
        assert opened.statistics.reconnects == 1


def test_the_sdks_errors_are_told_as_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> list[Any]:
        raise RuntimeError("failed to set power state")

    with pytest.raises(Exception, match="another program") as caught:
        RealsenseDriver(busy).list()
    assert type(caught.value).__module__ == "rgbd_seg.errors"
    monkeypatch.setattr(realsense, "load_realsense", missing)
    with pytest.raises(BackendMissingError):
        RealsenseDriver().list()


def missing() -> Any:
    raise BackendMissingError("not installed")


def test_the_usual_profile_is_preferred() -> None:
    offered = [
        StreamProfile(stream="depth", width=width, height=height, rate=rate, format="z16")
        for width, height, rate in ((256, 144, 300), (1280, 720, 30), (848, 480, 90), (848, 480, 30), (640, 480, 30))
    ]
    assert str(min(offered, key=_preference)) == "depth 848x480@30/z16"
    assert str(min([offered[0], offered[1], offered[4]], key=_preference)) == "depth 640x480@30/z16"


def record(rs: Any, camera: SoftwareCamera, path: Path, count: int) -> None:
    recorder, queue = rs.recorder(str(path), camera.device), rs.frame_queue(2 * count)
    sensors = recorder.query_sensors()
    for sensor in sensors:
        sensor.open(sensor.get_stream_profiles()[0])
        sensor.start(queue)
    for number in range(1, count + 1):
        camera.send(number)
        for _ in range(2):
            queue.wait_for_frame(2000)
    for sensor in sensors:
        sensor.stop()
        sensor.close()


def test_a_recording_of_the_sdk_plays_without_loss(camera: SoftwareCamera, tmp_path: Path) -> None:
    import time

    record(load_realsense(), camera, tmp_path / "a.db3", 12)
    with play(str(tmp_path / "a.db3")) as opened:
        slowly = [opened.read(3.0)]
        time.sleep(0.3)  # a reader that dawdles loses nothing
        frames = slowly + read_all(opened)
        calibration = opened.calibration()
    assert [frame.depth_sequence for frame in frames] == list(range(1, 13))
    for frame in frames:
        np.testing.assert_array_equal(frame.raw_depth, raw_depth(frame.depth_sequence or 0))
        np.testing.assert_array_equal(frame.color, color_picture(frame.color_sequence or 0))
    assert calibration.color.fx == FOCAL_COLOR
    assert calibration.metres_per_unit == pytest.approx(METRES_PER_UNIT, rel=1e-6)
    assert calibration.T_color_depth.translation[0] == pytest.approx(BASELINE)


def test_a_recording_can_be_left_in_the_middle(camera: SoftwareCamera, tmp_path: Path) -> None:
    import time

    record(load_realsense(), camera, tmp_path / "a.db3", 12)
    with play(str(tmp_path / "a.db3")) as opened:
        opened.read(3.0)
        start = time.monotonic()
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("name", ["a.db3", "a.bag"])
def test_files_that_are_no_recordings(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nonsense" * 100)
    with pytest.raises(FrameError, match=name), play(str(tmp_path / name)):
        pass
