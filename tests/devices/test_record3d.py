"""iPhone: files written here, and a fake of the SDK at its boundary."""

import json
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from recording_frames import read_all
from sdk_names import missing, module_names

from rgbd_devices.drivers.iphone_depth import METRES_PER_UNIT, confidence_levels, depth_units
from rgbd_devices.drivers.play import driver as play
from rgbd_devices.drivers.record3d import Record3dDriver
from rgbd_seg.errors import DeviceDisconnectedError, DeviceError, DeviceNotFoundError, DeviceTimeoutError, FrameError


def metres(index: int) -> np.ndarray:
    depth = np.linspace(0.3, 4.5, 24 * 32, dtype=np.float32).reshape(24, 32) + 0.01 * index
    depth[0, 0] = np.nan
    return depth


def write_r3d(path: Path, count: int, *, lidar: bool = True, **changes: Any) -> None:
    liblzfse = pytest.importorskip("liblzfse", reason="pyliblzfse is not installed (extra `record3d`)")
    metadata = {"w": 64, "h": 48, "dw": 32, "dh": 24, "fps": 30, "K": [50, 0, 0, 0, 51, 0, 31, 23, 1]}
    metadata["frameTimestamps"] = [12.5 + index / 30 for index in range(count)]
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata", json.dumps(metadata | changes))
        for index in range(count):
            picture = np.full((48, 64, 3), (30, 90, 200), np.uint8)
            file.writestr(f"rgbd/{index}.jpg", cv2.imencode(".jpg", picture)[1].tobytes())
            file.writestr(f"rgbd/{index}.depth", liblzfse.compress(metres(index).tobytes()))
            if lidar:
                levels = np.full((24, 32), index % 3, np.uint8)
                file.writestr(f"rgbd/{index}.conf", liblzfse.compress(levels.tobytes()))


@pytest.mark.parametrize("lidar", [True, False])
def test_a_file_comes_back(tmp_path: Path, lidar: bool) -> None:
    write_r3d(tmp_path / "a.r3d", 4, lidar=lidar)
    with play(str(tmp_path / "a.r3d")) as camera:
        frames = read_all(camera)
        assert camera.capabilities.confidence is lidar
    assert len(frames) == 4
    for index, frame in enumerate(frames):
        depth = frame.raw_depth * np.float32(METRES_PER_UNIT)
        assert frame.raw_depth[0, 0] == 0
        assert np.nanmax(np.abs(depth - metres(index)).ravel()[1:]) <= METRES_PER_UNIT / 2 + 1e-6
        assert frame.color_timestamp.nanoseconds == pytest.approx((12.5 + index / 30) * 1e9, abs=2)
        assert np.abs(frame.color.reshape(-1, 3).mean(0) - (200, 90, 30)).max() < 4  # OpenCV wrote BGR
        if lidar:
            assert frame.confidence is not None
            assert set(frame.confidence.ravel()) == {(0.0, 0.5, 1.0)[index % 3]}
    calibration = frames[0].calibration
    assert (calibration.color.fx, calibration.color.fy, calibration.color.cx, calibration.color.cy) == (50, 51, 31, 23)
    # The same field of view, edge to edge, at half the size.
    np.testing.assert_allclose(calibration.depth.fx, 25)
    np.testing.assert_allclose(calibration.depth.cx, (31 + 0.5) / 2 - 0.5)


def test_damaged_files(tmp_path: Path) -> None:
    pytest.importorskip("liblzfse", reason="pyliblzfse is not installed (extra `record3d`)")
    (tmp_path / "a.r3d").write_bytes(b"PK nonsense")
    write_r3d(tmp_path / "b.r3d", 2, K=[1, 2, 3])
    write_r3d(tmp_path / "c.r3d", 0)
    for name in ("a", "b", "c"):
        with pytest.raises(FrameError, match=rf"{name}\.r3d"), play(str(tmp_path / f"{name}.r3d")):
            pass


def test_depth_out_of_reach_is_not_measured() -> None:
    depth = np.array([[np.nan, 0.0, -1.0, 1.0, 13.2, np.inf]], np.float32)
    np.testing.assert_array_equal(depth_units(depth), [[0, 0, 0, 5000, 0, 0]])
    np.testing.assert_array_equal(confidence_levels(np.array([[0, 1, 2, 9]], np.uint8)), [[0, 0.5, 1, 1]])


