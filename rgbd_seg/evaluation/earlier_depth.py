"""Depth as it was some time before the picture was taken."""

from collections.abc import Sequence

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.scaling import resized
from rgbd_seg.training.portrait_sample import PortraitSample

SPEED = 0.5  # m/s across the picture: an arm or a body that shifts its weight
_FRAMES_PER_SECOND = 30.0  # of clips that do not say
_USUAL_DISTANCE = 1.5  # metres, where depth has no scale
_USUAL_FOCAL_LENGTH = 0.9  # of the longer side, where the camera is not known


def earlier_depth(clip: Sequence[PortraitSample], index: int, seconds: float) -> Float32:
    """(h, w) depth of the clip's frame so long before; of a still, with the subject that much further to one side."""
    sample = clip[index]
    depth = sample.registered if sample.registered is not None else sample.depth
    if depth is None:
        raise ValueError(f"{sample.key} has no depth")
    if len(clip) > 1:
        rate = float(sample.tags.get("fps", _FRAMES_PER_SECOND))
        before = clip[max(0, index - max(1, round(seconds * rate)))]
        found = before.registered if before.registered is not None else before.depth
        return depth if found is None else found
    return _subject_moved(sample, depth, seconds)


def _subject_moved(sample: PortraitSample, depth: Float32, seconds: float) -> Float32:
    size = (depth.shape[0], depth.shape[1])
    alpha = resized(sample.alpha, size)
    subject = alpha > 0.5
    if not (subject & np.isfinite(depth)).any():
        return depth
    distance = float(np.nanmedian(depth[subject])) if sample.depth_is_metric else _USUAL_DISTANCE
    width = sample.color.shape[1]
    focal = sample.intrinsics.fx if sample.intrinsics else _USUAL_FOCAL_LENGTH * max(sample.color.shape[:2])
    pixels = round(SPEED * seconds * focal * depth.shape[1] / width / distance)
    behind = _filled(depth, cv2.dilate((alpha > 0.02).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    there, theirs = np.roll(subject, pixels, axis=1), np.roll(depth, pixels, axis=1)
    there[:, :pixels] = False  # what left the picture does not come in on the other side
    return np.where(there, theirs, behind)


def _filled(depth: Float32, hidden: Bool) -> Float32:
    """``depth`` with the nearest seen depth where it is hidden."""
    if hidden.all():
        return depth
    labels = cv2.distanceTransformWithLabels(hidden.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[1]
    of_label = np.full(int(labels.max()) + 1, np.nan, np.float32)
    of_label[labels[~hidden]] = depth[~hidden]
    return np.where(hidden, of_label[labels], depth).astype(np.float32)
