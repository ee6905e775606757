"""Write a GDepth JPEG that phones' galleries and editors understand, and that opens here again."""

import base64
import hashlib
from pathlib import Path
from xml.sax.saxutils import quoteattr

import cv2
import numpy as np

from rgbd_seg import atomic
from rgbd_seg.arrays import Float32, UInt8, UInt16
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io import gdepth, imaging_model
from rgbd_seg.io.pictures import encode_picture
from rgbd_seg.io.range_coding import RangeCoding

_NOTE = "http://ns.adobe.com/xmp/note/"
_PORTION = 65_000  # bytes of extended XMP per APP1 segment; the most is 65,458
_FLAT_SPREAD = 1.001  # near and far of a depth map with one distance only


def write_gdepth(path: Path, frame: RgbdFrame, *, quality: int = 94, bits: int = 8) -> None:
    """Write colour and depth as one GDepth JPEG in RangeInverse, whole or not at all.

    GDepth has no code for "not measured": holes are written as the farthest distance with confidence 0 (and
    measured pixels with at least 1/255), so other readers see no false foreground and this one gets the holes
    back. Depth that is not metric is written without a unit.

    Args:
        path: a .jpg or .jpeg file.
        frame: with depth.
        quality: of the colour JPEG, 1 to 100.
        bits: 8, which every reader knows, or 16.
    Raises:
        ConfigError: wrong suffix or bits.
        FrameError: the frame has no depth.
        OutputError: the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in (".jpg", ".jpeg"):
        raise ConfigError(f"cannot write {path}: GDepth is kept in JPEG; use the suffix .jpg")
    if bits not in (8, 16):
        raise ConfigError(f"bits is {bits}; expected 8 or 16")
    if frame.depth is None:
        raise FrameError("the frame has no depth; expected depth to write as GDepth")
    coding = _coding(frame.depth, metric=frame.depth_is_metric)
    stored = coding.encode(frame.depth, bits)
    extended = _extended_packet(stored, _confidence(frame.depth, frame.confidence))
    main = _main_packet(coding, frame, hashlib.md5(extended, usedforsecurity=False).hexdigest().upper())
    jpeg = encode_picture(".jpg", frame.color, quality=quality)
    atomic.write_bytes(path, jpeg[:2] + main + _portions(extended) + jpeg[2:])


def _coding(depth: Float32, *, metric: bool) -> RangeCoding:
    distances = depth[np.isfinite(depth)]
    near, far = (float(distances.min()), float(distances.max())) if distances.size else (1.0, 1.0)
    return RangeCoding(inverse=True, near=near, far=max(far, near * _FLAT_SPREAD), units="m" if metric else "")


def _confidence(depth: Float32, confidence: Float32 | None) -> UInt8 | None:
    holes = ~np.isfinite(depth)
    if confidence is None and not holes.any():
        return None
    share = np.ones_like(depth) if confidence is None else np.nan_to_num(confidence)
    return np.where(holes, 0, np.clip(np.rint(share * 255), 1, 255)).astype(np.uint8)


def _main_packet(coding: RangeCoding, frame: RgbdFrame, guid: str) -> bytes:
    values = {
        "GDepth:Format": "RangeInverse",
        "GDepth:Near": repr(coding.near),
        "GDepth:Far": repr(coding.far),
        "GDepth:Mime": "image/png",
        "GDepth:MeasureType": "OpticalAxis",
        "GDepth:Software": "rgbd-seg",
        "xmpNote:HasExtendedXMP": guid,
    }
    if coding.units:
        values["GDepth:Units"] = coding.units
    if frame.intrinsics is not None:
        model = imaging_model.properties(frame.intrinsics)
        values |= {f"ImagingModel:{key}": value for key, value in model.items()}
    packet = _packet(values, {"xmpNote": _NOTE, "ImagingModel": imaging_model.NAMESPACE})
    return _segment(b"http://ns.adobe.com/xap/1.0/\0" + packet)


def _extended_packet(depth: UInt8 | UInt16, confidence: UInt8 | None) -> bytes:
    values = {"GDepth:Data": _png_base64(depth)}
    if confidence is not None:
        values |= {"GDepth:ConfidenceMime": "image/png", "GDepth:Confidence": _png_base64(confidence)}
    return _packet(values, {})


def _packet(values: dict[str, str], namespaces: dict[str, str]) -> bytes:
    spaces = {"GDepth": gdepth.NAMESPACE} | namespaces
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in spaces.items())
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in values.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about=""{declared}{attributes}/></rdf:RDF></x:xmpmeta>'
    ).encode()


def _portions(extended: bytes) -> bytes:
    guid = hashlib.md5(extended, usedforsecurity=False).hexdigest().upper().encode()
    head = b"http://ns.adobe.com/xmp/extension/\0" + guid + len(extended).to_bytes(4, "big")
    return b"".join(
        _segment(head + start.to_bytes(4, "big") + extended[start : start + _PORTION])
        for start in range(0, len(extended), _PORTION)
    )


def _segment(body: bytes) -> bytes:
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


def _png_base64(values: UInt8 | UInt16) -> str:
    return base64.b64encode(cv2.imencode(".png", values)[1].tobytes()).decode()
