"""Write a picture and its depth without loss: PNG, 16-bit PNG and the calibration file."""

import io
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from rgbd_seg import atomic
from rgbd_seg.arrays import Float32, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io.depth_file import CONFIDENCE_SUFFIX, METRIC_KEY
from rgbd_seg.io.pictures import encode_picture
from rgbd_seg.transform import RigidTransform

_UNITS = (1e-3, 1 / 5000, 1e-4, 1 / 4000)  # metres: most sensors, TUM, TrueDepth exports, L515
_EXACT = 0.01  # units; float32 metres of a 16-bit count are this close to it


@dataclass(frozen=True)
class DepthFiles:
    """What `write_png_depth` wrote."""

    color: Path
    depth: Path
    calibration: Path
    confidence: Path | None


def write_png_depth(path: Path, frame: RgbdFrame, *, metres_per_unit: float | None = None) -> DepthFiles:
    """Write ``x.png`` (colour), ``x.depth.png`` (16 bit) and ``x.depth.json`` (calibration, with checksum).

    All of them or none. Depth that came from 16 bits in a common unit is kept exactly; other depth is rounded
    to the finest unit that 16 bits allow (farthest / 65535). 0 stands for "not measured". Confidence, if there
    is any, goes to ``x.depth.confidence.png``; if there is none, an earlier frame's is removed.

    Raises:
        ConfigError: the suffix is not .png, or ``metres_per_unit`` cannot hold the farthest depth.
        FrameError: no depth, or no intrinsics.
        OutputError: a file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ConfigError(f"cannot write {path}: depth is kept without loss beside a PNG; use the suffix .png")
    if frame.depth is None or frame.intrinsics is None:
        lacking = "depth" if frame.depth is None else "intrinsics"
        raise FrameError(
            f"the frame has no {lacking}; expected both depth and intrinsics: "
            "without a calibrated camera use write_gdepth, or set RgbdFrame.intrinsics"
        )
    unit = metres_per_unit if metres_per_unit is not None else _finest_unit(frame.depth)
    depth_path = path.with_suffix(".depth.png")
    files = DepthFiles(
        color=path,
        depth=depth_path,
        calibration=depth_path.with_suffix(".json"),
        confidence=None if frame.confidence is None else depth_path.with_suffix(CONFIDENCE_SUFFIX),
    )
    contents = {
        files.color: encode_picture(".png", frame.color),
        files.depth: _depth_png(_counts(frame.depth, unit), metric=frame.depth_is_metric),
        files.calibration: None,
    }
    with ExitStack() as stack:
        # Everything is on disk before the first file takes its place.
        temporary = {target: stack.enter_context(atomic.replacing(target)) for target in contents}
        if files.confidence is not None and frame.confidence is not None:
            counts = np.rint(np.nan_to_num(frame.confidence) * 65535).astype(np.uint16)
            stack.enter_context(atomic.replacing(files.confidence)).write_bytes(_depth_png(counts, metric=True))
        for target, content in contents.items():
            if content is not None:
                temporary[target].write_bytes(content)
        _calibration_of(frame.intrinsics, frame.depth.shape, unit).save(temporary[files.calibration])
    if files.confidence is None:  # that of a frame written here before would be read as this one's
        depth_path.with_suffix(CONFIDENCE_SUFFIX).unlink(missing_ok=True)
    return files


def _finest_unit(depth: Float32) -> float:
    distances = depth[np.isfinite(depth)].astype(np.float64)
    if distances.size == 0:
        return _UNITS[0]
    farthest = float(distances.max())
    for unit in _UNITS:
        counts = distances / unit
        if farthest / unit < 65535.5 and counts.min() > 0.5 and np.abs(counts - np.rint(counts)).max() < _EXACT:
            return unit
    return farthest / 65535


def _counts(depth: Float32, unit: float) -> UInt16:
    if not 0 < unit < 1:
        raise ConfigError(f"metres_per_unit is {unit}; expected the length of one unit in metres, such as 0.001")
    holes = ~np.isfinite(depth)
    counts = np.rint(np.where(holes, 0, depth).astype(np.float64) / unit)
    if counts.max() > 65535:
        raise ConfigError(
            f"metres_per_unit is {unit:g}, which reaches {65535 * unit:.3f} m; the depth goes to "
            f"{np.nanmax(depth):.3f} m: choose a larger unit"
        )
    return np.where(holes, 0, np.maximum(counts, 1)).astype(np.uint16)


def _depth_png(counts: UInt16, *, metric: bool) -> bytes:
    if metric:
        return bytes(cv2.imencode(".png", counts)[1].tobytes())
    note = PngInfo()
    note.add_text(METRIC_KEY, "false")
    buffer = io.BytesIO()
    Image.fromarray(counts).save(buffer, "PNG", pnginfo=note)
    return buffer.getvalue()


def _calibration_of(camera: Intrinsics, depth_size: tuple[int, ...], unit: float) -> Calibration:
    return Calibration(
        color=camera,
        depth=camera.resized(depth_size[1], depth_size[0]),
        T_color_depth=RigidTransform.identity(),
        metres_per_unit=unit,
    )
