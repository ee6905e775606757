"""Whatever happens to a file, reading it either works or ends in one of this package's errors."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from io_builders import (
    apple_disparity,
    apple_gain_map,
    apple_matte,
    dynamic_depth,
    jpeg,
    picture,
    png,
)

from rgbd_seg.errors import FrameError, RgbdSegError
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io import read_photo
from rgbd_seg.io.gdepth_writing import write_gdepth
from rgbd_seg.io.pictures import read_picture

RAMP = np.tile(np.linspace(0, 255, 16).round().astype(np.uint8), (12, 1))


def apple(_: Path) -> bytes:
    camera = (40.0, 18.0, 10.0, 32, 24)
    disparity = apple_disparity(RAMP, 0.5, 2.5, camera=camera, coefficients=(0, 0.4, 0.1, 0, 0, 0, 0, 0))
    return jpeg(picture(), orientation=6) + apple_gain_map(RAMP) + disparity + apple_matte(RAMP, "portraiteffectsmatte")


def gdepth(folder: Path) -> bytes:
    depth = np.linspace(0.5, 4, 2400, dtype=np.float32).reshape(40, 60)
    depth[3] = np.nan
    write_gdepth(folder / "source.jpg", RgbdFrame(color=picture(), depth=depth))
    return (folder / "source.jpg").read_bytes()


def dynamic(_: Path) -> bytes:
    model = {"FocalLengthX": "30", "FocalLengthY": "30", "ImageWidth": "32", "ImageHeight": "24"}
    return dynamic_depth(picture(), png(RAMP), confidence=png(RAMP), model=model, orientation=5)


def heic(_: Path) -> bytes:
    import io

    import pillow_heif
    from PIL import Image

    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(picture(64, 64))).save(buffer, quality=50)
    return buffer.getvalue()


def plain_png(_: Path) -> bytes:
    return png(picture())


FORMATS = [apple, gdepth, dynamic, heic, plain_png]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damage")


def survives(folder: Path, data: bytes) -> None:
    path = folder / "damaged.bin"
    path.write_bytes(data)
    with contextlib.suppress(RgbdSegError):
        read_photo(path, max_pixels=1_000_000)


@pytest.mark.parametrize("build", FORMATS)
def test_the_undamaged_file_opens(folder: Path, build: Callable[[Path], bytes]) -> None:
    (folder / "whole.bin").write_bytes(build(folder))
    assert read_photo(folder / "whole.bin").frame.color.shape[2] == 3


@pytest.mark.parametrize("build", FORMATS)
def test_cut_anywhere(folder: Path, build: Callable[[Path], bytes]) -> None:
    whole = build(folder)
    rng = np.random.default_rng(7)
    lengths = {0, 1, 2, 3, 11, 12, len(whole) - 1, *rng.integers(0, len(whole), 60).tolist()}
    for length in lengths:
        survives(folder, whole[:length])


@pytest.mark.parametrize("build", [apple, gdepth, dynamic, plain_png])
def test_a_cut_in_the_picture_is_never_passed_over(folder: Path, build: Callable[[Path], bytes]) -> None:
    whole = build(folder)
    # Behind the last pixel a PNG only has checksums and an empty chunk: 20 bytes.
    first = len(whole) - 20 if build is plain_png else whole.find(b"\xff\xd9") + 2
    for length in {2, 20, first // 3, first // 2, first - 40, first - 3}:
        (folder / "cut.bin").write_bytes(whole[:length])
        for read in (read_photo, read_picture):
            with pytest.raises(FrameError, match=r"cut\.bin"):
                read(folder / "cut.bin")


@pytest.mark.parametrize("build", FORMATS)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_bytes(folder: Path, build: Callable[[Path], bytes], changes: list[tuple[float, int]]) -> None:
    data = bytearray(build(folder))
    for place, value in changes:
        data[int(place * len(data))] = value
    survives(folder, bytes(data))


@pytest.mark.parametrize("build", FORMATS)
@given(st.floats(0, 1), st.integers(1, 200), st.binary(max_size=60))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lost_and_foreign_bytes(
    folder: Path, build: Callable[[Path], bytes], place: float, lost: int, foreign: bytes
) -> None:
    data = build(folder)
    start = int(place * len(data))
    survives(folder, data[:start] + foreign + data[start + lost :])


@given(st.binary(max_size=300))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(folder: Path, data: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff\xe1", b"\0\0\0\x18ftypheic\0\0\0\0heicmif1", b"\x89PNG\r\n\x1a\n"):
        survives(folder, start + data)


def test_real_files_cut_and_changed(shared: Path, folder: Path) -> None:
    rng = np.random.default_rng(11)
    for name in ("standing_man.jpg", "selfie.heic"):
        whole = (shared / "data/iphone_portraits" / name).read_bytes()
        for length in (100, 5_000, 12_000, len(whole) // 2, len(whole) - 1000):
            (folder / "real.bin").write_bytes(whole[:length])
            with pytest.raises(RgbdSegError):
                read_photo(folder / "real.bin")
        for _ in range(6):
            data = bytearray(whole)
            for place in rng.integers(0, 16_000, 12):  # the tables and the metadata
                data[place] = rng.integers(0, 256)
            survives(folder, bytes(data))
