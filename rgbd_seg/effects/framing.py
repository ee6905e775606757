"""How a background of one shape fills a picture of another."""

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_choice, check_range
from rgbd_seg.resampling import resize_depth

_Map = TypeVar("_Map", UInt8, Float32)

_BAR_BLUR = 0.05  # of the picture's shorter side: what stands beside a background that is shown whole


@dataclass(frozen=True, kw_only=True)
class Framing:
    """Which part of a background is seen.

    ``fill`` scales it until it covers the picture and cuts off the rest; ``fit`` shows all of it, over a blurred
    enlargement of itself; ``crop`` cuts a piece without scaling (and fills if the background is too small);
    ``stretch`` changes its proportions.
    """

    mode: str = "fill"
    anchor: tuple[float, float] = (0.5, 0.5)  # (x, y) of what stays in view when a part is cut: 0 left or top, 1 right
    quarter_turns: int = 0  # clockwise, before anything else
    mirrored: bool = False  # left to right, as in a selfie view

    def __post_init__(self) -> None:
        check_choice("mode", self.mode, ("fill", "fit", "crop", "stretch"))
        if not isinstance(self.anchor, tuple) or len(self.anchor) != 2:
            raise ConfigError(f"anchor is {self.anchor!r}; expected (x, y), each from 0 to 1")
        for value in self.anchor:
            check_range("anchor", value, 0, 1)
        if self.quarter_turns not in (0, 1, 2, 3):
            raise ConfigError(f"quarter_turns is {self.quarter_turns}; expected 0, 1, 2 or 3")

    def picture(self, picture: UInt8, size: tuple[int, int]) -> UInt8:
        """``picture`` (h, w, 3) as it is seen in ``size`` (H, W)."""
        upright = self._upright(picture)
        if self.mode != "fit":
            return _scaled(self._window(upright, size), size)
        sigma = max(_BAR_BLUR * min(size), 0.5)
        behind = cv2.GaussianBlur(_scaled(self._filling(upright, size), size), (0, 0), sigma)
        inner, (top, left) = _inside(upright.shape[:2], size)
        behind[top : top + inner[0], left : left + inner[1]] = _scaled(upright, inner)
        return np.asarray(behind, np.uint8)

    def depth(self, depth: Float32, picture_size: tuple[int, int], size: tuple[int, int]) -> Float32:
        """Depth of the same view as a picture of ``picture_size``, as it is seen in ``size``; NaN beside it.

        It keeps its own resolution where that is lower.
        """
        turned = picture_size[::-1] if self.quarter_turns % 2 else picture_size
        upright = self._upright(depth)
        if self.mode == "fit":
            out = np.full(size, np.nan, np.float32)
            inner, (top, left) = _inside(turned, size)
            out[top : top + inner[0], left : left + inner[1]] = resize_depth(upright, inner)
            return out
        top, left, rows, columns = self._part(turned, size)
        down, across = upright.shape[0] / turned[0], upright.shape[1] / turned[1]
        first, last = round(top * down), max(round((top + rows) * down), round(top * down) + 1)
        start, end = round(left * across), max(round((left + columns) * across), round(left * across) + 1)
        seen = upright[min(first, upright.shape[0] - 1) : last, min(start, upright.shape[1] - 1) : end]
        smaller = min(seen.shape[0], size[0]), min(seen.shape[1], size[1])
        return resize_depth(np.ascontiguousarray(seen), smaller)

    def _upright(self, values: _Map) -> _Map:
        turned = np.rot90(values, -self.quarter_turns) if self.quarter_turns else values
        return turned[:, ::-1] if self.mirrored else turned

    def _part(self, whole: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
        """(top, left, rows, columns) of what is seen."""
        if self.mode == "stretch":
            return 0, 0, *whole
        if self.mode == "crop" and whole[0] >= size[0] and whole[1] >= size[1]:
            return self._placed(whole, size)
        scale = max(size[0] / whole[0], size[1] / whole[1])
        rows, columns = (min(whole[k], max(1, round(size[k] / scale))) for k in (0, 1))
        return self._placed(whole, (rows, columns))

    def _placed(self, whole: tuple[int, int], part: tuple[int, int]) -> tuple[int, int, int, int]:
        # Whole pixels to the left and above, as for integer halves when the anchor is the centre.
        top, left = int((whole[0] - part[0]) * self.anchor[1]), int((whole[1] - part[1]) * self.anchor[0])
        return top, left, *part

    def _window(self, picture: UInt8, size: tuple[int, int]) -> UInt8:
        """Cut first, then scale: no pixel is scaled only to be cut off."""
        top, left, rows, columns = self._part((picture.shape[0], picture.shape[1]), size)
        return picture[top : top + rows, left : left + columns]

    def _filling(self, picture: UInt8, size: tuple[int, int]) -> UInt8:
        return Framing(mode="fill", anchor=self.anchor)._window(picture, size)


FILLED = Framing()


def _inside(whole: tuple[int, ...], size: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Size and (top, left) of all of a picture in the middle of ``size``."""
    scale = min(size[0] / whole[0], size[1] / whole[1])
    rows, columns = (min(size[k], max(1, round(whole[k] * scale))) for k in (0, 1))
    return (rows, columns), ((size[0] - rows) // 2, (size[1] - columns) // 2)


def _scaled(picture: UInt8, size: tuple[int, int]) -> UInt8:
    if picture.shape[:2] == size:
        return np.ascontiguousarray(picture)
    method = cv2.INTER_AREA if picture.shape[0] > size[0] or picture.shape[1] > size[1] else cv2.INTER_CUBIC
    shape = (size[1], size[0])
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), shape, interpolation=method), np.uint8)
