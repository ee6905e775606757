"""Orbbec: a fake of the SDK at its boundary, real frames of the SDK where it is installed, and its names."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sdk_names import missing, module_names

from rgbd_devices.camera import DeviceCamera
from rgbd_devices.drivers.orbbec import OrbbecDriver, quiet_context
from rgbd_devices.drivers.orbbec_calibration import orbbec_calibration
from rgbd_devices.drivers.orbbec_frames import OrbbecFrames
from rgbd_seg.distortion import BrownConrady, KannalaBrandt, NoDistortion
from rgbd_seg.errors import CalibrationError, DeviceError, DeviceNotFoundError, DeviceTimeoutError

RUN_FILES = ("orbbec.py", "orbbec_frames.py", "orbbec_profiles.py")


class OBError(Exception):
    pass


class Profile:
    """A ``VideoStreamProfile``."""

    def __init__(self, kind: str, width: int, height: int, rate: int, pixel_format: str, model: str = "NONE") -> None:
        self.kind, self.width, self.height, self.rate, self.pixel_format = kind, width, height, rate, pixel_format
        self.terms = dict.fromkeys(("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2"), 0.0)
        self.model = model

    def as_video_stream_profile(self) -> "Profile":
        return self

    def get_width(self) -> int:
        return self.width

    def get_height(self) -> int:
        return self.height

    def get_fps(self) -> int:
        return self.rate

    def get_format(self) -> str:
        return f"OBFormat.{self.pixel_format}"

    def get_intrinsic(self) -> Any:
        f = self.width * 0.9
        return SimpleNamespace(fx=f, fy=f, cx=self.width / 2, cy=self.height / 2, width=self.width, height=self.height)

    def get_distortion(self) -> Any:
        return SimpleNamespace(model=f"OBCameraDistortionModel.{self.model}", **self.terms)

    def get_extrinsic_to(self, _: "Profile") -> Any:
        # A turn about z, rows first; millimetres.
        turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
        return SimpleNamespace(rot=turn, transform=np.array([32.0, 0, 4]))


class Listed(list[Any]):
    def get_count(self) -> int:
        return len(self)

    def get_stream_profile_by_index(self, index: int) -> Any:
        return self[index]

    def get_default_video_stream_profile(self) -> Any:
        return self[-1]

    def get_type_by_index(self, index: int) -> Any:
        return self[index]


class Frame:
    def __init__(self, profile: Profile, number: int, data: np.ndarray) -> None:
        self._profile, self._number, self._data = profile, number, data

    def get_width(self) -> int:
        return self._profile.width

    def get_height(self) -> int:
        return self._profile.height

    def get_format(self) -> str:
        return self._profile.get_format()

    def get_data(self) -> np.ndarray:
        return self._data

    def get_index(self) -> int:
        return self._number

    def get_timestamp_us(self) -> int:
        return self._number * 33_333

    def get_depth_scale(self) -> float:
        return 0.8


class FakeSdk:
    """Gemini that sends depth 64×40 and colour 128×72, in turns, from buffers that it fills again."""

    OBError = OBError
    OBSensorType = SimpleNamespace(COLOR_SENSOR="color", DEPTH_SENSOR="depth", IR_SENSOR="ir")
    OBFrameAggregateOutputMode = SimpleNamespace(ANY_SITUATION=1)

    def __init__(self, serials: tuple[str, ...] = ("SN1",), busy: bool = False, gone_after: int | None = None) -> None:
        self.serials, self.busy, self.gone_after = serials, busy, gone_after
        self.profiles = {
            "color": Listed(
                [
                    Profile("color", 64, 36, 30, "MJPG"),
                    Profile("color", 128, 72, 30, "H264"),
                    Profile("color", 128, 72, 30, "RGB"),
                ]
            ),
            "depth": Listed([Profile("depth", 64, 40, 15, "Y16"), Profile("depth", 64, 40, 30, "Y16")]),
            "ir": Listed([Profile("ir", 64, 40, 30, "Y8")]),
        }
        self.started: list[Profile] = []
        self.number, self.due = 0, 0.0
        self.buffers = {"depth": np.zeros(64 * 40 * 2, np.uint8), "color": np.zeros(128 * 72 * 3, np.uint8)}

    # Module-level names.
    OBLogLevel = SimpleNamespace(NONE=0, ERROR=1)

    @property
    def Context(self) -> Any:  # noqa: N802
        class Context:
            query_devices = staticmethod(lambda: self)
            set_logger_to_file = set_logger_to_console = staticmethod(lambda level, *path: None)

        return Context

    def Pipeline(self, _: Any) -> Any:  # noqa: N802
        return self

    def Config(self) -> Any:  # noqa: N802
        self.started = []
        return SimpleNamespace(enable_stream=self.started.append, set_frame_aggregate_output_mode=lambda mode: None)

    # DeviceList.
    def get_count(self) -> int:
        return len(self.serials)

    def get_device_serial_number_by_index(self, index: int) -> str:
        return self.serials[index]

    def get_device_name_by_index(self, index: int) -> str:
        return "Gemini"

    def get_device_connection_type_by_index(self, index: int) -> str:
        return "USB3.0"

    def get_device_by_serial_number(self, serial: str) -> Any:
        if self.busy:
            raise OBError("usbEnumerator openUsbDevice failed: resource busy")
        return self

    # Device.
    def get_sensor_list(self) -> Any:
        return Listed(self.profiles)

    def get_device_info(self) -> Any:
        told = {"get_name": "Gemini", "get_firmware_version": "1.5", "get_connection_type": "USB3.0"}
        return SimpleNamespace(**{name: lambda text=text: text for name, text in told.items()})

    def get_temperature(self) -> Any:
        return SimpleNamespace(ir_temperature=0.0, chip_top_temperature=44.0)

    # Pipeline.
    def get_stream_profile_list(self, sensor: str) -> Any:
        return self.profiles[sensor]

    def start(self, _: Any) -> None:
        self.number = 0

    def stop(self) -> None:
        pass

    def wait_for_frames(self, _: int) -> Any:
        import time

        self.due = max(self.due + 1 / 60, time.monotonic() - 0.1)
        time.sleep(max(0.0, self.due - time.monotonic()))
        self.number += 1
        if self.gone_after is not None and self.number > self.gone_after:
            raise OBError("device is disconnected")
        if self.number == 1:
            return None
        exposure, kind = self.number // 2, "depth" if self.number % 2 == 0 else "color"
        profile = next(found for found in self.started if found.kind == kind)
        if kind == "depth":
            self.buffers["depth"].view(np.uint16)[:] = 1000 + exposure
        else:
            self.buffers["color"][:] = exposure % 256
        frames: dict[str, Any] = {"depth": None, "color": None}
        frames[kind] = Frame(profile, exposure, self.buffers[kind])
        return SimpleNamespace(
            get_depth_frame=lambda: frames["depth"], get_color_frame=lambda: frames["color"], get_ir_frame=lambda: None
        )


class SlowDepth(FakeSdk):
    """Sends colour alone at first, and of that the first picture cut off."""

    def wait_for_frames(self, milliseconds: int) -> Any:
        frames = super().wait_for_frames(milliseconds)
        if frames is None or self.number > 40:
            return frames
        color = frames.get_color_frame()
        if color is not None and self.number == 3:
            color._data = color._data[:100]
        return SimpleNamespace(get_depth_frame=lambda: None, get_color_frame=lambda: color, get_ir_frame=lambda: None)


def test_a_camera_whose_depth_starts_late() -> None:
    sdk = SlowDepth()
    with OrbbecDriver(lambda: sdk)() as camera:
        frame = camera.read(2.0)
        assert camera.calibration().metres_per_unit == pytest.approx(0.0008)
        assert camera.statistics.color.received < 10  # those from long before the first depth are not kept for it
    assert frame.color_sequence == frame.depth_sequence == 21


def test_a_camera_that_sends_no_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = SlowDepth()
    monkeypatch.setattr("rgbd_devices.drivers.orbbec._FIRST_DEPTH_SECONDS", 0.2)
    with pytest.raises(DeviceTimeoutError, match=r"no depth within 0\.2 s"), OrbbecDriver(lambda: sdk)():
        pass


def test_frames_and_calibration() -> None:
    sdk = FakeSdk()
    with OrbbecDriver(lambda: sdk)() as camera:
        frames = [camera.read(2.0) for _ in range(10)]
        calibration = camera.calibration()
        assert camera.info.uri == "orbbec:SN1"
        assert [str(profile) for profile in camera.profiles()] == ["color 128x72@30/rgb8", "depth 64x40@30/z16"]
        assert camera.statistics.depth.missed == 0
    for frame in frames:
        assert frame.depth_sequence == frame.color_sequence
        assert set(frame.raw_depth.ravel()) == {1000 + (frame.depth_sequence or 0)}
        assert set(frame.color.ravel()) == {(frame.color_sequence or 0) % 256}
        assert frame.temperature == 44.0
    assert frames[0].depth_sequence == 1  # the picture that told the unit was not lost
    assert calibration.metres_per_unit == pytest.approx(0.0008)
    np.testing.assert_allclose(calibration.T_color_depth.apply(np.array([1.0, 0, 2])), [0.032, 1, 2.004], atol=1e-9)


def test_what_goes_wrong() -> None:
    with pytest.raises(DeviceNotFoundError, match="SN1"), OrbbecDriver(FakeSdk)("SN2"):
        pass
    with pytest.raises(DeviceNotFoundError, match="udev"), OrbbecDriver(lambda: FakeSdk(()))():
        pass
    with pytest.raises(DeviceError, match="another program"), OrbbecDriver(lambda: FakeSdk(busy=True))():
        pass
    gone = OrbbecDriver(lambda: FakeSdk(gone_after=0)).device("")
    with pytest.raises(DeviceError, match="disconnected"), DeviceCamera(gone):
        pass
    assert [info.serial for info in OrbbecDriver(FakeSdk).list()] == ["SN1"]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("NONE", NoDistortion()),
        ("BROWN_CONRADY", BrownConrady((1.0, 2.0, 7.0, 8.0, 3.0))),
        ("BROWN_CONRADY_K6", BrownConrady((1.0, 2.0, 7.0, 8.0, 3.0, 4.0, 5.0, 6.0))),
        ("KANNALA_BRANDT4", KannalaBrandt((1.0, 2.0, 3.0, 4.0))),
    ],
)
def test_lens_models(model: str, expected: object) -> None:
    profile = Profile("color", 64, 36, 30, "RGB", model)
    profile.terms = {
        name: float(value) for value, name in enumerate(("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2"), 1)
    }
    assert orbbec_calibration(profile, None, 1.0).color.distortion == expected


def test_a_lens_that_is_not_known() -> None:
    profile = Profile("color", 64, 36, 30, "RGB", "INVERSE_BROWN_CONRADY")
    profile.terms["k1"] = 0.1
    with pytest.raises(CalibrationError, match="INVERSE"):
        orbbec_calibration(profile, profile, 1.0)


def installed() -> Any:
    return pytest.importorskip("pyorbbecsdk", reason="pyorbbecsdk2 is not installed (extra `orbbec`)")


def test_real_frames_of_the_sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = installed()
    monkeypatch.chdir(tmp_path)  # the SDK writes a folder of logs where it runs
    depth = sdk.Frame.create_video_frame(sdk.OBFrameType.DEPTH_FRAME, sdk.OBFormat.Y16, 64, 40, 0).as_depth_frame()
    color = sdk.Frame.create_video_frame(sdk.OBFrameType.COLOR_FRAME, sdk.OBFormat.RGB, 128, 72, 0).as_color_frame()
    values = np.arange(64 * 40, dtype=np.uint16).reshape(40, 64)
    picture = np.random.default_rng(1).integers(0, 256, (72, 128, 3), dtype=np.uint8)
    depth.update_data(values.tobytes())
    color.update_data(picture.tobytes())
    for frame in (depth, color):
        sdk.Frame.set_frame_device_timestamp_us(frame, 1_234_567)
    frames = sdk.Frame.create_frame_set()
    frames.push_frame(depth)
    frames.push_frame(color)
    device = SimpleNamespace(get_temperature=lambda: SimpleNamespace(ir_temperature=30.5, chip_top_temperature=0.0))
    images = OrbbecFrames(sdk, device, infrared=False).images(frames)
    assert len(images) == 2
    np.testing.assert_array_equal(images[0].color, picture)  # type: ignore[union-attr]
    np.testing.assert_array_equal(images[1].raw_depth, values)  # type: ignore[union-attr]
    assert all(image.timestamp.nanoseconds == 1_234_567_000 for image in images)
    assert images[1].temperature == 30.5  # type: ignore[union-attr]


def test_the_sdk_has_what_the_driver_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = installed()
    assert missing(sdk, module_names("sdk", *RUN_FILES)) == []
    used = {
        "Pipeline": ["start", "stop", "wait_for_frames", "get_stream_profile_list"],
        "Context": ["query_devices"],
        "DeviceList": [
            "get_count", "get_device_serial_number_by_index", "get_device_by_serial_number",
            "get_device_name_by_index", "get_device_connection_type_by_index",
        ],
        "Device": ["get_sensor_list", "get_device_info", "get_temperature"],
        "DeviceInfo": ["get_name", "get_firmware_version", "get_connection_type"],
        "SensorList": ["get_count", "get_type_by_index"],
        "StreamProfileList": ["get_count", "get_stream_profile_by_index", "get_default_video_stream_profile"],
        "StreamProfile": ["as_video_stream_profile", "get_extrinsic_to", "get_format"],
        "VideoStreamProfile": ["get_width", "get_height", "get_fps", "get_intrinsic", "get_distortion"],
        "Config": ["enable_stream", "set_frame_aggregate_output_mode"],
        "FrameSet": ["get_color_frame", "get_depth_frame", "get_ir_frame"],
        "DepthFrame": ["get_depth_scale", "get_data", "get_index", "get_timestamp_us", "get_width", "get_height"],
        "OBDeviceTemperature": ["ir_temperature", "chip_top_temperature"],
        "OBExtrinsic": ["rot", "transform"],
        "OBCameraDistortion": ["k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2", "model"],
        "OBCameraIntrinsic": ["fx", "fy", "cx", "cy", "width", "height"],
        "OBSensorType": ["COLOR_SENSOR", "DEPTH_SENSOR", "IR_SENSOR"],
        "OBFormat": ["RGB", "BGR", "MJPG", "YUYV", "NV12", "Y16", "Z16", "Y8"],
        "OBCameraDistortionModel": ["NONE", "BROWN_CONRADY", "BROWN_CONRADY_K6", "KANNALA_BRANDT4"],
    }  # fmt: skip
    assert missing(sdk, [f"{owner}.{name}" for owner, names in used.items() for name in names]) == []
    assert "arg0: int) -> pyorbbecsdk.pyorbbecsdk.FrameSet" in sdk.Pipeline.wait_for_frames.__doc__
    assert issubclass(sdk.OBError, Exception)
    assert str(sdk.OBFormat.MJPG).endswith(".MJPG")
    monkeypatch.chdir(tmp_path)
    assert quiet_context(sdk).query_devices().get_count() >= 0
    assert not list(tmp_path.iterdir())
