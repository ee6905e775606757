"""Where in the picture a calibration may be trusted."""

import cv2
import numpy as np

from rgbd_calibration.covariance import projection_sigma
from rgbd_calibration.problem import Problem
from rgbd_calibration.result import TrustRegion
from rgbd_seg.arrays import Float64

_ROWS = 18
_LIMIT = 0.25 / 640  # of the picture's width: a quarter pixel of a VGA camera
_REACH = 0.06  # of the width beyond the outermost corner: a lens model is not to be trusted far outside its data


def trust_region(problem: Problem, covariance: Float64, shared: Float64) -> TrustRegion:
    """Projection uncertainty over the colour picture, and where it is small and corners were near."""
    h, w = problem.color_size
    columns = max(1, round(_ROWS * w / h))
    u, v = np.meshgrid((np.arange(columns) + 0.5) * w / columns - 0.5, (np.arange(_ROWS) + 0.5) * h / _ROWS - 0.5)
    pixels = np.column_stack([u.ravel(), v.ravel()])
    camera = problem.color_model.intrinsics(shared[problem.layout().color], problem.color_size)
    xy, valid = camera.rays(pixels)
    rays = np.column_stack([np.where(valid[:, None], xy, 0.0), np.ones(len(xy))])
    sigma = np.where(valid, projection_sigma(problem, covariance, shared, rays), np.inf)
    hull = cv2.convexHull(problem.color.pixels.astype(np.float32)).reshape(-1, 2)
    inside = np.array([cv2.pointPolygonTest(hull, (float(x), float(y)), True) for x, y in pixels]) > -_REACH * w
    limit = _LIMIT * w
    return TrustRegion(
        sigma_px=np.where(np.isfinite(sigma), sigma, np.nan).astype(np.float32).reshape(_ROWS, columns),
        trusted=(inside & (sigma < limit)).reshape(_ROWS, columns),
        limit_px=limit,
        polygon=hull.astype(np.float64),
    )
