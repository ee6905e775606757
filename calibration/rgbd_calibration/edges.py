"""Colour–depth edge error: how far, in colour pixels, edges in depth lie from the same edges in colour."""

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64, UInt8
from rgbd_seg.calibration import Calibration

_JUMP = 0.05  # of the distance, from the nearer side to the farther
_STEP = 2  # depth pixels between the two sides: mixed pixels lie between them
_FLAT = 0.01  # of the distance: the nearer side must be a surface
_REACH = 8.0  # colour pixels searched on either side, for a picture 640 wide
_CONTRAST = 8.0  # grey levels per pixel that a colour edge must have
_CLEAR = 3.0  # times the usual gradient on the searched line
_FEWEST = 30  # edges
_MOST = 4000


def edge_error(gray: UInt8, depth: Float32, calibration: Calibration) -> float | None:
    """Median distance in colour pixels between depth edges, carried into the colour picture, and colour edges.

    Args:
        gray: (H, W) colour picture as grey levels.
        depth: (h, w) z-depth in metres, NaN = not measured, in the depth camera's own grid.
    Returns:
        None when too few edges of depth are edges of colour too.
    """
    pixels, outward, near = _depth_edges(depth)
    if len(pixels) < _FEWEST:
        return None
    here, seen = _in_color(pixels, near, calibration)
    there, seen_too = _in_color(pixels + outward, near, calibration)
    direction = there - here
    length = np.linalg.norm(direction, axis=1, keepdims=True)
    good = seen & seen_too & (length[:, 0] > 1e-6)
    offsets = _color_edges(gray, here[good], (direction / np.maximum(length, 1e-9))[good])
    offsets = offsets[np.isfinite(offsets)]
    return float(np.median(np.abs(offsets))) if len(offsets) >= _FEWEST else None


def _depth_edges(depth: Float32) -> tuple[Float64, Float64, Float64]:
    """(n, 2) edge positions in depth pixels, (n, 2) unit steps towards the farther side, (n,) nearer depth."""
    z = depth.astype(np.float64)
    found = []
    for step in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        beyond, behind = _shifted(z, step, _STEP), _shifted(z, step, -_STEP)
        between = _shifted(z, step, 1)
        with np.errstate(invalid="ignore"):
            edge = (beyond > z * (1 + _JUMP)) & (np.abs(behind - z) < _FLAT * z) & ~(np.abs(between - z) < _FLAT * z)
        v, u = np.nonzero(edge)
        place = np.column_stack([u, v]) + 0.5 * np.array(step)
        found.append((place, np.tile(np.array(step, dtype=np.float64), (len(u), 1)), z[v, u]))
    pixels, outward, near = (np.concatenate(part) for part in zip(*found, strict=True))
    if len(pixels) > _MOST:
        chosen = np.linspace(0, len(pixels) - 1, _MOST).astype(int)
        pixels, outward, near = pixels[chosen], outward[chosen], near[chosen]
    return pixels, outward, near


def _shifted(z: Float64, step: tuple[int, int], times: int) -> Float64:
    """The value ``times`` steps away, NaN beyond the picture."""
    result = np.full_like(z, np.nan)
    du, dv = step[0] * times, step[1] * times
    h, w = z.shape
    result[max(0, -dv) : h - max(0, dv), max(0, -du) : w - max(0, du)] = z[
        max(0, dv) : h - max(0, -dv), max(0, du) : w - max(0, -du)
    ]
    return result


def _in_color(pixels: Float64, near: Float64, calibration: Calibration) -> tuple[Float64, Bool]:
    points, measured = calibration.depth.deproject(pixels, near)
    there, seen = calibration.color.project(calibration.T_color_depth.apply(points))
    return there, seen & measured


def _color_edges(gray: UInt8, places: Float64, direction: Float64) -> Float64:
    """(n,) signed pixels from each place along its direction to the strongest colour edge; NaN without a clear one."""
    reach = _REACH * gray.shape[1] / 640
    offsets = np.arange(-reach, reach + 0.25, 0.5)
    smooth = cv2.GaussianBlur(gray, (0, 0), 1.0).astype(np.float32)
    line = places[:, None] + direction[:, None] * offsets[:, None]
    grid = np.nan_to_num(line, nan=-1e4).astype(np.float32)
    values = cv2.remap(smooth, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR, borderValue=-1.0)
    slope = np.abs(np.diff(values, axis=1)) / 0.5
    slope[(values.min(axis=1) < 0)] = 0
    best = slope.argmax(axis=1)
    peak = slope.max(axis=1)
    clear = (peak > _CONTRAST) & (peak > _CLEAR * np.median(slope, axis=1))
    return np.where(clear, offsets[best] + 0.25, np.nan)
