"""Bytes of a picture file → array, by the content of the file and never by its name."""

import io
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from rgbd_seg.arrays import Float32, UInt8, UInt16
from rgbd_seg.errors import FrameError
from rgbd_seg.io import heif, jpeg
from rgbd_seg.io.color_profile import cmyk_to_srgb, over_white, to_srgb
from rgbd_seg.io.guard import reading
from rgbd_seg.io.orientation import UPRIGHT, Orientation
from rgbd_seg.io.size_limit import MAX_PIXELS, check_pixels

_EXIF_ORIENTATION = 0x0112
_ALPHA_MODES = {"RGBA", "RGBa", "LA", "La", "PA"}
_A_PICTURE = "a picture file (JPEG, PNG, HEIC, WebP, TIFF or BMP)"


@dataclass(frozen=True, eq=False)
class DecodedPicture:
    """A picture as stored, and how it must be turned to stand upright."""

    color: UInt8  # (H, W, 3) sRGB
    orientation: Orientation

    def upright(self) -> UInt8:
        """(H, W, 3) as it should be seen."""
        return self.orientation.apply(self.color)


def decode_color(data: bytes, name: str, max_pixels: int = MAX_PIXELS) -> DecodedPicture:
    """Any picture as 8-bit sRGB; transparency is laid over white, 16 bits are rounded to 8.

    JPEG goes through OpenCV straight into the array (12 MP: 60 ms; Pillow and its copy take 300 ms).

    Raises:
        FrameError: not a picture, cut short, damaged, or more than ``max_pixels``.
    """
    if heif.is_heif(data):
        return DecodedPicture(heif.HeifPicture(data, name, max_pixels).color(), UPRIGHT)
    with reading(name, _A_PICTURE), _opened(data, name, max_pixels) as picture:
        profile = picture.info.get("icc_profile")
        if picture.format in ("JPEG", "MPO") and picture.mode in ("RGB", "L"):
            jpeg.streams(data, name)  # says that the file was cut short, where OpenCV says nothing
            color = _decode_jpeg(data, name)
            return DecodedPicture(to_srgb(color, profile) if picture.mode == "RGB" else color, _orientation(picture))
        picture.load()  # before the orientation is asked for: Pillow turns TIFF while loading
        return DecodedPicture(_as_rgb(picture, profile, name), _orientation(picture))


def decode_cutout(data: bytes, name: str, max_pixels: int = MAX_PIXELS) -> tuple[UInt8, Float32 | None]:
    """A picture, upright, with its transparency instead of white behind it.

    Returns:
        (H, W, 3) sRGB; (H, W) coverage in [0, 1], None if the file has no transparency.
    Raises:
        FrameError: as for `decode_color`.
    """
    if heif.is_heif(data):
        color, alpha = heif.HeifPicture(data, name, max_pixels).cutout()
        return color, None if alpha is None else alpha.astype(np.float32) / np.float32(255)
    with reading(name, _A_PICTURE), _opened(data, name, max_pixels) as picture:
        if picture.mode not in _ALPHA_MODES and "transparency" not in picture.info:
            return decode_color(data, name, max_pixels).upright(), None
        picture.load()
        rgba = np.array(picture.convert("RGBA"))
        turn = _orientation(picture)
        color = to_srgb(np.ascontiguousarray(rgba[..., :3]), picture.info.get("icc_profile"))
        return turn.apply(color), turn.apply(rgba[..., 3].astype(np.float32) / np.float32(255))


def decode_map(data: bytes, name: str, max_pixels: int = MAX_PIXELS) -> UInt8 | UInt16:
    """A picture whose values are numbers (depth, confidence, matte): (h, w) uint8 or uint16, first channel.

    Raises:
        FrameError: not a picture, cut short, damaged, or more than ``max_pixels``.
    """
    with reading(name, "a grey picture of 8 or 16 bits"), _opened(data, name, max_pixels) as picture:
        if data.startswith(jpeg.SOI):
            jpeg.streams(data, name)
        if picture.mode.startswith("I;16"):
            return np.array(picture).astype(np.uint16)
        if picture.mode == "I":
            return _sixteen_bit(np.asarray(picture), name)
        if picture.mode not in ("1", "L", "P", "LA", "RGB", "RGBA"):
            raise FrameError(f"{name} is a picture of kind {picture.mode}; expected grey of 8 or 16 bits")
        grey = picture.convert("L") if picture.mode in ("1", "L", "LA") else picture.convert("RGB").getchannel(0)
        return np.array(grey)


def _opened(data: bytes, name: str, max_pixels: int) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data))
    except UnidentifiedImageError as error:
        raise FrameError(f"{name} is {_looks_like(data)}; expected {_A_PICTURE}") from error
    except Image.DecompressionBombError as error:
        raise FrameError(
            f"{name} is far too large ({error}); expected at most {max_pixels / 1e6:g} megapixels: scale it down"
        ) from error
    check_pixels(picture.width, picture.height, name, max_pixels)
    return picture


def _orientation(picture: Image.Image) -> Orientation:
    return Orientation.from_exif(picture.getexif().get(_EXIF_ORIENTATION))


def _looks_like(data: bytes) -> str:
    if not data:
        return "empty"
    start = data[:12].decode("latin-1")
    return f"no picture that can be recognised ({len(data)} bytes, starting with {start!r})"


def _decode_jpeg(data: bytes | memoryview, name: str) -> UInt8:
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    color: Any = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if color is None:
        raise FrameError(f"{name} is a damaged JPEG; copy it again")
    return np.asarray(color, dtype=np.uint8)


def _as_rgb(picture: Image.Image, profile: bytes | None, name: str) -> UInt8:
    if picture.mode == "F":
        raise FrameError(f"{name} holds floating-point values; expected 8 or 16 bits a channel")
    if picture.mode == "I" or picture.mode.startswith("I;16"):
        grey = ((_sixteen_bit(np.array(picture), name).astype(np.uint32) + 128) // 257).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if picture.mode == "CMYK":
        return np.array(cmyk_to_srgb(picture, profile))
    if picture.mode in _ALPHA_MODES or "transparency" in picture.info:
        rgba = np.array(picture.convert("RGBA"))
        return over_white(to_srgb(np.ascontiguousarray(rgba[..., :3]), profile), rgba[..., 3])
    color = np.array(picture.convert("RGB"))
    return to_srgb(color, profile) if picture.mode == "RGB" else color


def _sixteen_bit(values: NDArray[Any], name: str) -> UInt16:
    if values.size and (values.min() < 0 or values.max() > 65535):  # cut off, far depth would be wrong, not missing
        raise FrameError(f"{name} has values from {values.min()} to {values.max()}; expected 0 to 65535, 16 bits")
    whole: UInt16 = values.astype(np.uint16)
    return whole
