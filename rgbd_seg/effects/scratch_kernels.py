"""Arrays that loops work in, compiled once for all of them."""

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.effects.inner_loop import inner_loop


@inner_loop()
def floats(count: int) -> Float32:
    """(count,), anything in it."""
    return np.empty(count, np.float32)


@inner_loop()
def float_rows(rows: int, columns: int) -> Float32:
    """(rows, columns), zeros."""
    out = np.empty((rows, columns), np.float32)
    for j in range(rows):
        for i in range(columns):
            out[j, i] = 0
    return out
