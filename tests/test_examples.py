"""The examples run as their first lines say."""

import subprocess
import sys
from pathlib import Path

import cv2
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.parametrize(
    ("script", "arguments", "size"),
    [
        ("photo_bokeh.py", ["PHOTO"], (480, 640, 3)),
        ("live_replace.py", [], (480, 640, 3)),
    ],
)
def test_an_example_writes_its_picture(script, arguments, size, tmp_path, monkeypatch):
    from rgbd_seg import load_sample, register
    from rgbd_seg.io.gdepth_writing import write_gdepth

    monkeypatch.setenv("RGBD_SEG_MODELS", str(tmp_path))
    photo = tmp_path / "photo.jpg"
    write_gdepth(photo, register(load_sample("wave").frame))
    given = [str(photo) if name == "PHOTO" else name for name in arguments]
    target = tmp_path / "out.jpg"
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *given, str(target)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert cv2.imread(str(target)).shape == size
