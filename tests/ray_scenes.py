"""Small scenes by hand for the ray-casting tests."""

import numpy as np

from rgbd_seg.camera import Intrinsics
from rgbd_seg.training.synthetic.composition.placing_cameras import looking_at
from rgbd_seg.training.synthetic.geometry import Mesh, Strands
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.scene import Light, Scene, View
from rgbd_seg.training.synthetic.shapes import quad
from rgbd_seg.transform import RigidTransform

AMBIENT = np.full(3, 0.5, np.float32)
LAMP = Light(position=np.array([0.5, 1.5, 1.0], np.float32), color=np.full(3, 5, np.float32), size=0.2)


def paint(*rgb: int, **numbers: float) -> Material:
    """One sRGB colour."""
    return Material(texture=np.array([[rgb]], np.uint8), **numbers)


def wall(
    z: float, material: Material, role: Role = Role.PLACE, x: tuple[float, float] = (-50, 50), **more: float
) -> Mesh:
    """An upright rectangle at depth ``-z`` of a camera at the origin that looks along -z."""
    low, high = more.get("low", -50.0), more.get("high", 50.0)
    return quad("wall", [(x[0], low, -z), (x[1], low, -z), (x[1], high, -z), (x[0], high, -z)], material, role=role)


def camera(width: int = 64, height: int = 48, fov: float = 60.0, **more: object) -> View:
    """At the origin, looking along -z."""
    pose = looking_at(np.zeros(3), np.array([0.0, 0.0, -1.0]))
    return View(intrinsics=Intrinsics.from_field_of_view(width, height, fov), T_camera_world=pose, **more)


def scene(meshes: list[Mesh], view: View | None = None, strands: tuple[Strands, ...] = ()) -> Scene:
    """Meshes under one lamp."""
    return Scene(meshes=tuple(meshes), strands=strands, lights=(LAMP,), ambient=AMBIENT, view=view or camera())


def shifted(x: float) -> RigidTransform:
    """A move to the right."""
    return RigidTransform(rotation=np.eye(3), translation=np.array([x, 0.0, 0.0]))
