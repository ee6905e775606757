"""Rays from the camera, and from the points of a picture to lights and into the open, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Int32

_TURNED_AWAY = np.float32(-0.2)  # cosine below which a point cannot be lit: smooth normals lean past the surface's own


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _place(pixel: int, width: int, order: Int32, jitter: Float32) -> tuple[np.float32, np.float32]:
    """A place in the unit square, in the cell that the pixel has in its block of 4×4."""
    cell = order[(pixel // width % 4) * 4 + pixel % width % 4]
    quarter = np.float32(0.25)
    return (np.float32(cell % 4) + jitter[0]) * quarter, (np.float32(cell // 4) + jitter[1]) * quarter


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _across(x: float, y: float, z: float) -> tuple[np.float32, np.float32, np.float32]:
    """What the two directions across (x, y, z) are made of (Duff et al. 2017): sign, a and b there."""
    sign = np.float32(1) if z >= 0 else np.float32(-1)
    a = np.float32(-1) / (sign + z)
    return sign, a, x * y * a


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def around(
    chosen: Int32,
    pixel: Int32,
    width: int,
    position: Float32,
    normal: Float32,
    order: Int32,
    jitter: Float32,
    lift: float | np.float32,
    reach: float | np.float32,
    rays: Float32,
) -> None:
    """Fill a ray over the half space before every chosen point, more of them near the normal, by Lambert's law."""
    lift, reach = np.float32(lift), np.float32(reach)
    for at in range(len(chosen)):
        i = chosen[at]
        nx, ny, nz = normal[i, 0], normal[i, 1], normal[i, 2]
        u, v = _place(pixel[i], width, order, jitter[i])
        sign, a, b = _across(nx, ny, nz)
        radius, angle = np.sqrt(u), v * np.float32(2 * np.pi)
        x, y, z = radius * np.cos(angle), radius * np.sin(angle), np.sqrt(max(np.float32(1) - u, np.float32(0)))
        rays[at, 0], rays[at, 1] = position[i, 0] + nx * lift, position[i, 1] + ny * lift
        rays[at, 2] = position[i, 2] + nz * lift
        rays[at, 3] = ((np.float32(1) + sign * nx * nx * a) * x + b * y + nx * z) * reach
        rays[at, 4] = (sign * b * x + (sign + ny * ny * a) * y + ny * z) * reach
        rays[at, 5] = (-sign * nx * x - ny * y + nz * z) * reach


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def towards(
    chosen: Int32,
    pixel: Int32,
    width: int,
    position: Float32,
    normal: Float32,
    order: Int32,
    jitter: Float32,
    lift: float | np.float32,
    light: Float32,
    size: float | np.float32,
    distant: float,
    rays: Float32,
    faces: Int32,
) -> int:
    """Fill rays to places on a light, of those chosen points only that face it, and the numbers of these points.

    Args:
        light: (3,) position; where ``distant`` (metres that rays reach) is not 0, the direction towards the light.
        size: metres across; of a distant light, twice the tangent of half its angle.
    Returns:
        The number of rays.
    """
    lift, size = np.float32(lift), np.float32(size)
    scale = np.float32(distant) if distant > 0 else np.float32(1)
    count = 0
    for i in chosen:
        nx, ny, nz = normal[i, 0], normal[i, 1], normal[i, 2]
        px, py, pz = position[i, 0] + nx * lift, position[i, 1] + ny * lift, position[i, 2] + nz * lift
        mx, my, mz = light[0], light[1], light[2]
        if distant <= 0:
            mx, my, mz = mx - px, my - py, mz - pz
        length = np.sqrt(max(mx * mx + my * my + mz * mz, np.float32(1e-12)))
        if mx * nx + my * ny + mz * nz <= _TURNED_AWAY * length:
            continue
        x, y, z = mx / length, my / length, mz / length
        sign, a, b = _across(x, y, z)
        u, v = _place(pixel[i], width, order, jitter[i])
        u, v = (u - np.float32(0.5)) * size, (v - np.float32(0.5)) * size
        rays[count, 0], rays[count, 1], rays[count, 2] = px, py, pz
        rays[count, 3] = (mx + (np.float32(1) + sign * x * x * a) * u + b * v) * scale
        rays[count, 4] = (my + sign * b * u + (sign + y * y * a) * v) * scale
        rays[count, 5] = (mz - sign * x * u - y * v) * scale
        faces[count] = i
        count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def camera_rays(
    pixel: Int32,
    within: Float32,
    width: int,
    fx: float,
    fy: float,
    cx: float,
    cy: float,
    rotation: Float32,
    origin: Float32,
    rays: Float32,
) -> None:
    """Fill (n, 6) rays through places ``within`` pixels (0 … 1); directions have length 1 along the axis."""
    across, down = np.float32(1 / fx), np.float32(1 / fy)
    left, top = np.float32(cx + 0.5), np.float32(cy + 0.5)
    for i in range(len(pixel)):
        x = (np.float32(pixel[i] % width) + within[i, 0] - left) * across
        y = (np.float32(pixel[i] // width) + within[i, 1] - top) * down
        for k in range(3):
            rays[i, k] = origin[k]
            rays[i, 3 + k] = x * rotation[0, k] + y * rotation[1, k] + rotation[2, k]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def through_lens(places: Float32, radius: float, focus: float, across: Float32, down: Float32, rays: Float32) -> None:
    """Start rays on a disc of ``radius`` metres, at (n, 2) ``places`` of the unit square; they meet ``focus`` ahead."""
    near = np.float32(1 / focus)
    for i in range(len(rays)):
        out, angle = np.sqrt(places[i, 0]) * np.float32(radius), places[i, 1] * np.float32(2 * np.pi)
        x, y = out * np.cos(angle), out * np.sin(angle)
        for k in range(3):
            offset = x * across[k] + y * down[k]
            rays[i, k] += offset
            rays[i, 3 + k] -= offset * near
