"""Depth in files of its own: PNG with calibration, DEPTH16 dumps, TUM folders."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from io_builders import jpeg, picture, png
from numpy.typing import NDArray
from PIL import Image

from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.depth_correction import DepthCorrection
from rgbd_seg.distortion import BrownConrady
from rgbd_seg.errors import (
    CalibrationFileError,
    CalibrationMismatchError,
    ConfigError,
    FrameError,
    OutputError,
)
from rgbd_seg.frames import RgbdFrame, Timestamp
from rgbd_seg.io import read_photo
from rgbd_seg.io.decoding import decode_map
from rgbd_seg.io.depth16 import decode_depth16, read_depth16
from rgbd_seg.io.depth_file_writing import write_png_depth
from rgbd_seg.io.tum import TumSequence, associate
from rgbd_seg.transform import RigidTransform

CAMERA = Intrinsics(
    width=32, height=24, fx=30, fy=31, cx=15.1, cy=11.7, distortion=BrownConrady((0.1, 0.01, 0.001, 0.002, 0))
)


def counts(seed: int = 0, size: tuple[int, int] = (24, 32)) -> NDArray[np.uint16]:
    values = np.random.default_rng(seed).integers(300, 9000, size).astype(np.uint16)
    values[3:7, 5:9] = 0
    return values


def frame_of(raw: NDArray[np.uint16], unit: float) -> RgbdFrame:
    depth = np.where(raw > 0, raw.astype(np.float32) * np.float32(unit), np.nan).astype(np.float32)
    return RgbdFrame(color=picture(), depth=depth, intrinsics=CAMERA)


@pytest.mark.parametrize("unit", [0.001, 1 / 5000, 1e-4, 1 / 4000])
def test_sensor_depth_is_kept_without_loss(tmp_path: Path, unit: float) -> None:
    frame = frame_of(counts(), unit)
    files = write_png_depth(tmp_path / "x.png", frame)
    photo = read_photo(files.color, depth=files.depth)
    assert photo.format == "depth-file"
    assert photo.frame.depth is not None
    assert frame.depth is not None
    np.testing.assert_allclose(photo.frame.depth, frame.depth, rtol=2e-7)
    assert (photo.frame.color == frame.color).all()
    assert photo.frame.intrinsics == CAMERA
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.depth.json", "x.depth.png", "x.png"]


@given(arrays(np.float32, (5, 7), elements=st.floats(0.0625, 60, width=32) | st.just(np.nan)))
@settings(max_examples=25, deadline=None)
def test_any_depth_is_kept_to_half_a_unit(tmp_path_factory: pytest.TempPathFactory, depth: NDArray[np.float32]) -> None:
    folder = tmp_path_factory.mktemp("png")
    files = write_png_depth(folder / "x.png", replace(frame_of(counts(), 0.001), depth=depth))
    read = read_photo(files.color, depth=files.depth).frame.depth
    assert read is not None
    assert (np.isnan(read) == np.isnan(depth)).all()
    unit = json.loads(files.calibration.read_text())["metres_per_unit"]
    known = ~np.isnan(depth)
    assert (np.abs(read - depth)[known] <= unit * 0.501 + 2e-7 * depth[known]).all()


def test_smooth_depth_uses_all_sixteen_bits(tmp_path: Path) -> None:
    depth = np.linspace(0.4, 1.1, 24 * 32, dtype=np.float32).reshape(24, 32)
    files = write_png_depth(tmp_path / "x.png", replace(frame_of(counts(), 0.001), depth=depth))
    read = read_photo(files.color, depth=files.depth).frame.depth
    assert read is not None
    assert np.abs(read - depth).max() < 1.1 / 65535


def test_depth_of_more_than_sixteen_bits_is_refused_not_cut_off(tmp_path: Path) -> None:
    Image.fromarray(np.full((24, 32), 100_000, np.int32)).save(tmp_path / "far.tif")
    with pytest.raises(FrameError, match="100000; expected 0 to 65535"):
        decode_map((tmp_path / "far.tif").read_bytes(), "far.tif")


def test_confidence_and_scale_are_kept(tmp_path: Path) -> None:
    confidence = np.random.default_rng(1).uniform(0, 1, (24, 32)).astype(np.float32)
    frame = replace(frame_of(counts(), 0.001), confidence=confidence, depth_is_metric=False)
    files = write_png_depth(tmp_path / "x.png", frame)
    read = read_photo(files.color, depth=files.depth).frame
    assert read.confidence is not None
    np.testing.assert_allclose(read.confidence, confidence, atol=1e-5)
    assert not read.depth_is_metric


def test_an_earlier_frames_confidence_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    frame = frame_of(counts(), 0.001)
    write_png_depth(tmp_path / "x.png", replace(frame, confidence=np.full((24, 32), 0.5, np.float32)))
    files = write_png_depth(tmp_path / "x.png", frame)
    assert read_photo(files.color, depth=files.depth).frame.confidence is None


def test_smaller_depth_than_colour(tmp_path: Path) -> None:
    frame = replace(frame_of(counts(), 0.001), depth=np.full((12, 16), 1.25, np.float32))
    files = write_png_depth(tmp_path / "x.png", frame)
    read = read_photo(files.color, depth=files.depth).frame
    assert read.depth is not None
    assert read.depth.shape == (12, 16)


def test_write_refuses_and_writes_nothing(tmp_path: Path) -> None:
    frame = frame_of(counts(), 0.001)
    with pytest.raises(ConfigError, match="suffix"):
        write_png_depth(tmp_path / "x.jpg", frame)
    with pytest.raises(ConfigError, match="larger unit"):
        write_png_depth(tmp_path / "x.png", frame, metres_per_unit=1e-5)
    with pytest.raises(ConfigError, match="metres_per_unit"):
        write_png_depth(tmp_path / "x.png", frame, metres_per_unit=0)
    with pytest.raises(FrameError, match="no depth"):
        write_png_depth(tmp_path / "x.png", RgbdFrame(color=picture(), intrinsics=CAMERA))
    with pytest.raises(FrameError, match="no intrinsics"):
        write_png_depth(tmp_path / "x.png", replace(frame, intrinsics=None))
    with pytest.raises(OutputError):
        write_png_depth(tmp_path / "none" / "x.png", frame)
    assert not list(tmp_path.iterdir())


def pair(tmp_path: Path, calibration: Calibration, raw: bytes, color: bytes | None = None) -> tuple[Path, Path]:
    (tmp_path / "color.jpg").write_bytes(jpeg(picture()) if color is None else color)
    (tmp_path / "depth.png").write_bytes(raw)
    calibration.save(tmp_path / "calibration.json")
    return tmp_path / "color.jpg", tmp_path / "depth.png"


def registered(unit: float = 0.001) -> Calibration:
    return Calibration(color=CAMERA, depth=CAMERA, T_color_depth=RigidTransform.identity(), metres_per_unit=unit)


@pytest.mark.parametrize("tag", range(1, 9))
def test_depth_turns_with_the_colour_it_was_calibrated_with(tmp_path: Path, tag: int) -> None:
    ramp = np.tile(np.linspace(500, 4000, 32).astype(np.uint16), (24, 1))
    color, depth = pair(tmp_path, registered(), png(ramp), jpeg(picture(), orientation=tag))
    frame = read_photo(color, depth=depth).frame
    assert frame.depth is not None
    assert (frame.color == read_photo(color).frame.color).all()
    assert np.corrcoef(frame.color[..., 0].ravel(), frame.depth.ravel())[0, 1] > 0.99
    assert frame.intrinsics is not None
    assert frame.intrinsics.size == frame.size


def test_registered_depth_is_put_right_as_its_calibration_says(tmp_path: Path) -> None:
    cameras = replace(registered(), depth_correction=DepthCorrection(size=(24, 32), offset=0.1))
    color, depth = pair(tmp_path, cameras, png(np.full((24, 32), 1500, np.uint16)))
    read = read_photo(color, depth=depth).frame.depth
    assert read is not None
    np.testing.assert_allclose(read, 1.6, atol=1e-4)


def test_a_depth_camera_of_its_own_is_registered(tmp_path: Path) -> None:
    """A flat wall at 2 m, seen from 0.1 m beside: its depth must come out at 2 m, and a rim stays in shadow."""
    pytest.importorskip("rgbd_seg.registration")
    color = Intrinsics(width=32, height=24, fx=40, fy=40, cx=15.5, cy=11.5)
    depth = Intrinsics(width=20, height=16, fx=25, fy=25, cx=9.5, cy=7.5)
    cameras = Calibration(
        color=color,
        depth=depth,
        T_color_depth=RigidTransform(rotation=np.eye(3), translation=np.array([0.1, 0, 0])),
        metres_per_unit=0.001,
    )
    paths = pair(tmp_path, cameras, png(np.full((16, 20), 2000, np.uint16)))
    frame = read_photo(paths[0], depth=paths[1]).frame
    assert frame.depth is not None
    assert frame.depth.shape == (24, 32)
    assert np.nanmax(np.abs(frame.depth - 2)) < 1e-3
    assert frame.shadow is not None
    assert frame.intrinsics == color


def test_depth16_beside_a_picture(tmp_path: Path) -> None:
    color, _ = pair(tmp_path, registered(), b"")
    samples = counts() % 8192 | np.uint16(3 << 13)
    (tmp_path / "depth.bin").write_bytes(samples.astype("<u2").tobytes())
    frame = read_photo(color, depth=tmp_path / "depth.bin").frame
    assert frame.confidence is not None
    assert set(np.unique(frame.confidence)) == {np.float32(0), np.float32(2 / 7)}


def test_wrong_pairs_are_refused(tmp_path: Path) -> None:
    color, depth = pair(tmp_path, registered(), png(counts(size=(23, 32))))
    with pytest.raises(CalibrationMismatchError, match=r"32×23.*32×24"):
        read_photo(color, depth=depth)
    depth.write_bytes(png(picture()[..., 0]))
    with pytest.raises(FrameError, match="8 bits"):
        read_photo(color, depth=depth)
    depth.write_bytes(b"no depth")
    with pytest.raises(FrameError, match="DEPTH16"):
        read_photo(color, depth=depth)
    depth.write_bytes(png(counts()))
    color.write_bytes(jpeg(picture(30, 32)))
    with pytest.raises(CalibrationMismatchError, match="32×30"):
        read_photo(color, depth=depth)
    (tmp_path / "calibration.json").write_text((tmp_path / "calibration.json").read_text().replace("30", "31"))
    with pytest.raises(CalibrationFileError, match="checksum"):
        read_photo(color, depth=depth)
    (tmp_path / "calibration.json").unlink()
    with pytest.raises(CalibrationFileError, match="no calibration"):
        read_photo(color, depth=depth)
    with pytest.raises(FrameError, match="cannot read"):
        read_photo(tmp_path / "none.jpg")


def test_all_holes_are_no_error(tmp_path: Path) -> None:
    color, depth = pair(tmp_path, registered(), png(np.zeros((24, 32), np.uint16)))
    photo = read_photo(color, depth=depth)
    assert photo.frame.depth is not None
    assert np.isnan(photo.frame.depth).all()
    assert photo.describe()["depth"]["measured_percent"] == 0


@given(arrays(np.uint16, (3, 4)))
@settings(max_examples=40)
def test_depth16_bits(samples: NDArray[np.uint16]) -> None:
    dump = decode_depth16(samples.astype("<u2").tobytes(), (3, 4), "x.bin")
    for sample, distance, confidence in zip(samples.flat, dump.raw_depth.flat, dump.confidence.flat, strict=True):
        code = int(sample) // 8192
        assert distance == int(sample) % 8192
        if distance == 0:
            assert confidence == 0
        else:
            assert confidence == pytest.approx(1 if code == 0 else (code - 1) / 7)


@pytest.mark.parametrize("length", [0, 1, 23, 25, 48])
def test_depth16_of_another_length(length: int) -> None:
    with pytest.raises(FrameError, match="expected 24"):
        decode_depth16(b"\0" * length, (3, 4), "x.bin")


def test_phone_tof(shared: Path) -> None:
    """The published PNG of the same dump holds the millimetres times five."""
    from rgbd_seg.io.decoding import decode_map

    folder = shared / "data/phone_tof"
    dump = read_depth16(folder / "00003795_depth16.bin", (180, 240))
    published = decode_map((folder / "00003795_depth16.bin.png").read_bytes(), "png")
    assert (dump.raw_depth * 5 == published).all()
    assert float((dump.raw_depth > 0).mean()) > 0.1


def tum_folder(tmp_path: Path, colors: list[str], depths: list[str]) -> Path:
    for kind, times in (("rgb", colors), ("depth", depths)):
        (tmp_path / kind).mkdir()
        lines = ["# a comment", ""]
        for i, time in enumerate(times):
            content = png(picture()[..., ::-1]) if kind == "rgb" else png(np.full((24, 32), 5000 + 50 * i, np.uint16))
            (tmp_path / kind / f"{time}.png").write_bytes(content)
            lines.append(f"{time} {kind}/{time}.png")
        (tmp_path / f"{kind}.txt").write_text("\n".join(lines))
    return tmp_path


def test_tum_sequence(tmp_path: Path) -> None:
    folder = tum_folder(
        tmp_path,
        ["1305031102.175304", "1305031102.211214", "1305031102.243211"],
        ["1305031102.160407", "1305031102.226738", "1305031102.262886"],
    )
    sequence = TumSequence(folder, intrinsics=CAMERA)
    frames = list(sequence)
    assert len(sequence) == len(frames) == 3
    assert frames[0].timestamp == Timestamp(1305031102_175304000, "host")
    assert [float(frame.depth[0, 0]) for frame in frames if frame.depth is not None] == pytest.approx([1, 1.01, 1.02])
    assert (frames[0].color == picture()).all()
    assert frames[0].intrinsics == CAMERA


@given(
    st.lists(st.integers(0, 500), unique=True, max_size=30),
    st.lists(st.integers(0, 500), unique=True, max_size=30),
    st.integers(0, 60),
)
@settings(max_examples=60)
def test_association(colors: list[int], depths: list[int], limit: int) -> None:
    pairs = associate([(t, Path(f"c{t}")) for t in colors], [(t, Path(f"d{t}")) for t in depths], limit)
    assert len({p.color for p in pairs}) == len({p.depth for p in pairs}) == len(pairs)
    assert all(abs(p.color_ns - p.depth_ns) <= limit for p in pairs)
    # Nothing that could be paired is left over.
    left_colors = set(colors) - {p.color_ns for p in pairs}
    left_depths = set(depths) - {p.depth_ns for p in pairs}
    assert all(abs(c - d) > limit for c in left_colors for d in left_depths)


@pytest.mark.parametrize("line", ["soon rgb/a.png", "NaN rgb/a.png", "1.5", "1e99 rgb/a.png"])
def test_damaged_tum_lists(tmp_path: Path, line: str) -> None:
    folder = tum_folder(tmp_path, ["1.0"], ["1.0"])
    (folder / "rgb.txt").write_text(line)
    with pytest.raises(FrameError, match="line 1"):
        TumSequence(folder)


def test_tum_refusals(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match=r"rgb\.txt"):
        TumSequence(tmp_path)
    folder = tum_folder(tmp_path, ["1.0"], ["2.0"])
    with pytest.raises(FrameError, match="within"):
        TumSequence(folder)
    with pytest.raises(ConfigError):
        TumSequence(folder, max_difference_s=-1)
    with pytest.raises(ConfigError):
        TumSequence(folder, max_difference_s=float("nan"))
