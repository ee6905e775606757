"""The hook for depth networks, with a stub that reads depth from brightness."""

import importlib.metadata
from types import SimpleNamespace

import numpy as np
import pytest
from fake_capture import FakeCapture
from recording_frames import read_all
from scripted_device import ScriptedDevice, pair

from rgbd_devices.camera import DeviceCamera
from rgbd_devices.drivers.network import DepthEstimator, NetworkDevice, NetworkDriver, find_estimator
from rgbd_devices.drivers.v4l2 import V4l2Driver
from rgbd_devices.images import RecordedPair
from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import BackendMissingError, ConfigError, DeviceError, StreamClosedError


class Stub:
    """Brightness is distance; half the size of colour; the first row is not measured."""

    name = "stub"

    def __init__(self, *, confident: bool = True, dtype: type = np.float32) -> None:
        self._confident, self._dtype = confident, dtype

    @property
    def gives_confidence(self) -> bool:
        return self._confident

    def depth_size(self, color_size: tuple[int, int]) -> tuple[int, int]:
        return color_size[0] // 2, color_size[1] // 2

    def estimate(self, color: UInt8, intrinsics: Intrinsics) -> tuple[Float32, Float32 | None]:
        assert intrinsics.size == color.shape[:2]
        depth = (color[::2, ::2, 0] * 0.01 + 0.5).astype(self._dtype)
        depth[0] = np.nan
        confidence = np.full(depth.shape, 0.75, np.float32) if self._confident else None
        return depth, confidence


def picture(number: int, size: tuple[int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), 20 + number % 200, np.uint8)


def camera_with(estimator: DepthEstimator) -> DeviceCamera:
    webcam = FakeCapture(picture, sizes=((1280, 720),))
    return DeviceCamera(NetworkDevice(V4l2Driver(lambda path: webcam).device("0"), estimator))


@pytest.mark.parametrize("confident", [True, False])
def test_depth_is_of_the_very_picture(confident: bool) -> None:
    with camera_with(Stub(confident=confident)) as camera:
        frames = [camera.read(2.0) for _ in range(5)]
        assert camera.info.name.endswith("with stub")
    for frame in frames:
        assert frame.color_timestamp == frame.depth_timestamp
        assert frame.raw_depth.shape == (360, 640)
        metres = frame.raw_depth * frame.calibration.metres_per_unit
        assert not frame.raw_depth[0].any()
        np.testing.assert_allclose(metres[1:], frame.color[2::2, ::2, 0] * 0.01 + 0.5, atol=0.0003)
        assert (frame.confidence is not None) is confident
        # The same field of view, edge to edge.
        assert frame.calibration.depth.fx * 2 == pytest.approx(frame.calibration.color.fx)


def test_a_recordings_colour_keeps_its_sessions() -> None:
    def recorded(number: int) -> list[RecordedPair]:
        if number == 6:
            raise StreamClosedError("over")
        color, depth = pair(number % 3)  # the clock starts anew
        return [RecordedPair(color=color, depth=depth, session=number // 3)]

    with DeviceCamera(NetworkDevice(ScriptedDevice(recorded, live=False), Stub())) as camera:
        frames = read_all(camera)
    assert [(frame.session, frame.color_sequence) for frame in frames] == [(s, n) for s in (0, 1) for n in (0, 1, 2)]
    assert all(frame.raw_depth.shape == (3, 4) for frame in frames)


def test_a_network_that_breaks_its_contract() -> None:
    with (
        camera_with(Stub(dtype=np.float64)) as camera,
        pytest.raises(DeviceError, match="float32"),
    ):
        camera.read(2.0)


def test_networks_are_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    stub = Stub()
    assert isinstance(stub, DepthEstimator)
    real = importlib.metadata.entry_points
    entry = SimpleNamespace(name="stub", load=lambda: stub)

    def with_stub(*, group: str, **others: str) -> object:
        return [entry] if group == "rgbd_seg.depth_estimators" else real(group=group, **others)

    monkeypatch.setattr(importlib.metadata, "entry_points", with_stub)
    assert find_estimator("stub") is stub
    with pytest.raises(ConfigError, match="installed: stub"):
        find_estimator("")
    with pytest.raises(BackendMissingError, match="'other'"):
        find_estimator("other")
    with pytest.raises(ConfigError, match="nobody"):
        NetworkDriver().device("0?network=stub&camera=nobody")
    assert NetworkDriver().list() == []
