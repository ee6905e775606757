"""Cleaning of measured depth: noise, and samples that hang between two surfaces."""

import numpy as np

from rgbd_seg.arrays import Float32, check_map, describe
from rgbd_seg.bands import Bands
from rgbd_seg.errors import FrameError
from rgbd_seg.options import check_range


def denoise(depth: Float32, sigma: float = 1.5, *, tolerance: float = 0.03, threads: int | None = None) -> Float32:
    """Gaussian smoothing that respects holes and edges.

    A normalised convolution: missing samples have no weight, and neither have samples whose depth differs by more
    than ``tolerance``, so a foreground never smears into its background. Holes stay holes, and none is filled.

    Args:
        depth: (h, w) metres, NaN = not measured.
        sigma: of the Gaussian in the picture, pixels.
        tolerance: largest difference in depth that may mix, as a fraction of the depth.
        threads: None = all cores.
    Returns:
        (h, w) metres, NaN exactly where ``depth`` is.
    Raises:
        FrameError: ``depth`` is no float32 map.
        ConfigError: sigma outside [0.1, 10] or tolerance outside [0.0001, 0.5].
    """
    _check(depth)
    check_range("sigma", sigma, 0.1, 10)
    check_range("tolerance", tolerance, 1e-4, 0.5)
    from rgbd_seg.depth_filter_kernels import smooth_band

    radius = max(1, round(2.5 * sigma))
    offsets = np.arange(-radius, radius + 1)
    row = np.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = np.outer(row, row)
    kernel[np.hypot(offsets[:, None], offsets[None, :]) > radius + 0.5] = 0  # round, not square
    padded, out = _padded(depth, radius), np.empty(depth.shape, np.float32)
    weights, limit = kernel.astype(np.float32), np.float32(tolerance)
    Bands(threads).run(lambda first, last: smooth_band(padded, weights, limit, first, last, out), depth.shape[0])
    return out


def remove_flying_pixels(depth: Float32, step: float = 0.03, *, threads: int | None = None) -> Float32:
    """Depth without mixed samples: those that hang in the air between two surfaces.

    A sample is removed if a nearer surface ends beside it, a farther one begins on its other side, and it belongs
    to neither. Slanted surfaces and thin things (a finger, a cable: farther on both sides) stay.

    Args:
        depth: (h, w) metres, NaN = not measured.
        step: depths that differ by less than this fraction belong together.
        threads: None = all cores.
    Returns:
        (h, w) metres; NaN where it was, and where a sample was removed.
    Raises:
        FrameError: ``depth`` is no float32 map.
        ConfigError: step outside [0.001, 0.5].
    """
    _check(depth)
    check_range("step", step, 1e-3, 0.5)
    from rgbd_seg.depth_filter_kernels import flying_band

    padded, out = _padded(depth, 3), np.empty(depth.shape, np.float32)
    limit = np.float32(step)
    Bands(threads).run(lambda first, last: flying_band(padded, limit, first, last, out), depth.shape[0])
    return out


def _padded(depth: Float32, border: int) -> Float32:
    with np.errstate(invalid="ignore"):
        known = np.where((depth > 0) & np.isfinite(depth), depth, np.float32(0))
    return np.pad(known, border)


def _check(depth: Float32) -> None:
    if not isinstance(depth, np.ndarray) or depth.ndim != 2 or depth.size == 0:
        raise FrameError(f"depth is {describe(depth)}; expected an (h, w) float32 array of metres")
    check_map(depth, depth.shape, "depth")
