"""Google's GDepth JPEG: the depth picture sits, base64, in the (extended) XMP."""

import base64
import binascii

from rgbd_seg.errors import FrameError
from rgbd_seg.io import google_depth, imaging_model
from rgbd_seg.io.decoding import DecodedPicture, decode_map
from rgbd_seg.io.photo import Photo
from rgbd_seg.io.range_coding import RangeCoding
from rgbd_seg.io.xmp import Xmp

NAMESPACE = "http://ns.google.com/photos/1.0/depthmap/"


def is_gdepth(xmp: Xmp) -> bool:
    """Whether the picture's XMP announces a GDepth map."""
    return xmp.text(NAMESPACE, "Format") is not None or xmp.text(NAMESPACE, "Data") is not None


def read(name: str, picture: DecodedPicture, xmp: Xmp, max_pixels: int) -> Photo:
    """The photo with the depth map of its XMP.

    Raises:
        FrameError: a property is missing or wrong, or the depth picture is damaged.
    """
    data = _unpacked(xmp, "Data", name)
    if data is None:
        raise FrameError(
            f"{name} announces a GDepth map but its data is missing or incomplete (extended XMP); "
            "the file was cut or edited: use the original"
        )
    confidence = _unpacked(xmp, "Confidence", name)
    models = (imaging_model.read(root, picture.color.shape[:2]) for root in xmp.roots)
    stored = google_depth.StoredDepth(
        values=decode_map(data, f"{name} (depth map)", max_pixels),
        coding=RangeCoding.from_text(
            xmp.text(NAMESPACE, "Format"),
            xmp.number(NAMESPACE, "Near"),
            xmp.number(NAMESPACE, "Far"),
            xmp.text(NAMESPACE, "Units"),
        ),
        along_rays=google_depth.is_along_rays(xmp.text(NAMESPACE, "MeasureType")),
        confidence=None if confidence is None else decode_map(confidence, f"{name} (confidence)", max_pixels),
        intrinsics=next((model for model in models if model is not None), None),
    )
    return stored.photo(picture, "gdepth")


def _unpacked(xmp: Xmp, key: str, name: str) -> bytes | None:
    text = xmp.text(NAMESPACE, key)
    if not text:
        return None
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise FrameError(f"{name}: GDepth {key} is not base64 ({error}); the file is damaged: copy it again") from error
