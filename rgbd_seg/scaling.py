"""Pictures and maps at another size, without aliasing and without care for holes (alpha and colour have none)."""

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

_Picture = TypeVar("_Picture", bound=NDArray[Any])


def bounded_size(size: tuple[int, int], longer_side: int) -> tuple[int, int]:
    """(h, w) with the proportions of ``size``, its longer side at most ``longer_side``."""
    scale = min(1.0, longer_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def resized(picture: _Picture, size: tuple[int, int]) -> _Picture:
    """``picture`` at ``size`` (h, w): averaged where it shrinks, interpolated where it grows.

    Args:
        picture: (H, W) or (H, W, channels), uint8 or float32.
    """
    height, width = size
    # Halving has a fast path in OpenCV; shrinking by 4 in one go takes five times as long.
    while picture.shape[0] >= 2 * height and picture.shape[1] >= 2 * width and _even(picture):
        picture = _resize(picture, (picture.shape[0] // 2, picture.shape[1] // 2), cv2.INTER_AREA)
    smaller = (min(picture.shape[0], height), min(picture.shape[1], width))
    if smaller != picture.shape[:2]:
        picture = _resize(picture, smaller, cv2.INTER_AREA)
    # OpenCV averages only if both sides shrink: what grows one way and shrinks the other takes two steps.
    return picture if smaller == size else _resize(picture, size, cv2.INTER_LINEAR)


def _even(picture: NDArray[Any]) -> bool:
    return bool(picture.shape[0] % 2 == 0 and picture.shape[1] % 2 == 0)


def _resize(picture: _Picture, size: tuple[int, int], method: int) -> _Picture:
    result: _Picture = cv2.resize(np.ascontiguousarray(picture), (size[1], size[0]), interpolation=method)
    return result
