"""The gradient error of the matting literature."""

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.training.metrics.pair import checked

_SIGMA = 1.4
_CUT = 1e-2  # the Gaussian is cut off where it falls below this, as in the published code


def grad(alpha: Float32, truth: Float32, scored: Bool | None = None) -> float:
    """Σ (|∇α| − |∇truth|)² / 1000 with first derivatives of a Gaussian, σ = 1.4, q = 2.

    C. Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009. The filter has unit
    Euclidean norm, as in the code that the field uses; borders are replicated.

    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    alpha, truth, scored = checked(alpha, truth, scored)
    difference = _magnitude(alpha) - _magnitude(truth)
    return float((difference[scored] ** 2).sum()) / 1000


def _magnitude(alpha: Float32) -> Float64:
    smooth, slope = _filters()
    values = alpha.astype(np.float64)
    across = cv2.sepFilter2D(values, cv2.CV_64F, slope, smooth, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(values, cv2.CV_64F, smooth, slope, borderType=cv2.BORDER_REPLICATE)
    magnitude: Float64 = np.hypot(across, down)
    return magnitude


def _filters() -> tuple[Float64, Float64]:
    """The Gaussian and its derivative; their outer product has unit norm."""
    half = int(np.ceil(_SIGMA * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * _SIGMA * _CUT))))
    x = np.arange(-half, half + 1, dtype=np.float64)
    gaussian = np.exp(-(x**2) / (2 * _SIGMA**2))
    slope = x * gaussian
    return gaussian / np.linalg.norm(gaussian), slope / np.linalg.norm(slope)
