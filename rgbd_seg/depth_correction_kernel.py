"""The inner loop of the depth correction."""

import numba
import numpy as np


@numba.njit(cache=True, parallel=True, nogil=True)
def corrected(depth, warming, table, per_metre, surface, result):  # type: ignore[no-untyped-def]
    """Table look-up by distance plus the surface, for every pixel.

    Args:
        depth: (h, w) float32 metres. warming: factor to the reference temperature.
        table: (n,) corrected depth at 0, 1/per_metre, 2/per_metre … metres.
        surface: (h, w) float32 metres added, or (1, 1) for none.
        result: (h, w) float32, filled; NaN where depth is not a positive number or the result would not be.
    """
    h, w = depth.shape
    last = table.size - 1
    with_surface = surface.shape[0] == h and surface.shape[1] == w
    for v in numba.prange(h):
        for u in range(w):
            z = depth[v, u] * warming
            value = np.float32(np.nan)
            if z > 0:
                position = z * per_metre
                if position < last:
                    below = int(position)
                    part = position - np.float32(below)
                    value = table[below] + part * (table[below + 1] - table[below])
                else:
                    value = z + (table[last] - np.float32(last) / per_metre)
                if with_surface:
                    value += surface[v, u]
                if not (value > 0 and value < np.inf):
                    value = np.float32(np.nan)
            result[v, u] = value
