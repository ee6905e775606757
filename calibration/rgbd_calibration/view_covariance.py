"""How much the solved numbers would change with other views: views count as independent, corners do not.

What a whole view shares – motion during the exposure, a board bent by the hand, a picture out of focus – is not noise
of single corners. Leaving out each view in turn shows it. With A = Σ Aᵥ the information of the shared numbers (poses
eliminated) and gᵥ the gradient that view v adds (they sum to zero), leaving v out changes the solution by
(A − Aᵥ)⁻¹ gᵥ to first order; the sum of its squares is the jackknife covariance, in statistics "CR3" (R. Bell,
D. McCaffrey, "Bias reduction in standard errors for linear regression with multi-stage samples", 2002).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rgbd_calibration.bundle import Block
from rgbd_seg.arrays import Float64

_FEWEST_VIEWS = 8  # fewer say too little about how views differ
_LARGEST = 100.0  # times the covariance of independent corners: beyond, the view is the only one to see a number


def widened(covariance: Float64, blocks: Sequence[Block]) -> Float64:
    """``covariance`` (g, g) of independent corners, wider wherever views disagree more than their corners' noise says.

    Correlations stay; every number's standard deviation becomes the larger of both estimates.
    """
    views = np.unique(np.concatenate([block.view for block in blocks]))
    if len(views) < _FEWEST_VIEWS:
        return covariance
    variance, by_views = np.diag(covariance), np.diag(_jackknife(covariance, blocks, views))
    ratio = np.clip(by_views / np.maximum(variance, np.finfo(np.float64).tiny), 1.0, _LARGEST)
    factor = np.sqrt(ratio)
    return np.asarray(covariance * factor[:, None] * factor)


def _jackknife(covariance: Float64, blocks: Sequence[Block], views: NDArray[np.int64]) -> Float64:
    information = np.linalg.pinv(covariance, hermitian=True)
    total = np.zeros_like(covariance)
    for view in views:
        own, gradient = _of_view(blocks, view)
        change = np.linalg.pinv(information - own, hermitian=True) @ gradient
        total += np.outer(change, change)
    return np.asarray(total * (len(views) - 1) / len(views))


def _of_view(blocks: Sequence[Block], view: int) -> tuple[Float64, Float64]:
    """(g, g) information and (g,) gradient of one view, its pose eliminated."""
    seen = [(block, block.view == view) for block in blocks]
    residual = np.concatenate([block.residual[own].reshape(-1) for block, own in seen])
    shared = np.concatenate([_rows(block.by_shared[own]) for block, own in seen])
    pose = np.concatenate([_rows(block.by_pose[own]) for block, own in seen])
    by_pose, *_ = np.linalg.lstsq(pose, np.column_stack([shared, residual]), rcond=None)
    left = np.column_stack([shared, residual]) - pose @ by_pose
    return left[:, :-1].T @ left[:, :-1], -left[:, :-1].T @ left[:, -1]


def _rows(derivatives: Float64) -> Float64:
    return derivatives.reshape(-1, derivatives.shape[2])
