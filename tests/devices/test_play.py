"""Playback of recordings that others made, and of TUM folders."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recording_frames import frame_set, read_all

from rgbd_devices import CameraOptions, open_camera
from rgbd_devices.drivers.azure_calibration import azure_calibration
from rgbd_devices.drivers.play import driver
from rgbd_devices.drivers.play_tum import TumDevice
from rgbd_devices.tum_export import TumExporter
from rgbd_seg.devices import DeviceInfo
from rgbd_seg.errors import ConfigError, DeviceNotFoundError, FrameError
from rgbd_seg.frames import FrameSet, Timestamp
from rgbd_seg.registration import register


def played(path: Path) -> list[FrameSet]:
    with driver(str(path)) as camera:
        return read_all(camera)


def test_the_azure_kinect_recording(shared: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed (extra `recording`)", minversion="17.0")
    import cv2

    folder = shared / "data" / "azure_kinect_mug"
    (frame,) = played(folder / "recording.mkv")
    depth = cv2.imread(str(folder / "depth_mm_640x576.png"), cv2.IMREAD_UNCHANGED)
    infrared = cv2.imread(str(folder / "ir_640x576.png"), cv2.IMREAD_UNCHANGED)
    color = cv2.imread(str(folder / "color_1280x720.jpg"))[..., ::-1]
    np.testing.assert_array_equal(frame.raw_depth, depth)
    np.testing.assert_array_equal(frame.infrared, infrared)
    assert np.abs(frame.color.astype(int) - color).max() <= 3  # two JPEG decoders
    assert frame.calibration.metres_per_unit == 0.001
    # The SDK's own figures for NFOV_UNBINNED and 720P: focal length and principal point in pixels.
    assert frame.calibration.depth.cx == pytest.approx(0.51296979 * 1024 - 192 - 0.5, abs=1e-3)
    assert frame.calibration.color.cy == pytest.approx(0.50661761 * 960 - 120 - 0.5, abs=1e-3)


def test_its_depth_lies_on_the_colour_picture(shared: Path) -> None:
    """The wall beyond the mug ends where the mug begins in colour: wrong signs or crops would move it by tens of px."""
    pytest.importorskip("av", reason="PyAV is not installed (extra `recording`)", minversion="17.0")
    import cv2

    (frame,) = played(shared / "data" / "azure_kinect_mug" / "recording.mkv")
    depth = register(frame).depth
    assert depth is not None
    jumps = cv2.Canny((np.nan_to_num(depth) * 50).clip(0, 255).astype(np.uint8)[100:420, 560:1060], 40, 80) > 0
    edges = cv2.Canny(cv2.cvtColor(frame.color, cv2.COLOR_RGB2GRAY)[100:420, 560:1060], 30, 60) > 0
    near = {
        shift: (np.roll(cv2.dilate(edges.astype(np.uint8), np.ones((3, 3))), shift, (0, 1)) > 0)[jumps].mean()
        for shift in ((0, 0), (0, 25), (0, -25), (25, 0), (-25, 0))
    }
    assert near[0, 0] > max(value for shift, value in near.items() if shift != (0, 0))


def test_calibration_of_unknown_modes(shared: Path) -> None:
    data = (shared / "data" / "azure_kinect_mug" / "calibration.json").read_bytes()
    with pytest.raises(FrameError, match="PASSIVE_IR"):
        azure_calibration(data, depth_mode="PASSIVE_IR", color_mode="720P")
    with pytest.raises(FrameError, match="OFF"):
        azure_calibration(data, depth_mode="NFOV_UNBINNED", color_mode="")
    with pytest.raises(FrameError, match="damaged"):
        azure_calibration(data[:500], depth_mode="NFOV_UNBINNED", color_mode="720P")


def test_binned_and_cropped_modes_see_the_same_scene(shared: Path) -> None:
    data = (shared / "data" / "azure_kinect_mug" / "calibration.json").read_bytes()
    point = np.array([[0.1, -0.05, 1.2]])
    full = azure_calibration(data, depth_mode="WFOV_UNBINNED", color_mode="3072P")
    half = azure_calibration(data, depth_mode="NFOV_2X2BINNED", color_mode="1536P")
    narrow = azure_calibration(data, depth_mode="NFOV_UNBINNED", color_mode="2160P")
    pixel, small, cut = (calibration.depth.project(point)[0][0] for calibration in (full, half, narrow))
    np.testing.assert_allclose(cut, pixel - (192, 180), atol=1e-9)
    np.testing.assert_allclose(small, (cut + 0.5) / 2 - 0.5, atol=1e-9)
    colors = [calibration.color.project(point)[0][0] for calibration in (full, half, narrow)]
    np.testing.assert_allclose(colors[1], (colors[0] + 0.5) / 2 - 0.5, atol=1e-9)
    np.testing.assert_allclose(colors[2], (colors[0] + 0.5) * 3840 / 4096 - 0.5 - (0, 360), atol=1e-9)


def test_a_tum_folder_comes_back_registered(tmp_path: Path) -> None:
    written = []
    with TumExporter(tmp_path / "tum") as exporter:
        for index in range(4):
            source = frame_set(index)
            source.raw_depth[:] = 1500 + 10 * index  # a wall
            exporter.write(source)
            written.append(source)
    read = played(tmp_path / "tum")
    assert len(read) == 4
    for before, after in zip(written, read, strict=True):
        np.testing.assert_array_equal(after.color, before.color)
        assert after.color_timestamp.nanoseconds == before.color_timestamp.nanoseconds
        assert after.depth_timestamp.nanoseconds == before.depth_timestamp.nanoseconds
        expected, stored = register(before).depth, register(after).depth
        assert expected is not None
        assert stored is not None
        np.testing.assert_array_equal(np.isnan(stored), np.isnan(expected))
        assert np.nanmax(np.abs(stored - expected)) <= 0.5 / 5000 + 1e-6


def test_every_pair_of_a_tum_folder_is_played(tmp_path: Path) -> None:
    """Up to 20 ms apart, as the data set's own tool pairs them; at 30 per second half a frame would be 16.7 ms."""
    with TumExporter(tmp_path / "tum") as exporter:
        for index in range(5):
            frame = frame_set(index)
            late = Timestamp(frame.color_timestamp.nanoseconds + 18_000_000, "host")
            exporter.write(replace(frame, depth_timestamp=late if index % 2 else frame.color_timestamp))
    read = played(tmp_path / "tum")
    assert len(read) == 5
    apart = [frame.depth_timestamp.nanoseconds - frame.color_timestamp.nanoseconds for frame in read]
    assert apart == [0, 18_000_000, 0, 18_000_000, 0]


