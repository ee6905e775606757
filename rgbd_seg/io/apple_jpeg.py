"""iPhone portraits saved as JPEG: a Multi-Picture file whose further pictures are disparity, mattes, gain maps.

Their order varies between models and iOS versions, so each is known by its own XMP.
"""

import numpy as np

from rgbd_seg.errors import FrameError
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io import apple
from rgbd_seg.io.decoding import DecodedPicture, decode_map
from rgbd_seg.io.field_of_view import same_view
from rgbd_seg.io.jpeg import JpegStream
from rgbd_seg.io.photo import Photo
from rgbd_seg.io.xmp import Xmp


def find(streams: list[JpegStream]) -> list[tuple[JpegStream, Xmp]]:
    """The pictures behind the first one that are Apple depth or mattes; empty for other files."""
    described = [(stream, Xmp(stream.xmp)) for stream in streams[1:] if stream.xmp]
    return [(stream, xmp) for stream, xmp in described if apple.is_depth(xmp) or apple.matte_of(xmp)]


def read(
    data: bytes, name: str, picture: DecodedPicture, found: list[tuple[JpegStream, Xmp]], max_pixels: int
) -> Photo:
    """Put the pictures of `find` together with the first one.

    Raises:
        FrameError: an auxiliary picture is damaged or its value range is missing.
    """
    turn = picture.orientation
    stored_size = picture.color.shape[:2]
    color = picture.upright()
    frame = RgbdFrame(color=color)
    mattes = {}
    for stream, xmp in found:
        values = decode_map(data[stream.start : stream.end], f"{name} (auxiliary picture)", max_pixels)
        matte = apple.matte_of(xmp)
        if matte is not None:
            share = values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)
            mattes[matte] = turn.apply(same_view(share, stored_size, 0.0))
        elif frame.depth is None:
            depth, metric = apple.depth_from(values, xmp)
            intrinsics = apple.intrinsics_from(xmp, stored_size)
            frame = RgbdFrame(
                color=color,
                depth=turn.apply(same_view(depth, stored_size, np.nan)),
                intrinsics=None if intrinsics is None else turn.apply_to_intrinsics(intrinsics),
                depth_is_metric=metric,
            )
    if not found:
        raise FrameError(f"{name} holds no Apple depth or matte")
    portrait = mattes.pop(apple.PORTRAIT, None)
    return Photo(frame=frame, format="apple-jpeg", portrait_matte=portrait, mattes=mattes)
