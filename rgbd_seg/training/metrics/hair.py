"""Errors where the truth itself is soft over a width: hair, fur, knit, motion blur."""

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.training.metrics.overlap import sad

_MIXED = 0.02  # alpha within this of 0 or 1 is not mixed
_WINDOW = 0.02  # of the longer side
_CROWDED = 0.45  # share of a window that is mixed: an antialiased edge fills less
_MARGIN = 0.01  # of the longer side: the band reaches this far beyond the soft pixels


def hair_band(truth: Float32) -> Bool:
    """Where 0 < truth < 1 over a width rather than along a line, and a margin around it.

    A clean edge is mixed on a line one or two pixels wide; hair is mixed on most pixels of a window of 2 % of the
    longer side (at least 5 pixels).

    Returns:
        (h, w); empty if nothing is soft.
    """
    side = max(truth.shape)
    window = max(5, 2 * round(_WINDOW * side / 2) + 1)
    mixed = ((truth > _MIXED) & (truth < 1 - _MIXED)).astype(np.float32)
    crowded = (cv2.blur(mixed, (window, window)) > _CROWDED).astype(np.uint8)
    soft = cv2.dilate(crowded, np.ones((window, window), np.uint8)) * mixed.astype(np.uint8)
    reach = max(1, round(_MARGIN * side))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    band: Bool = cv2.dilate(soft, disc) > 0
    return band


def hair_sad(alpha: Float32, truth: Float32, scored: Bool | None = None) -> float:
    """`sad` of the hair band alone: thousands of pixels.

    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    band = hair_band(truth)
    return sad(alpha, truth, band if scored is None else band & scored)
