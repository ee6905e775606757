"""The subject's own colour, without the old background that shines through where it is half transparent."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8, check_color, check_map


def estimate_foreground(color: UInt8, alpha: Float32) -> UInt8:
    """Colour of the subject at every pixel where ``alpha`` is above 0; elsewhere ``color`` itself.

    Args:
        color: (H, W, 3) RGB, sRGB-encoded.
        alpha: (H, W) in [0, 1].
    Returns:
        (H, W, 3) RGB, sRGB-encoded.
    Raises:
        FrameError: an array is not of that form.
    """
    check_color(color)
    check_map(alpha, color.shape[:2], "alpha")
    sure = (alpha > 0.97).astype(np.float32)
    reach = max(3, round(max(alpha.shape) / 120)) | 1
    weight = cv2.blur(sure, (reach, reach))
    near = cv2.blur(color * sure[..., None], (reach, reach)) / np.maximum(weight, 1e-4)[..., None]
    mixed = (alpha > 0) & (alpha < 0.97) & (weight > 1e-3)
    result: UInt8 = np.where(mixed[..., None], np.clip(near, 0, 255).astype(np.uint8), color)
    return result
