"""What Google's two depth formats share once their pictures are unpacked: range, units, rays, confidence."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8, UInt16
from rgbd_seg.camera import Intrinsics
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io.decoding import DecodedPicture
from rgbd_seg.io.field_of_view import same_view
from rgbd_seg.io.photo import Photo
from rgbd_seg.io.range_coding import RangeCoding
from rgbd_seg.io.ray_length import z_depth


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredDepth:
    """A depth map as it lies in the file, in the stored (not yet upright) picture's grid."""

    values: UInt8 | UInt16  # (h, w)
    coding: RangeCoding
    along_rays: bool  # MeasureType OpticRay
    confidence: UInt8 | UInt16 | None
    intrinsics: Intrinsics | None  # of the stored colour picture

    def photo(self, picture: DecodedPicture, format_name: str) -> Photo:
        """Depth in metres, upright, beside its picture.

        Confidence 0 means "not measured" and becomes NaN. Ray lengths of an unknown camera stay as they are
        and are no longer called metric: the error grows smoothly towards the corners.
        """
        size = picture.color.shape[:2]
        depth = self.coding.decode(self.values)
        metric = self.coding.is_metric
        if self.along_rays and self.intrinsics is not None:
            depth = z_depth(depth, self.intrinsics)
        elif self.along_rays:
            metric = False
        confidence = None if self.confidence is None else _fraction(self.confidence, depth.shape)
        if confidence is not None:
            depth[confidence == 0] = np.nan
            confidence = picture.orientation.apply(same_view(confidence, size, 0.0))
        turn = picture.orientation
        frame = RgbdFrame(
            color=picture.upright(),
            depth=turn.apply(same_view(depth, size, np.nan)),
            confidence=confidence,
            intrinsics=None if self.intrinsics is None else turn.apply_to_intrinsics(self.intrinsics),
            depth_is_metric=metric,
        )
        return Photo(frame=frame, format=format_name)


def is_along_rays(measure_type: str | None) -> bool:
    """Whether MeasureType says OpticRay; OpticalAxis is the default of both formats."""
    return (measure_type or "").strip().lower() in ("opticray", "opticalray")


def _fraction(values: UInt8 | UInt16, size: tuple[int, ...]) -> Float32:
    share: Any = values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)
    if share.shape != size:
        share = cv2.resize(share, (size[1], size[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(share, dtype=np.float32)
