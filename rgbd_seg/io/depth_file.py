"""A photo whose depth lies in a file of its own: colour, 16-bit depth, and the calibration that ties them."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from rgbd_seg.arrays import Float32, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import CalibrationFileError, CalibrationMismatchError, FrameError
from rgbd_seg.frames import RawFrame, RgbdFrame, measured
from rgbd_seg.io.decoding import DecodedPicture, decode_color, decode_map
from rgbd_seg.io.depth16 import decode_depth16
from rgbd_seg.io.file_bytes import read_bytes
from rgbd_seg.io.guard import reading
from rgbd_seg.io.orientation import UPRIGHT, Orientation
from rgbd_seg.io.photo import Photo
from rgbd_seg.io.size_limit import MAX_PIXELS

CONFIDENCE_SUFFIX = ".confidence.png"
METRIC_KEY = "rgbd-seg-depth-is-metric"
"""PNG text that says "false" for depth of unknown scale, which the calibration file cannot say."""

_PICTURE_STARTS = (b"\x89PNG", b"II*\0", b"MM\0*", b"\xff\xd8\xff")


def read_with_depth(
    color: Path, depth: Path, calibration: Path | None = None, *, max_pixels: int = MAX_PIXELS
) -> Photo:
    """A photo whose depth lies in a file of its own: 16-bit PNG or TIFF, or a DEPTH16 dump.

    When the calibration says that depth comes from a camera of its own, it is registered into the colour
    picture. Confidence is read too: from the dump, or from x.confidence.png or confidence.png beside x.png.

    Args:
        color: any picture; its EXIF orientation is applied to depth as well if the calibration is for the
            picture as stored.
        depth: the depth file.
        calibration: JSON; by default ``depth`` with the suffix .json, or calibration.json beside it.
    Raises:
        FrameError: a file is not what it should be.
        CalibrationError: no calibration, a damaged one, or one for other sizes.
    """
    color, depth = Path(color), Path(depth)
    cameras = Calibration.load(_calibration_path(depth, calibration))
    picture = decode_color(read_bytes(color), color.name, max_pixels)
    stored, turn = _as_calibrated(picture, cameras.color, color.name)
    raw, confidence, metric = _read_raw(depth, cameras.depth.size, max_pixels)
    if is_registered(cameras):
        frame = RgbdFrame(
            color=stored.color,
            depth=cameras.correct(_metres(raw, cameras.metres_per_unit)),
            confidence=confidence,
            intrinsics=cameras.color,
        )
    else:
        from rgbd_seg.registration import register

        frame = register(RawFrame(color=stored.color, raw_depth=raw, calibration=cameras, confidence=confidence))
    return Photo(frame=_turned(replace(frame, depth_is_metric=metric), turn), format="depth-file")


def is_registered(calibration: Calibration) -> bool:
    """Whether depth is already in the colour camera's view (same place, same lens, any resolution)."""
    color, depth = calibration.color, calibration.depth
    scaled = color.resized(depth.width, depth.height)
    same_lens = depth.distortion == scaled.distortion and np.allclose(
        (depth.fx, depth.fy, depth.cx, depth.cy), (scaled.fx, scaled.fy, scaled.cx, scaled.cy), rtol=1e-6, atol=1e-3
    )
    return bool(same_lens and np.allclose(calibration.T_color_depth.matrix(), np.eye(4), atol=1e-9))


def _calibration_path(depth: Path, given: Path | None) -> Path:
    if given is not None:
        return Path(given)
    candidates = (depth.with_suffix(".json"), depth.parent / "calibration.json")
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise CalibrationFileError(
        f"{depth} has no calibration; expected {' or '.join(each.name for each in candidates)} beside it, "
        "or one named with --calibration"
    )


def _as_calibrated(picture: DecodedPicture, camera: Intrinsics, name: str) -> tuple[DecodedPicture, Orientation]:
    """The picture in the orientation that the calibration is for, and the turn that is left to do."""
    if picture.color.shape[:2] == camera.size:
        return picture, picture.orientation
    upright = picture.upright()
    if upright.shape[:2] == camera.size:
        return DecodedPicture(upright, UPRIGHT), UPRIGHT
    raise CalibrationMismatchError(
        f"{name} is {upright.shape[1]}×{upright.shape[0]}, the calibration is for {camera.width}×{camera.height}; "
        "use the calibration of this camera mode"
    )


def _read_raw(path: Path, size: tuple[int, int], max_pixels: int) -> tuple[UInt16, Float32 | None, bool]:
    """Raw depth, confidence, and whether its unit is true metres."""
    data = read_bytes(path)
    if not data.startswith(_PICTURE_STARTS):
        dump = decode_depth16(data, size, path.name)
        return dump.raw_depth, dump.confidence, True
    raw = decode_map(data, path.name, max_pixels)
    if raw.dtype != np.uint16:
        raise FrameError(
            f"{path.name} has 8 bits a pixel; expected 16: this looks like a picture of depth, not depth itself"
        )
    if raw.shape != size:
        raise CalibrationMismatchError(
            f"{path.name} is {raw.shape[1]}×{raw.shape[0]}, the calibration's depth camera is {size[1]}×{size[0]}; "
            "use the calibration of this camera mode"
        )
    with reading(path.name, "a depth picture"), Image.open(io.BytesIO(data)) as picture:
        metric = picture.info.get(METRIC_KEY, "true") != "false"
    return raw.astype(np.uint16), _read_confidence(path, size, max_pixels), metric


def _read_confidence(depth: Path, size: tuple[int, int], max_pixels: int) -> Float32 | None:
    beside = (depth.with_suffix(CONFIDENCE_SUFFIX), depth.parent / "confidence.png")
    path = next((each for each in beside if each.is_file()), None)
    if path is None:
        return None
    values = decode_map(read_bytes(path), path.name, max_pixels)
    if values.shape != size:
        raise FrameError(f"{path.name} is {values.shape[1]}×{values.shape[0]}; expected the size of its depth")
    return values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)


def _turned(frame: RgbdFrame, turn: Orientation) -> RgbdFrame:
    if turn == UPRIGHT:
        return frame
    return replace(
        frame,
        color=turn.apply(frame.color),
        depth=None if frame.depth is None else turn.apply(frame.depth),
        confidence=None if frame.confidence is None else turn.apply(frame.confidence),
        shadow=None if frame.shadow is None else turn.apply(frame.shadow.view(np.uint8)).view(np.bool_),
        intrinsics=None if frame.intrinsics is None else turn.apply_to_intrinsics(frame.intrinsics),
    )


def _metres(raw: UInt16, metres_per_unit: float) -> Float32:
    return measured(raw.astype(np.float32) * np.float32(metres_per_unit))
