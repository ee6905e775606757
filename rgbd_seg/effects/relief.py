"""The subject's shape as slopes, for shading: from depth, or, without it, a plausible one from the outline.

Shading shows every bump, so noise must go without rounding the edges of surfaces. Slopes are taken between
neighbours first, those across a jump of depth are left out, and only then are slopes, not depths, averaged: a step
never becomes a ramp, and holes and the subject's own edge take the slope of what is beside them.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.skin import find_skin
from rgbd_seg.effects.subject_box import Box, box_of
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.scaling import bounded_size, resized

_LONGEST = 320  # pixels
_USUAL_FOCAL = 0.8  # of the longer side, where intrinsics are unknown: a view of 64°
_STEEPEST = 4.0  # metres per metre, of a surface that still counts
_CALM = 0.006  # slope noise that shading does not show
_LEAST_SMOOTHING, _MOST_SMOOTHING = 2.0, 8.0  # pixels
_WIDE = 4.0  # times that, where the surface is rough
_ROUGH = 0.9  # slope that varies so much within a few pixels is hair or cloth of many folds, not shape
_UNEVEN = 0.25  # slope; surfaces that vary less within a few pixels are shown smooth
_TYPICAL_SLOPE = 0.7  # 80th percentile over a person; sets the scale of relative depth
_BULGE = (0.05, 0.1, 0.2)  # of the subject's size: scales of an outline's relief
_FACE_BULGE = (0.12, 0.3)  # of the face's width
_ROUND = 1.5  # slopes are bounded to this, softly: no surface is seen edge-on


@dataclass(frozen=True, eq=False)
class Relief:
    """Slopes of the subject's surface, continued around it, of the part of the picture that has it."""

    across: Float32  # (h, w) dz/dx: positive where the surface recedes to the right
    down: Float32  # (h, w) dz/dy: positive where it recedes downwards
    inside: Float32  # (h, w) alpha
    height: Float32 | None  # (h, w) towards the camera, in pixels of this grid; None without depth
    box: Box  # of the picture, that these maps cover, edge to edge


def find_relief(frame: RgbdFrame, alpha: Float32) -> Relief | None:
    """The subject's shape; None if there is no subject.

    Args:
        alpha: (H, W) of the frame's size.
    """
    size = bounded_size(frame.size, _LONGEST)
    whole = resized(alpha, size)
    part = box_of(whole, 0, 8)
    if part is None:
        return None
    inside = np.ascontiguousarray(whole[part.slices])
    shape = None if frame.depth is None else _from_depth(frame, frame.depth, inside, size, part)
    across, down, height = shape or (*_from_outline(frame.color, alpha, inside, size, part), None)
    steepness = np.sqrt(1 + (across**2 + down**2) / _ROUND**2)
    return Relief(
        np.asarray(across / steepness, np.float32),
        np.asarray(down / steepness, np.float32),
        inside,
        height,
        part.scaled(size, frame.size),
    )


def _from_depth(
    frame: RgbdFrame, measured: Float32, inside: Float32, size: tuple[int, int], part: Box
) -> tuple[Float32, Float32, Float32] | None:
    """Slopes and height of a part of the grid of ``size``; None if too little was measured there."""
    from rgbd_seg.effects.relief_kernels import depth_noise, shrink_depth, surface_slopes

    depth = np.empty(inside.shape, np.float32)
    shrink_depth(measured, size, part.top, part.left, depth)
    core = np.asarray(cv2.GaussianBlur(inside, (0, 0), 1.5), np.float32)
    core = np.clip(2.5 * core - 1.5, 0, 1).astype(np.float32)
    bends = np.empty(inside.size, np.float32)
    count = depth_noise(depth, inside, bends)
    if count < 32:
        return None
    noise = 1.4826 * float(np.median(bends[:count])) / np.sqrt(6)  # of one sample, relative
    focal = _USUAL_FOCAL * max(frame.size) if frame.intrinsics is None else frame.intrinsics.fx
    focal *= size[1] / frame.size[1]
    slopes, squares = np.empty((*inside.shape, 4), np.float32), np.empty((*inside.shape, 2), np.float32)
    surface_slopes(depth, core, focal, _STEEPEST, np.sqrt(2) * noise, slopes, squares)
    if float(slopes[..., 1].sum()) < 16:
        return None
    # Averaging slopes over a Gaussian leaves noise · focal / (sqrt(8 pi) sigma²).
    sigma = float(np.clip(np.sqrt(noise * focal / (np.sqrt(8 * np.pi) * _CALM)), _LEAST_SMOOTHING, _MOST_SMOOTHING))
    across, down = _averaged(slopes, squares, sigma, 2 * (noise * focal) ** 2)
    across, down = _calmed(across, down, core + np.float32(1e-3), 2 * sigma)
    # Relative depth has no scale: a person's typical steepness gives one.
    scale = np.float32(1 if frame.depth_is_metric else _TYPICAL_SLOPE / _typical_slope(across, down, inside))
    return across * scale, down * scale, _height(depth, core, sigma) * (scale * np.float32(focal))


