"""Whether a driver's picture is what its calibration says."""

import numpy as np
from numpy.typing import NDArray

from rgbd_devices.images import ColorImage, Image
from rgbd_seg.arrays import describe
from rgbd_seg.calibration import Calibration


def image_fault(image: Image, calibration: Calibration) -> str | None:
    """What is wrong with the arrays' types and sizes; None if nothing is."""
    if isinstance(image, ColorImage):
        return _fault("color", image.color, np.uint8, (*calibration.color.size, 3))
    size = calibration.depth.size
    return (
        _fault("raw_depth", image.raw_depth, np.uint16, size)
        or (None if image.confidence is None else _fault("confidence", image.confidence, np.float32, size))
        or (None if image.infrared is None else _fault("infrared", image.infrared, np.uint16, size))
    )


def _fault(name: str, array: "NDArray[np.generic]", dtype: type, shape: tuple[int, ...]) -> str | None:
    if isinstance(array, np.ndarray) and array.dtype == dtype and array.shape == shape:
        return None
    return f"{name} is {describe(array)}; the calibration promises {np.dtype(dtype).name} of shape {shape}"
