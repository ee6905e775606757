"""What scenes are made of: triangle meshes and strands of hair."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.transform import RigidTransform


@dataclass(frozen=True, kw_only=True, eq=False)
class Mesh:
    """Triangles with one material. Two builds of one object at two moments have the same triangles."""

    name: str
    vertices: Float32  # (n, 3) metres, world
    normals: Float32  # (n, 3) unit length, smooth or flat as the surface wants
    texture_coordinates: Float32  # (n, 2), (0, 0) is the texture's lower left corner; repeats outside [0, 1]
    triangles: Int32  # (m, 3) vertex indices, counter-clockwise seen from outside
    material: Material
    role: Role = Role.PLACE

    def moved(self, T_world_object: RigidTransform) -> "Mesh":
        """The mesh in other coordinates."""
        rotation = T_world_object.rotation.astype(np.float32)
        return Mesh(
            name=self.name,
            vertices=self.vertices @ rotation.T + T_world_object.translation.astype(np.float32),
            normals=self.normals @ rotation.T,
            texture_coordinates=self.texture_coordinates,
            triangles=self.triangles,
            material=self.material,
            role=self.role,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Strands:
    """Hair, brows, beard, fur: every strand a chain of k points from root to tip."""

    name: str
    points: Float32  # (n, k, 3) metres, world
    radius: float  # metres at the root; tapers to a quarter at the tip
    colors: Float32  # (n, 3) linear albedo of every strand
    melanin: float = 0.5  # 0 white … 1 black, and
    redness: float = 0.3  # 0 … 1: for renderers with a hair model of their own
    role: Role = Role.SUBJECT

    def moved(self, T_world_object: RigidTransform) -> "Strands":
        """The strands in other coordinates."""
        rotation = T_world_object.rotation.astype(np.float32)
        return Strands(
            name=self.name,
            points=self.points @ rotation.T + T_world_object.translation.astype(np.float32),
            radius=self.radius,
            colors=self.colors,
            melanin=self.melanin,
            redness=self.redness,
            role=self.role,
        )
