"""Rays from the camera, and from the points of a picture to lights and into the open, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Int32

_TURNED_AWAY = np.float32(-0.2)  # cosine below which a point cannot be lit: smooth normals lean past the surface's own


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _place(pixel: int, width: int, order: Int32, jitter: Float32) -> tuple[np.float32, np.float32]:
    """A place in the unit square, in the cell that the pixel has in its block of 4×4."""
    cell = order[(pixel // width % 4) * 4 + pixel % width % 4]
    return (cell % 4 + jitter[0]) * np.float32(0.25), (cell // 4 + jitter[1]) * np.float32(0.25)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _across(direction: Float32, first: Float32, second: Float32) -> None:
    """Fill two directions across a given one of unit length (Duff et al. 2017)."""
    x, y, z = direction[0], direction[1], direction[2]
    sign = np.float32(1) if z >= 0 else np.float32(-1)
    a = np.float32(-1) / (sign + z)
    b = x * y * a
    first[0], first[1], first[2] = np.float32(1) + sign * x * x * a, sign * b, -sign * x
    second[0], second[1], second[2] = b, sign + y * y * a, -y


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def around(
    pixel: Int32,
    width: int,
    position: Float32,
    normal: Float32,
    order: Int32,
    jitter: Float32,
    lift: float,
    reach: float,
    rays: Float32,
) -> None:
    """Fill (p, 6) rays over the half space before every point, more of them near the normal, by Lambert's law."""
    first, second = np.empty(3, np.float32), np.empty(3, np.float32)
    for i in range(len(pixel)):
        u, v = _place(pixel[i], width, order, jitter[i])
        _across(normal[i], first, second)
        radius, angle, height = np.sqrt(u), v * np.float32(2 * np.pi), np.sqrt(max(1 - u, np.float32(0)))
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        for k in range(3):
            rays[i, k] = position[i, k] + normal[i, k] * lift
            rays[i, 3 + k] = (first[k] * x + second[k] * y + normal[i, k] * height) * reach


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def towards(
    pixel: Int32,
    width: int,
    position: Float32,
    normal: Float32,
    order: Int32,
    jitter: Float32,
    lift: float,
    light: Float32,
    size: float,
    distant: float,
    rays: Float32,
    faces: Int32,
) -> int:
    """Fill rays to places on a light, of those points only that face it, and the numbers of these points.

    Args:
        light: (3,) position; where ``distant`` (metres that rays reach) is not 0, the direction towards the light.
        size: metres across; of a distant light, twice the tangent of half its angle.
    Returns:
        The number of rays.
    """
    middle, axis = np.empty(3, np.float32), np.empty(3, np.float32)
    first, second = np.empty(3, np.float32), np.empty(3, np.float32)
    count = 0
    for i in range(len(pixel)):
        length = np.float32(0)
        facing = np.float32(0)
        for k in range(3):
            middle[k] = light[k] if distant > 0 else light[k] - position[i, k] - normal[i, k] * lift
            length += middle[k] * middle[k]
            facing += middle[k] * normal[i, k]
        length = np.sqrt(max(length, np.float32(1e-12)))
        if facing <= _TURNED_AWAY * length:
            continue
        for k in range(3):
            axis[k] = middle[k] / length
        _across(axis, first, second)
        u, v = _place(pixel[i], width, order, jitter[i])
        u, v = (u - np.float32(0.5)) * size, (v - np.float32(0.5)) * size
        scale = distant if distant > 0 else np.float32(1)
        for k in range(3):
            rays[count, k] = position[i, k] + normal[i, k] * lift
            rays[count, 3 + k] = (middle[k] + first[k] * u + second[k] * v) * scale
        faces[count] = i
        count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def pinhole_directions(
    pixel: Int32,
    within: Float32,
    width: int,
    fx: float,
    fy: float,
    cx: float,
    cy: float,
    rotation: Float32,
    directions: Float32,
) -> None:
    """Fill (n, 3) directions in the world through places ``within`` pixels (0 … 1), of length 1 along the axis."""
    for i in range(len(pixel)):
        x = np.float32((pixel[i] % width + within[i, 0] - 0.5 - cx) / fx)
        y = np.float32((pixel[i] // width + within[i, 1] - 0.5 - cy) / fy)
        for k in range(3):
            directions[i, k] = x * rotation[0, k] + y * rotation[1, k] + rotation[2, k]
