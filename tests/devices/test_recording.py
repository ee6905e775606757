"""Recordings: what goes in comes out, also after the power failed."""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from recording_frames import CALIBRATION, frame_set, read_all

from rgbd_devices.camera import DeviceCamera
from rgbd_devices.drivers.play import driver
from rgbd_devices.recording import Recorder, RecordingOptions
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.cli.main import main
from rgbd_seg.devices import Capabilities, DeviceInfo
from rgbd_seg.errors import BackendMissingError, ConfigError, FrameError, OutputError, StreamClosedError
from rgbd_seg.frames import FrameSet, Timestamp

av = pytest.importorskip("av", reason="PyAV is not installed (extra `recording`)", minversion="17.0")


def record(path: Path, count: int, *, maps: bool = True) -> list[FrameSet]:
    frames = [frame_set(index, maps=maps) for index in range(count)]
    with Recorder(path, info=DeviceInfo(driver="acme", serial="7", name="Acme One")) as recorder:
        for frame in frames:
            recorder.write(frame)
    return frames


def played(path: Path, query: str = "") -> list[FrameSet]:
    with driver(f"{path}{query}") as camera:
        frames = read_all(camera)
        assert camera.statistics.dropped == 0
    return frames


@pytest.mark.parametrize("maps", [True, False])
def test_everything_but_colour_comes_back_bit_for_bit(tmp_path: Path, maps: bool) -> None:
    written = record(tmp_path / "a.mkv", 12, maps=maps)
    read = played(tmp_path / "a.mkv")
    assert len(read) == 12
    for before, after in zip(written, read, strict=True):
        np.testing.assert_array_equal(after.raw_depth, before.raw_depth)
        for name in ("color_timestamp", "depth_timestamp", "arrival", "color_sequence", "depth_sequence"):
            assert getattr(after, name) == getattr(before, name)
        assert after.temperature == before.temperature
        assert after.calibration.to_dict() == CALIBRATION.to_dict()
        if maps:
            np.testing.assert_array_equal(after.infrared, before.infrared)
            assert np.abs(after.confidence - before.confidence).max() <= 0.5 / 255 + 1e-6
        else:
            assert after.infrared is None
            assert after.confidence is None


def test_colour_comes_back_as_it_looked(tmp_path: Path) -> None:
    height, width = 48, 64
    flat = np.zeros((height, width, 3), np.uint8)
    flat[:, :32], flat[:, 32:] = (200, 60, 40), (20, 90, 210)
    frame = frame_set(0)
    with Recorder(tmp_path / "a.mkv") as recorder:
        recorder.write(FrameSet(**{**vars(frame), "color": flat}))
    color = played(tmp_path / "a.mkv")[0].color
    for box, expected in ((color[4:-4, 4:28], (200, 60, 40)), (color[4:-4, 36:-4], (20, 90, 210))):
        assert np.abs(box.reshape(-1, 3).mean(0) - expected).max() < 3


def test_sizes_that_h264_does_not_like(tmp_path: Path) -> None:
    odd = Calibration(**{**vars(CALIBRATION), "color": Intrinsics.from_field_of_view(63, 47, 60)})
    frame = frame_set(3, calibration=odd)
    with Recorder(tmp_path / "a.mkv") as recorder:
        recorder.write(frame)
    read = played(tmp_path / "a.mkv")[0]
    assert read.color.shape == (47, 63, 3)
    assert np.abs(read.color[5:-5, 5:30].astype(int) - frame.color[5:-5, 5:30]).mean() < 8


def test_frames_are_kept_apart_from_each_other(tmp_path: Path) -> None:
    written = record(tmp_path / "a.mkv", 5)
    read = played(tmp_path / "a.mkv")
    read[0].raw_depth[:] = 0
    for before, after in zip(written[1:], read[1:], strict=True):
        np.testing.assert_array_equal(after.raw_depth, before.raw_depth)


def test_a_recorder_that_dies_leaves_what_it_wrote(tmp_path: Path) -> None:
    code = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from recording_frames import frame_set
from rgbd_devices.recording import Recorder
from pathlib import Path
recorder = Recorder(Path({str(tmp_path / "a.mkv")!r}))
for index in range(60):
    recorder.write(frame_set(index))
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    read = played(tmp_path / "a.mkv")
    assert 60 - 10 <= len(read) < 60  # a quarter of a second and a little is held back
    for index, frame in enumerate(read):
        np.testing.assert_array_equal(frame.raw_depth, frame_set(index).raw_depth)


