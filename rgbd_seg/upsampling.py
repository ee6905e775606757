"""Depth of few pixels brought to the resolution of its colour picture, edges following the colours."""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8, check_color, check_map, describe
from rgbd_seg.bands import Bands
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.options import check_range

_WORKING_SIDE = 1200  # px; beyond it colours decide only between neighbouring samples


@dataclass(frozen=True, kw_only=True)
class UpsamplingOptions:
    """How colour guides depth."""

    color_sigma: float = 14.0  # 8-bit levels; colours farther apart than this are rather different things
    surface_step: float = 0.03  # depths that differ by more than this fraction are two surfaces, never averaged
    largest_hole: int = 40  # depth pixels; holes up to this area are filled, larger ones stay
    fill_all: bool = False  # fill every hole, however large
    threads: int | None = None  # None: all cores

    def __post_init__(self) -> None:
        check_range("color_sigma", self.color_sigma, 1, 255)
        check_range("surface_step", self.surface_step, 1e-3, 0.5)
        check_range("largest_hole", self.largest_hole, 0, 1_000_000)
        if self.threads is not None:
            check_range("threads", self.threads, 1, 1024)


def upsample_depth(depth: Float32, color: UInt8, options: UpsamplingOptions | None = None) -> Float32:
    """Depth at the size of ``color``.

    Doubles the size step by step; each new pixel looks at the samples around it and joins the surface whose
    colours are like its own, so outlines of depth move to the outlines of colour, and no depth appears between
    two surfaces. Small holes are closed in the same way.

    Args:
        depth: (h, w) metres, NaN = not measured; covers the same field of view as ``color``, edge to edge.
        color: (H, W, 3) RGB, at least as large as ``depth``.
    Returns:
        (H, W) metres, NaN where a large hole was.
    Raises:
        FrameError: not a depth map or not a picture.
        ConfigError: ``color`` is smaller than ``depth``.
    """
    options = options or UpsamplingOptions()
    _check(depth, color)
    bands = Bands(options.threads)
    size = depth.shape
    with np.errstate(invalid="ignore"):
        current = np.where((depth > 0) & np.isfinite(depth), depth, np.float32(0))
    guide = _shrunk(color, (size[0], size[1]))
    current = _without_small_holes(current, guide, options, bands)
    for target in _ladder((size[0], size[1]), (color.shape[0], color.shape[1])):
        finer = _shrunk(color, target)
        current = _guided(current, guide, finer, 2, options, bands, only_holes=False)
        guide = finer
    return _final(current, guide, color, options, bands)


def _ladder(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """Sizes on the way from ``start`` towards ``end``: doubled until the working size."""
    steps = []
    height, width = start
    while max(height, width) * 2 <= _WORKING_SIDE and height * 2 <= end[0] and width * 2 <= end[1]:
        height, width = height * 2, width * 2
        steps.append((height, width))
    return steps


def _shrunk(color: UInt8, size: tuple[int, int]) -> UInt8:
    if color.shape[:2] == size:
        return np.require(color, requirements=["C", "W"])  # read-only arrays would be compiled for anew
    return np.asarray(cv2.resize(color, (size[1], size[0]), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _guided(
    depth: Float32, guide: UInt8, color: UInt8, radius: int, options: UpsamplingOptions, bands: Bands, *,
    only_holes: bool,
) -> Float32:  # fmt: skip
    from rgbd_seg.upsampling_kernels import guided_band

    size = (color.shape[0], color.shape[1])
    out: Float32 = np.empty(size, np.float32)
    scale, step = np.float32(1 / options.color_sigma**2), np.float32(options.surface_step)
    bands.run(
        lambda first, last: guided_band(depth, guide, color, radius, scale, step, only_holes, first, last, out),
        size[0],
    )
    return out


def _final(depth: Float32, guide: UInt8, color: UInt8, options: UpsamplingOptions, bands: Bands) -> Float32:
    from rgbd_seg.upsampling_kernels import final_band

    size = (color.shape[0], color.shape[1])
    out: Float32 = np.empty(size, np.float32)
    scale, step = np.float32(1 / options.color_sigma**2), np.float32(options.surface_step)
    pixels = np.require(color, requirements=["C", "W"])
    bands.run(lambda first, last: final_band(depth, guide, pixels, scale, step, first, last, out), size[0])
    return out


def _without_small_holes(depth: Float32, guide: UInt8, options: UpsamplingOptions, bands: Bands) -> Float32:
    """``depth`` (0 = hole) with holes of at most ``largest_hole`` pixels filled from around, or all of them."""
    holes = depth == 0
    if not holes.any() or holes.all():
        return depth
    wanted = holes if options.fill_all else _small(holes, options.largest_hole)
    filled = depth
    while (missing := wanted & (filled == 0)).any():
        grown = _guided(filled, guide, guide, 3, options, bands, only_holes=True)
        filled = np.where(missing, grown, filled)
    return filled


def _small(holes: Bool, area: int) -> Bool:
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(holes.astype(np.uint8), connectivity=8)
    keep = statistics[:, cv2.CC_STAT_AREA] <= area
    keep[0] = False  # label 0 is everything that was measured
    return np.asarray(keep[labels])


def _check(depth: Float32, color: UInt8) -> None:
    check_color(color)
    if not isinstance(depth, np.ndarray) or depth.ndim != 2 or depth.size == 0:
        raise FrameError(f"depth is {describe(depth)}; expected an (h, w) float32 array of metres")
    check_map(depth, depth.shape, "depth")
    if depth.shape[0] > color.shape[0] or depth.shape[1] > color.shape[1]:
        raise ConfigError(
            f"depth is {depth.shape[1]}×{depth.shape[0]}, the picture only {color.shape[1]}×{color.shape[0]}; "
            "shrink depth with resize_depth instead"
        )
