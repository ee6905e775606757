"""Connected parts of a claim, and which of them stand on something."""

import cv2
import numpy as np

from rgbd_seg.arrays import Bool


def parts_with(claimed: Bool, grounds: Bool) -> Bool:
    """Those 8-connected parts of ``claimed`` in which some of ``grounds`` lies.

    Args:
        claimed: (h, w).
        grounds: (h, w); what of it lies outside ``claimed`` counts nothing.
    Returns:
        (h, w).
    """
    count, labels = cv2.connectedComponents(claimed.astype(np.uint8))
    kept = np.zeros(count, np.bool_)
    kept[labels[grounds & claimed]] = True
    found: Bool = kept[labels]
    return found
