"""How near a picture in linear light comes to the truth."""

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32


def shown(light: Float32, truth: Float32) -> Float32:
    """Light as compared: gamma 2.2, white at the truth's 99th percentile, clipped."""
    return np.asarray(np.clip(light / np.percentile(truth, 99), 0, 1) ** (1 / 2.2), np.float32)


def psnr(light: Float32, truth: Float32, where: Bool | None = None) -> float:
    """Decibels."""
    error = (shown(light, truth).astype(np.float64) - shown(truth, truth)) ** 2
    mean = float(error.mean() if where is None else error[where].mean())
    return float("inf") if mean == 0 else float(-10 * np.log10(mean))


def ssim(light: Float32, truth: Float32) -> float:
    """Mean structural similarity of luminance (Wang 2004; Gaussian window of 1.5 pixels)."""
    white = np.percentile(truth, 99)
    a, b = (np.clip(x / white, 0, 1).mean(axis=2) ** (1 / 2.2) for x in (light, truth))

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(values, (0, 0), 1.5)

    ma, mb = mean(a), mean(b)
    va, vb, both = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
    score = (2 * ma * mb + 1e-4) * (2 * both + 9e-4) / ((ma**2 + mb**2 + 1e-4) * (va + vb + 9e-4))
    return float(score.mean())
