"""GenICam: a fake of ``harvesters`` at its boundary, and its names where it is installed."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sdk_names import missing, module_names

from rgbd_devices.drivers.genicam import GenicamDriver, installed_producers
from rgbd_seg.errors import BackendMissingError, DeviceDisconnectedError, DeviceError, DeviceNotFoundError

SIZE = (40, 64)


class Node:
    """A feature of a ``NodeMap``; setting it tells the camera."""

    def __init__(self, value: Any, symbolics: tuple[str, ...] = ()) -> None:
        self.value, self.symbolics = value, symbolics


class NodeMap:
    """blaze's features; the pixel format belongs to the selected component, as in the standard."""

    def __init__(self, **changes: Any) -> None:
        self.Width, self.Height = Node(SIZE[1]), Node(SIZE[0])
        self.AcquisitionFrameRate, self.DeviceTemperature = Node(30.0), Node(45.5)
        self.ComponentSelector = Node("Range", ("Range", "Intensity", "Confidence", "Normals"))
        self.Scan3dFocalLength, self.Scan3dCoordinateScale = Node(55.0), Node(0.25)
        self.Scan3dPrincipalPointU, self.Scan3dPrincipalPointV = Node(31.5), Node(20.25)
        self.Scan3dInvalidDataValue = Node(0.0)
        self._enabled = {name: Node(name == "Normals") for name in self.ComponentSelector.symbolics}
        self._formats = {
            "Range": Node("Coord3D_ABC32f", ("Coord3D_ABC32f", "Coord3D_C16")),
            "Intensity": Node("Mono16", ("Mono16",)),
            "Confidence": Node("Confidence16", ("Confidence8", "Confidence16")),
            "Normals": Node("Mono8", ("Mono8",)),
        }
        for name, value in changes.items():
            if value is None:
                delattr(self, name)
            else:
                setattr(self, name, value)

    @property
    def ComponentEnable(self) -> Node:  # noqa: N802
        return self._enabled[self.ComponentSelector.value]

    @property
    def PixelFormat(self) -> Node:  # noqa: N802
        return self._formats[self.ComponentSelector.value]

    def sent(self) -> dict[str, str]:
        return {name: self._formats[name].value for name, node in self._enabled.items() if node.value}


class FakeCore:
    """``harvesters.core`` with one camera; buffers are one memory that is filled again."""

    def __init__(
        self, nodes: NodeMap | None = None, *, serials: tuple[str, ...] = ("22990001",), fails: str = ""
    ) -> None:
        self.nodes, self.serials, self.fails = nodes or NodeMap(), serials, fails
        self.number, self.queued, self.reset_count = 0, 0, 0
        self.memory = {"Range": np.zeros(SIZE, np.uint16), "Intensity": np.zeros(SIZE, np.uint16),
                       "Confidence": np.zeros(SIZE, np.uint16)}  # fmt: skip
        self.gone, self.due = False, 0.0

    def Harvester(self) -> Any:  # noqa: N802
        return self

    def add_file(self, path: str, *, check_existence: bool, check_validity: bool) -> None:
        assert check_existence
        assert check_validity
        if not path.endswith("good.cti"):
            raise OSError("not a producer")

    def update(self) -> None:
        pass

    def reset(self) -> None:
        self.reset_count += 1

    @property
    def device_info_list(self) -> list[Any]:
        told = {"vendor": "Basler", "model": "blaze-101", "tl_type": "GEV"}
        return [SimpleNamespace(property_dict={"serial_number": serial, **told}) for serial in self.serials]

    def create(self, key: dict[str, str]) -> Any:
        if self.fails:
            raise RuntimeError(self.fails)
        assert key["serial_number"] in self.serials
        return self

    @property
    def remote_device(self) -> Any:
        return SimpleNamespace(node_map=self.nodes)

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def destroy(self) -> None:
        pass

    def try_fetch(self, *, timeout: float) -> Any:
        if self.gone:
            raise RuntimeError("GenTL: device is disconnected")
        self.due = max(self.due + 1 / 30, time.monotonic() - 0.1)
        time.sleep(max(0.0, self.due - time.monotonic()))
        self.number += 1
        self.memory["Range"][:] = 1000 + self.number
        self.memory["Range"][0, 0] = int(self.nodes.Scan3dInvalidDataValue.value)
        self.memory["Intensity"][:] = self.number
        self.memory["Confidence"][:] = 65535
        parts = [
            SimpleNamespace(data_format=form, data=self.memory[name].ravel(), width=SIZE[1], height=SIZE[0])
            for name, form in self.nodes.sent().items()
        ]
        return SimpleNamespace(
            payload=SimpleNamespace(components=parts), timestamp_ns=self.number * 33_333_333, queue=self._queue
        )

    def _queue(self) -> None:
        self.queued += 1
        for values in self.memory.values():
            values[:] = 9


