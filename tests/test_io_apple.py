"""iPhone portraits: real ones, and built ones for the orders and cameras that no real file here has."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from io_builders import apple_disparity, apple_gain_map, apple_matte, jpeg, picture
from numpy.typing import NDArray

from rgbd_seg.distortion import NoDistortion, RadialTable
from rgbd_seg.errors import FrameError
from rgbd_seg.io import Photo, read_photo
from rgbd_seg.io.apple import matte_name

RAMP = np.tile(np.linspace(0, 255, 16).round().astype(np.uint8), (12, 1))  # (12, 16), rises to the right
MATTE = np.repeat(np.linspace(0, 255, 12).round().astype(np.uint8)[:, None], 16, axis=1)  # rises downwards


def read(tmp_path: Path, *parts: bytes) -> Photo:
    path = tmp_path / "IMG_0001.JPG"
    path.write_bytes(b"".join(parts))
    return read_photo(path)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 3, 2), (2, 3, 0, 1)])
def test_auxiliary_pictures_are_known_by_what_they_say(tmp_path: Path, order: tuple[int, ...]) -> None:
    parts = [
        apple_disparity(RAMP, 0.5, 2.5),
        apple_gain_map(255 - RAMP),
        apple_matte(MATTE, "portraiteffectsmatte"),
        apple_matte(255 - MATTE, "semanticsegmentationskinmatte"),
    ]
    photo = read(tmp_path, jpeg(picture()), *(parts[i] for i in order))
    assert photo.format == "apple-jpeg"
    assert photo.frame.depth is not None
    assert photo.portrait_matte is not None
    assert list(photo.mattes) == ["skin"]
    np.testing.assert_allclose(1 / photo.frame.depth, 0.5 + RAMP / 255 * 2, atol=2 * 2 / 255)
    np.testing.assert_allclose(photo.portrait_matte, MATTE / 255, atol=3 / 255)
    np.testing.assert_allclose(photo.mattes["skin"], 1 - MATTE / 255, atol=3 / 255)
    assert photo.frame.depth_is_metric


def test_gain_map_alone_is_a_plain_picture(tmp_path: Path) -> None:
    photo = read(tmp_path, jpeg(picture()), apple_gain_map(RAMP))
    assert photo.format == "picture"
    assert photo.frame.depth is None


def test_an_unknown_matte_is_not_depth(tmp_path: Path) -> None:
    photo = read(tmp_path, jpeg(picture()), apple_matte(MATTE, "semanticsegmentationthingofthefuture"))
    assert photo.format == "picture"


def test_matte_without_depth(tmp_path: Path) -> None:
    photo = read(tmp_path, jpeg(picture()), apple_matte(MATTE, "portraiteffectsmatte"))
    assert photo.frame.depth is None
    assert photo.portrait_matte is not None


@pytest.mark.parametrize("tag", range(1, 9))
def test_orientation_turns_everything_alike(tmp_path: Path, tag: int) -> None:
    camera = (40.0, 18.0, 10.0, 32, 24)
    parts = [apple_disparity(RAMP, 0.5, 2.5, camera=camera), apple_matte(MATTE, "portraiteffectsmatte")]
    flat = read(tmp_path, jpeg(picture()), *parts)
    turned = read(tmp_path, jpeg(picture(), orientation=tag), *parts)
    assert flat.frame.depth is not None
    assert turned.frame.depth is not None
    assert flat.portrait_matte is not None
    assert turned.portrait_matte is not None
    # The red channel of the picture rises like the disparity, the green like the matte: they must still do.
    red, green = turned.frame.color[..., 0].astype(float), turned.frame.color[..., 1].astype(float)
    assert correlation(red, 1 / turned.frame.depth) > 0.99
    assert correlation(green, turned.portrait_matte) > 0.99
    assert turned.frame.intrinsics is not None
    # The brightest red lies in the column (or row) farthest from the principal point's side.
    assert {turned.frame.intrinsics.cx, turned.frame.intrinsics.cy} in principal_points(tag)


def principal_points(tag: int) -> list[set[float]]:
    cx, cy = 17.5, 9.5
    return [{31 - cx if tag in (2, 3, 7, 8) else cx, 23 - cy if tag in (3, 4, 6, 7) else cy}]


def correlation(big: NDArray[np.float64], small: NDArray[np.float32]) -> float:
    height, width = small.shape
    coarse = big.reshape(height, big.shape[0] // height, width, big.shape[1] // width).mean(axis=(1, 3))
    return float(np.corrcoef(coarse.ravel(), small.ravel())[0, 1])


def test_intrinsics_follow_the_reference_size(tmp_path: Path) -> None:
    part = apple_disparity(RAMP, 0.5, 2.5, camera=(3000.0, 1600.0, 1190.0, 3200, 2400))
    camera = read(tmp_path, jpeg(picture()), part).frame.intrinsics
    assert camera is not None
    assert (camera.fx, camera.fy) == pytest.approx((30, 30))
    # Apple counts from the corner of the picture, this package from the centre of the first pixel.
    assert (camera.cx, camera.cy) == pytest.approx((15.5, 11.4))
    assert camera.distortion == NoDistortion()


def test_lens_table_bends_and_straightens(tmp_path: Path) -> None:
    coefficients = (0.0, 0.4, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0)  # percent, of r² and r⁴ in mm
    part = apple_disparity(RAMP, 0.5, 2.5, camera=(3000.0, 1600.0, 1200.0, 3200, 2400), coefficients=coefficients)
    camera = read(tmp_path, jpeg(picture()), part).frame.intrinsics
    assert camera is not None
    assert isinstance(camera.distortion, RadialTable)
    radius = 1.5 / 3.0  # 1.5 mm on the sensor = 1500 px of 0.001 mm, over f = 3000 px
    bent = camera.distortion.distort(np.array([[radius, 0.0]]))
    expected = radius * (1 - (0.4 * 1.5**2 + 0.1 * 1.5**4) / 100)
    assert bent[0, 0] == pytest.approx(expected, rel=1e-5)


def test_a_wide_picture_is_the_middle_of_the_sensor(tmp_path: Path) -> None:
    """16:9 colour and 4:3 depth share the long side; depth is cut and the camera follows."""
    part = apple_disparity(RAMP, 0.5, 2.5, camera=(30.0, 16.0, 12.0, 32, 24))
    photo = read(tmp_path, jpeg(picture(18, 32)), part)
    assert photo.frame.depth is not None
    assert photo.frame.depth.shape == (9, 16)
    assert photo.frame.intrinsics is not None
    assert (photo.frame.intrinsics.cx, photo.frame.intrinsics.cy) == pytest.approx((15.5, 8.5))


@given(arrays(np.uint8, (8, 8)), st.floats(-1, 3), st.floats(0.01, 5), st.sampled_from(["absolute", "relative"]))
@settings(max_examples=60)
def test_more_disparity_is_never_farther(values: NDArray[np.uint8], low: float, span: float, accuracy: str) -> None:
    from rgbd_seg.io.apple import depth_from
    from rgbd_seg.io.jpeg import streams
    from rgbd_seg.io.xmp import Xmp

    xmp = Xmp(streams(apple_disparity(RAMP, low, low + span, accuracy=accuracy), "x")[0].xmp)
    depth, metric = depth_from(values, xmp)
    assert metric == (accuracy == "absolute")
    if accuracy == "relative":
        assert np.isfinite(depth).all()  # a zero that lies anywhere makes no holes
    order = np.argsort(values, axis=None, kind="stable")
    known = depth.ravel()[order]
    assert (np.diff(known[np.isfinite(known)]) <= 0).all()


def test_depth_pictures_are_not_inverted(tmp_path: Path) -> None:
    photo = read(tmp_path, jpeg(picture()), apple_disparity(RAMP, 0.5, 2.5, kind="depth"))
    assert photo.frame.depth is not None
    np.testing.assert_allclose(photo.frame.depth, 0.5 + RAMP / 255 * 2, atol=4 / 255)


@pytest.mark.parametrize(
    ("low", "high"), [(2.5, 0.5), (1.0, 1.0), (float("nan"), 1.0), (0.5, float("inf")), ("near", 2)]
)
def test_impossible_ranges_are_refused(tmp_path: Path, low: float, high: float) -> None:
    with pytest.raises(FrameError, match="expected"):
        read(tmp_path, jpeg(picture()), apple_disparity(RAMP, low, high))


def test_missing_range_is_refused(tmp_path: Path) -> None:
    part = apple_disparity(RAMP, 0.5, 2.5).replace(b"FloatMinValue", b"FloatMinVolue")
    with pytest.raises(FrameError, match="FloatMinValue"):
        read(tmp_path, jpeg(picture()), part)


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    xmp = (
        '<!DOCTYPE r [<!ENTITY a "disparity">]><rdf:Description xmlns:apdi="http://ns.apple.com/pixeldatainfo/1.0/">'
        "<apdi:AuxiliaryImageType>&a;</apdi:AuxiliaryImageType></rdf:Description>"
    )
    assert read(tmp_path, jpeg(picture()), jpeg(RAMP, xmp=xmp)).format == "picture"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("portraiteffectsmatte", "portrait"),
        ("urn:com:apple:photo:2018:aux:portraiteffectsmatte", "portrait"),
        ("urn:com:apple:photo:2019:aux:semantichairmatte", "hair"),
        ("urn:com:apple:photo:2020:aux:semanticskymatte", "sky"),
        ("urn:com:apple:photo:2020:aux:hdrgainmap", None),
        ("", None),
    ],
)
def test_matte_names(label: str, name: str | None) -> None:
    assert matte_name(label) == name


def test_standing_man(shared: Path) -> None:
    photo = read_photo(shared / "data/iphone_portraits/standing_man.jpg")
    frame = photo.frame
    assert (photo.format, frame.size, frame.depth_is_metric) == ("apple-jpeg", (4032, 3024), False)
    assert frame.depth is not None
    assert frame.depth.shape == (768, 576)
    assert (1 / frame.depth.max(), 1 / frame.depth.min()) == pytest.approx(
        (0.864746, 1.366211), abs=0.004
    )  # two steps: JPEG
    assert photo.portrait_matte is not None
    assert photo.portrait_matte.shape == (2016, 1512)
    assert frame.intrinsics is not None
    assert frame.intrinsics.fx == pytest.approx(6073.92, abs=0.01)
    # Apple's two tables, from independent polynomials, undo each other to a hundredth of a pixel.
    lens = frame.intrinsics.distortion
    assert isinstance(lens, RadialTable)
    inside = frame.intrinsics.pixel_grid()[::251, ::251].reshape(-1, 2)
    normalised = (inside - (frame.intrinsics.cx, frame.intrinsics.cy)) / frame.intrinsics.fx
    back = lens.distort(lens._scaled(normalised, lens.straighten))
    assert np.abs(back - normalised).max() * frame.intrinsics.fx < 0.5


def test_depth_lies_on_the_person(shared: Path) -> None:
    """The matte's outline and the jump in depth are the same line: shifting depth by 3 % explains it worse."""
    import cv2

    for name in ("standing_man.jpg", "selfie.heic"):
        photo = read_photo(shared / "data/iphone_portraits" / name)
        assert photo.frame.depth is not None
        assert photo.portrait_matte is not None
        height, width = photo.frame.depth.shape
        edge = np.abs(np.diff(cv2.resize(photo.portrait_matte, (width, height), interpolation=cv2.INTER_AREA)))
        jump = np.abs(np.diff(1 / photo.frame.depth))
        shift = round(0.03 * width)
        here = float((edge * jump).sum())
        assert here > 1.5 * max(float((edge * np.roll(jump, way, axis=1)).sum()) for way in (-shift, shift))


