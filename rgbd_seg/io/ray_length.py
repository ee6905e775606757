"""Distance along the ray through a pixel → distance along the optical axis."""

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.camera import Intrinsics

_ROWS = 128


def z_depth(ray_length: Float32, intrinsics: Intrinsics) -> Float32:
    """(h, w) metres along the rays → (h, w) z-depth in metres, for a camera of the same field of view.

    ``z = r / √(1 + x² + y²)`` with the ray's normalised coordinates (x, y); rays that the lens model cannot
    invert become NaN.
    """
    height, width = ray_length.shape
    camera = intrinsics.resized(width, height)
    result = np.empty_like(ray_length)
    columns = np.arange(width, dtype=np.float64)
    for row in range(0, height, _ROWS):  # in strips: exact rays of a large map would take gigabytes
        rows = np.arange(row, min(row + _ROWS, height), dtype=np.float64)
        rays, _ = camera.rays(np.stack(np.meshgrid(columns, rows), axis=-1))
        strip = slice(row, row + len(rows))
        result[strip] = ray_length[strip] / np.sqrt(1 + (rays**2).sum(axis=-1))
    return result
