"""Which of the scalp's roots carry guide hairs, and which guides are around every other root."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.training.synthetic.characters.root_pool import RootPool

_AROUND = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class GuideSet:
    """Of one pool of roots."""

    roots: Int32  # (g,) into the pool
    nearest: Int32  # (n, 3) into the guides
    weights: Float32  # (n, 3)


def spread_guides(pool: RootPool, count: int) -> GuideSet:
    """``count`` guides, evenly spread: each is the root farthest from those chosen before."""
    points = pool.neutral
    chosen = np.empty(count, np.int32)
    chosen[0] = int(np.argmax(points[:, 1]))
    distance = np.full(len(points), np.inf, np.float32)
    for k in range(1, count):
        distance = np.minimum(distance, ((points - points[chosen[k - 1]]) ** 2).sum(1))
        chosen[k] = int(np.argmax(distance))
    gap, nearest = cKDTree(points[chosen]).query(points, _AROUND)
    weights = 1 / np.maximum(gap, 1e-3) ** 2
    weights /= weights.sum(1, keepdims=True)
    return GuideSet(roots=chosen, nearest=nearest.astype(np.int32), weights=weights.astype(np.float32))
