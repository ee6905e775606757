"""Random fields over the sensor's grid."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32


def smooth_noise(rng: np.random.Generator, size: tuple[int, int], sigma: float) -> Float32:
    """(h, w) normal noise of variance 1 whose neighbours are alike over about ``sigma`` pixels."""
    if sigma < 0.3:
        return rng.standard_normal(size, np.float32)
    # Broad fields are drawn on a coarse grid: blurring over many pixels is slow and gains nothing.
    step = max(1, int(sigma // 3))
    reach = int(np.ceil(3 * sigma / step))
    kernel = cv2.getGaussianKernel(2 * reach + 1, sigma / step).astype(np.float32)
    coarse = (-(-size[0] // step) + 2, -(-size[1] // step) + 2)
    white = rng.standard_normal((coarse[0] + 2 * reach, coarse[1] + 2 * reach), np.float32)
    smooth = cv2.sepFilter2D(white, -1, kernel, kernel)[reach:-reach, reach:-reach] / np.sum(kernel**2)
    if step == 1:
        return np.ascontiguousarray(smooth[: size[0], : size[1]])
    grown = cv2.resize(smooth, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(grown[: size[0], : size[1]])


def mixed_noise(rng: np.random.Generator, size: tuple[int, int], sigma: float, share: float) -> Float32:
    """(h, w) normal noise of variance 1, of which ``share`` (of the variance) is alike over ``sigma`` pixels."""
    white, smooth = rng.standard_normal(size, np.float32), smooth_noise(rng, size, sigma)
    return np.asarray(np.float32((1 - share) ** 0.5) * white + np.float32(share**0.5) * smooth, np.float32)
