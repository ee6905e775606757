"""What Record3D's frames hold, live or in files: depth in float metres on the colour picture's field of view."""

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.transform import RigidTransform

METRES_PER_UNIT = 0.0002  # finer than TrueDepth's noise, and reaches 13.1 m, twice as far as LiDAR
_HIGHEST_CONFIDENCE = np.float32(2)  # ARKit: 0 low, 1 medium, 2 high


def depth_units(metres: Float32) -> UInt16:
    """(h, w) metres, NaN or 0 = not measured → sensor units."""
    with np.errstate(invalid="ignore"):
        units = np.rint(metres / METRES_PER_UNIT)
        usable = (units >= 1) & (units <= np.iinfo(np.uint16).max)
    return np.where(usable, units, 0).astype(np.uint16)


def confidence_levels(levels: NDArray[np.uint8]) -> Float32:
    """(h, w) ARKit's levels → [0, 1]."""
    return np.minimum(levels / _HIGHEST_CONFIDENCE, 1).astype(np.float32)


def registered_calibration(color: Intrinsics, depth_size: tuple[int, int]) -> Calibration:
    """Of depth that the phone has put onto the colour picture, at its own (height, width)."""
    return Calibration(
        color=color,
        depth=color.resized(depth_size[1], depth_size[0]),
        T_color_depth=RigidTransform.identity(),
        metres_per_unit=METRES_PER_UNIT,
    )
