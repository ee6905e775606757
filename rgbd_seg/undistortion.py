"""Pictures and depth as an ideal lens would have seen them."""

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8, check_color, check_map
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import NoDistortion
from rgbd_seg.errors import CalibrationMismatchError


def undistort_picture(color: UInt8, intrinsics: Intrinsics) -> tuple[UInt8, Intrinsics]:
    """The picture an ideal lens of the same focal length would have taken; black where this one saw nothing.

    Args:
        color: (H, W, 3) RGB.
        intrinsics: of ``color``.
    Returns:
        (H, W, 3) RGB, and its intrinsics, which have no distortion. An ideal lens returns ``color`` itself.
    Raises:
        FrameError: ``color`` is not a picture.
        CalibrationMismatchError: ``intrinsics`` are for another size.
    """
    check_color(color)
    _check_size(color.shape[0], color.shape[1], intrinsics)
    if isinstance(intrinsics.distortion, NoDistortion):
        return color, intrinsics
    u, v, seen = _sources(intrinsics)
    # The outermost pixels are whole: repeat them outwards, so that their outer half does not fade to black.
    straight = np.asarray(cv2.remap(color, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)
    straight[~seen] = 0
    return straight, intrinsics.undistorted()


def undistort_depth(depth: Float32, intrinsics: Intrinsics) -> tuple[Float32, Intrinsics]:
    """The same for z-depth: the nearest measurement, never an average; NaN where this lens saw nothing.

    Args:
        depth: (H, W) metres, NaN = not measured.
    Raises:
        FrameError: ``depth`` is not float32.
        CalibrationMismatchError: ``intrinsics`` are for another size.
    """
    check_map(depth, depth.shape, "depth")
    _check_size(depth.shape[0], depth.shape[1], intrinsics)
    if isinstance(intrinsics.distortion, NoDistortion):
        return depth, intrinsics
    u, v, seen = _sources(intrinsics)
    straight = np.asarray(cv2.remap(depth, u, v, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)
    straight[~seen] = np.nan
    return straight, intrinsics.undistorted()


def _sources(intrinsics: Intrinsics) -> tuple[Float32, Float32, Bool]:
    """Where (u, v) in the bent picture each pixel of the straight one lies, and whether it is inside it."""
    ideal = intrinsics.undistorted()
    rays, _ = ideal.rays(ideal.pixel_grid())
    points = np.concatenate([rays, np.ones_like(rays[..., :1])], axis=-1)
    pixels, _ = intrinsics.project(points)
    found = np.nan_to_num(pixels, nan=-1.0).astype(np.float32)
    return np.ascontiguousarray(found[..., 0]), np.ascontiguousarray(found[..., 1]), intrinsics.contains(pixels)


def _check_size(height: int, width: int, intrinsics: Intrinsics) -> None:
    if (height, width) != intrinsics.size:
        raise CalibrationMismatchError(
            f"the picture is {width}×{height}, its intrinsics are for {intrinsics.width}×{intrinsics.height}; "
            "use intrinsics.resized()"
        )
