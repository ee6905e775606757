"""A time-of-flight camera beside the colour camera of a rendered scene, with what such cameras get wrong.

Its own place (25 mm to the side), its own field of view and 320×240 pixels (240×320 beside an upright picture).
Distances mix within a pixel by what each part reflects (flying pixels); noise grows with the square of the distance
and falls with the returned light, part of it spread over neighbours; a slow wave of some millimetres over distance;
holes where too little light returns, at grazing angles, in hair, at steps, and in some patches. Figures follow
published ones of phone and Azure Kinect sensors (σ about 4 mm at 1 m, 10 mm at 2 m).
"""

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.transform import RigidTransform

_SIZE = (320, 240)
_FIELD = 72.0  # degrees along the longer side
_FINE = 3  # lines of sight per pixel and direction
_DENSE = 3  # points per pixel of the colour picture and direction
_RANGE = (0.2, 4.0)  # metres
_DARK = 0.05  # of the median return, below which nothing is measured
_GRAZING = 0.16  # cosine


def tof_calibration(color: Intrinsics) -> Calibration:
    """The two cameras' geometry."""
    lying = Intrinsics.from_field_of_view(*_SIZE, _FIELD)
    return Calibration(
        color=color,
        depth=lying if color.width >= color.height else lying.rotated(1),
        T_color_depth=RigidTransform.from_rotation_vector((0.005, -0.009, 0.0035), (0.025, 0.0, 0.0)),
        metres_per_unit=0.001,
    )


def simulate_tof(depth: Float32, light: Float32, alpha: Float32, calibration: Calibration, seed: int = 0) -> UInt16:
    """Raw millimetres of the depth camera, 0 = not measured.

    Args:
        depth: (H, W) true z-depth of the colour camera. light: (H, W, 3) its picture, linear. alpha: of the person,
            whose mixed pixels are taken for hair.
    """
    rng = np.random.default_rng(seed)
    luminance = light @ np.float32([0.2126, 0.7152, 0.0722])
    hair = ((alpha > 0.02) & (alpha < 0.98)).astype(np.float32)
    reflect = np.clip(luminance / np.median(luminance), 0.02, 3) ** 0.75 * np.where(hair > 0, 0.25, 1)
    seen, values = _seen_from_there(depth, np.dstack([reflect, hair]).astype(np.float32), calibration)
    inside = np.isfinite(seen)
    cosine = _cosine(np.where(inside, seen, 1), calibration.depth.fx * _FINE)
    samples = _cells(np.where(inside, seen, np.nan))
    amplitude = _cells(np.maximum(values[..., 0] * cosine, 1e-3) / np.maximum(np.where(inside, seen, 9), 0.1) ** 2)
    valid = np.isfinite(samples).mean(-1) > 0.5
    samples = np.where(np.isfinite(samples), samples, np.nanmax(np.where(valid[..., None], samples, -1), -1)[..., None])
    measured, middle = (samples * amplitude).sum(-1) / amplitude.sum(-1), np.median(samples, -1)
    returned = amplitude.mean(-1)
    typical = float(np.median(returned[valid]))
    sigma = (0.0015 + 0.0022 * middle**2) / np.clip(returned / typical, 0.15, 4) ** 0.35
    measured = measured + sigma * (0.6 * rng.normal(size=sigma.shape) + 0.8 * _spread_noise(rng, middle.shape, 1.6))
    measured = measured + 0.004 * np.sin(20 * middle)
    lost = ~valid | (returned < _DARK * typical) | (middle < _RANGE[0]) | (middle > _RANGE[1]) | (measured <= 0)
    lost |= _cells(cosine).mean(-1) < _GRAZING
    lost |= rng.random(lost.shape) < 0.6 * _cells(values[..., 1]).mean(-1)
    lost |= (np.ptp(samples, axis=-1) > 0.1) & (rng.random(lost.shape) < 0.45)
    lost |= _spread_noise(rng, middle.shape, 3.0) > 2.6
    return np.where(lost, 0, np.round(1000 * np.nan_to_num(measured))).astype(np.uint16)


def _seen_from_there(depth: Float32, values: Float32, calibration: Calibration) -> tuple[Float32, Float32]:
    """Depth and ``values`` on a fine grid of the depth camera; what colour cannot see continues what lies behind."""
    fine = calibration.depth.resized(calibration.depth.width * _FINE, calibration.depth.height * _FINE)
    height, width = depth.shape
    v, u = (np.mgrid[: height * _DENSE, : width * _DENSE] + 0.5) / _DENSE - 0.5
    row, column = np.rint(v).astype(int), np.rint(u).astype(int)
    z = depth[row, column].ravel().astype(np.float64)
    points = calibration.color.deproject(np.stack([u.ravel(), v.ravel()], -1), z)[0]
    there = calibration.T_color_depth.inverse().apply(points)
    pixels, in_front = fine.project(there)
    x, y = (np.rint(pixels[:, k]).astype(int) for k in (0, 1))
    keep = in_front & (x >= 0) & (x < fine.width) & (y >= 0) & (y < fine.height)
    order = np.argsort(-there[keep, 2], kind="stable")  # nearest written last
    target, source = (y * fine.width + x)[keep][order], np.flatnonzero(keep)[order]
    seen = np.full(fine.width * fine.height, np.nan, np.float32)
    carried = np.zeros((seen.size, values.shape[2]), np.float32)
    seen[target] = there[source, 2]
    carried[target] = values[row.ravel()[source], column.ravel()[source]]
    return _continued(seen.reshape(fine.size), carried.reshape(*fine.size, -1))


def _continued(seen: Float32, values: Float32) -> tuple[Float32, Float32]:
    """Gaps of up to 40 lines of sight take the farthest of what is beside them."""
    for _ in range(40):
        empty = ~np.isfinite(seen)
        if not empty.any():
            break
        grown = cv2.dilate(np.where(empty, -1, seen).astype(np.float32), np.ones((3, 3), np.uint8))
        seen = np.where(empty & (grown > 0), grown, seen).astype(np.float32)
        beside = cv2.dilate(values, np.ones((3, 3), np.uint8))
        values = np.where(empty[..., None], beside, values).astype(np.float32)
    return seen, values


def _cosine(depth: Float32, focal: float) -> Float32:
    """Of the angle between surface and line of sight, near the picture's middle; 1 across steps."""
    dy, dx = np.gradient(cv2.medianBlur(depth, 5))
    slope = np.hypot(dx, dy) * focal / depth
    cosine = 1 / np.sqrt(1 + slope**2)
    return np.where(np.hypot(dx, dy) > 0.03, 1, cosine).astype(np.float32)


def _cells(values: Float32 | Bool) -> Float64:
    """(h, w, 9) what the lines of sight of each pixel saw."""
    rows, columns = values.shape[0] // _FINE, values.shape[1] // _FINE
    split = np.asarray(values, np.float64).reshape(rows, _FINE, columns, _FINE)
    return split.transpose(0, 2, 1, 3).reshape(rows, columns, -1)


def _spread_noise(rng: np.random.Generator, size: tuple[int, int], sigma: float) -> Float64:
    """Noise of standard deviation 1 that neighbours share."""
    noise = cv2.GaussianBlur(rng.normal(size=size), (0, 0), sigma)
    return noise * (2 * np.sqrt(np.pi) * sigma)