def test_a_recording_may_take_long_to_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a ``.bag`` that is converted first."""
    with TumExporter(tmp_path / "tum") as exporter:
        exporter.write(frame_set(0))
    quick = TumDevice.open

    def slow(device: TumDevice) -> DeviceInfo:
        time.sleep(0.3)
        return quick(device)

    monkeypatch.setattr(TumDevice, "open", slow)
    with open_camera(str(tmp_path / "tum"), CameraOptions(open_timeout=0.1)) as camera:
        assert len(read_all(camera)) == 1


def test_a_tum_folder_without_calibration(tmp_path: Path) -> None:
    with TumExporter(tmp_path / "tum") as exporter:
        exporter.write(frame_set(0))
    (tmp_path / "tum" / "calibration.json").unlink()
    with pytest.raises(FrameError, match=r"calibration\.json"):
        played(tmp_path / "tum")
    with pytest.raises(ConfigError, match="already"):
        TumExporter(tmp_path / "tum")


def test_addresses_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.avi").write_bytes(b"RIFF")
    with pytest.raises(ConfigError, match="no path"):
        driver("")
    with pytest.raises(DeviceNotFoundError, match=r"missing\.mkv"):
        driver(str(tmp_path / "missing.mkv"))
    with pytest.raises(ConfigError, match=r"\.avi"):
        driver(str(tmp_path / "a.avi"))
    with pytest.raises(ConfigError, match=r"rgb\.txt"):
        driver(str(tmp_path))
    with pytest.raises(ConfigError, match="speed"):
        driver(f"{tmp_path}?speed=-1")
    with pytest.raises(ConfigError, match="pace"):
        driver(f"{tmp_path}?pace=1")
    assert driver.list() == []
