"""Which reader a photo needs, decided by what is in the file."""

from pathlib import Path

from rgbd_seg.errors import FrameError
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io import apple_heic, apple_jpeg, jpeg
from rgbd_seg.io.decoding import MAX_PIXELS, decode_color
from rgbd_seg.io.heif import HeifPicture, is_heif
from rgbd_seg.io.photo import Photo

_MAX_BYTES = 1 << 30


def read(path: Path, *, depth: Path | None, calibration: Path | None, max_pixels: int | None) -> Photo:
    """`rgbd_seg.io.photo.read_photo`, with its heavy imports."""
    limit = MAX_PIXELS if max_pixels is None else max_pixels
    data = read_bytes(path)
    return _read_embedded(data, path.name, limit)


def read_bytes(path: Path) -> bytes:
    """The whole file.

    Raises:
        FrameError: it is missing, a folder, unreadable, or larger than 1 GiB.
    """
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise FrameError(f"{path} has {size / 2**30:.1f} GiB; expected a photo of at most 1 GiB")
        return path.read_bytes()
    except OSError as error:
        raise FrameError(f"cannot read {path}: {error.strerror or error}; expected a picture file") from error


def _read_embedded(data: bytes, name: str, max_pixels: int) -> Photo:
    if is_heif(data):
        return apple_heic.read(HeifPicture(data, name, max_pixels))
    picture = decode_color(data, name, max_pixels)
    if data.startswith(jpeg.SOI):
        streams = jpeg.streams(data, name)
        found = apple_jpeg.find(streams)
        if found:
            return apple_jpeg.read(data, name, picture, found, max_pixels)
    return Photo(frame=RgbdFrame(color=picture.upright()), format="picture")
