"""What a newcomer relies on: the public names, and that nothing heavy loads before it is used."""

import subprocess
import sys

import pytest

import rgbd_seg

PUBLIC = {
    "AlphaMatte",
    "Calibration",
    "Camera",
    "Intrinsics",
    "Photo",
    "Pipeline",
    "PipelineOptions",
    "RawFrame",
    "RgbdFrame",
    "RgbdSegError",
    "RigidTransform",
    "Segmentation",
    "Segmenter",
    "Timestamp",
    "beautify",
    "blur",
    "bokeh",
    "create_segmenter",
    "grayscale",
    "load_sample",
    "read_photo",
    "register",
    "replace_background",
    "whiten",
    "write_picture",
}
HEAVY = {"cv2", "numba", "scipy", "onnxruntime", "PIL", "pillow_heif", "torch", "open3d", "pyrealsense2"}


def test_public_names_are_exactly_these():
    assert set(rgbd_seg.__all__) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_loads_and_is_documented(name):
    assert getattr(rgbd_seg, name).__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = rgbd_seg.nonsense


@pytest.mark.parametrize("code", ["import rgbd_seg", "from rgbd_seg.cli.main import build; build()"])
def test_nothing_heavy_is_imported_until_used(code):
    script = f"import sys; {code}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
