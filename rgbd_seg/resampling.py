"""Depth and other maps at another size, edge to edge."""

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32, check_map, describe
from rgbd_seg.bands import Bands
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.options import check_choice, check_range


def resize_depth(
    depth: Float32,
    size: tuple[int, int],
    method: str = "bilinear",
    *,
    surface_step: float = 0.03,
    threads: int | None = None,
) -> Float32:
    """Depth at another size; holes stay holes, and nothing appears between two surfaces.

    ``nearest`` takes one sample. ``bilinear`` averages, but only samples of the surface that the pixel lies on:
    that of its nearest measured sample. When shrinking it averages over the whole area of a new pixel.

    Args:
        depth: (h, w) metres, NaN = not measured.
        size: (H, W) of the result; pixel areas keep their edges: ``u' = (u + ½) W/w − ½``.
        surface_step: samples whose depths differ by more than this fraction are different surfaces.
        threads: None = all cores.
    Returns:
        (H, W) metres, NaN where less than half of a pixel's surroundings was measured.
    Raises:
        FrameError: ``depth`` is no float32 map.
        ConfigError: impossible size, unknown method, or a step outside [0, 1].
    """
    _check(depth, "depth", size)
    check_choice("method", method, ("bilinear", "nearest"))
    check_range("surface_step", surface_step, 0, 1)
    if depth.shape == tuple(size):
        return depth.copy()
    if method == "nearest":
        return np.asarray(depth[np.ix_(_nearest(depth.shape[0], size[0]), _nearest(depth.shape[1], size[1]))])
    from rgbd_seg.resampling_kernels import tent_band

    out = np.empty(size, np.float32)
    source = np.require(depth, requirements=["C", "W"])  # read-only arrays would be compiled for anew
    step = np.float32(surface_step)
    Bands(threads).run(lambda first, last: tent_band(source, step, first, last, out), size[0])
    return out


def resize_map(values: Float32, size: tuple[int, int]) -> Float32:
    """A map such as confidence or probability at another size, averaged where it shrinks.

    Args:
        values: (h, w); NaN = no opinion.
        size: (H, W) of the result.
    Returns:
        (H, W); NaN where less than half of a pixel's surroundings had an opinion.
    Raises:
        FrameError: ``values`` is no float32 map.
        ConfigError: impossible size.
    """
    _check(values, "values", size)
    if values.shape == tuple(size):
        return values.copy()
    shrinks = size[0] <= values.shape[0] and size[1] <= values.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    known = np.isfinite(values)
    shape = (size[1], size[0])
    if known.all():
        return np.asarray(cv2.resize(values, shape, interpolation=method), dtype=np.float32)
    share = cv2.resize(known.astype(np.float32), shape, interpolation=method)
    total = cv2.resize(np.where(known, values, np.float32(0)), shape, interpolation=method)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(share >= 0.5, total / share, np.float32(np.nan)).astype(np.float32)


def _nearest(old: int, new: int) -> NDArray[np.int64]:
    centers = (np.arange(new) + 0.5) * (old / new) - 0.5
    index: NDArray[np.int64] = np.clip(np.floor(centers + 0.5), 0, old - 1).astype(np.int64)
    return index


def _check(values: Float32, name: str, size: tuple[int, int]) -> None:
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.size == 0:
        raise FrameError(f"{name} is {describe(values)}; expected an (h, w) float32 array")
    check_map(values, values.shape, name)
    if len(size) != 2 or min(size) < 1:
        raise ConfigError(f"size is {tuple(size)}; expected (height, width), each at least 1")
