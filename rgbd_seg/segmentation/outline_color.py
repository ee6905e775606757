"""On which side of an outline a pixel's colour is at home."""

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64, UInt8

_STEPS = 16  # per channel of L*a*b*
_REACH = 0.06  # of the picture's longer side: how far from the outline colours are gathered
_STRONGEST = 1.0  # log odds; subject and background often share colours, so this only tips the scales
_RARE = 1e-4  # share of a colour that either side may have by chance


def color_evidence(color: UInt8, subject: Float32, known: Bool) -> Float32:
    """Log odds that each pixel's colour belongs inside the outline rather than outside.

    Args:
        color: (h, w, 3) RGB.
        subject: (h, w) probability of the subject so far.
        known: (h, w) pixels that may serve as examples.
    Returns:
        (h, w) in [−1, 1].
    """
    codes = _codes(color)
    inside = subject > 0.5
    reach = max(3, round(_REACH * max(inside.shape)))
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    mask = inside.astype(np.uint8)
    near_inside = inside & (cv2.erode(mask, kernel, borderType=cv2.BORDER_REPLICATE) == 0) & known
    near_outside = ~inside & (cv2.dilate(mask, kernel) > 0) & known
    ratio = np.log(_shares(codes, subject * near_inside)) - np.log(_shares(codes, (1 - subject) * near_outside))
    evidence = np.clip(ratio, -_STRONGEST, _STRONGEST).astype(np.float32)[codes]
    smoothed: Float32 = cv2.blur(evidence, (3, 3))
    return smoothed


def _codes(color: UInt8) -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    """(h, w) index of each pixel's coarse colour."""
    lab = cv2.cvtColor(color, cv2.COLOR_RGB2LAB).astype(np.intp) * _STEPS // 256
    codes: np.ndarray[tuple[int, int], np.dtype[np.intp]] = (lab[..., 0] * _STEPS + lab[..., 1]) * _STEPS + lab[..., 2]
    return codes


def _shares(codes: np.ndarray[tuple[int, int], np.dtype[np.intp]], weight: Float32) -> Float64:
    """Share of every coarse colour among the weighted pixels, neighbouring colours blurred together."""
    counts = np.bincount(codes.ravel(), weight.ravel(), _STEPS**3).reshape(_STEPS, _STEPS, _STEPS)
    for axis in range(3):
        padded = np.moveaxis(np.pad(counts, [(2, 2) if i == axis else (0, 0) for i in range(3)]), axis, 0)
        taps = (0.06, 0.24, 0.4, 0.24, 0.06)
        blurred = sum(tap * padded[i : i + _STEPS] for i, tap in enumerate(taps))
        counts = np.moveaxis(np.asarray(blurred), 0, axis)
    shares: Float64 = counts.ravel() / max(float(counts.sum()), 1.0) + _RARE
    return shares