@pytest.fixture
def producer(tmp_path: Path) -> str:
    (tmp_path / "good.cti").touch()
    return f"?producer={tmp_path / 'good.cti'}"


def test_frames_and_calibration(producer: str) -> None:
    core = FakeCore()
    with GenicamDriver(lambda: core)(f"22990001{producer}") as camera:
        frames = [camera.read(2.0) for _ in range(5)]
        calibration = camera.calibration()
        assert camera.info.name == "Basler blaze-101"
        assert camera.capabilities.confidence
        assert not camera.capabilities.color
    assert core.nodes.sent() == {"Range": "Coord3D_C16", "Intensity": "Mono16", "Confidence": "Confidence16"}
    assert core.queued == core.number  # every buffer went back
    assert core.reset_count >= 1
    for frame in frames:
        assert frame.infrared is not None
        assert frame.confidence is not None
        number = int(frame.infrared[1, 1])
        assert frame.raw_depth[0, 0] == 0
        assert set(frame.raw_depth.ravel()[1:]) == {1000 + number}
        assert set(frame.confidence.ravel()) == {1.0}
        assert frame.depth_timestamp.nanoseconds == number * 33_333_333
        assert frame.temperature == 45.5
        assert frame.color.shape == (*SIZE, 3)
    assert calibration.metres_per_unit == 0.00025
    assert (calibration.depth.fx, calibration.depth.cx, calibration.depth.cy) == (55.0, 31.5, 20.25)


def test_offset_and_invalid_value_are_applied(producer: str) -> None:
    nodes = NodeMap(Scan3dInvalidDataValue=Node(65535.0), Scan3dCoordinateOffset=Node(100.0))
    core = FakeCore(nodes)
    with GenicamDriver(lambda: core)(producer) as camera:
        frame = camera.read(2.0)
    assert frame.infrared is not None
    assert frame.raw_depth[0, 0] == 0
    assert frame.raw_depth[5, 5] == 1000 + frame.infrared[5, 5] + 100 / 0.25


def test_what_goes_wrong(producer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeviceNotFoundError, match="22990001"), GenicamDriver(FakeCore)(f"1{producer}"):
        pass
    busy = GenicamDriver(lambda: FakeCore(fails="GC_ERR_RESOURCE_IN_USE: already open"))
    with pytest.raises(DeviceError, match="another program"), busy(producer):
        pass
    no_optics = GenicamDriver(lambda: FakeCore(NodeMap(Scan3dFocalLength=None)))
    with pytest.raises(DeviceError, match="Scan3dFocalLength"), no_optics(producer):
        pass
    (tmp_path / "bad.cti").touch()
    with (
        pytest.raises(BackendMissingError, match=r"bad\.cti"),
        GenicamDriver(FakeCore)(f"?producer={tmp_path}/bad.cti"),
    ):
        pass
    monkeypatch.setenv("GENICAM_GENTL64_PATH", "")
    with pytest.raises(BackendMissingError, match="GENICAM_GENTL64_PATH"):
        GenicamDriver(FakeCore).list()
    monkeypatch.setenv("GENICAM_GENTL64_PATH", f"/nowhere:{tmp_path}")
    assert [path.name for path in installed_producers()] == ["bad.cti", "good.cti"]


def test_unplugged(producer: str) -> None:
    from rgbd_devices.profiles import choose_profiles

    core = FakeCore()
    device = GenicamDriver(lambda: core).device(producer)
    device.open()
    device.start(choose_profiles(device.profiles()))
    assert device.grab(0.5)
    core.gone = True
    with pytest.raises(DeviceDisconnectedError):
        device.grab(0.5)
    device.close()
    device.close()


def test_the_package_has_what_the_driver_uses() -> None:
    core = pytest.importorskip("harvesters.core", reason="harvesters is not installed (extra `genicam`)")
    assert missing(core, module_names("core", "genicam.py")) == []
    used = {
        "Harvester": ["add_file", "update", "reset", "device_info_list", "create"],
        "ImageAcquirer": ["start", "stop", "destroy", "try_fetch", "remote_device"],
        "Buffer": ["timestamp_ns", "payload", "queue"],
        "Payload": ["components"],
        "Component2DImage": ["data_format", "data", "width", "height"],
        "DeviceInfo": ["property_dict"],
        "RemoteDevice": ["node_map"],
    }
    assert missing(core, [f"{owner}.{name}" for owner, names in used.items() for name in names]) == []
    import inspect

    assert {"check_existence", "check_validity"} <= set(inspect.signature(core.Harvester.add_file).parameters)
    assert "timeout" in inspect.signature(core.ImageAcquirer.try_fetch).parameters
    assert {"serial_number", "vendor", "model", "version", "tl_type"} <= set(core.DeviceInfo.search_keys)
    harvester = core.Harvester()
    harvester.update()
    assert harvester.device_info_list == []
    harvester.reset()
