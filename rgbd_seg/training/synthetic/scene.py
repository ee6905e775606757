"""A place with people in it, light, and a camera that looks at it."""

from dataclasses import dataclass, field
from typing import Any

from rgbd_seg.arrays import Float32
from rgbd_seg.camera import Intrinsics
from rgbd_seg.training.synthetic.geometry import Mesh, Strands
from rgbd_seg.transform import RigidTransform


@dataclass(frozen=True, kw_only=True, eq=False)
class Light:
    """A square area light that faces where it shines, or the sun."""

    position: Float32  # (3,) metres, world; for the sun, the direction towards it (unit length)
    color: Float32  # (3,) linear; irradiance at 1 m (lamp) or anywhere (sun) on a surface that faces it
    size: float = 0.3  # metres (lamp) or degrees across (sun): soft or hard shadows
    distant: bool = False  # True: the sun


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """Where the colour camera stands and how it takes the picture."""

    intrinsics: Intrinsics
    T_camera_world: RigidTransform  # OpenCV axes: x right, y down, z forward
    focus_distance: float = 1.0  # metres
    aperture: float = 0.0  # diameter of the entrance pupil in metres; 0: everything sharp
    shutter: float = 0.0  # seconds; motion blur
    velocity: tuple[float, ...] = (0.0,) * 6  # of the camera in its own axes: metres and radians per second
    exposure: float = 1.0  # factor on top of automatic exposure
    noise: float = 0.01  # standard deviation at mid grey, of the encoded picture in [0, 1]
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 1.0  # of the encoded picture about mid grey
    saturation: float = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """Everything a renderer needs. Built anew for every moment of a clip, with the same triangles."""

    meshes: tuple[Mesh, ...]
    strands: tuple[Strands, ...]
    lights: tuple[Light, ...]
    ambient: Float32  # (3,) linear radiance from all around
    view: View
    tags: dict[str, Any] = field(default_factory=dict)  # what was chosen: place, pose, clothes, hair, held object, …
