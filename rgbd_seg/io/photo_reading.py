"""Which reader a photo needs, decided by what is in the file."""

from pathlib import Path

from rgbd_seg.errors import ConfigError
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io import apple_heic, apple_jpeg, depth_file, dynamic_depth, gdepth, jpeg
from rgbd_seg.io.decoding import decode_color
from rgbd_seg.io.file_bytes import read_bytes
from rgbd_seg.io.heif import HeifPicture, is_heif
from rgbd_seg.io.photo import Photo
from rgbd_seg.io.size_limit import MAX_PIXELS
from rgbd_seg.io.xmp import Xmp


def read(path: Path, *, depth: Path | None, calibration: Path | None, max_pixels: int | None) -> Photo:
    """`rgbd_seg.io.photo.read_photo`, with its heavy imports."""
    limit = MAX_PIXELS if max_pixels is None else max_pixels
    if depth is not None:
        return depth_file.read_with_depth(path, depth, calibration, max_pixels=limit)
    if calibration is not None:
        raise ConfigError(f"calibration {calibration} was given without depth; expected the depth file it belongs to")
    return _read_embedded(read_bytes(path), path.name, limit)


def _read_embedded(data: bytes, name: str, max_pixels: int) -> Photo:
    if is_heif(data):
        return apple_heic.read(HeifPicture(data, name, max_pixels))
    picture = decode_color(data, name, max_pixels)
    if data.startswith(jpeg.SOI):
        streams = jpeg.streams(data, name)
        xmp = Xmp(streams[0].xmp, streams[0].extended_xmp)
        if dynamic_depth.find(xmp) is not None:
            return dynamic_depth.read(data, streams[0].end, name, picture, xmp, max_pixels)
        if gdepth.is_gdepth(xmp):
            return gdepth.read(name, picture, xmp, max_pixels)
        found = apple_jpeg.find(streams)
        if found:
            return apple_jpeg.read(data, name, picture, found, max_pixels)
    return Photo(frame=RgbdFrame(color=picture.upright()), format="picture")
