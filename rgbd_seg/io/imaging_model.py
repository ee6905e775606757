"""The camera as Android Dynamic Depth states it (namespace ``imagingmodel``)."""

import base64
import binascii
from xml.etree.ElementTree import Element

import numpy as np

from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, Distortion, NoDistortion
from rgbd_seg.errors import CalibrationError
from rgbd_seg.io.xmp import number_of, text_of

NAMESPACE = "http://ns.google.com/photos/dd/1.0/imagingmodel/"
_SHAPE_TOLERANCE = 0.02


def read(root: Element, size: tuple[int, int]) -> Intrinsics | None:
    """The camera of a picture of ``size`` (H, W) as stored, from any element that holds the model.

    Focal lengths are pixels of ImageWidth × ImageHeight; the principal point is pixels, or a share of the
    picture when it is at most 1. Pixels are counted from the corner of the picture.

    Returns:
        None when the model is absent, broken, or of a picture of another shape.
    """
    keys = ("FocalLengthX", "FocalLengthY", "ImageWidth", "ImageHeight")
    values = [number_of(root, NAMESPACE, key) for key in keys]
    if any(value is None or value < 1 for value in values):
        return None
    fx, fy, width, height = (float(value or 0) for value in values)
    if abs(width / height * size[0] / size[1] - 1) > _SHAPE_TOLERANCE:
        return None
    x, y = number_of(root, NAMESPACE, "PrincipalPointX"), number_of(root, NAMESPACE, "PrincipalPointY")
    x, y = (0.5, 0.5) if x is None or y is None else (x, y)
    if max(x, y) <= 1:
        x, y = x * width, y * height
    try:
        model = Intrinsics(
            width=round(width),
            height=round(height),
            fx=fx,
            fy=fy,
            cx=x - 0.5,
            cy=y - 0.5,
            distortion=_distortion(text_of(root, NAMESPACE, "Distortion")),
        )
    except CalibrationError:
        return None
    return model.resized(size[1], size[0])


def properties(intrinsics: Intrinsics) -> dict[str, str]:
    """What `read` needs to give ``intrinsics`` back; empty for lenses that the model cannot express."""
    result = {
        "FocalLengthX": repr(float(intrinsics.fx)),
        "FocalLengthY": repr(float(intrinsics.fy)),
        "ImageWidth": str(intrinsics.width),
        "ImageHeight": str(intrinsics.height),
        "PrincipalPointX": repr(float(intrinsics.cx) + 0.5),
        "PrincipalPointY": repr(float(intrinsics.cy) + 0.5),
    }
    if isinstance(intrinsics.distortion, NoDistortion):
        return result
    if not isinstance(intrinsics.distortion, BrownConrady) or len(intrinsics.distortion.terms) > 5:
        return {}
    k1, k2, p1, p2, k3 = (*intrinsics.distortion.terms, 0.0)[:5]
    packed = np.array([1, p1, k1, p2, k2, 0, k3, 0], "<f4").tobytes()
    return result | {"DistortionCount": "4", "Distortion": base64.b64encode(packed).decode()}


def _distortion(text: str | None) -> Distortion:
    """Android's order: 1, κ4, κ1, κ5, κ2, 0, κ3, 0, where κ4 κ5 are OpenCV's p1 p2 (LENS_DISTORTION)."""
    if not text:
        return NoDistortion()
    try:
        terms = np.frombuffer(base64.b64decode(text, validate=False), "<f4").astype(np.float64)
    except (binascii.Error, ValueError):
        return NoDistortion()
    if len(terms) != 8 or not np.isfinite(terms).all() or terms[0] != 1 or terms[5] != 0 or terms[7] != 0:
        return NoDistortion()
    if not terms[1:].any():
        return NoDistortion()
    return BrownConrady(tuple(float(terms[i]) for i in (2, 4, 1, 3, 6)))
