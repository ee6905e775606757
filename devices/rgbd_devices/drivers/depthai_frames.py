"""depthai's ``ImgFrame`` as images of their own memory."""

from typing import Any

import numpy as np

from rgbd_devices.drivers.pixel_formats import to_rgb, to_uint16
from rgbd_devices.images import ColorImage, DamagedDepthError, DepthImage
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import Timestamp

_FORMATS = {"NV12": "nv12", "NV21": "nv21", "RGB888i": "rgb8", "BGR888i": "bgr8", "GRAY8": "y8", "YUV420p": "i420"}
_DEPTH_FORMATS = ("RAW16",)


def color_image(message: Any) -> ColorImage:
    """A colour picture.

    Raises:
        FrameError: its format is not one that is decoded.
    """
    name = _format(message)
    if name not in _FORMATS:
        raise FrameError(f"the OAK's colour comes as {name}; expected one of {', '.join(_FORMATS)}")
    return ColorImage(
        color=to_rgb(np.asarray(message.getFrame()), _FORMATS[name], _size(message)),
        timestamp=_stamp(message),
        sequence=int(message.getSequenceNum()),
    )


def depth_image(message: Any, temperature: float | None) -> DepthImage:
    """A depth picture in millimetres, 0 = not measured.

    Raises:
        DamagedDepthError: its format is not depth's.
    """
    if _format(message) not in _DEPTH_FORMATS:
        raise DamagedDepthError(f"the OAK's depth comes as {_format(message)}; expected {', '.join(_DEPTH_FORMATS)}")
    return DepthImage(
        raw_depth=to_uint16(np.asarray(message.getFrame()), _size(message)),
        timestamp=_stamp(message),
        sequence=int(message.getSequenceNum()),
        temperature=temperature,
    )


def _format(message: Any) -> str:
    return str(message.getType()).rpartition(".")[2]


def _size(message: Any) -> tuple[int, int]:
    return int(message.getHeight()), int(message.getWidth())


def _stamp(message: Any) -> Timestamp:
    since_boot = message.getTimestampDevice()
    microseconds = (since_boot.days * 86_400 + since_boot.seconds) * 1_000_000 + since_boot.microseconds
    return Timestamp(microseconds * 1000, "device")
