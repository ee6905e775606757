"""Plain pictures: read as sRGB, written whole or not at all."""

from pathlib import Path

import cv2
import numpy as np

from rgbd_seg import atomic
from rgbd_seg.arrays import Float32, UInt8, check_color, check_map, describe
from rgbd_seg.errors import ConfigError, FrameError, OutputError
from rgbd_seg.io.decoding import decode_color, decode_cutout
from rgbd_seg.io.file_bytes import read_bytes
from rgbd_seg.io.size_limit import MAX_PIXELS
from rgbd_seg.options import check_range

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")

_QUALITY = 94


def read_picture(path: Path, *, max_pixels: int = MAX_PIXELS) -> UInt8:
    """(H, W, 3) sRGB of any picture file, upright.

    Transparency is laid over white, 16 bits are rounded to 8, embedded colour profiles are converted.

    Raises:
        FrameError: not a picture, cut short, damaged, or more than ``max_pixels``.
    """
    return decode_color(read_bytes(Path(path)), Path(path).name, max_pixels).upright()


def read_cutout(path: Path, *, max_pixels: int = MAX_PIXELS) -> tuple[UInt8, Float32 | None]:
    """(H, W, 3) sRGB of any picture file, upright, and its (H, W) transparency as coverage in [0, 1], if it has any.

    Raises:
        FrameError: not a picture, cut short, damaged, or more than ``max_pixels``.
    """
    return decode_cutout(read_bytes(Path(path)), Path(path).name, max_pixels)


def write_picture(path: Path, color: UInt8, alpha: Float32 | None = None, *, quality: int = _QUALITY) -> None:
    """Write JPEG, PNG or WebP by the suffix of ``path``, whole or not at all.

    Args:
        path: where to; its suffix chooses the format.
        color: (H, W, 3) sRGB.
        alpha: (H, W) in [0, 1], stored as transparency; PNG and WebP only.
        quality: of JPEG and WebP, 1 to 100 (94: no visible loss on portraits at about 5 bits a pixel).
    Raises:
        ConfigError: the suffix is none of these, or the format cannot hold ``alpha``.
        FrameError: ``color`` or ``alpha`` is not what it should be.
        OutputError: the file cannot be written.
    """
    path = Path(path)
    check_suffix(path, with_alpha=alpha is not None)
    check_range("quality", quality, 1, 100)
    atomic.write_bytes(path, encode_picture(path.suffix, color, alpha, quality=quality))


def write_alpha(path: Path, alpha: Float32) -> None:
    """Write an (H, W) alpha in [0, 1] as an 8-bit grey picture, white = subject, whole or not at all.

    Raises:
        ConfigError: the suffix is none that `write_picture` knows.
        FrameError: ``alpha`` is not an (H, W) float32 map.
        OutputError: the file cannot be written.
    """
    path = Path(path)
    check_suffix(path)
    if alpha.ndim != 2 or 0 in alpha.shape:
        raise FrameError(f"alpha is {describe(alpha)}; expected an (H, W) float32 map")
    levels = _coverage(check_map(alpha, alpha.shape, "alpha"))
    atomic.write_bytes(path, _encode(path.suffix, levels, quality=_QUALITY))


def check_suffix(path: Path, *, with_alpha: bool = False) -> None:
    """Refuse an output name before any work is done.

    Raises:
        ConfigError: the suffix is not one that `write_picture` knows, or JPEG is asked to hold transparency.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigError(f"cannot write {path}: the suffix {suffix!r} is none of {', '.join(SUFFIXES)}")
    if with_alpha and suffix in (".jpg", ".jpeg"):
        raise ConfigError(f"cannot write {path}: JPEG has no transparency; use .png or .webp")


def encode_picture(suffix: str, color: UInt8, alpha: Float32 | None = None, *, quality: int = _QUALITY) -> bytes:
    """The bytes of a picture file; see `write_picture`."""
    pixels = cv2.cvtColor(check_color(color), cv2.COLOR_RGB2BGR)
    if alpha is not None:
        pixels = np.dstack([pixels, _coverage(check_map(alpha, color.shape[:2], "alpha"))])
    return _encode(suffix, pixels, quality=quality)


def _coverage(alpha: Float32) -> UInt8:
    levels: UInt8 = np.rint(np.clip(np.nan_to_num(alpha), 0, 1) * np.float32(255)).astype(np.uint8)
    return levels


def _encode(suffix: str, pixels: UInt8, *, quality: int) -> bytes:
    settings = {
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, 3],
        ".webp": [cv2.IMWRITE_WEBP_QUALITY, quality],
    }.get(suffix.lower(), [cv2.IMWRITE_JPEG_QUALITY, quality])
    size = f"{pixels.shape[1]}×{pixels.shape[0]}"
    try:
        done, encoded = cv2.imencode(suffix.lower(), pixels, settings)
    except cv2.error as error:
        raise OutputError(f"a {size} picture cannot be stored as {suffix}: {error}") from error
    if not done:
        raise OutputError(f"a {size} picture cannot be stored as {suffix}; use .png")
    return encoded.tobytes()
