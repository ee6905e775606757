"""What compiled triangles look like: normals, texture coordinates, surfaces and their textures."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Int32, UInt8
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.mip_levels import MipLevels

NUMBERS = ("roughness", "specular", "subsurface", "emission", "mirror", "opacity", "bump")
"""The columns of `Appearance.numbers`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Appearance:
    """Beside a `CompiledScene`'s vertices and triangles; the last h triangles are hair."""

    normals: Float32  # (n, 3) of vertices; for hair, the direction of the strand
    texture_coordinates: Float32  # (n, 2)
    surface: Int32  # (m,) which mesh the triangle is of; strands come after the meshes
    texel_density: Float32  # (m,) texels per metre at the finest level
    strand_color: Float32  # (h, 3) linear albedo of the hair triangles
    numbers: Float32  # (meshes, len(NUMBERS))
    textures: MipLevels
    names: tuple[str, ...]  # of the surfaces: meshes, then strands

    @property
    def first_hair(self) -> int:
        """Triangles from here on are hair."""
        return len(self.surface) - len(self.strand_color)


def material_numbers(meshes: tuple[Mesh, ...]) -> Float32:
    """(meshes, len(NUMBERS)) the materials' numbers as one table."""
    rows = [[float(getattr(mesh.material, name)) for name in NUMBERS] for mesh in meshes]
    return np.asarray(rows, np.float32).reshape(len(meshes), len(NUMBERS))


def texel_density(mesh: Mesh) -> Float32:
    """(m,) texels that one metre of each triangle spans, by the ratio of its areas in the texture and in the world."""
    height, width = mesh.material.texture.shape[:2]
    if height * width == 1:
        return np.zeros(len(mesh.triangles), np.float32)
    a, b, c = (mesh.vertices[mesh.triangles[:, i]] for i in range(3))
    world = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    s, t, r = (mesh.texture_coordinates[mesh.triangles[:, i]] for i in range(3))
    d, e = t - s, r - s
    texture = np.abs(d[:, 0] * e[:, 1] - d[:, 1] * e[:, 0]) * (width * height)
    density: Float32 = np.sqrt(texture / np.maximum(world, 1e-12)).astype(np.float32)
    return density


def infrared_reflectance(mesh: Mesh) -> float:
    """Mean reflectance at 850 nm: as given, or from the texture; dyes are lighter there than to the eye."""
    if mesh.material.infrared is not None:
        return mesh.material.infrared
    return infrared_of_texture(mesh.material.texture)


def infrared_of_texture(texture: UInt8) -> float:
    """A guess from the mean brightness, with a floor: most black dyes reflect near infrared."""
    step = max(1, max(texture.shape[:2]) // 64)
    linear = (texture[::step, ::step].astype(np.float32) / 255) ** 2.2
    return float(0.18 + 0.62 * np.sqrt(linear.mean()))
