"""Loops over the pixels of a depth camera, compiled."""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Bool, Float32, Int32

_EVEN = np.float32(3e-4)  # relative difference of inverse depth, between row and column, up to which a surface is even
_ALIKE = np.float32(0.03)  # of the cosine of incidence


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def world_rays(rays: Float32, rotation: Float32, origin: Float32, out: Float32) -> None:
    """Fill (n, 6) rays in the world from (n, 2) normalised coordinates."""
    for i in range(len(rays)):
        for k in range(3):
            out[i, k] = origin[k]
            out[i, 3 + k] = rotation[k, 0] * rays[i, 0] + rotation[k, 1] * rays[i, 1] + rotation[k, 2]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def incidence(
    rays: Float32, directions: Float32, normal: Float32, triangle: Int32, infrared: Float32, is_hair: Bool,
    length: Float32, cosine: Float32, reflectance: Float32, hair: Bool,
) -> None:  # fmt: skip
    """Fill what is known of (n,) hits: length of the ray per metre of z, cosine of incidence, reflectance, hair."""
    for i in range(len(rays)):
        length[i] = np.sqrt(np.float32(1) + rays[i, 0] * rays[i, 0] + rays[i, 1] * rays[i, 1])
        if triangle[i] < 0:
            cosine[i], reflectance[i], hair[i] = 0, 0, False
            continue
        x, y, z = directions[i, 3], directions[i, 4], directions[i, 5]
        along = abs(normal[i, 0] * x + normal[i, 1] * y + normal[i, 2] * z)
        cosine[i] = min(along / length[i], np.float32(1)) if along == along else np.float32(0)
        reflectance[i] = infrared[triangle[i]]
        hair[i] = is_hair[triangle[i]]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def bridged(known: Bool, z: Float32, cosine: Float32, reflectance: Float32, shininess: Float32, hair: Bool) -> Bool:
    """Fill pixels between four ``known`` ones of one even surface: z and cosine (h, w) and what it is made of.

    Returns:
        (h, w) True for pixels that are still not known.
    """
    height, width = z.shape
    open_pixels = ~known
    for v in range(1, height - 1):
        for u in range(1, width - 1):
            if known[v, u] or hair[v, u - 1] or hair[v, u + 1] or hair[v - 1, u] or hair[v + 1, u]:
                continue
            made, shine = reflectance[v, u - 1], shininess[v, u - 1]
            if reflectance[v, u + 1] != made or reflectance[v - 1, u] != made or reflectance[v + 1, u] != made:
                continue
            if shininess[v, u + 1] != shine or shininess[v - 1, u] != shine or shininess[v + 1, u] != shine:
                continue
            row = np.float32(1) / z[v, u - 1] + np.float32(1) / z[v, u + 1]  # linear in the picture on every plane
            column = np.float32(1) / z[v - 1, u] + np.float32(1) / z[v + 1, u]
            low = min(min(cosine[v, u - 1], cosine[v, u + 1]), min(cosine[v - 1, u], cosine[v + 1, u]))
            high = max(max(cosine[v, u - 1], cosine[v, u + 1]), max(cosine[v - 1, u], cosine[v + 1, u]))
            if row <= 0 or abs(row - column) > _EVEN * row or high - low > _ALIKE:
                continue
            z[v, u] = np.float32(4) / (row + column)
            cosine[v, u] = np.float32(0.5) * (low + high)
            reflectance[v, u], shininess[v, u] = made, shine
            open_pixels[v, u] = False
    return open_pixels
