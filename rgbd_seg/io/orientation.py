"""EXIF orientation: how the stored picture must be turned and mirrored to stand upright."""

from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_seg.camera import Intrinsics

Array = TypeVar("Array", bound=NDArray[Any])

_CV_TURNS = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True)
class Orientation:
    """First flip left to right if ``mirrored``, then turn clockwise by ``quarter_turns`` × 90°."""

    mirrored: bool = False
    quarter_turns: int = 0

    @staticmethod
    def from_exif(tag: object) -> "Orientation":
        """The eight values of EXIF tag 0x0112; anything else counts as upright (EXIF 2.32, 4.6.4)."""
        return _EXIF.get(tag, UPRIGHT) if isinstance(tag, int) else UPRIGHT

    def turned(self, quarter_turns: int) -> "Orientation":
        """This, followed by a clockwise turn."""
        return Orientation(self.mirrored, (self.quarter_turns + quarter_turns) % 4)

    def flipped(self) -> "Orientation":
        """This, followed by a flip left to right (which turns every earlier turn the other way)."""
        return Orientation(not self.mirrored, -self.quarter_turns % 4)

    @property
    def swaps_sides(self) -> bool:
        """Whether width and height change places."""
        return self.quarter_turns % 2 == 1

    def apply(self, values: Array) -> Array:
        """The stored (H, W) or (H, W, C) array as it should be seen; contiguous."""
        result: Any = values
        if self.mirrored:
            result = cv2.flip(result, 1)
        if self.quarter_turns:
            result = cv2.rotate(result, _CV_TURNS[self.quarter_turns])
        return result if result is values else np.ascontiguousarray(result)  # type: ignore[return-value]

    def apply_to_intrinsics(self, intrinsics: Intrinsics) -> Intrinsics:
        """Intrinsics of the stored picture → those of the picture as it should be seen."""
        flipped = intrinsics.mirrored() if self.mirrored else intrinsics
        return flipped.rotated(self.quarter_turns)


UPRIGHT = Orientation()

_EXIF = {
    1: UPRIGHT,
    2: Orientation(mirrored=True),
    3: Orientation(quarter_turns=2),
    4: Orientation(mirrored=True, quarter_turns=2),
    5: Orientation(mirrored=True, quarter_turns=3),
    6: Orientation(quarter_turns=1),
    7: Orientation(mirrored=True, quarter_turns=1),
    8: Orientation(quarter_turns=3),
}
