"""Lens models that the package does not have, expressed in the Brown–Conrady model that it has."""

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.distortion import BrownConrady
from rgbd_seg.errors import CalibrationError

_TERMS = 12  # radial (rational), tangential, thin prism
_MOST_RESIDUAL = 0.25  # pixels


def fitted_lens(ideal: Float64, distorted: Float64, focal_length: float) -> BrownConrady:
    """The model closest to known pairs of points.

    Args:
        ideal: (n, 2) normalised coordinates that cover the picture.
        distorted: (n, 2) where the lens puts them.
        focal_length: pixels.
    Raises:
        CalibrationError: no such model comes closer than 0.25 pixel everywhere.
    """
    from scipy.optimize import least_squares

    def misses(terms: Float64) -> Float64:
        difference: Float64 = BrownConrady(tuple(terms)).distort(ideal) - distorted
        return difference.ravel() * focal_length

    found = least_squares(misses, np.zeros(_TERMS), x_scale="jac")
    residual = float(np.abs(found.fun).max())
    lens = BrownConrady(tuple(map(float, found.x)))
    if not residual < _MOST_RESIDUAL or not lens.in_domain(ideal).all():
        raise CalibrationError(f"the camera's lens model cannot be expressed: {residual:.2f} px remain; calibrate it")
    return lens
