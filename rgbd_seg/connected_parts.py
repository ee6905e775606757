"""Connected parts of a claim, and which of them stand on something."""

import math

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, UInt8


def parts_with(claimed: Bool, grounds: Bool, reach: float) -> Bool:
    """Those parts of ``claimed`` in which, or within ``reach`` of which, some of ``grounds`` lies.

    Args:
        claimed: (h, w).
        grounds: (h, w).
        reach: pixels; what lies no farther apart than twice that is one part.
    Returns:
        (h, w).
    """
    around = cv2.dilate(claimed.astype(np.uint8), disc(reach))
    count, labels = cv2.connectedComponents(around)
    kept = np.zeros(count, np.bool_)
    kept[labels[grounds]] = True
    found: Bool = kept[labels] & claimed
    return found


def disc(radius: float) -> UInt8:
    """A disc of ones, of a radius of one pixel or more."""
    r = max(1, math.ceil(radius - 0.25))
    ones: UInt8 = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
    return ones