def test_vase(shared: Path) -> None:
    photo = read_photo(shared / "data/iphone_portraits/vase_no_person.jpg")
    assert photo.portrait_matte is None
    assert photo.frame.depth is not None


def test_selfie(shared: Path) -> None:
    photo = read_photo(shared / "data/iphone_portraits/selfie.heic")
    assert (photo.format, photo.frame.size, photo.frame.depth_is_metric) == ("apple-heic", (3088, 2316), True)
    assert photo.frame.depth is not None
    assert (1 / photo.frame.depth.max(), 1 / photo.frame.depth.min()) == pytest.approx((0.493652, 3.402344), abs=1e-5)
    assert sorted(photo.mattes) == ["glasses", "hair", "skin", "teeth"]
    assert photo.frame.intrinsics is not None
    assert (photo.frame.intrinsics.cx, photo.frame.intrinsics.cy) == pytest.approx((1157.5, 1543.5), abs=1e-3)
    face = photo.frame.depth[300:380, 200:280]
    assert 0.2 < float(np.median(face)) < 0.6  # arm's length
    described = photo.describe()
    assert described["depth"]["metric"]
    assert described["mattes"]["hair"] == [1158, 1544]


def test_turned_heic(shared: Path, tmp_path: Path) -> None:
    """libheif turns the pixels; the matrix in the XMP is of the picture as stored."""
    data = bytearray((shared / "data/iphone_portraits/selfie.heic").read_bytes())
    at = data.find(b"irot") + 4
    upright = read_photo(shared / "data/iphone_portraits/selfie.heic").frame.intrinsics
    data[at] = 3  # 270° counter-clockwise = a quarter turn clockwise
    # Off-centre, so that a wrong turn shows.
    data = data.replace(b"<rdf:li>1158</rdf:li>", b"<rdf:li>1100</rdf:li>", 1)
    (tmp_path / "turned.heic").write_bytes(data)
    turned = read_photo(tmp_path / "turned.heic").frame
    assert upright is not None
    assert turned.intrinsics is not None
    assert turned.size == (2316, 3088)
    assert turned.intrinsics.cx == pytest.approx(3088 - 1543.9999 - 0.5, abs=1e-3)
    assert turned.intrinsics.cy == pytest.approx(1100 - 0.5, abs=1e-3)
