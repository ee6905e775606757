"""Loop that brings depth to a working resolution, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32
from rgbd_seg.effects.scratch_kernels import floats


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def disparity_cells(
    depth: Float32, confidence: Float32, nearest: np.float32, step: int, disparity: Float32, known: Float32
) -> None:
    """In cells of ``step`` pixels, the mean of what is known of disparity, times how far it is, and how far it is.

    Args:
        depth: (h, w) NaN = not measured. confidence: (h, w), or empty.
        nearest: what is nearer counts as so near: sums over a disparity of 1e9 beside 1 forget the 1.
    """
    part, line, trust = np.float32(1 / step**2), floats(depth.shape[1]), floats(depth.shape[1])
    for j in range(known.shape[0]):
        disparity[j], known[j] = 0, 0
        for y in range(j * step, (j + 1) * step):
            row = depth[y]
            for x in range(row.size):
                measured = np.isfinite(row[x])
                trust[x] = part if measured else np.float32(0)
                line[x] = np.float32(1) / max(row[x], nearest) if measured else np.float32(0)
            if confidence.shape[0] > 0:
                sure = confidence[y]
                for x in range(row.size):
                    trust[x] *= sure[x]
            for i in range(known.shape[1]):
                for x in range(i * step, (i + 1) * step):
                    disparity[j, i] += trust[x] * line[x]
                    known[j, i] += trust[x]
