"""The one loop of body shapes that is worth compiling."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Int32


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def displace(positions: Float32, vertices: Int32, displacements: Float32, weight: float) -> None:
    """Add ``weight`` times the displacements (k, 3) to the positions of ``vertices`` (k,)."""
    share = np.float32(weight)
    for i in range(len(vertices)):
        for k in range(3):
            positions[vertices[i], k] += share * displacements[i, k]
