"""What every metric starts from: two maps that may be compared."""

import numpy as np

from rgbd_seg.arrays import Bool, Float32, check_coverage, describe
from rgbd_seg.errors import FrameError


def checked(alpha: Float32, truth: Float32, scored: Bool | None) -> tuple[Float32, Float32, Bool]:
    """Alpha that equals the truth where it is not scored, the truth, and where it is scored.

    Metrics that look at a pixel's surroundings then see no error that comes from pixels nobody can judge.

    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    check_coverage(truth, truth.shape, "truth")
    check_coverage(alpha, truth.shape, "alpha")
    if scored is None:
        return alpha, truth, np.ones(truth.shape, np.bool_)
    if scored.dtype != np.bool_ or scored.shape != truth.shape:
        raise FrameError(f"scored is {describe(scored)}; expected bool of shape {truth.shape}")
    return np.where(scored, alpha, truth), truth, scored
