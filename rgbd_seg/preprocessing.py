"""From a picture of any size to the tensor a network expects, and from its answer back to the picture.

The published method turns a picture wider than high upright, scales it to the network's size and gives one
preprocessed tensor to all networks. Turning is right for networks trained on sideways phone pictures only; a
landscape picture of an upright person must not reach a network sideways, so each passport says which it wants.
"""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, UInt8, check_color
from rgbd_seg.scaling import resized

_GREY = 127.5 / 255.0


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """How a picture is brought to (height, width)."""

    width: int
    height: int
    letterbox: bool = False  # keep the proportions, grey bars fill the rest
    turn_landscape: bool = False  # turn by 90° a picture wider than high


class PreparedPicture:
    """One picture on its way to any number of networks: each size is computed once and shared."""

    def __init__(self, color: UInt8) -> None:
        """
        Args:
            color: (H, W, 3) RGB.
        Raises:
            FrameError: it is not such a picture.
        """
        self._color = check_color(color)
        self._tensors: dict[Fitting, Float32] = {}

    def tensor(self, fitting: Fitting) -> Float32:
        """(height, width, 3) RGB in [0, 1], read-only since all networks of this size share it."""
        if fitting not in self._tensors:
            tensor = self._fitted(fitting)
            tensor.flags.writeable = False
            self._tensors[fitting] = tensor
        return self._tensors[fitting]

    def restore(self, values: Float32, fitting: Fitting) -> Float32:
        """A network's map (h, w) with the bars cut off and the turn undone: the picture's field of view again."""
        height, width = values.shape
        top, left, box_height, box_width = self._box(fitting, height, width)
        inner = values[top : top + box_height, left : left + box_width]
        if self._turns(fitting):
            inner = np.rot90(inner, 1)
        return np.ascontiguousarray(inner)

    def _fitted(self, fitting: Fitting) -> Float32:
        color = np.rot90(self._color, -1) if self._turns(fitting) else self._color
        top, left, height, width = self._box(fitting, fitting.height, fitting.width)
        small = resized(np.ascontiguousarray(color), (height, width)) * np.float32(1 / 255)
        if (height, width) == (fitting.height, fitting.width):
            return small
        canvas = np.full((fitting.height, fitting.width, 3), _GREY, np.float32)
        canvas[top : top + height, left : left + width] = small
        return canvas

    def _turns(self, fitting: Fitting) -> bool:
        height, width = self._color.shape[:2]
        return fitting.turn_landscape and width > height

    def _box(self, fitting: Fitting, height: int, width: int) -> tuple[int, int, int, int]:
        """Top, left, height and width of the picture inside a (height, width) canvas."""
        if not fitting.letterbox:
            return 0, 0, height, width
        picture_height, picture_width = self._color.shape[:2]
        if self._turns(fitting):
            picture_height, picture_width = picture_width, picture_height
        scale = min(height / picture_height, width / picture_width)
        box_height = min(height, max(1, round(picture_height * scale)))
        box_width = min(width, max(1, round(picture_width * scale)))
        return (height - box_height) // 2, (width - box_width) // 2, box_height, box_width
