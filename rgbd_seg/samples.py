"""The rendered portraits that come with the package."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import RawFrame

_PACKAGE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A raw RGB-D frame with its truth."""

    name: str
    frame: RawFrame
    alpha: Float32  # (H, W) true coverage of the front person
    true_depth: Float32  # (H, W) exact z-depth, metres


def samples_folder() -> Path:
    """Where the samples lie: inside an installed package, or beside it in a checkout.

    Raises:
        FrameError: they are in neither place.
    """
    for folder in (_PACKAGE / "sample_data", _PACKAGE.parent / "sample_data"):
        if (folder / "manifest.json").is_file():
            return folder
    raise FrameError(f"the sample data is missing from {_PACKAGE}; install rgbd-seg again")


def sample_names() -> tuple[str, ...]:
    """Names of the samples, in alphabetical order."""
    return tuple(sorted({path.split("/")[0] for path in _manifest()}))


def load_sample(name: str) -> Sample:
    """Read one sample; its files are checked against the manifest first.

    Raises:
        ConfigError: there is no such sample.
        FrameError: a file is missing or damaged.
    """
    if name not in sample_names():
        raise ConfigError(f"no sample {name!r}; expected one of {', '.join(sample_names())}")
    _verify(name)
    folder = samples_folder() / name
    frame = RawFrame(
        color=_read(folder / "color.png"),
        raw_depth=_read(folder / "raw_depth.png"),
        confidence=_unit(_read(folder / "confidence.png")),
        calibration=Calibration.load(folder / "calibration.json"),
    )
    true_depth = (_read(folder / "true_depth.png") * 0.001).astype(np.float32)
    return Sample(name=name, frame=frame, alpha=_unit(_read(folder / "alpha.png")), true_depth=true_depth)


def _manifest() -> dict[str, str]:
    hashes: dict[str, str] = json.loads((samples_folder() / "manifest.json").read_text())["sha256"]
    return hashes


def _verify(name: str) -> None:
    for relative, expected in _manifest().items():
        if not relative.startswith(f"{name}/"):
            continue
        path = samples_folder() / relative
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise FrameError(f"sample file {path} is missing or damaged; install rgbd-seg again")


def _read(path: Path) -> NDArray[Any]:  # uint8 or uint16, as the file has it
    import cv2

    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:  # the hash was right, so this is OpenCV's failure, not the file's
        raise FrameError(f"OpenCV cannot decode {path}; check the installed opencv-contrib-python")
    return np.ascontiguousarray(picture[..., ::-1]) if picture.ndim == 3 else picture


def _unit(values: NDArray[Any]) -> Float32:
    return (values / np.float32(255)).astype(np.float32)
