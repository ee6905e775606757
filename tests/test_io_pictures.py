"""Plain pictures: every kind of pixel a file can hold, colour profiles, orientation, writing."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_builders import jpeg, picture, png
from PIL import Image, ImageCms, ImageOps

from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady
from rgbd_seg.errors import ConfigError, FrameError, OutputError
from rgbd_seg.io import read_photo
from rgbd_seg.io.color_profile import P3_TO_SRGB, to_srgb
from rgbd_seg.io.orientation import Orientation
from rgbd_seg.io.pictures import read_cutout, read_picture, write_alpha, write_picture


def saved(tmp_path: Path, image: Image.Image, name: str = "x.png", **extra: object) -> Path:
    path = tmp_path / name
    image.save(path, **extra)
    return path


def test_grey_palette_and_bilevel_become_rgb(tmp_path: Path) -> None:
    grey = picture()[..., 0]
    read = read_picture(saved(tmp_path, Image.fromarray(grey)))
    assert read.shape == (*grey.shape, 3)
    assert (read == grey[..., None]).all()
    palette = Image.fromarray(picture()).quantize(64)
    assert (read_picture(saved(tmp_path, palette)) == np.asarray(palette.convert("RGB"))).all()
    bilevel = Image.fromarray(grey).convert("1")
    assert set(np.unique(read_picture(saved(tmp_path, bilevel)))) == {0, 255}


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=40))
@settings(max_examples=30)
def test_sixteen_bits_are_rounded_to_eight(values: list[int]) -> None:
    from rgbd_seg.io.decoding import decode_color

    row = np.array([values], np.uint16)
    expected = np.rint(row / 257).astype(np.uint8)
    assert (decode_color(png(row), "x.png").color[..., 0] == expected).all()


def test_sixteen_bit_colour(tmp_path: Path) -> None:
    import cv2

    color = (picture().astype(np.uint16) * 257)[..., ::-1]
    (tmp_path / "x.png").write_bytes(cv2.imencode(".png", color)[1].tobytes())
    assert (read_picture(tmp_path / "x.png") == picture()).all()


def test_transparency_is_laid_over_white_in_linear_light(tmp_path: Path) -> None:
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 3] = (0, 128, 255)
    read = read_picture(saved(tmp_path, Image.fromarray(rgba)))
    assert (read[0, 0] == 255).all()
    assert (read[0, 2] == 0).all()
    # Half a pixel of black over white is half the light: sRGB 186–188, not 127.
    assert abs(int(read[0, 1, 0]) - 187) <= 2
    grey = Image.fromarray(np.array([[[0, 0], [0, 255]]], np.uint8), "LA")
    assert read_picture(saved(tmp_path, grey))[0, :, 0].tolist() == [255, 0]


def test_transparency_of_heic(tmp_path: Path) -> None:
    """As phones save people that were cut out of a photo."""
    import pillow_heif

    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[:, 32:, 3] = 255
    pillow_heif.from_pillow(Image.fromarray(rgba)).save(tmp_path / "x.heic")
    for read in (read_picture(tmp_path / "x.heic"), read_photo(tmp_path / "x.heic").frame.color):
        assert read[5, 5].tolist() == [255, 255, 255]
        assert read[5, 60].max() < 8
    color, alpha = read_cutout(tmp_path / "x.heic")
    assert color[5, 5].max() < 8
    assert alpha is not None
    assert (alpha[:, :32] == 0).all()
    assert (alpha[:, 32:] == 1).all()


def test_palette_transparency(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    read = read_picture(saved(tmp_path, image, transparency=0))
    assert read[0].tolist() == [[255, 255, 255], [200, 100, 50]]


def test_cmyk_keeps_its_colours(tmp_path: Path) -> None:
    # Cyan, magenta, yellow and black ink, full.
    inks = np.zeros((16, 64, 4), np.uint8)
    for i in range(4):
        inks[:, 16 * i : 16 * (i + 1), i] = 255
    read = read_picture(saved(tmp_path, Image.fromarray(inks, "CMYK"), "x.jpg", quality=95))
    expected = ([0, 255, 255], [255, 0, 255], [255, 255, 0], [0, 0, 0])
    for i, color in enumerate(expected):
        assert np.abs(read[8, 16 * i + 8].astype(int) - color).max() <= 6


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp", "x.bmp", "x.tif"])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (24, 32)])
def test_one_pixel_and_other_sizes_in_every_format(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    color = picture(*size)
    read = read_picture(saved(tmp_path, Image.fromarray(color), name))
    assert read.shape == color.shape
    assert np.abs(read.astype(int) - color).mean() < 6


def test_floating_point_pictures_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(np.zeros((4, 4), np.float32)), "x.tif")
    with pytest.raises(FrameError, match="floating-point"):
        read_picture(path)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("tag", range(1, 9))
def test_orientation_agrees_with_pillow(tag: int, form: str) -> None:
    from rgbd_seg.io.decoding import decode_color

    exif = Image.Exif()
    exif[0x0112] = tag
    buffer = io.BytesIO()
    extra = {"tiffinfo": {0x0112: tag}} if form == "TIFF" else {"exif": exif.tobytes()}
    Image.fromarray(picture(24, 40)).save(buffer, form, quality=95, **extra)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(buffer.getvalue()))))
    read = decode_color(buffer.getvalue(), "x").upright()
    assert read.flags.c_contiguous
    assert np.abs(read.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("tag", [0, 9, "1", None])
def test_nonsense_orientation_counts_as_upright(tag: object) -> None:
    assert Orientation.from_exif(tag) == Orientation()


@pytest.mark.parametrize("tag", range(1, 9))
def test_intrinsics_turn_with_the_picture(tag: int) -> None:
    """A pixel keeps its ray: mirrored, x changes sign; turned clockwise, (x, y) becomes (−y, x)."""
    lens = BrownConrady((0.1, -0.05, 0.002, -0.003, 0.01))
    stored = Intrinsics(width=40, height=24, fx=50, fy=52, cx=18.3, cy=13.1, distortion=lens)
    turn = Orientation.from_exif(tag)
    upright = turn.apply_to_intrinsics(stored)
    u, v = (np.ascontiguousarray(axis, np.float32) for axis in np.moveaxis(stored.pixel_grid(), -1, 0))
    moved_u, moved_v = turn.apply(u), turn.apply(v)
    assert upright.size == moved_u.shape
    rays, valid = stored.rays(np.stack([moved_u, moved_v], axis=-1))
    assert valid.all()
    if turn.mirrored:
        rays = rays * (-1, 1)
    for _ in range(turn.quarter_turns):
        rays = np.stack([-rays[..., 1], rays[..., 0]], axis=-1)
    found, _ = upright.rays(upright.pixel_grid())
    np.testing.assert_allclose(found, rays, atol=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=5))
@settings(max_examples=40)
def test_orientations_compose(steps: list[tuple[bool, int]]) -> None:
    values = np.arange(15, dtype=np.uint8).reshape(3, 5)
    expected, total = values, Orientation()
    for flip, turns in steps:
        if flip:
            expected, total = expected[:, ::-1], total.flipped()
        expected, total = np.rot90(expected, -turns), total.turned(turns)
    assert (total.apply(values) == expected).all()


def matrix_profile(columns: list[list[float]], gamma: float | None) -> bytes:
    """A small ICC profile from XYZ (D50) columns and a power curve, or the sRGB curve."""

    def fixed(*values: float) -> bytes:
        return b"".join(round(value * 65536).to_bytes(4, "big", signed=True) for value in values)

    curve = b"para\0\0\0\0" + (
        b"\0\0\0\0" + fixed(gamma) if gamma else b"\0\3\0\0" + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    )
    tags = {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)}
    tags |= {
        key: b"XYZ \0\0\0\0" + fixed(*column) for key, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)
    }
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    tags |= {b"desc": b"desc\0\0\0\0\0\0\0\2x\0" + b"\0" * 78, b"cprt": b"text\0\0\0\0x\0\0\0"}
    table, body = b"", b""
    for key, content in tags.items():
        content += b"\0" * (-len(content) % 4)
        table += key + (132 + 12 * len(tags) + len(body)).to_bytes(4, "big") + len(content).to_bytes(4, "big")
        body += content
    size = (132 + len(table) + len(body)).to_bytes(4, "big")
    header = size + b"\0\0\0\0" + b"\2\x20\0\0mntrRGB XYZ " + b"\0" * 12 + b"acsp" + b"\0" * 28
    header = (header + fixed(0.9642, 1, 0.8249)).ljust(128, b"\0")
    return header + len(tags).to_bytes(4, "big") + table + body


P3 = [[0.515121, 0.241196, -0.001053], [0.291977, 0.692245, 0.041885], [0.157104, 0.066574, 0.784073]]
ADOBE = [[0.609741, 0.311111, 0.019470], [0.205276, 0.625671, 0.060867], [0.149185, 0.063217, 0.744568]]


@pytest.mark.parametrize(("columns", "gamma"), [(P3, None), (ADOBE, 2.19921875)])
def test_profiles_agree_with_littlecms(columns: list[list[float]], gamma: float | None) -> None:
    profile = matrix_profile(columns, gamma)
    color = np.random.default_rng(1).integers(0, 256, (300, 70, 3), np.uint8)
    expected = ImageCms.profileToProfile(
        Image.fromarray(color),
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    converted = to_srgb(color.copy(), profile)
    assert (converted != color).any()
    assert np.abs(converted.astype(int) - np.asarray(expected)).max() <= 1


def test_p3_matrix_keeps_white_and_grey() -> None:
    np.testing.assert_allclose(P3_TO_SRGB.sum(axis=1), 1, atol=1e-9)


def test_embedded_profile_is_applied_and_broken_ones_ignored(tmp_path: Path) -> None:
    color = np.full((8, 8, 3), (200, 60, 60), np.uint8)
    (tmp_path / "p3.jpg").write_bytes(jpeg(color, icc=matrix_profile(P3, None)))
    (tmp_path / "broken.jpg").write_bytes(jpeg(color, icc=b"no profile at all"))
    assert read_picture(tmp_path / "p3.jpg")[4, 4, 0] >= 210  # P3's red is redder than sRGB can say
    assert np.abs(read_picture(tmp_path / "broken.jpg")[4, 4].astype(int) - color[4, 4]).max() <= 2


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".JPEG"])
def test_written_pictures_open_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    write_picture(path, picture(48, 64))
    assert np.abs(read_picture(path).astype(int) - picture(48, 64)).max() <= (0 if suffix == ".png" else 12)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_alpha_is_kept(tmp_path: Path) -> None:
    alpha = np.linspace(0, 1, 32, dtype=np.float32)[None].repeat(24, 0)
    write_picture(tmp_path / "cut.png", picture(), alpha)
    stored = np.asarray(Image.open(tmp_path / "cut.png"))
    assert (stored[..., :3] == picture()).all()
    np.testing.assert_allclose(stored[..., 3] / 255, alpha, atol=0.5 / 255)
    write_alpha(tmp_path / "alpha.png", alpha)
    assert (np.asarray(Image.open(tmp_path / "alpha.png")) == stored[..., 3]).all()


def test_wrong_outputs_are_refused_and_leave_the_old_file(tmp_path: Path) -> None:
    old = tmp_path / "keep.jpg"
    old.write_bytes(b"old")
    with pytest.raises(ConfigError, match="suffix"):
        write_picture(tmp_path / "x.gif", picture())
    with pytest.raises(ConfigError, match="transparency"):
        write_picture(old, picture(), np.ones((24, 32), np.float32))
    with pytest.raises(ConfigError, match="quality"):
        write_picture(old, picture(), quality=0)
    with pytest.raises(FrameError):
        write_picture(old, picture().astype(np.float32))  # type: ignore[arg-type]
    with pytest.raises(FrameError):
        write_alpha(tmp_path / "a.png", np.ones((4, 4)))  # type: ignore[arg-type]
    with pytest.raises(OutputError):
        write_picture(tmp_path / "missing" / "x.png", picture())
    with pytest.raises(OutputError, match="webp"):
        write_picture(tmp_path / "wide.webp", np.zeros((1, 20_000, 3), np.uint8))
    assert old.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["keep.jpg"]


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"%PDF-1.7", b"\0\0\0\x18ftypheic" * 3],
)
def test_files_that_are_no_pictures(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.jpg").write_bytes(content)
    with pytest.raises(FrameError, match=r"x\.jpg"):
        read_picture(tmp_path / "x.jpg")


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(FrameError, match="cannot read"):
            read_picture(path)


def test_the_stated_size_limit(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(picture(100, 101)))
    assert read_picture(path, max_pixels=10_100).shape == (100, 101, 3)
    with pytest.raises(FrameError, match="101×100"):
        read_picture(path, max_pixels=10_099)


def test_a_decompression_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    bomb = png(np.zeros((1, 1), np.uint8))
    # A header that promises 60,000 × 60,000 pixels, with a right checksum.
    import zlib

    header = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    data = bomb[:12] + header + zlib.crc32(header).to_bytes(4, "big") + bomb[33:]
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(FrameError, match=r"bomb\.png.*megapixels"):
        read_picture(tmp_path / "bomb.png")
    huge = bytearray(jpeg(np.zeros((8, 8), np.uint8)))
    start = huge.find(b"\xff\xc0") + 5
    huge[start : start + 4] = (65_000).to_bytes(2, "big") * 2
    (tmp_path / "bomb.jpg").write_bytes(huge)
    with pytest.raises(FrameError, match=r"bomb\.jpg.*megapixels"):
        read_picture(tmp_path / "bomb.jpg")
