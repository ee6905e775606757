"""Video files as backgrounds: pictures by their time, round after round, and what is no video."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from rgbd_seg.errors import FrameError
from rgbd_seg.io.video import VideoFile, is_video

RATE, FRAMES = 10, 8


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight grey pictures, 30 levels apart, ten a second, red in the left half."""
    path = tmp_path_factory.mktemp("video") / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"MJPG"), RATE, (64, 48))
    assert writer.isOpened()
    for k in range(FRAMES):
        picture = np.full((48, 64, 3), 30 * k, np.uint8)
        picture[:, :32, 2] = 255
        writer.write(picture)
    writer.release()
    return path


def number(picture: np.ndarray) -> int:
    return round(float(picture[10:40, 44:60].mean()) / 30)


def test_pictures_come_by_their_time_and_in_colour(clip: Path) -> None:
    with VideoFile(clip) as video:
        assert video.rate == RATE
        first = video.at(0.0)
        assert first.shape == (48, 64, 3)
        assert first[20, 8, 0] > 200
        assert first[20, 8, 2] < 60
        assert [number(video.at(t)) for t in (0.05, 0.1, 0.15, 0.42, 0.7)] == [0, 1, 1, 4, 7]
        assert number(video.at(0.2)) == 2  # backwards


def test_it_begins_again_or_stays(clip: Path) -> None:
    with VideoFile(clip) as video:
        assert [number(video.at(t)) for t in (0.0, 0.79, 0.8, 0.95, 1.6, 2.1)] == [0, 7, 0, 1, 0, 5]
        assert number(video.at(80_000.0 + 0.35)) == 3  # a day later: rounds are skipped, not decoded
    with VideoFile(clip, loop=False) as video:
        assert [number(video.at(t)) for t in (0.6, 0.9, 99.0)] == [6, 7, 7]


def test_every_picture_is_its_own(clip: Path) -> None:
    with VideoFile(clip) as video:
        kept = video.at(0.1)
        copy = kept.copy()
        video.at(0.5)
        assert np.array_equal(kept, copy)


@pytest.mark.parametrize("content", [b"", b"no video at all" * 50, b"RIFF\x00\x10\x00\x00AVI LIST"])
def test_what_is_no_video_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    with pytest.raises(FrameError, match=r"bad\.mp4 cannot be decoded"):
        VideoFile(path)


def test_opencv_and_ffmpeg_print_nothing_of_their_own(tmp_path: Path) -> None:
    """In a process of its own: they read how much to say at their first video."""
    (tmp_path / "bad.mp4").write_bytes(b"no video at all" * 50)
    code = "from rgbd_seg.io.video import VideoFile\ntry: VideoFile('bad.mp4')\nexcept ValueError as e: print(e)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("bad.mp4 cannot be decoded")
    assert not done.stderr


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.mp4", tmp_path):
        with pytest.raises(FrameError, match="no video file"):
            VideoFile(path)


def test_names_of_videos() -> None:
    assert is_video(Path("a.MP4"))
    assert not is_video(Path("a.png"))
