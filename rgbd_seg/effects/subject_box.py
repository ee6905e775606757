"""The part of a picture that has the subject in it, so that the rest costs nothing."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32


@dataclass(frozen=True)
class Box:
    """Rows ``top`` to ``bottom`` and columns ``left`` to ``right``, the ends not included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """To cut it from an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.bottom - self.top, self.right - self.left

    def scaled(self, old: tuple[int, int], new: tuple[int, int]) -> "Box":
        """The same part of a picture of another size (height, width)."""
        return Box(
            self.top * new[0] // old[0],
            self.left * new[1] // old[1],
            self.bottom * new[0] // old[0],
            self.right * new[1] // old[1],
        )


def box_of(values: Float32, above: float, margin: int) -> Box | None:
    """The smallest box around all that is above a value, with a margin; None if nothing is."""
    where = values > above
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    if rows.size == 0:
        return None
    return Box(
        max(int(rows[0]) - margin, 0),
        max(int(columns[0]) - margin, 0),
        min(int(rows[-1]) + 1 + margin, values.shape[0]),
        min(int(columns[-1]) + 1 + margin, values.shape[1]),
    )
