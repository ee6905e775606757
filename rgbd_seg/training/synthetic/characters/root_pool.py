"""Places on the base mesh from which hair grows; they follow every body and pose."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Bool, Float32, Int32
from rgbd_seg.training.synthetic.characters.face_regions import brow_center, brow_half_width


@dataclass(frozen=True, kw_only=True, eq=False)
class RootPool:
    """n points in triangles."""

    corners: Int32  # (n, 3) vertices of the base mesh
    weights: Float32  # (n, 3) barycentric
    neutral: Float32  # (n, 3) on the neutral face, metres, origin between the eyes
    along: Float32  # (n,) brows: 0 at the nose … 1 at the temple; elsewhere 0

    def at(self, points: Float32, chosen: Int32) -> Float32:
        """(k, 3) the ``chosen`` roots on a mesh with vertices (or normals) ``points``."""
        placed: Float32 = np.einsum("nkc,nk->nc", points[self.corners[chosen]], self.weights[chosen])
        return placed


def region_pool(
    points: Float32, triangles: Int32, chosen: Bool, density: Callable[[Float32], Float32], count: int, seed: int
) -> RootPool:
    """``count`` roots spread over the ``chosen`` triangles by area times ``density``."""
    rng = np.random.default_rng(seed)
    corners = triangles[chosen]
    a, b, c = (points[corners[:, k]] for k in range(3))
    share = np.linalg.norm(np.cross(b - a, c - a), axis=1) * density(points)[corners].max(1)
    picked = corners[rng.choice(len(corners), 4 * count, p=share / share.sum())]
    uv = rng.random((len(picked), 2)).astype(np.float32)
    uv = np.where(uv.sum(1, keepdims=True) > 1, 1 - uv, uv)
    weights = np.concatenate([1 - uv.sum(1, keepdims=True), uv], axis=1)
    neutral = np.einsum("nkc,nk->nc", points[picked], weights).astype(np.float32)
    kept = np.flatnonzero(rng.random(len(picked)) < density(neutral))[:count]
    return RootPool(
        corners=picked[kept],
        weights=weights[kept].astype(np.float32),
        neutral=neutral[kept],
        along=np.zeros(len(kept), np.float32),
    )


def brow_pool(points: Float32, triangles: Int32, chosen: Bool, count: int) -> RootPool:
    """``count`` roots of both brows, found by looking at the neutral face from the front."""
    rng = np.random.default_rng(3)
    along = rng.random(count).astype(np.float32) ** np.float32(0.9)
    x, y = brow_center(along)
    across = rng.uniform(-1, 1, count).astype(np.float32) * brow_half_width(along)
    side = np.where(rng.random(count) < 0.5, -1, 1).astype(np.float32)
    return _seen_from_front(points, triangles[chosen], np.stack([side * x, y + across], axis=1), along)


def _seen_from_front(points: Float32, triangles: Int32, targets: Float32, along: Float32) -> RootPool:
    near = (np.abs(points[triangles][..., 0]).max(1) < 0.09) & (points[triangles][..., 2].min(1) > -0.02)
    near &= np.abs(points[triangles][..., 1] - 0.02).max(1) < 0.04
    candidates = triangles[near]
    a, b, c = (points[candidates[:, k]].astype(np.float64) for k in range(3))
    area = np.cross(b - a, c - a)[:, 2]
    candidates, a, b, c, area = (v[np.abs(area) > 1e-12] for v in (candidates, a, b, c, area))
    corners, weights, kept = [], [], []
    for index, (x, y) in enumerate(targets.astype(np.float64)):
        v = ((x - a[:, 0]) * (c - a)[:, 1] - (c - a)[:, 0] * (y - a[:, 1])) / area
        w = ((b - a)[:, 0] * (y - a[:, 1]) - (x - a[:, 0]) * (b - a)[:, 1]) / area
        inside = np.flatnonzero((v >= 0) & (w >= 0) & (v + w <= 1))
        if len(inside):
            depth = a[inside, 2] + v[inside] * (b - a)[inside, 2] + w[inside] * (c - a)[inside, 2]
            hit = inside[np.argmax(depth)]
            corners.append(candidates[hit])
            weights.append((1 - v[hit] - w[hit], v[hit], w[hit]))
            kept.append(index)
    weight = np.array(weights, np.float32)
    corner = np.array(corners, np.int32)
    return RootPool(
        corners=corner,
        weights=weight,
        neutral=np.einsum("nkc,nk->nc", points[corner], weight).astype(np.float32),
        along=along[kept],
    )
