"""Real photographs without people as far backgrounds, from a folder that the user gives."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from rgbd_seg.arrays import UInt8
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.training.synthetic.textures import finished

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_SIDE = 512


def find_photographs(folder: Path, *, held_out: bool) -> tuple[str, ...]:
    """Pictures in the folder and below, by name; every fourth is held out for test sets and never trained on.

    Raises:
        ConfigError: there is no picture.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
    chosen = [str(path) for index, path in enumerate(paths) if (index % 4 == 3) == held_out]
    if not chosen:
        raise ConfigError(
            f"{folder} holds {len(paths)} pictures; expected at least four .jpg, .png or .webp files without people"
        )
    return tuple(chosen)


@lru_cache(maxsize=64)
def photograph(path: str) -> UInt8:
    """(h, w, 3) the picture, its longer side at most 512 pixels.

    Raises:
        FrameError: it cannot be decoded.
    """
    picture = cv2.imread(path, cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise FrameError(f"the background {path} cannot be decoded; remove it from the folder")
    scale = min(1.0, _SIDE / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return finished(np.asarray(small, np.float32) / 255)
