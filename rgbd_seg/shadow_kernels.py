"""Compiled loops that ask the depth camera about colour pixels: why one has no depth, or what it saw there.

Both send a colour pixel back: colour pixel → colour camera → depth camera → depth pixel.
"""

from typing import Any

import numpy as np
from numba import njit

from rgbd_seg.lens_kernels import INNER, SAFE_MATH, project
from rgbd_seg.registration_layout import NODE

_MOST_GUESSES = 4
_CHUNK = 64
_NAN = np.float32(np.nan)
_INFINITE = np.float32(np.inf)
_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _node_ray(nodes: Any, column: Any, row: Any) -> Any:
    """Ray of a colour pixel in the depth camera's frame, for unit colour depth; ``column`` is a node's index."""
    upper, c = np.uintp(row // NODE), np.uintp(column)
    lower = upper + np.uintp(1)
    t = np.float32(row % NODE) / np.float32(NODE)
    x, y, z = nodes[upper, c, 0], nodes[upper, c, 1], nodes[upper, c, 2]
    return (
        x + t * (nodes[lower, c, 0] - x),
        y + t * (nodes[lower, c, 1] - y),
        z + t * (nodes[lower, c, 2] - z),
    )


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _pixel_ray(nodes: Any, column: Any, row: Any) -> Any:
    node = column // NODE
    t = np.float32(column - node * NODE) / np.float32(NODE)
    ax, ay, az = _node_ray(nodes, node, row)
    bx, by, bz = _node_ray(nodes, node + 1, row)
    return ax + t * (bx - ax), ay + t * (by - ay), az + t * (bz - az)


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _seen_at(rx: Any, ry: Any, rz: Any, depth: Any, back: Any, kind: Any, terms: Any, radial: Any) -> Any:
    """Depth pixel (u, v) and its z-depth of the point at colour depth ``depth``; NaN where it has no picture."""
    if depth < _INFINITE:
        x, y, z = depth * rx + back[0], depth * ry + back[1], depth * rz + back[2]
    else:
        x, y, z = rx, ry, rz
    if not z > _ZERO:
        return _NAN, _NAN, _NAN
    u, v = project(x / z, y / z, kind, terms, radial)
    return u, v, z if depth < _INFINITE else _INFINITE


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def finish_band(
    raw: Any,
    metres: Any,
    step: Any,
    nodes: Any,
    back: Any,
    kind: Any,
    terms: Any,
    radial: Any,
    first: int,
    last: int,
    depth: Any,
    shadow: Any,
) -> None:
    """Turn +inf into NaN in rows ``first`` … ``last - 1`` of ``depth`` and mark the depth camera's shadow.

    A run of pixels without depth is taken to lie on the farther of the two surfaces beside it in its row. Where
    the depth camera has that point outside its picture, or sees something nearer there, it is shadow; where the
    sensor has a hole there, it is not. Where it sees something farther, the point must lie at least there, and
    the question is asked again.

    Args:
        back: (3,) the colour camera in the depth camera's frame, metres; nodes are rays in the same frame.
    """
    width = depth.shape[1]
    for row in range(first, last):
        values, dark = depth[row], shadow[row]
        beside = _INFINITE  # depth of the last measured pixel so far
        column = 0
        while column < width:
            stop = column + _whole_chunks(values, column)
            for k in range(column, min(width, stop + _CHUNK)):
                dark[np.uintp(k)] = False
            if stop > column:
                beside = values[stop - 1]
                column = stop
                continue
            stop = min(width, column + _CHUNK)
            while column < stop:
                if column % 8 == 0 and column + 8 <= stop and _eight_measured(values, np.uintp(column)):
                    beside = values[np.uintp(column + 7)]
                    column += 8
                    continue
                if values[np.uintp(column)] < _INFINITE:
                    beside = values[np.uintp(column)]
                    column += 1
                    continue
                end = column
                while end < width and values[np.uintp(end)] == _INFINITE:
                    end += 1
                far = beside
                if end < width and (beside == _INFINITE or values[np.uintp(end)] > beside):
                    far = values[np.uintp(end)]
                _judge_run(raw, metres, step, nodes, back, kind, terms, radial, row, column, end, far, dark)
                for k in range(column, end):
                    values[np.uintp(k)] = _NAN
                column = end


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH | {"reassoc"}, **INNER)  # type: ignore[untyped-decorator]
def _whole_chunks(values: Any, start: int) -> int:
    """How many pixels from ``start``, counted in whole chunks, are all measured."""
    done = 0
    while start + done + _CHUNK <= values.shape[0]:
        missing = _ZERO
        at = np.uintp(start + done)
        for k in range(_CHUNK):
            missing += _ONE if values[at + np.uintp(k)] == _INFINITE else _ZERO
        if missing > _ZERO:
            break
        done += _CHUNK
    return done


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _eight_measured(values: Any, at: Any) -> Any:
    a = max(max(values[at], values[at + np.uintp(1)]), max(values[at + np.uintp(2)], values[at + np.uintp(3)]))
    at += np.uintp(4)
    b = max(max(values[at], values[at + np.uintp(1)]), max(values[at + np.uintp(2)], values[at + np.uintp(3)]))
    return max(a, b) < _INFINITE


