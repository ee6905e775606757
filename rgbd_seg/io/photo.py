"""A photo with everything in it that helps to find the person, whatever file it came in."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.calibration import intrinsics_to_dict
from rgbd_seg.frames import RgbdFrame


@dataclass(frozen=True, kw_only=True, eq=False)
class Photo:
    """One picture with its depth and mattes; they share the field of view, not the resolution."""

    frame: RgbdFrame
    format: str  # "apple-jpeg", "apple-heic", "gdepth", "dynamic-depth", "depth-file" or "picture" (no depth)
    portrait_matte: Float32 | None = None  # (h, w) in [0, 1], the camera maker's own person matte
    mattes: dict[str, Float32] = field(default_factory=dict)  # (h, w) in [0, 1]: hair, skin, teeth, glasses, sky

    def describe(self) -> dict[str, Any]:
        """What is in the photo, as plain JSON values."""
        height, width = self.frame.size
        return {
            "format": self.format,
            "width": width,
            "height": height,
            "depth": _describe_depth(self.frame),
            "intrinsics": None if self.frame.intrinsics is None else intrinsics_to_dict(self.frame.intrinsics),
            "portrait_matte": None if self.portrait_matte is None else _size(self.portrait_matte),
            "mattes": {name: _size(matte) for name, matte in sorted(self.mattes.items())},
        }


def read_photo(
    path: Path, *, depth: Path | None = None, calibration: Path | None = None, max_pixels: int | None = None
) -> Photo:
    """Read a photo of any supported kind, recognised by its content.

    Apple JPEG and HEIC, Google GDepth, Android Dynamic Depth, or any picture. A picture without depth is a
    Photo whose ``frame.depth`` is None. Everything is turned upright (EXIF) and in sRGB.

    Args:
        path: the photo.
        depth: a separate depth file, 16-bit PNG or DEPTH16 dump; it takes the place of embedded depth.
        calibration: of the two cameras, for ``depth``; by default the JSON file beside ``depth``.
        max_pixels: largest picture accepted, 100 million by default.
    Raises:
        ConfigError: ``calibration`` is given without ``depth``.
        FrameError: the file is not a picture, is cut short or damaged, or is larger than ``max_pixels``.
        CalibrationError: the calibration is damaged, missing, or made for other sizes.
    """
    from rgbd_seg.io.photo_reading import read

    return read(Path(path), depth=depth, calibration=calibration, max_pixels=max_pixels)


def _size(values: Float32) -> list[int]:
    return [values.shape[1], values.shape[0]]


def _describe_depth(frame: RgbdFrame) -> dict[str, Any] | None:
    if frame.depth is None:
        return None
    valid = frame.depth[np.isfinite(frame.depth)]
    low, middle, high = np.percentile(valid, (0, 50, 100)).tolist() if valid.size else (None, None, None)
    return {
        "width": frame.depth.shape[1],
        "height": frame.depth.shape[0],
        "metric": frame.depth_is_metric,
        "measured_percent": round(100 * valid.size / frame.depth.size, 2),
        "nearest_m": low,
        "median_m": middle,
        "farthest_m": high,
        "confidence": frame.confidence is not None,
    }