def _averaged(slopes: Float32, squares: Float32, sigma: float, noise: float) -> tuple[Float32, Float32]:
    """Weighted means; wider ones where the surface is rough beyond ``noise`` (variance), or nothing is near."""
    near, square = _blur(slopes, sigma), _blur(squares, sigma)
    wide = _blur(slopes, _WIDE * sigma)
    far = _blur(slopes, 4 * _WIDE * sigma)
    wide += np.float32(1e-2) * far + np.float32(1e-9)
    across, down = near[..., 0] / (near[..., 1] + np.float32(1e-6)), near[..., 2] / (near[..., 3] + np.float32(1e-6))
    spread = square[..., 0] / (near[..., 1] + np.float32(1e-6)) + square[..., 1] / (near[..., 3] + np.float32(1e-6))
    rough = np.maximum(spread - across**2 - down**2 - 2 * noise, 0) / _ROUGH**2
    little = 1 - np.clip(10 * np.minimum(near[..., 1], near[..., 3]), 0, 1)
    share = np.maximum(rough * rough / (1 + rough * rough), little)
    share = np.asarray(cv2.GaussianBlur(share, (0, 0), sigma), np.float32)
    wide_across, wide_down = wide[..., 0] / wide[..., 1], wide[..., 2] / wide[..., 3]
    return across + share * (wide_across - across), down + share * (wide_down - down)


def _calmed(across: Float32, down: Float32, weight: Float32, sigma: float) -> tuple[Float32, Float32]:
    """Slopes with what varies no more than noise does taken away: a guided filter, guided by themselves (He 2013).

    Noise of a sensor whose samples were resampled lies in its low frequencies too, where averaging leaves it.
    """
    terms = np.dstack([weight, weight * across, weight * down, weight * (across * across + down * down)])
    mean = _blur(terms, sigma)
    mean_across, mean_down = mean[..., 1] / mean[..., 0], mean[..., 2] / mean[..., 0]
    variance = np.maximum(mean[..., 3] / mean[..., 0] - mean_across**2 - mean_down**2, 0)
    kept = _blur((variance * variance / (variance * variance + np.float32(_UNEVEN**4))).astype(np.float32), sigma / 2)
    return mean_across + kept * (across - mean_across), mean_down + kept * (down - mean_down)


def _typical_slope(across: Float32, down: Float32, inside: Float32) -> float:
    steepness = np.hypot(across, down)[inside > 0.9]
    return max(float(np.percentile(steepness, 80)), 1e-6) if steepness.size else _TYPICAL_SLOPE


def _height(depth: Float32, core: Float32, sigma: float) -> Float32:
    """Nearness relative to the subject's middle distance, smooth, continued into holes."""
    known = np.isfinite(depth) & (core > 0)
    middle = float(np.median(depth[known]))
    weight = np.where(known, core, 0).astype(np.float32)
    nearer = np.where(known, 1 - depth / np.float32(middle), 0).astype(np.float32) * weight
    both = np.dstack([nearer, weight])
    mean = _blur(both, sigma) + np.float32(1e-2) * _blur(both, _WIDE * sigma)
    return np.asarray(mean[..., 0] / (mean[..., 1] + np.float32(1e-6)), np.float32)


def _from_outline(
    color: UInt8, alpha: Float32, inside: Float32, size: tuple[int, int], part: Box
) -> tuple[Float32, Float32]:
    """A body as round as its outline, with the face before it."""
    found = find_skin(color, alpha)
    body = float(np.sqrt(inside.sum()))
    across, down = np.zeros_like(inside), np.zeros_like(inside)
    bulges = [(inside, body * share, 0.45) for share in _BULGE]
    skin = resized(found.skin, size)[part.slices]
    bulges += [(skin, found.face_px * share, 0.3) for share in _FACE_BULGE]
    for layer, sigma, peak in bulges:
        if sigma >= 0.5:
            right, below = _bulge(layer, sigma)
            across += np.float32(2.5 * sigma * peak) * right
            down += np.float32(2.5 * sigma * peak) * below
    return across, down


def _bulge(layer: Float32, sigma: float) -> tuple[Float32, Float32]:
    """Slopes of a surface that bulges towards the viewer where ``layer`` is 1, made at a lower resolution."""
    shrink = max(1.0, sigma / 3)
    small = resized(layer, (max(1, round(layer.shape[0] / shrink)), max(1, round(layer.shape[1] / shrink))))
    # What the picture cuts off goes on beyond its border.
    smooth = np.asarray(cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_REPLICATE), np.float32)
    slopes = (
        cv2.Sobel(smooth, cv2.CV_32F, *order, scale=-1 / (8 * shrink), borderType=cv2.BORDER_REPLICATE)
        for order in ((1, 0), (0, 1))
    )
    size = layer.shape[1], layer.shape[0]
    right, below = (np.asarray(cv2.resize(slope, size, interpolation=cv2.INTER_CUBIC), np.float32) for slope in slopes)
    return right, below


def _blur(values: Float32, sigma: float) -> Float32:
    """A Gaussian; a wide one is made at a lower resolution."""
    shrink = max(1, int(sigma / 2))
    size = values.shape[:2]
    small = resized(values, (max(1, size[0] // shrink), max(1, size[1] // shrink)))
    blurred = np.asarray(cv2.GaussianBlur(small, (0, 0), sigma / shrink), np.float32).reshape(small.shape)
    return resized(blurred, size)
