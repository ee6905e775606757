"""The search for a pair of eyes, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Float64


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def best_pair(dark: Float32, skin: Float32, across: Float64, found: Float64) -> None:
    """The pair of eyes that fits best: a template of spots that should be dark, and bright.

    Args:
        dark: (h, w) stops below the surroundings, 0 to 1. skin: (h, w) in [0, 1].
        across: (n, 2) vectors from the left eye to the right, pixels, to be tried.
        found: score, centre x, centre y, index into ``across``; written.
    """
    height, width = skin.shape
    # Along and below, in eye distances: bridge, lower bridge, cheeks, eyes, beneath them, between them, forehead.
    along = np.array([0.0, 0.0, -0.45, 0.45, -0.5, 0.5, -0.5, 0.5, 0.0, 0.0])
    below = np.array([0.0, 0.3, 0.5, 0.5, 0.0, 0.0, 0.36, 0.36, 0.1, -0.5])
    dx, dy = np.empty(10, np.int64), np.empty(10, np.int64)
    found[:] = 0.0
    for k in range(across.shape[0]):
        for p in range(10):
            dx[p] = round(along[p] * across[k, 0] - below[p] * across[k, 1])
            dy[p] = round(along[p] * across[k, 1] + below[p] * across[k, 0])
        left, right = -min(dx.min(), 0), max(dx.max(), 0)
        above, under = -min(dy.min(), 0), max(dy.max(), 0)
        for y in range(above, height - under):
            for x in range(left, width - right):
                face = min(skin[y, x], skin[y + dy[1], x + dx[1]])
                if face < 0.3:
                    continue
                eyes = min(dark[y + dy[4], x + dx[4]], dark[y + dy[5], x + dx[5]])
                if eyes < 0.2:
                    continue
                face = min(face, min(skin[y + dy[2], x + dx[2]], skin[y + dy[3], x + dx[3]]))
                beneath = max(dark[y + dy[6], x + dx[6]], dark[y + dy[7], x + dx[7]])
                between, forehead = dark[y + dy[8], x + dx[8]], skin[y + dy[9], x + dx[9]]
                score = face * (eyes - 0.6 * between - 0.8 * beneath + 0.2 * forehead + 0.2)
                if score > found[0]:
                    found[0], found[1], found[2], found[3] = score, x, y, k
