"""V4L2 cameras: a fake at OpenCV's border, and a loopback device where the kernel has one."""

import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fake_capture import FakeCapture
from recording_frames import CALIBRATION

from rgbd_devices.camera import DeviceCamera
from rgbd_devices.drivers.pixel_formats import COLOR_FORMATS, to_rgb, to_uint16
from rgbd_devices.drivers.v4l2 import V4l2Driver
from rgbd_devices.drivers.video_capture import open_v4l2
from rgbd_devices.profiles import choose_profiles
from rgbd_seg.errors import (
    CalibrationMismatchError,
    ConfigError,
    DeviceDisconnectedError,
    DeviceError,
    DeviceNotFoundError,
    FrameError,
)


def bgr(number: int, size: tuple[int, int]) -> np.ndarray:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    picture[...] = (number % 256, 100, 200)
    return picture


def z16(number: int, size: tuple[int, int]) -> np.ndarray:
    """As OpenCV gives it without conversion: one row of bytes."""
    return np.full(size[::-1], 700 + number, np.uint16).view(np.uint8).reshape(1, -1)


def driver_of(**captures: FakeCapture) -> V4l2Driver:
    return V4l2Driver(lambda path: captures[path.rpartition("/")[2]])


def test_a_webcam_is_a_camera_without_depth() -> None:
    webcam = FakeCapture(bgr, sizes=((1280, 720),))
    with driver_of(video0=webcam)("0?fov=90") as camera:
        frames = [camera.read(2.0) for _ in range(5)]
        assert camera.info.uri == "v4l2:0"
        assert not camera.capabilities.depth
    assert webcam.released.wait(1)
    for frame in frames:
        assert tuple(frame.color[3, 3]) == (200, 100, (frame.color_sequence or 0) % 256)  # RGB
        assert not frame.raw_depth.any()
        assert abs(frame.color_timestamp.nanoseconds - frame.arrival.nanoseconds) < 1e9
    assert frames[0].calibration.color.fx == pytest.approx(640)
    assert webcam.values[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")


def test_colour_and_depth_with_their_calibration(tmp_path: Path) -> None:
    CALIBRATION.save(tmp_path / "camera.json")
    color, depth = FakeCapture(bgr), FakeCapture(z16, sizes=((32, 24),))
    address = f"/dev/video0?depth=/dev/video2&calibration={tmp_path / 'camera.json'}"
    with driver_of(video0=color, video2=depth)(address) as camera:
        frames = [camera.read(2.0) for _ in range(5)]
    for frame in frames:
        assert set(frame.raw_depth.ravel()) == {700 + (frame.depth_sequence or 0)}
        assert frame.calibration.to_dict() == CALIBRATION.to_dict()
    assert depth.values[cv2.CAP_PROP_CONVERT_RGB] == 0
    assert depth.values[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"Z16 ")


def test_sizes_that_do_not_fit(tmp_path: Path) -> None:
    CALIBRATION.save(tmp_path / "camera.json")
    address = f"0?calibration={tmp_path / 'camera.json'}"
    with pytest.raises(ConfigError, match="64x48"), driver_of(video0=FakeCapture(bgr))("0"):
        pass
    device = driver_of(video0=FakeCapture(bgr)).device(address)
    with pytest.raises(CalibrationMismatchError, match="64x48"), DeviceCamera(device, color="640x480"):
        pass


def test_a_camera_that_is_used_by_another() -> None:
    with pytest.raises(DeviceError, match="another program"), driver_of(video0=FakeCapture(bgr, opens=False))("0"):
        pass


def test_unplugged() -> None:
    webcam = FakeCapture(bgr, sizes=((1280, 720),))
    device = driver_of(video0=webcam).device("0")
    device.open()
    device.start(choose_profiles(device.profiles()))
    assert device.grab(1.0)
    webcam.gone = True
    with pytest.raises(DeviceDisconnectedError, match="cable"):
        grab_for(device, 2.0)
    device.close()


def grab_for(device: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        device.grab(0.05)


def test_a_camera_that_hangs_is_let_go() -> None:
    webcam = FakeCapture(bgr, sizes=((1280, 720),))
    with driver_of(video0=webcam)("0") as camera:
        camera.read(2.0)
        webcam.hangs.set()
        time.sleep(0.1)
        start = time.monotonic()
    assert time.monotonic() - start < 2


def test_device_files_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeviceNotFoundError, match="nowhere"):
        open_v4l2(str(tmp_path / "nowhere"))
    (tmp_path / "video9").touch()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(DeviceError, match="group `video`"):
        open_v4l2(str(tmp_path / "video9"))


def test_the_kernels_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, index in ((0, 0), (1, 1), (2, 0)):
        node = tmp_path / f"video{number}"
        node.mkdir()
        (node / "index").write_text(f"{index}\n")
        (node / "name").write_text(f"Camera {number // 2}\n")
    monkeypatch.setattr("rgbd_devices.drivers.v4l2._SYSTEM", tmp_path)
    assert [(info.serial, info.name) for info in V4l2Driver().list()] == [
        ("/dev/video0", "Camera 0"),
        ("/dev/video2", "Camera 1"),
    ]


PATTERN = np.zeros((8, 12, 3), np.uint8)
PATTERN[:, :6], PATTERN[:, 6:] = (200, 30, 60), (20, 180, 90)


def packed(pixel_format: str) -> np.ndarray:
    """`PATTERN` as a camera packs it."""
    bayer = {"bayer_rggb8": "RGGB", "bayer_bggr8": "BGGR", "bayer_grbg8": "GRBG", "bayer_gbrg8": "GBRG"}
    if pixel_format in bayer:
        mosaic = np.empty(PATTERN.shape[:2], np.uint8)
        for place, letter in enumerate(bayer[pixel_format]):
            row, column = divmod(place, 2)
            mosaic[row::2, column::2] = PATTERN[row::2, column::2, "RGB".index(letter)]
        return mosaic
    match pixel_format:
        case "rgb8":
            return PATTERN
        case "bgr8":
            return PATTERN[..., ::-1]
        case "rgba8":
            return cv2.cvtColor(PATTERN, cv2.COLOR_RGB2RGBA)
        case "bgra8":
            return cv2.cvtColor(PATTERN, cv2.COLOR_RGB2BGRA)
        case "yuyv":
            return cv2.cvtColor(PATTERN, cv2.COLOR_RGB2YUV_YUYV)
        case "uyvy":
            return cv2.cvtColor(PATTERN, cv2.COLOR_RGB2YUV_UYVY)
        case "i420":
            return cv2.cvtColor(PATTERN, cv2.COLOR_RGB2YUV_I420)
        case "nv12" | "nv21":
            i420 = cv2.cvtColor(PATTERN, cv2.COLOR_RGB2YUV_I420).ravel()
            luma, u, v = i420[:96], i420[96:120], i420[120:]
            pair = (u, v) if pixel_format == "nv12" else (v, u)
            return np.concatenate([luma, np.stack(pair, 1).ravel()])
        case "y8":
            return cv2.cvtColor(PATTERN, cv2.COLOR_RGB2GRAY)
        case "mjpeg":
            return cv2.imencode(".jpg", PATTERN[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 100])[1]
    raise AssertionError(pixel_format)


@pytest.mark.parametrize("pixel_format", COLOR_FORMATS)
def test_every_colour_format_keeps_red_red(pixel_format: str) -> None:
    color = to_rgb(packed(pixel_format), pixel_format, (8, 12))
    assert color.shape == PATTERN.shape
    expected = np.repeat(packed("y8")[..., None], 3, 2) if pixel_format == "y8" else PATTERN
    for column in (2, 9):  # away from the edge, where chroma and mosaics mix
        assert np.abs(color[3:5, column].astype(int) - expected[3:5, column]).max() <= 4


def test_pictures_of_the_wrong_length_are_refused() -> None:
    for pixel_format in COLOR_FORMATS:
        with pytest.raises(FrameError):
            to_rgb(np.zeros(17, np.uint8), pixel_format, (8, 12))
    with pytest.raises(FrameError, match="0 bytes"):
        to_rgb(np.zeros(0, np.uint8), "mjpeg", (8, 12))
    with pytest.raises(FrameError, match="h264"):
        to_rgb(np.zeros(17, np.uint8), "h264", (8, 12))
    with pytest.raises(FrameError, match="12×8"):
        to_uint16(np.zeros(17, np.uint16), (8, 12))


def test_what_is_given_is_not_a_view() -> None:
    buffer = PATTERN.copy()
    raw = np.ones((8, 12), np.uint16)
    color, depth = to_rgb(buffer, "rgb8", (8, 12)), to_uint16(raw, (8, 12))
    buffer[:], raw[:] = 0, 0
    assert (color == PATTERN).all()
    assert (depth == 1).all()


def loopback() -> str | None:
    """A v4l2loopback device, if the kernel has one."""
    for node in Path("/sys/class/video4linux").glob("video*"):
        if "Dummy video device" in (node / "name").read_text():
            return f"/dev/{node.name}"
    return None


@pytest.mark.skipif(loopback() is None, reason="the kernel has no v4l2 loopback device")
def test_a_loopback_device() -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    path = loopback() or ""
    with av.open(path, "w", format="v4l2") as output:
        stream = output.add_stream("rawvideo", rate=30)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuyv422"
        picture = av.VideoFrame.from_ndarray(np.full((480, 640, 3), (200, 30, 60), np.uint8), format="rgb24")
        camera = DeviceCamera(V4l2Driver().device(f"{path}?format=yuyv"), color="640x480")
        for _ in range(3):
            output.mux(stream.encode(picture))
        with camera:
            output.mux(stream.encode(picture))
            frame = camera.read(3.0)
    assert np.abs(frame.color[100, 100].astype(int) - (200, 30, 60)).max() < 6
