"""Loops over hits, compiled: where they are, which way they face, and what their texture shows."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32, Int32, UInt8

Int64 = NDArray[np.int64]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def surface_points(
    rays: Float32,
    distance: Float32,
    triangle: Int32,
    weights: Float32,
    corners: Int32,
    normals: Float32,
    coordinates: Float32,
    first_hair: int,
    position: Float32,
    normal: Float32,
    uv: Float32,
) -> None:
    """Fill position (n, 3), normal (n, 3) and texture coordinates uv (n, 2) of hits, 0 where nothing was met.

    Normals are smooth, of unit length and face the viewer; hair has the direction of its strand instead.
    """
    for i in range(len(triangle)):
        if triangle[i] < 0:
            position[i], normal[i], uv[i] = 0, 0, 0
            continue
        a, b, c = corners[triangle[i], 0], corners[triangle[i], 1], corners[triangle[i], 2]
        u, v = weights[i, 0], weights[i, 1]
        w = np.float32(1) - u - v
        length = np.float32(0)
        facing = np.float32(0)
        for k in range(3):
            position[i, k] = rays[i, k] + rays[i, 3 + k] * distance[i]
            value = normals[a, k] * w + normals[b, k] * u + normals[c, k] * v
            normal[i, k] = value
            length += value * value
            facing += value * rays[i, 3 + k]
        scale = np.float32(1) / np.sqrt(max(length, np.float32(1e-12)))
        if facing > 0 and triangle[i] < first_hair:
            scale = -scale
        for k in range(3):
            normal[i, k] *= scale
        for k in range(2):
            uv[i, k] = coordinates[a, k] * w + coordinates[b, k] * u + coordinates[c, k] * v


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _brightness(texels: UInt8, decode: Float32, at: int) -> np.float32:
    mean: np.float32 = (decode[texels[at, 0]] + decode[texels[at, 1]] + decode[texels[at, 2]]) / np.float32(3)
    return mean


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def albedo_and_relief(
    triangle: Int32,
    footprint: Float32,
    uv: Float32,
    corners: Int32,
    vertices: Float32,
    coordinates: Float32,
    surface: Int32,
    density: Float32,
    bump: Float32,
    texels: UInt8,
    places: Int64,
    decode: Float32,
    first_hair: int,
    strand_color: Float32,
    albedo: Float32,
    normal: Float32,
) -> None:
    """Fill albedo (n, 3), linear, and tilt the normals of materials with relief.

    Args:
        footprint: (n,) metres on the surface that one sample stands for.
        decode: (256,) linear light in [0, 1] of sRGB values.
    """
    relief = np.zeros(3, np.float32)
    for i in range(len(triangle)):
        t = triangle[i]
        if t < 0:
            albedo[i] = 0
            continue
        if t >= first_hair:
            for k in range(3):
                albedo[i, k] = strand_color[t - first_hair, k]
            continue
        s = surface[t]
        level = int(np.log2(max(footprint[i] * density[t], np.float32(1))) + np.float32(0.5))
        level = min(level, places.shape[1] - 1)
        start, width, height = places[s, level, 0], places[s, level, 1], places[s, level, 2]
        x = (uv[i, 0] - np.floor(uv[i, 0])) * width - np.float32(0.5)
        y = (uv[i, 1] - np.floor(uv[i, 1])) * height - np.float32(0.5)
        x0, y0 = int(np.floor(x)), int(np.floor(y))
        fx, fy = np.float32(x - x0), np.float32(y - y0)
        left, right = x0 % width, (x0 + 1) % width
        row, above = start + (y0 % height) * width, start + ((y0 + 1) % height) * width
        for k in range(3):
            low = decode[texels[row + left, k]] * (1 - fx) + decode[texels[row + right, k]] * fx
            high = decode[texels[above + left, k]] * (1 - fx) + decode[texels[above + right, k]] * fx
            albedo[i, k] = low * (1 - fy) + high * fy
        if bump[s] > 0 and width > 1 and height > 1:
            here = _brightness(texels, decode, row + left)
            slope_x = (_brightness(texels, decode, row + right) - here) * bump[s] * width
            slope_y = (_brightness(texels, decode, above + left) - here) * bump[s] * height
            _tilt(corners[t], vertices, coordinates, slope_x, slope_y, relief, normal[i])


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _tilt(
    corner: Int32,
    vertices: Float32,
    coordinates: Float32,
    slope_x: float,
    slope_y: float,
    relief: Float32,
    normal: Float32,
) -> None:
    """Turn a normal by the slope of a height map given per unit of texture coordinates.

    The gradient of the barycentric weight of corner b is (e2 × n) / n·n, of corner c (n × e1) / n·n, n = e1 × e2.
    """
    a, b, c = corner[0], corner[1], corner[2]
    e1x, e1y, e1z = (vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2])
    e2x, e2y, e2z = (vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2])
    nx, ny, nz = e1y * e2z - e1z * e2y, e1z * e2x - e1x * e2z, e1x * e2y - e1y * e2x
    square = nx * nx + ny * ny + nz * nz
    if square < 1e-20:
        return
    along_b = (
        slope_x * (coordinates[b, 0] - coordinates[a, 0]) + slope_y * (coordinates[b, 1] - coordinates[a, 1])
    ) / square
    along_c = (
        slope_x * (coordinates[c, 0] - coordinates[a, 0]) + slope_y * (coordinates[c, 1] - coordinates[a, 1])
    ) / square
    relief[0] = along_b * (e2y * nz - e2z * ny) + along_c * (ny * e1z - nz * e1y)
    relief[1] = along_b * (e2z * nx - e2x * nz) + along_c * (nz * e1x - nx * e1z)
    relief[2] = along_b * (e2x * ny - e2y * nx) + along_c * (nx * e1y - ny * e1x)
    steep = np.sqrt(relief[0] ** 2 + relief[1] ** 2 + relief[2] ** 2)
    limit = np.float32(1) / max(np.float32(1), np.float32(steep))  # relief steeper than 45° would need true geometry
    length = np.float32(0)
    for k in range(3):
        normal[k] -= relief[k] * limit
        length += normal[k] * normal[k]
    for k in range(3):
        normal[k] /= np.sqrt(max(length, np.float32(1e-12)))
