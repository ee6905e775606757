"""OAK-D: real messages of the SDK, through its queues where it runs without a device, and a fake device."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sdk_names import missing, module_names

from rgbd_devices.drivers.depthai import DepthaiDriver
from rgbd_devices.drivers.depthai_frames import color_image, depth_image
from rgbd_seg.errors import DeviceDisconnectedError, DeviceError, DeviceNotFoundError, FrameError


class Message:
    """An ``ImgFrame``."""

    def __init__(self, kind: str, data: np.ndarray, size: tuple[int, int], number: int) -> None:
        self._kind, self._data, self._size, self._number = kind, data, size, number

    def getType(self) -> str:  # noqa: N802
        return f"Type.{self._kind}"

    def getFrame(self) -> np.ndarray:  # noqa: N802
        return self._data

    def getWidth(self) -> int:  # noqa: N802
        return self._size[0]

    def getHeight(self) -> int:  # noqa: N802
        return self._size[1]

    def getSequenceNum(self) -> int:  # noqa: N802
        return self._number

    def getTimestampDevice(self) -> timedelta:  # noqa: N802
        return timedelta(seconds=100, microseconds=33_333 * self._number)


def nv12_grey(size: tuple[int, int], level: int) -> np.ndarray:
    width, height = size
    data = np.full((height * 3 // 2, width), 128, np.uint8)
    data[:height] = level
    return data


class FakeDai:
    """The part of ``depthai`` that the driver uses, with a device that sends two streams."""

    def __init__(self, ids: tuple[str, ...] = ("14442C",), error: str | None = None, length: int = 1000) -> None:
        self.ids, self.error, self.length = ids, error, length
        self.calls: list[tuple[Any, ...]] = []
        self.sizes: dict[str, tuple[int, int]] = {}
        self.closed = False
        self.CameraBoardSocket = SimpleNamespace(CAM_A="A")
        self.ImgFrame = SimpleNamespace(Type=SimpleNamespace(NV12="NV12"))
        presets = SimpleNamespace(PresetMode=SimpleNamespace(DEFAULT="default"))
        self.node = SimpleNamespace(Camera="camera", StereoDepth=presets)
        self.Device = self._device_class()

    def _device_class(self) -> Any:
        dai = self

        class Device:
            def __init__(self, info: Any) -> None:
                if dai.error:
                    raise RuntimeError(dai.error)
                dai.closed = False

            @staticmethod
            def getAllAvailableDevices() -> list[Any]:  # noqa: N802
                return [
                    SimpleNamespace(getDeviceId=lambda text=text: text, name="1.1", protocol="Protocol.USB")
                    for text in dai.ids
                ]

            def getDeviceName(self) -> str:  # noqa: N802
                return "OAK-D"

            def isClosed(self) -> bool:  # noqa: N802
                return dai.closed

            def close(self) -> None:
                dai.closed = True

            def getChipTemperature(self) -> Any:  # noqa: N802
                return SimpleNamespace(average=51.5)

            def readCalibration(self) -> Any:  # noqa: N802
                def intrinsics(socket: str, width: int, height: int) -> list[list[float]]:
                    assert socket == "A"
                    return [[0.8 * width, 0, width / 2], [0, 0.8 * width, height / 2], [0, 0, 1]]

                return SimpleNamespace(getCameraIntrinsics=intrinsics)

        return Device

    def Pipeline(self, device: Any) -> Any:  # noqa: N802
        return SimpleNamespace(
            create=self._create, start=lambda: None, stop=lambda: None, isRunning=lambda: not self.closed
        )

    def _create(self, kind: Any) -> Any:
        if kind == "camera":

            def request(size: tuple[int, int], **options: Any) -> Any:
                self.calls.append(("request", options))
                self.sizes["color"] = size
                return SimpleNamespace(createOutputQueue=lambda **_: self._queue("color"))

            return SimpleNamespace(build=lambda socket: SimpleNamespace(requestOutput=request))
        node = SimpleNamespace(
            setLeftRightCheck=lambda on: None,
            setSubpixel=lambda on: None,
            setDepthAlign=lambda socket: self.calls.append(("align", socket)),
            setOutputSize=lambda width, height: self.sizes.__setitem__("depth", (width, height)),
            depth=SimpleNamespace(createOutputQueue=lambda **_: self._queue("depth")),
        )
        return SimpleNamespace(build=lambda **_: node)

    def _queue(self, kind: str) -> Any:
        import time

        start, sent = time.monotonic(), 0

        def all_new() -> list[Message]:
            nonlocal sent
            if self.closed:
                raise RuntimeError("Communication exception - X_LINK_ERROR")
            due = min(int((time.monotonic() - start) * 30), self.length)
            numbers, sent = range(sent + 1, due + 1), due
            return [self._message(kind, number) for number in numbers]

        return SimpleNamespace(tryGetAll=all_new)

    def _message(self, kind: str, number: int) -> Message:
        size = self.sizes[kind]
        if kind == "color":
            return Message("NV12", nv12_grey(size, 16 + number % 200), size, number)
        return Message("RAW16", np.full(size[::-1], 1000 + number, np.uint16), size, number)


def test_frames_and_calibration() -> None:
    dai = FakeDai()
    with DepthaiDriver(lambda: dai)() as camera:
        frames = [camera.read(2.0) for _ in range(6)]
        calibration = camera.calibration()
        assert camera.info.uri == "depthai:14442C"
        assert camera.info.connection == "USB"
    assert ("align", "A") in dai.calls
    assert dai.calls[0][1]["enableUndistortion"] is True
    assert dai.closed
    for frame in frames:
        assert set(frame.raw_depth.ravel()) == {1000 + (frame.depth_sequence or 0)}
        assert frame.color.shape == (720, 1280, 3)
        expected = round(((frame.color_sequence or 0) % 200) * 255 / 219)
        assert abs(int(frame.color[10, 10, 0]) - expected) <= 2
        assert frame.temperature == 51.5
        assert frame.depth_timestamp.nanoseconds == 100_000_000_000 + 33_333_000 * (frame.depth_sequence or 0)
    assert calibration.metres_per_unit == 0.001
    # The same field of view on both pictures.
    assert calibration.depth.fx / calibration.depth.width == calibration.color.fx / calibration.color.width


def test_what_goes_wrong() -> None:
    with pytest.raises(DeviceNotFoundError, match="14442C"), DepthaiDriver(FakeDai)("other"):
        pass
    with pytest.raises(DeviceError, match="udev"), DepthaiDriver(lambda: FakeDai(error="Insufficient permissions"))():
        pass
    with pytest.raises(DeviceError, match="another program"), DepthaiDriver(lambda: FakeDai(error="device in use"))():
        pass
    assert [info.serial for info in DepthaiDriver(FakeDai).list()] == ["14442C"]


def test_unplugged() -> None:
    from rgbd_devices.profiles import choose_profiles

    dai = FakeDai()
    device = DepthaiDriver(lambda: dai).device("")
    device.open()
    device.start(choose_profiles(device.profiles()))
    assert device.grab(0.5)
    dai.closed = True
    with pytest.raises(DeviceDisconnectedError, match="X_LINK"):
        device.grab(0.5)
    device.close()


def installed() -> Any:
    return pytest.importorskip("depthai", reason="depthai is not installed (extra `depthai`)")


def real_messages(dai: Any, number: int) -> tuple[Any, Any]:
    depth, color = dai.ImgFrame(), dai.ImgFrame()
    depth.setType(dai.ImgFrame.Type.RAW16)
    depth.setSize(64, 40)
    depth.setData(np.frombuffer(np.full((40, 64), 500 + number, np.uint16).tobytes(), np.uint8))
    color.setType(dai.ImgFrame.Type.NV12)
    color.setSize(64, 36)
    color.setData(nv12_grey((64, 36), 126).ravel())
    for message in (depth, color):
        message.setSequenceNum(number)
        message.setTimestampDevice(timedelta(seconds=3, microseconds=number))
    return color, depth


def test_real_messages_of_the_sdk() -> None:
    color, depth = real_messages(installed(), 7)
    picture, measured = color_image(color), depth_image(depth, 40.0)
    assert picture.color.shape == (36, 64, 3)
    assert np.abs(picture.color.astype(int) - 128).max() <= 2
    np.testing.assert_array_equal(measured.raw_depth, np.full((40, 64), 507))
    assert picture.sequence == measured.sequence == 7
    assert measured.timestamp.nanoseconds == 3_000_007_000
    with pytest.raises(FrameError, match="RAW16"):
        color_image(depth)
    with pytest.raises(FrameError, match="NV12"):
        depth_image(color, None)


def test_messages_through_a_pipeline_that_runs_on_the_host() -> None:
    dai = installed()

    class Source(dai.node.ThreadedHostNode):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.pictures, self.depths = self.createOutput(), self.createOutput()

        def run(self) -> None:
            for number in range(1, 9):
                color, depth = real_messages(dai, number)
                self.pictures.send(color)
                self.depths.send(depth)

    with dai.Pipeline(createImplicitDevice=False) as pipeline:
        source = pipeline.create(Source)
        queues = [output.createOutputQueue(maxSize=16, blocking=False) for output in (source.pictures, source.depths)]
        pipeline.start()
        colors, depths = ([queue.get(timedelta(seconds=2)) for _ in range(8)] for queue in queues)
    assert [color_image(message).sequence for message in colors] == list(range(1, 9))
    assert [int(depth_image(message, None).raw_depth[0, 0]) for message in depths] == list(range(501, 509))


def test_the_sdk_has_what_the_driver_uses() -> None:
    dai = installed()
    assert missing(dai, module_names("dai", "depthai.py")) == []
    used = {
        "Device": [
            "getAllAvailableDevices", "getDeviceName", "isClosed", "close", "getChipTemperature", "readCalibration",
        ],
        "DeviceInfo": ["getDeviceId", "name", "protocol"],
        "Pipeline": ["create", "start", "stop", "isRunning"],
        "node.Camera": ["build", "requestOutput"],
        "node.StereoDepth": ["build", "setLeftRightCheck", "setSubpixel", "setDepthAlign", "setOutputSize", "depth"],
        "Node.Output": ["createOutputQueue"],
        "MessageQueue": ["tryGetAll"],
        "CalibrationHandler": ["getCameraIntrinsics"],
        "ChipTemperature": ["average"],
        "ImgFrame": ["getFrame", "getType", "getWidth", "getHeight", "getSequenceNum", "getTimestampDevice"],
        "ImgFrame.Type": ["NV12", "NV21", "RGB888i", "BGR888i", "GRAY8", "YUV420p", "RAW16"],
    }  # fmt: skip
    assert missing(dai, [f"{owner}.{name}" for owner, names in used.items() for name in names]) == []
    for function, arguments in (
        (dai.node.Camera.requestOutput, ("size: tuple[int, int]", "type:", "fps:", "enableUndistortion:")),
        (dai.node.StereoDepth.build, ("autoCreateCameras: bool", "presetMode:", "fps:")),
        (dai.node.StereoDepth.setDepthAlign, ("camera: depthai.CameraBoardSocket",)),
        (dai.node.StereoDepth.setOutputSize, ("width: int, height: int",)),
        (dai.Node.Output.createOutputQueue, ("maxSize: int", "blocking: bool")),
        (dai.CalibrationHandler.getCameraIntrinsics, ("resizeWidth: int", "resizeHeight: int")),
        (dai.Device.__init__, ("deviceInfo: depthai.DeviceInfo",)),
    ):
        for argument in arguments:
            assert argument in function.__doc__, (function, argument)