@njit(forceinline=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _judge_run(
    raw: Any, metres: Any, step: Any, nodes: Any, back: Any, kind: Any, terms: Any, radial: Any, row: int,
    start: int, end: int, far: Any, dark: Any,
) -> None:  # fmt: skip
    bottom, right = np.float32(raw.shape[0]) - _HALF, np.float32(raw.shape[1]) - _HALF
    node = start // NODE
    rx, ry, rz = _node_ray(nodes, node, row)
    u1, v1, z1 = _seen_at(rx, ry, rz, far, back, kind, terms, radial)
    while node * NODE < end:
        u0, v0, z0 = u1, v1, z1
        rx, ry, rz = _node_ray(nodes, node + 1, row)
        u1, v1, z1 = _seen_at(rx, ry, rz, far, back, kind, terms, radial)
        low, high = max(start, node * NODE), min(end, node * NODE + NODE)
        if not (max(u0, u1) >= -_HALF and min(u0, u1) < right and max(v0, v1) >= -_HALF and min(v0, v1) < bottom):
            for column in range(low, high):
                dark[np.uintp(column)] = True  # outside the depth camera's picture, or NaN
        else:
            for column in range(low, high):
                t = np.float32(column - node * NODE) / np.float32(NODE)
                u, v = u0 + t * (u1 - u0), v0 + t * (v1 - v0)
                if not (u >= -_HALF and v >= -_HALF and u < right and v < bottom):
                    dark[np.uintp(column)] = True
                    continue
                seen = np.float32(raw[np.uintp(v + _HALF), np.uintp(u + _HALF)]) * metres
                z = z0 + t * (z1 - z0) if far < _INFINITE else _INFINITE
                if seen > z * (_ONE + step):
                    dark[np.uintp(column)] = _blocked_further(
                        raw, metres, step, nodes, back, kind, terms, radial, row, column, u, v, seen
                    )
                else:
                    dark[np.uintp(column)] = seen > _ZERO and seen < z * (_ONE - step)
        node += 1


@njit(nogil=True, error_model="numpy", fastmath=SAFE_MATH, **INNER)  # type: ignore[untyped-decorator]
def _blocked_further(
    raw: Any, metres: Any, step: Any, nodes: Any, back: Any, kind: Any, terms: Any, radial: Any, row: int,
    column: int, u: Any, v: Any, seen: Any,
) -> Any:  # fmt: skip
    """Follow the colour pixel's ray to ever farther surfaces that the depth camera sees; True if one hides it."""
    bottom, right = np.float32(raw.shape[0]) - _HALF, np.float32(raw.shape[1]) - _HALF
    rx, ry, rz = _pixel_ray(nodes, column, row)
    for _ in range(_MOST_GUESSES):
        # The point of this ray that lies as deep as the surface just seen, measured by the depth camera.
        guess = (seen - back[2]) / rz
        u, v, z = _seen_at(rx, ry, rz, guess, back, kind, terms, radial)
        if not (u >= -_HALF and v >= -_HALF and u < right and v < bottom):
            return True
        seen = np.float32(raw[np.uintp(v + _HALF), np.uintp(u + _HALF)]) * metres
        if not seen > z * (_ONE + step):
            return seen > _ZERO and seen < z * (_ONE - step)
    return False


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SAFE_MATH)  # type: ignore[untyped-decorator]
def look_up_band(
    values: Any,
    nodes: Any,
    back: Any,
    kind: Any,
    terms: Any,
    radial: Any,
    first: int,
    last: int,
    depth: Any,
    out: Any,
) -> None:
    """``values`` (h, w) of the depth pixel that saw each measured colour pixel; 0 where there is no depth."""
    height, width = values.shape
    for row in range(first, last):
        for column in range(depth.shape[1]):
            out[row, column] = _ZERO
            if depth[row, column] > _ZERO:
                rx, ry, rz = _pixel_ray(nodes, column, row)
                u, v, _ = _seen_at(rx, ry, rz, depth[row, column], back, kind, terms, radial)
                if u >= -1 and v >= -1 and u <= width and v <= height:
                    i = min(max(int(np.floor(u + 0.5)), 0), width - 1)
                    j = min(max(int(np.floor(v + 0.5)), 0), height - 1)
                    out[row, column] = values[j, i]
