"""GDepth and Dynamic Depth."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_builders import dynamic_depth, jpeg, packet, picture, png, segment
from numpy.typing import NDArray

from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, KannalaBrandt
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io import read_photo
from rgbd_seg.io.gdepth_writing import write_gdepth
from rgbd_seg.io.range_coding import RangeCoding
from rgbd_seg.io.ray_length import z_depth

CAMERA = Intrinsics(width=64, height=48, fx=60, fy=61, cx=30.2, cy=25.1)
GDEPTH = 'xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/"'
RAMP = np.tile(np.linspace(0, 255, 16).round().astype(np.uint8), (12, 1))


def scene(height: int = 48, width: int = 64) -> NDArray[np.float32]:
    v, u = np.mgrid[0:height, 0:width]
    return (0.6 + 2.9 * u / width + 0.4 * np.sin(v / 5)).astype(np.float32)


def gdepth_file(tmp_path: Path, depth: bytes | None = None, *, orientation: int | None = None, **changes: Any) -> Path:
    values = {"Format": "RangeInverse", "Near": "0.5", "Far": "4", "Units": "m", "Mime": "image/png"} | changes
    values["Data"] = base64.b64encode(png(RAMP) if depth is None else depth).decode()
    attributes = " ".join(f'GDepth:{key}="{value}"' for key, value in values.items() if value is not None)
    path = tmp_path / "photo.jpg"
    xmp = f'<rdf:Description rdf:about="" {GDEPTH} {attributes}/>'
    path.write_bytes(jpeg(picture(), xmp=xmp, orientation=orientation))
    return path


def steps_off(read: NDArray[np.float32], depth: NDArray[np.float32], bits: int = 8) -> float:
    """Largest error in steps of RangeInverse, which are even in 1/depth."""
    near, far = float(np.nanmin(depth)), float(np.nanmax(depth))
    error = np.abs(1 / read.astype(np.float64) - 1 / depth.astype(np.float64))
    return float(np.nanmax(error)) / (1 / near - 1 / far) * ((1 << bits) - 1)


def test_written_gdepth_opens_within_one_step(tmp_path: Path) -> None:
    depth = scene()
    frame = RgbdFrame(color=picture(48, 64), depth=depth, intrinsics=CAMERA)
    write_gdepth(tmp_path / "x.jpg", frame)
    photo = read_photo(tmp_path / "x.jpg")
    assert (photo.format, photo.frame.depth_is_metric, photo.frame.confidence) == ("gdepth", True, None)
    assert photo.frame.depth is not None
    assert steps_off(photo.frame.depth, depth) < 0.51
    assert photo.frame.intrinsics == CAMERA


def test_sixteen_bits_are_finer(tmp_path: Path) -> None:
    depth = scene()
    write_gdepth(tmp_path / "x.jpg", RgbdFrame(color=picture(48, 64), depth=depth), bits=16)
    read = read_photo(tmp_path / "x.jpg").frame.depth
    assert read is not None
    assert steps_off(read, depth, bits=16) < 0.6  # half a step, and float32


def test_large_maps_need_extended_xmp(tmp_path: Path) -> None:
    noisy = np.random.default_rng(3).uniform(0.5, 5, (500, 400)).astype(np.float32)
    noisy[100:200, 50:90] = np.nan
    confidence = np.random.default_rng(4).uniform(0, 1, noisy.shape).astype(np.float32)
    write_gdepth(tmp_path / "x.jpg", RgbdFrame(color=picture(50, 40), depth=noisy, confidence=confidence))
    assert (tmp_path / "x.jpg").read_bytes().count(b"http://ns.adobe.com/xmp/extension/\0") >= 5
    frame = read_photo(tmp_path / "x.jpg").frame
    assert frame.depth is not None
    assert frame.confidence is not None
    assert (np.isnan(frame.depth) == np.isnan(noisy)).all()
    known = ~np.isnan(noisy)
    assert np.abs(frame.confidence - confidence)[known].max() <= 1 / 255
    assert steps_off(frame.depth, noisy) < 0.51


@given(holes=st.sets(st.integers(0, 47), max_size=48), metric=st.booleans())
@settings(max_examples=25, deadline=None)
def test_holes_survive(tmp_path_factory: pytest.TempPathFactory, holes: set[int], metric: bool) -> None:
    depth = scene()
    depth[list(holes)] = np.nan
    path = tmp_path_factory.mktemp("gdepth") / "x.jpg"
    write_gdepth(path, RgbdFrame(color=picture(48, 64), depth=depth, depth_is_metric=metric))
    frame = read_photo(path).frame
    assert frame.depth is not None
    assert (np.isnan(frame.depth) == np.isnan(depth)).all()
    assert frame.depth_is_metric == metric


def test_holes_look_far_to_other_readers(tmp_path: Path) -> None:
    depth = scene()
    depth[:5] = np.nan
    coding = RangeCoding(inverse=True, near=0.5, far=4, units="m")
    assert (coding.encode(depth, 8)[:5] == 255).all()


@pytest.mark.parametrize("terms", [(0.1, -0.02, 0.001, 0.002), (0.1, -0.02, 0.001, 0.002, 0.03)])
def test_lens_survives(tmp_path: Path, terms: tuple[float, ...]) -> None:
    from dataclasses import replace

    camera = replace(CAMERA, distortion=BrownConrady(terms))
    write_gdepth(tmp_path / "x.jpg", RgbdFrame(color=picture(48, 64), depth=scene(), intrinsics=camera))
    read = read_photo(tmp_path / "x.jpg").frame.intrinsics
    assert read is not None
    pixels = camera.pixel_grid()[::7, ::7]
    np.testing.assert_allclose(read.rays(pixels)[0], camera.rays(pixels)[0], atol=1e-6)


def test_a_lens_that_the_format_cannot_say_is_left_out(tmp_path: Path) -> None:
    from dataclasses import replace

    camera = replace(CAMERA, distortion=KannalaBrandt((0.1, 0.0, 0.0, 0.0)))
    write_gdepth(tmp_path / "x.jpg", RgbdFrame(color=picture(48, 64), depth=scene(), intrinsics=camera))
    assert read_photo(tmp_path / "x.jpg").frame.intrinsics is None


@pytest.mark.parametrize("depth", [np.full((4, 4), 1.5, np.float32), np.full((4, 4), np.nan, np.float32)])
def test_flat_and_empty_depth(tmp_path: Path, depth: NDArray[np.float32]) -> None:
    write_gdepth(tmp_path / "x.jpg", RgbdFrame(color=picture(4, 4), depth=depth))
    read = read_photo(tmp_path / "x.jpg").frame.depth
    assert read is not None
    np.testing.assert_allclose(read, depth, rtol=1e-3)


def test_one_pixel(tmp_path: Path) -> None:
    write_gdepth(tmp_path / "x.jpg", RgbdFrame(color=picture(1, 1), depth=np.full((1, 1), 2, np.float32)))
    assert read_photo(tmp_path / "x.jpg").frame.depth == pytest.approx(2, rel=1e-3)


def test_gdepth_write_refuses(tmp_path: Path) -> None:
    frame = RgbdFrame(color=picture(), depth=scene())
    with pytest.raises(ConfigError, match="suffix"):
        write_gdepth(tmp_path / "x.png", frame)
    with pytest.raises(ConfigError, match="bits"):
        write_gdepth(tmp_path / "x.jpg", frame, bits=12)
    with pytest.raises(FrameError, match="no depth"):
        write_gdepth(tmp_path / "x.jpg", RgbdFrame(color=picture()))
    assert not list(tmp_path.iterdir())


def test_units_ranges_and_formats(tmp_path: Path) -> None:
    """The formulas of the specification, written out once more."""
    x = RAMP / 255
    cases = {
        ("RangeInverse", "0.5", "4", "m"): 4 * 0.5 / (4 - x * 3.5),
        ("RangeLinear", "0.5", "4", "m"): 0.5 + 3.5 * x,
        ("RangeLinear", "500", "4000", "mm"): 0.5 + 3.5 * x,
    }
    for (form, near, far, units), expected in cases.items():
        frame = read_photo(gdepth_file(tmp_path, Format=form, Near=near, Far=far, Units=units)).frame
        assert frame.depth is not None
        assert frame.depth_is_metric
        np.testing.assert_allclose(frame.depth, expected, rtol=1e-5)


def test_no_unit_means_not_metric(tmp_path: Path) -> None:
    assert not read_photo(gdepth_file(tmp_path, Units=None)).frame.depth_is_metric


def test_depth_as_colour_png_and_as_jpeg(tmp_path: Path) -> None:
    expected = 4 * 0.5 / (4 - RAMP / 255 * 3.5)
    for data, tolerance in ((png(np.dstack([RAMP] * 3)), 1e-5), (jpeg(RAMP), 0.05)):
        read = read_photo(gdepth_file(tmp_path, data)).frame.depth
        assert read is not None
        np.testing.assert_allclose(read, expected, rtol=tolerance)


@pytest.mark.parametrize("tag", range(1, 9))
def test_gdepth_turns_with_its_picture(tmp_path: Path, tag: int) -> None:
    frame = read_photo(gdepth_file(tmp_path, orientation=tag, Format="RangeLinear")).frame
    assert frame.depth is not None
    height, width = frame.depth.shape
    red = frame.color[..., 0].astype(float).reshape(height, 2, width, 2).mean(axis=(1, 3))
    assert np.corrcoef(red.ravel(), frame.depth.ravel())[0, 1] > 0.99  # both rise along the stored rows


@pytest.mark.parametrize(
    "changes",
    [
        {"Near": "4", "Far": "0.5"},
        {"Near": "2", "Far": "2"},
        {"Near": "0"},
        {"Near": "-1"},
        {"Near": "NaN"},
        {"Far": "inf"},
        {"Far": "far"},
        {"Near": None},
        {"Far": None},
        {"Format": None},
        {"Format": "RangeQuadratic"},
        {"Units": "furlongs"},
    ],
)
def test_wrong_properties_are_refused(tmp_path: Path, changes: dict[str, str | None]) -> None:
    with pytest.raises(FrameError, match="expected"):
        read_photo(gdepth_file(tmp_path, **changes))


def test_wrong_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="depth map"):
        read_photo(gdepth_file(tmp_path, b"this is no picture"))
    xmp = f'<rdf:Description rdf:about="" {GDEPTH} GDepth:Format="RangeInverse" GDepth:Near="1" GDepth:Far="2"/>'
    (tmp_path / "x.jpg").write_bytes(jpeg(picture(), xmp=xmp))
    with pytest.raises(FrameError, match="missing"):
        read_photo(tmp_path / "x.jpg")


def test_a_missing_portion_of_extended_xmp_is_noticed(tmp_path: Path) -> None:
    noisy = np.random.default_rng(3).uniform(0.5, 5, (500, 400)).astype(np.float32)
    write_gdepth(tmp_path / "x.jpg", RgbdFrame(color=picture(), depth=noisy))
    data = (tmp_path / "x.jpg").read_bytes()
    start = data.find(b"http://ns.adobe.com/xmp/extension/\0") - 4
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    (tmp_path / "x.jpg").write_bytes(data[:start] + data[start + 2 + length :])
    with pytest.raises(FrameError, match="incomplete"):
        read_photo(tmp_path / "x.jpg")


def test_extended_xmp_in_any_order_and_of_another_picture(tmp_path: Path) -> None:
    """Portions may come in any order; those of a foreign GUID are not ours."""
    import hashlib

    body = packet(f'<rdf:Description rdf:about="" {GDEPTH} GDepth:Data="{base64.b64encode(png(RAMP)).decode()}"/>')
    guid = hashlib.md5(body, usedforsecurity=False).hexdigest().upper().encode()
    head, size = b"http://ns.adobe.com/xmp/extension/\0", len(body).to_bytes(4, "big")
    half = len(body) // 2
    portions = [
        segment(head + b"F" * 32 + size + (0).to_bytes(4, "big") + b"foreign"),
        segment(head + guid + size + half.to_bytes(4, "big") + body[half:]),
        segment(head + guid + size + (0).to_bytes(4, "big") + body[:half]),
    ]
    xmp = (
        f'<rdf:Description rdf:about="" {GDEPTH} xmlns:xmpNote="http://ns.adobe.com/xmp/note/" '
        f'xmpNote:HasExtendedXMP="{guid.decode()}" GDepth:Format="RangeLinear" GDepth:Near="1" GDepth:Far="2"/>'
    )
    data = jpeg(picture(), xmp=xmp)
    (tmp_path / "x.jpg").write_bytes(data[:2] + b"".join(portions) + data[2:])
    read = read_photo(tmp_path / "x.jpg").frame.depth
    assert read is not None
    np.testing.assert_allclose(read, 1 + RAMP / 255, rtol=1e-5)


def test_rays_become_depth() -> None:
    """A wall at 2 m seen by a wide camera: rays to its corners are longer, its depth is not."""
    camera = Intrinsics(width=64, height=48, fx=30, fy=30, cx=31.5, cy=23.5, distortion=BrownConrady((0.05, 0, 0, 0)))
    rays, _ = camera.resized(32, 24).rays(camera.resized(32, 24).pixel_grid())
    lengths = (2 * np.sqrt(1 + (rays**2).sum(axis=-1))).astype(np.float32)
    assert lengths.max() > 2.5
    np.testing.assert_allclose(z_depth(lengths, camera), 2, rtol=1e-6)


MODEL = {
    "FocalLengthX": "30",
    "FocalLengthY": "30",
    "ImageWidth": "32",
    "ImageHeight": "24",
    "PrincipalPointX": "0.5",
    "PrincipalPointY": "0.5",
}


def read_dynamic(tmp_path: Path, **options: Any) -> RgbdFrame:
    depth = options.pop("depth", png(RAMP))
    (tmp_path / "x.jpg").write_bytes(dynamic_depth(picture(), depth, **options))
    photo = read_photo(tmp_path / "x.jpg")
    assert photo.format == "dynamic-depth"
    return photo.frame


@pytest.mark.parametrize("padding", [0, 5])
@pytest.mark.parametrize("depth", [png(RAMP), jpeg(RAMP)])
def test_dynamic_depth(tmp_path: Path, padding: int, depth: bytes) -> None:
    frame = read_dynamic(tmp_path, depth=depth, confidence=png(RAMP), model=MODEL, padding=padding)
    expected = 4 * 0.5 / (4 - RAMP / 255 * 3.5)
    assert frame.depth is not None
    assert frame.confidence is not None
    np.testing.assert_allclose(frame.depth[:, 1:], expected[:, 1:], rtol=0.05 if depth[:2] == b"\xff\xd8" else 1e-5)
    assert np.isnan(frame.depth[:, 0]).all()  # confidence 0 there
    assert frame.intrinsics is not None
    assert (frame.intrinsics.cx, frame.intrinsics.cy) == (15.5, 11.5)


def test_dynamic_depth_along_rays(tmp_path: Path) -> None:
    far = np.full((12, 16), 255, np.uint8)
    straight = read_dynamic(tmp_path, depth=png(far), model=MODEL)
    rays = read_dynamic(tmp_path, depth=png(far), model=MODEL, properties={"MeasureType": "OpticRay"})
    assert straight.depth is not None
    assert rays.depth is not None
    assert (straight.depth == 4).all()
    middle, corner = rays.depth[6, 8], rays.depth[0, 0]
    assert middle == pytest.approx(4, rel=1e-2)
    assert corner == pytest.approx(4 / np.sqrt(1 + (15 / 30) ** 2 + (11 / 30) ** 2), rel=1e-2)
    assert rays.depth_is_metric
    # Without the camera the rays cannot be straightened, and the depth is not called metric.
    assert not read_dynamic(tmp_path, properties={"MeasureType": "OpticRay"}).depth_is_metric


def test_dynamic_depth_in_diopters(tmp_path: Path) -> None:
    frame = read_dynamic(
        tmp_path, properties={"Units": "Diopters", "Near": "2", "Far": "0.25", "Format": "RangeLinear"}
    )
    assert frame.depth is not None
    np.testing.assert_allclose(1 / frame.depth, 2 - 1.75 * RAMP / 255, rtol=1e-5)


def test_dynamic_depth_with_a_lens(tmp_path: Path) -> None:
    packed = base64.b64encode(np.array([1, 0.003, 0.1, 0.004, -0.02, 0, 0.01, 0], "<f4").tobytes()).decode()
    frame = read_dynamic(tmp_path, model=MODEL | {"DistortionCount": "4", "Distortion": packed})
    assert frame.intrinsics is not None
    assert frame.intrinsics.distortion == BrownConrady(
        tuple(float(np.float32(k)) for k in (0.1, -0.02, 0.003, 0.004, 0.01))
    )


def test_broken_models_are_left_out(tmp_path: Path) -> None:
    for change in ({"FocalLengthX": "0"}, {"ImageWidth": "24"}, {"FocalLengthY": "1e400"}):
        if "1e400" in change.values():
            with pytest.raises(FrameError, match="FocalLengthY"):
                read_dynamic(tmp_path, model=MODEL | change)
        else:
            assert read_dynamic(tmp_path, model=MODEL | change).intrinsics is None


def test_lost_depth_is_noticed(tmp_path: Path) -> None:
    data = dynamic_depth(picture(), png(RAMP))
    (tmp_path / "x.jpg").write_bytes(data[: -len(png(RAMP)) - 20])
    with pytest.raises(FrameError, match="not in the file"):
        read_photo(tmp_path / "x.jpg")
    (tmp_path / "x.jpg").write_bytes(data[:-20])
    with pytest.raises(FrameError, match="cut short"):
        read_photo(tmp_path / "x.jpg")


def test_a_segmentation_is_not_depth(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(dynamic_depth(picture(), png(RAMP), properties={"ItemSemantic": "Segmentation"}))
    assert read_photo(tmp_path / "x.jpg").format == "picture"
