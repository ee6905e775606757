"""How wrong an alpha is. Alpha and truth are (h, w) float32 in [0, 1]; pixels whose truth is not known are left out.

Every function takes ``scored``, True where the truth is known (None: everywhere).
"""

from rgbd_seg.training.metrics.boundary import boundary_f
from rgbd_seg.training.metrics.calibration_error import Reliability, reliability
from rgbd_seg.training.metrics.connectivity import conn
from rgbd_seg.training.metrics.gradient import grad
from rgbd_seg.training.metrics.hair import hair_band, hair_sad
from rgbd_seg.training.metrics.overlap import iou, mse, sad
from rgbd_seg.training.metrics.people import held_recall, kept_coverage
from rgbd_seg.training.metrics.temporal import dtssd

__all__ = [
    "Reliability",
    "boundary_f",
    "conn",
    "dtssd",
    "grad",
    "hair_band",
    "hair_sad",
    "held_recall",
    "iou",
    "kept_coverage",
    "mse",
    "reliability",
    "sad",
]