class FakeStream:
    """The part of ``Record3DStream`` that the driver uses; like it, it overwrites its buffers."""

    phones = (SimpleNamespace(udid="abc", product_id=1),)
    streams = True
    accepts = True
    last: "FakeStream"

    def __init__(self) -> None:
        type(self).last = self
        self.on_new_frame: Any = None
        self.on_stream_stopped: Any = None
        self._over = threading.Event()
        self._depth, self._color = np.zeros((24, 32), np.float32), np.zeros((48, 64, 3), np.uint8)

    @classmethod
    def get_connected_devices(cls) -> list[Any]:
        return list(cls.phones)

    def connect(self, phone: Any) -> bool:
        assert phone in self.phones
        if self.accepts and self.streams:
            threading.Thread(target=self._run, daemon=True).start()
        return self.accepts

    def disconnect(self) -> None:
        self._over.set()

    def get_depth_frame(self) -> np.ndarray:
        return self._depth

    def get_rgb_frame(self) -> np.ndarray:
        return self._color

    def get_confidence_frame(self) -> np.ndarray:
        return np.full((24, 32), 2, np.uint8)

    def get_intrinsic_mat(self) -> Any:
        return SimpleNamespace(fx=50.0, fy=51.0, tx=31.0, ty=23.0)

    def get_device_type(self) -> int:
        return 1

    def end(self) -> None:
        self._over.set()
        self.on_stream_stopped()

    def _run(self) -> None:
        number = 0
        while not self._over.wait(1 / 30):
            number += 1
            self._depth[:], self._color[:] = number * 0.01, number % 256
            self.on_new_frame()


def fake(**changes: Any) -> Any:
    return SimpleNamespace(Record3DStream=type("Stream", (FakeStream,), changes))


def test_frames_live_are_kept_from_the_buffers_they_came_in() -> None:
    sdk = fake()
    with Record3dDriver(lambda: sdk)("abc") as camera:
        frames = [camera.read(2.0) for _ in range(8)]
        assert camera.info.serial == "abc"
        assert camera.capabilities.confidence
        assert camera.calibration().color.fx == 50
    for frame in frames:
        number = int(frame.color[0, 0, 0])
        assert set(frame.color.ravel()) == {number}
        assert set(frame.raw_depth.ravel()) == {round(number * 0.01 / METRES_PER_UNIT)}


def test_what_goes_wrong_with_a_phone() -> None:
    with pytest.raises(DeviceNotFoundError, match="abc"), Record3dDriver(lambda: fake())("zzz"):
        pass
    with pytest.raises(DeviceNotFoundError, match="Unlock"), Record3dDriver(lambda: fake(phones=()))():
        pass
    with pytest.raises(DeviceError, match="red button"), Record3dDriver(lambda: fake(accepts=False))():
        pass


def test_a_phone_that_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rgbd_devices.drivers.record3d._FIRST_FRAME_SECONDS", 0.1)
    with pytest.raises(DeviceTimeoutError, match="USB streaming"):
        Record3dDriver(lambda: fake(streams=False)).device("").open()


def test_the_app_closed() -> None:
    sdk = fake()
    device = Record3dDriver(lambda: sdk).device("")
    device.open()
    sdk.Record3DStream.last.end()
    deadline = time.monotonic() + 2
    with pytest.raises(DeviceDisconnectedError, match="cable"):
        drain(device, deadline)
    device.close()
    device.close()


def drain(device: Any, deadline: float) -> None:
    while time.monotonic() < deadline:
        device.grab(0.05)


def test_the_sdk_has_what_the_driver_uses() -> None:
    record3d = pytest.importorskip("record3d", reason="record3d is not installed (extra `record3d`)")
    assert missing(record3d, module_names("sdk", "record3d.py")) == []
    used = module_names("stream", "record3d.py") + module_names("_stream", "record3d.py")
    assert missing(record3d.Record3DStream, [name for name in used if not name.startswith("_")]) == []
    assert missing(record3d.DeviceInfo, ["udid"]) == []
    assert missing(record3d.IntrinsicMatrixCoeffs, ["fx", "fy", "tx", "ty"]) == []
    assert "arg0: record3d.DeviceInfo) -> bool" in record3d.Record3DStream.connect.__doc__
    stream = record3d.Record3DStream()
    stream.on_new_frame = stream.on_stream_stopped = lambda: None
    assert stream.get_rgb_frame().dtype == np.uint8
    assert stream.get_depth_frame().dtype == np.float32