def test_a_cut_anywhere_plays_to_the_cut_or_says_why_not(tmp_path: Path) -> None:
    written = record(tmp_path / "a.mkv", 20)
    data = (tmp_path / "a.mkv").read_bytes()
    counts = []
    for tenth in range(10):
        path = tmp_path / f"cut{tenth}.mkv"
        path.write_bytes(data[: len(data) * tenth // 10])
        try:
            frames = played(path)
        except FrameError as error:
            assert str(path) in str(error)  # noqa: PT017
            continue
        counts.append(len(frames))
        for before, after in zip(written, frames, strict=False):
            np.testing.assert_array_equal(after.raw_depth, before.raw_depth)
    assert counts == sorted(counts)
    assert counts[-1] >= 15


def test_ffmpeg_opens_it_as_any_film(tmp_path: Path) -> None:
    record(tmp_path / "a.mkv", 6)
    with av.open(str(tmp_path / "a.mkv")) as file:
        codecs = {stream.metadata["title"]: stream.codec_context.name for stream in file.streams.video}
        names = {stream.metadata["filename"] for stream in file.streams.attachments}
        formats = {stream.metadata["title"]: stream.codec_context.pix_fmt for stream in file.streams.video}
    assert codecs == {"color": "h264", "depth": "ffv1", "confidence": "ffv1", "infrared": "ffv1"}
    assert formats["depth"] == "gray16le"
    assert names == {"calibration.json", "recording.json"}


def test_the_camera_is_remembered(tmp_path: Path) -> None:
    capabilities = Capabilities(confidence=True, infrared=True, temperature=True, shared_clock=True)
    with Recorder(
        tmp_path / "a.mkv",
        info=DeviceInfo(driver="acme", serial="7", name="Acme One", firmware="1.2"),
        capabilities=capabilities,
        options=RecordingOptions(rate=15),
    ) as recorder:
        recorder.write(frame_set(0))
    with driver(str(tmp_path / "a.mkv")) as camera:
        assert isinstance(camera, DeviceCamera)
        assert camera.info.name == "Acme One"
        assert camera.info.firmware == "1.2"
        assert camera.capabilities == Capabilities(**{**vars(capabilities), "live": False})
        assert {profile.rate for profile in camera.profiles()} == {15.0}


def test_pace_of_the_recording(tmp_path: Path) -> None:
    record(tmp_path / "a.mkv", 7)
    start = time.monotonic()
    assert len(played(tmp_path / "a.mkv", "?speed=1")) == 7
    assert time.monotonic() - start >= 6 / 30


def test_what_the_recorder_refuses(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.mkv"):
        Recorder(tmp_path / "a.mp4")
    record(tmp_path / "a.mkv", 1)
    with pytest.raises(ConfigError, match="exists"):
        Recorder(tmp_path / "a.mkv")
    with pytest.raises(ConfigError, match="color_quality"):
        RecordingOptions(color_quality=99)
    with Recorder(tmp_path / "b.mkv") as recorder:
        recorder.write(frame_set(0, maps=False))
        with pytest.raises(FrameError, match="confidence"):
            recorder.write(frame_set(1))
        moved = Calibration(**{**vars(CALIBRATION), "metres_per_unit": 0.0002})
        with pytest.raises(FrameError, match="calibration"):
            recorder.write(frame_set(1, maps=False, calibration=moved))
    with pytest.raises(StreamClosedError):
        recorder.write(frame_set(2))
    assert len(played(tmp_path / "b.mkv")) == 1


def test_a_picture_lost_on_the_way_does_not_end_the_recording(tmp_path: Path) -> None:
    with Recorder(tmp_path / "a.mkv") as recorder:
        for index in range(4):
            recorder.write(frame_set(index, maps=index != 2))
    read = played(tmp_path / "a.mkv")
    assert [frame.infrared is None for frame in read] == [False, False, True, False]
    assert [frame.confidence is None for frame in read] == [False, False, True, False]


def test_a_recording_goes_on_after_a_reconnection(tmp_path: Path) -> None:
    """The camera's clock and numbers start anew; nothing of the first session may judge the second."""
    written = [replace(frame_set(index % 4), session=index // 4) for index in range(12)]
    with Recorder(tmp_path / "a.mkv") as recorder:
        for frame in written:
            recorder.write(frame)
    start = time.monotonic()
    with driver(f"{tmp_path / 'a.mkv'}?speed=1") as camera:
        read = read_all(camera)
        statistics = camera.statistics
    assert time.monotonic() - start >= 3 * 3 / 30  # each session at its pace
    assert [frame.session for frame in read] == [frame.session for frame in written]
    assert [frame.color_timestamp for frame in read] == [frame.color_timestamp for frame in written]
    assert (statistics.color.disordered, statistics.depth.unpaired, statistics.color.missed) == (0, 0, 0)


def test_play_tells_the_length_of_all_sessions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Recorder(tmp_path / "a.mkv") as recorder:
        for index in range(12):
            recorder.write(replace(frame_set(index % 4), session=index // 4))
    assert main(["devices", "play", str(tmp_path / "a.mkv")]) == 0
    assert "12 frame sets, 0 dropped" in (told := capsys.readouterr().out)
    assert "0.30 s of recording" in told


def test_pairs_stay_as_they_were_recorded(tmp_path: Path) -> None:
    """As with ``clocks='measured'``: depth's clock is three seconds and some drift away from colour's."""
    late = [Timestamp(frame_set(index).depth_timestamp.nanoseconds + 3 * 10**9, "depth") for index in range(6)]
    with Recorder(tmp_path / "a.mkv") as recorder:
        for index, stamp in enumerate(late):
            recorder.write(replace(frame_set(index), depth_timestamp=stamp))
    read = played(tmp_path / "a.mkv")
    assert [frame.depth_timestamp for frame in read] == late
    assert [frame.depth_sequence for frame in read] == [200 + index for index in range(6)]


def test_the_recording_of_a_camera_without_depth(tmp_path: Path) -> None:
    with Recorder(tmp_path / "a.mkv", capabilities=Capabilities(depth=False)) as recorder:
        for index in range(3):
            recorder.write(frame_set(index, maps=False))
    assert [frame.color_sequence for frame in played(tmp_path / "a.mkv")] == [100, 101, 102]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"), Recorder(tmp_path / "missing" / "a.mkv") as recorder:
        recorder.write(frame_set(0))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")  # noqa: PTH110
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").symlink_to("/dev/full")
    recorder = Recorder(tmp_path / "a.mkv", options=RecordingOptions(overwrite=True))
    with pytest.raises(OutputError, match=r"a\.mkv"):
        write_many(recorder, 200)
    with suppress(OutputError):
        recorder.close()
    with pytest.raises(StreamClosedError):
        recorder.write(frame_set(0))


def write_many(recorder: Recorder, count: int) -> None:
    for index in range(count):
        recorder.write(frame_set(index))


@pytest.mark.parametrize("content", [b"", b"not a film", b"\x1aE\xdf\xa3" + bytes(100)])
def test_files_that_are_no_recordings(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mkv").write_bytes(content)
    with pytest.raises(FrameError, match=r"a\.mkv"), driver(str(tmp_path / "a.mkv")):
        pass


def test_a_newer_recording_asks_for_an_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rgbd_devices.recording_format.VERSION", 99)
    record(tmp_path / "a.mkv", 1)
    monkeypatch.undo()
    with pytest.raises(FrameError, match="update"), driver(str(tmp_path / "a.mkv")):
        pass


def test_without_pyav_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(BackendMissingError, match=r"rgbd-seg\[recording\]"):
        Recorder(tmp_path / "a.mkv")


def test_the_note_of_a_frame_is_readable_text(tmp_path: Path) -> None:
    record(tmp_path / "a.mkv", 2)
    with av.open(str(tmp_path / "a.mkv")) as file:
        notes = [json.loads(bytes(packet)) for packet in file.demux(file.streams.subtitles[0]) if packet.size]
    assert [note["color_sequence"] for note in notes] == [100, 101]


def test_a_pyav_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = SimpleNamespace(__version__="12.3.0", container=SimpleNamespace(OutputContainer=object))
    monkeypatch.setattr("rgbd_devices.backend.load_backend", lambda module, **_: old)
    with pytest.raises(BackendMissingError, match=r"12\.3\.0"):
        Recorder(tmp_path / "a.mkv")
