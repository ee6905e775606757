"""Pictures as cameras pack them, to RGB."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rgbd_devices.images import DamagedDepthError
from rgbd_seg.arrays import UInt8, UInt16
from rgbd_seg.errors import FrameError

# OpenCV names its codes as the conversion.
_CODES: Mapping[str, str | None] = {
    "rgb8": None,
    "bgr8": "COLOR_BGR2RGB",
    "rgba8": "COLOR_RGBA2RGB",
    "bgra8": "COLOR_BGRA2RGB",
    "yuyv": "COLOR_YUV2RGB_YUYV",
    "uyvy": "COLOR_YUV2RGB_UYVY",
    "nv12": "COLOR_YUV2RGB_NV12",
    "nv21": "COLOR_YUV2RGB_NV21",
    "i420": "COLOR_YUV2RGB_I420",
    "y8": "COLOR_GRAY2RGB",
    "bayer_rggb8": "COLOR_BayerRGGB2RGB",
    "bayer_bggr8": "COLOR_BayerBGGR2RGB",
    "bayer_grbg8": "COLOR_BayerGRBG2RGB",
    "bayer_gbrg8": "COLOR_BayerGBRG2RGB",
}
_CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "yuyv": 2, "uyvy": 2}
COLOR_FORMATS = (*_CODES, "mjpeg")


def to_rgb(data: NDArray[np.uint8], pixel_format: str, size: tuple[int, int]) -> UInt8:
    """A picture of its own memory.

    Args:
        data: bytes as the camera packed them, in any shape; for mjpeg the compressed picture.
        pixel_format: one of `COLOR_FORMATS`.
        size: (height, width).
    Returns:
        (H, W, 3) RGB.
    Raises:
        FrameError: unknown format, or not the bytes that a picture of this size has.
    """
    import cv2

    sent = np.ascontiguousarray(data).view(np.uint8).ravel()
    if pixel_format == "mjpeg":
        # OpenCV gives None for a broken picture, but an error of its own for an empty one.
        decoded = cv2.imdecode(sent, cv2.IMREAD_COLOR_RGB) if sent.size else None
        if decoded is None or decoded.shape[:2] != size:
            raise FrameError(f"a JPEG picture of {data.size} bytes does not hold {size[1]}×{size[0]} pixels")
        return np.asarray(decoded)
    if pixel_format not in _CODES:
        raise FrameError(f"the colour format is {pixel_format}; expected one of {', '.join(COLOR_FORMATS)}")
    packed = _shaped(sent, pixel_format, size)
    code = _CODES[pixel_format]
    return packed.copy() if code is None else np.asarray(cv2.cvtColor(packed, getattr(cv2, code)))


def to_uint16(data: NDArray[np.uint8] | NDArray[np.uint16], size: tuple[int, int]) -> UInt16:
    """A one-channel picture of 8 or 16 bits, of its own memory: (h, w) uint16, values unchanged.

    Raises:
        DamagedDepthError: not the number of pixels that ``size`` has.
    """
    values = np.ascontiguousarray(data)
    count = size[0] * size[1]
    if values.dtype == np.uint8 and values.size == 2 * count:
        values = values.ravel().view(np.uint16)
    if values.size != count:
        raise DamagedDepthError(f"a picture of {values.size} values does not hold {size[1]}×{size[0]} pixels")
    return values.reshape(size).astype(np.uint16)  # astype copies


def _shaped(data: UInt8, pixel_format: str, size: tuple[int, int]) -> UInt8:
    height, width = size
    if pixel_format in ("nv12", "nv21", "i420"):
        shape: tuple[int, ...] = (height * 3 // 2, width)
    elif pixel_format in _CHANNELS:
        shape = (height, width, _CHANNELS[pixel_format])
    else:
        shape = (height, width)
    if data.size != np.prod(shape):
        raise FrameError(
            f"a {pixel_format} picture has {data.size} bytes; expected {np.prod(shape)} of {width}×{height}"
        )
    return data.reshape(shape)
