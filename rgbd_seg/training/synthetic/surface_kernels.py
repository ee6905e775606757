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


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _neighbours(coordinate: float, size: int) -> tuple[int, int, np.float32]:
    """The texels on both sides of a texture coordinate, which repeats, and the share of the second."""
    x = (coordinate - np.floor(coordinate)) * np.float32(size) - np.float32(0.5)
    first = int(np.floor(x))
    share = x - np.float32(first)
    second = first + 1
    return first if first >= 0 else size - 1, second if second < size else 0, share


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
        left, right, fx = _neighbours(uv[i, 0], width)
        low_row, high_row, fy = _neighbours(uv[i, 1], height)
        row, above = start + low_row * width, start + high_row * width
        for k in range(3):
            low, low_right = decode[texels[row + left, k]], decode[texels[row + right, k]]
            high, high_right = decode[texels[above + left, k]], decode[texels[above + right, k]]
            low += (low_right - low) * fx
            high += (high_right - high) * fx
            albedo[i, k] = low + (high - low) * fy
        if bump[s] > 0 and width > 1 and height > 1:
            here = _brightness(texels, decode, row + left)
            slope_x = (_brightness(texels, decode, row + right) - here) * bump[s] * np.float32(width)
            slope_y = (_brightness(texels, decode, above + left) - here) * bump[s] * np.float32(height)
            a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
            x, y, z = _relief(a, b, c, vertices, coordinates, slope_x, slope_y)
            steep = np.sqrt(x * x + y * y + z * z)
            limit = np.float32(1) / max(np.float32(1), steep)  # steeper than 45° would need true geometry
            x, y, z = normal[i, 0] - x * limit, normal[i, 1] - y * limit, normal[i, 2] - z * limit
            scale = np.float32(1) / np.sqrt(max(x * x + y * y + z * z, np.float32(1e-12)))
            normal[i, 0], normal[i, 1], normal[i, 2] = x * scale, y * scale, z * scale


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _relief(
    a: int, b: int, c: int, vertices: Float32, coordinates: Float32, slope_x: float, slope_y: float
) -> tuple[np.float32, np.float32, np.float32]:
    """The slope in space of a height map on triangle (a, b, c), given per unit of texture coordinates.

    The gradient of the barycentric weight of corner b is (e2 × n) / n·n, of corner c (n × e1) / n·n, n = e1 × e2.
    """
    e1x, e1y, e1z = (vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2])
    e2x, e2y, e2z = (vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2])
    nx, ny, nz = e1y * e2z - e1z * e2y, e1z * e2x - e1x * e2z, e1x * e2y - e1y * e2x
    square = nx * nx + ny * ny + nz * nz
    if square < np.float32(1e-20):
        return np.float32(0), np.float32(0), np.float32(0)
    u, v = coordinates[a, 0], coordinates[a, 1]
    along_b = (slope_x * (coordinates[b, 0] - u) + slope_y * (coordinates[b, 1] - v)) / square
    along_c = (slope_x * (coordinates[c, 0] - u) + slope_y * (coordinates[c, 1] - v)) / square
    return (
        along_b * (e2y * nz - e2z * ny) + along_c * (ny * e1z - nz * e1y),
        along_b * (e2z * nx - e2x * nz) + along_c * (nz * e1x - nx * e1z),
        along_b * (e2x * ny - e2y * nx) + along_c * (nx * e1y - ny * e1x),
    )
