"""Compiled loops of the depth filters; depth is in sensor units, float32, 0 = not measured."""

import numba
import numpy as np

from rgbd_seg.arrays import Float32, UInt8

_EIGHT = 8  # neighbours


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def smooth_edges_kept(depth: Float32, alpha: float, delta: float, rounds: int) -> None:
    """Recursive domain transform, in place (Gastal & Oliveira, SIGGRAPH 2011), as depth cameras' tools use it.

    Each pixel is drawn to the one before by ``1 − alpha`` unless they differ by more than ``delta``; there and back,
    along rows, then along columns.
    """
    height, width = depth.shape
    for _ in range(rounds):
        for v in range(height):
            for u in range(1, width):
                _draw(depth, v, u, v, u - 1, alpha, delta)
            for u in range(width - 2, -1, -1):
                _draw(depth, v, u, v, u + 1, alpha, delta)
        # Row by row in both directions: columns side by side are neighbours in memory.
        for v in range(1, height):
            for u in range(width):
                _draw(depth, v, u, v - 1, u, alpha, delta)
        for v in range(height - 2, -1, -1):
            for u in range(width):
                _draw(depth, v, u, v + 1, u, alpha, delta)


@numba.njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _draw(depth: Float32, v: int, u: int, from_v: int, from_u: int, alpha: float, delta: float) -> None:
    here, before = depth[v, u], depth[from_v, from_u]
    if here > 0 and before > 0 and abs(here - before) <= delta:
        depth[v, u] = here * alpha + before * (1 - alpha)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def smooth_in_time(
    depth: Float32, last: Float32, seen: UInt8, alpha: float, delta: float, least: int, window: int
) -> None:
    """Exponential average with the frames before, in place.

    Args:
        last: (h, w) the average so far; written.
        seen: (h, w) bit k: measured k frames ago; written.
        least, window: a hole keeps its last depth if it was measured in ``least`` of the last ``window`` frames.
    """
    height, width = depth.shape
    mask = (1 << window) - 1
    for v in range(height):
        for u in range(width):
            now, before, history = depth[v, u], last[v, u], int(seen[v, u])
            if now > 0:
                if before > 0 and abs(now - before) < delta:
                    now = now * alpha + before * (1 - alpha)
                last[v, u] = depth[v, u] = now
                seen[v, u] = ((history << 1) | 1) & 255
            else:
                bits = history & mask
                count = 0
                while bits:
                    count += bits & 1
                    bits >>= 1
                if before > 0 and least > 0 and count >= least:
                    depth[v, u] = before
                seen[v, u] = (history << 1) & 255


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def flying(depth: Float32, tolerance: float, least: int) -> Float32:
    """A copy without pixels that fewer than ``least`` of their eight neighbours support.

    ``tolerance``: relative difference up to which a neighbour lies on the same surface.
    """
    height, width = depth.shape
    result = depth.copy()
    for v in range(height):
        for u in range(width):
            here = depth[v, u]
            if here <= 0:
                continue
            support = inside = 0
            for i in range(max(v - 1, 0), min(v + 2, height)):
                for j in range(max(u - 1, 0), min(u + 2, width)):
                    if i == v and j == u:
                        continue
                    inside += 1
                    near = depth[i, j]
                    if near > 0 and abs(near - here) <= tolerance * here:
                        support += 1
            if support * _EIGHT < least * inside:  # at the picture's edge there are fewer neighbours
                result[v, u] = 0
    return result


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def fill_from_left(depth: Float32) -> None:
    """Holes take the depth on their left, in place."""
    height, width = depth.shape
    for v in range(height):
        for u in range(1, width):
            if depth[v, u] <= 0:
                depth[v, u] = depth[v, u - 1]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def fill_from_around(depth: Float32, nearest: bool) -> None:
    """Holes take the nearest, or farthest, depth of those above, left and below, in place, left to right."""
    height, width = depth.shape
    for v in range(1, height - 1):
        for u in range(1, width):
            if depth[v, u] > 0:
                continue
            chosen = np.float32(0)
            for i, j in ((v - 1, u), (v - 1, u - 1), (v, u - 1), (v + 1, u - 1), (v + 1, u)):
                near = depth[i, j]
                if near > 0 and (chosen == 0 or (near < chosen if nearest else near > chosen)):
                    chosen = near
            depth[v, u] = chosen
