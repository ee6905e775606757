"""Rows of a small map at the picture's pixels, compiled."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32

Int32 = NDArray[np.int32]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "nnan"})  # type: ignore[untyped-decorator]
def stretch(
    upper: Float32, lower: Float32, down: float, index: Int32, away: Float32, line: Float32, out: Float32
) -> None:
    """One row of a small map between two of its rows, stretched to the picture's pixels."""
    columns = upper.size
    for i in range(columns):
        line[i] = upper[i] + down * (lower[i] - upper[i])
    line[columns] = line[columns - 1]
    for x in range(index.size):
        i = index[x]
        out[x] = line[i] + away[x] * (line[i + 1] - line[i])
