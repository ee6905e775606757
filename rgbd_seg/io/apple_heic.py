"""iPhone portraits saved as HEIC: depth and mattes are auxiliary pictures of the primary one."""

from typing import Any

import numpy as np

from rgbd_seg.arrays import UInt8
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io import apple
from rgbd_seg.io.field_of_view import same_view
from rgbd_seg.io.heif import HeifPicture
from rgbd_seg.io.photo import Photo
from rgbd_seg.io.xmp import Xmp


def read(picture: HeifPicture) -> Photo:
    """The whole HEIC file; without depth or mattes it is a plain picture.

    Raises:
        FrameError: a picture in it is damaged or its value range is missing.
    """
    color = picture.color()
    mattes = {}
    for urn in picture.auxiliary_types():
        name = apple.matte_name(urn)
        if name is not None:
            values = picture.auxiliary_picture(urn)
            mattes[name] = same_view(values.astype(np.float32) / np.float32(255), color.shape[:2], 0.0)
    portrait = mattes.pop(apple.PORTRAIT, None)
    depths = picture.depth_pictures()
    frame = _frame(picture, color, *depths[0]) if depths else RgbdFrame(color=color)
    known = "apple-heic" if depths or mattes or portrait is not None else "picture"
    return Photo(frame=frame, format=known, portrait_matte=portrait, mattes=mattes)


def _frame(picture: HeifPicture, color: UInt8, stored: UInt8, representation: dict[str, Any]) -> RgbdFrame:
    packets = (Xmp(packet) for packet in picture.xmp_packets)
    xmp = next(filter(apple.is_depth, packets), Xmp())
    depth, metric = apple.depth_from(stored, xmp, representation.get("d_min"), representation.get("d_max"))
    # libheif turned the pictures upright; Apple's matrix is that of the sensor's own, unturned picture.
    turn = picture.orientation
    height, width = color.shape[:2]
    intrinsics = apple.intrinsics_from(xmp, (width, height) if turn.swaps_sides else (height, width))
    return RgbdFrame(
        color=color,
        depth=same_view(depth, (height, width), np.nan),
        intrinsics=None if intrinsics is None else turn.apply_to_intrinsics(intrinsics),
        depth_is_metric=metric,
    )
