"""The colour camera, pixel for pixel."""

from typing import Any

import bpy  # type: ignore[import-not-found]
import numpy as np
from mathutils import Matrix  # type: ignore[import-not-found]

_FILM = 36.0  # millimetres; any value will do, the focal length goes with it


def set_camera(camera: dict[str, Any]) -> None:
    """Place it; (u, v) integer is the centre of a pixel."""
    scene, width, height = bpy.context.scene, camera["width"], camera["height"]
    data = bpy.data.cameras.new("camera")
    thing = bpy.data.objects.new("camera", data)
    scene.collection.objects.link(thing)
    scene.camera = thing
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    data.sensor_fit, data.sensor_width = "HORIZONTAL", _FILM
    data.lens = camera["f"] * _FILM / width
    data.shift_x = -(camera["cx"] + 0.5 - width / 2) / width
    data.shift_y = (camera["cy"] + 0.5 - height / 2) / width
    data.clip_start, data.clip_end = 0.01, 1000.0
    to_z_up = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    pose = np.array(camera["T_world_camera"])
    world = np.eye(4)
    world[:3, :3] = to_z_up @ pose[:3, :3] @ np.diag([1.0, -1.0, -1.0])
    world[:3, 3] = to_z_up @ pose[:3, 3]
    thing.matrix_world = Matrix(world.tolist())
    set_lens(camera["aperture"], camera["focus_distance"])


def set_lens(aperture: float, focus_distance: float) -> None:
    """A thin lens of ``aperture`` metres; 0: everything sharp."""
    data = bpy.context.scene.camera.data
    data.dof.use_dof = aperture > 0
    if aperture > 0:
        data.dof.focus_distance = focus_distance
        data.dof.aperture_fstop = data.lens / 1000 / aperture
