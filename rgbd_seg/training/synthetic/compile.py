"""Meshes and strands of a scene as one list of triangles with a ray caster over it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Bool, Float32, Int32
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.appearance import (
    Appearance,
    infrared_reflectance,
    material_numbers,
    texel_density,
)
from rgbd_seg.training.synthetic.compiled import CompiledScene, RayCaster
from rgbd_seg.training.synthetic.geometry import Mesh, Strands
from rgbd_seg.training.synthetic.mip_levels import MipLevels
from rgbd_seg.training.synthetic.ribbons import Ribbons, ribbons
from rgbd_seg.training.synthetic.scene import Scene, View

MakeCaster = Callable[[Float32, Int32], RayCaster]


def compile_scene(scene: Scene, make_caster: MakeCaster | None = None) -> CompiledScene:
    """A scene ready for ray casting; hair ribbons face the scene's camera.

    Args:
        make_caster: builds the ray caster from vertices and triangles; Open3D's if not given.
    Raises:
        BackendMissingError: Open3D is not installed.
        ConfigError: the scene has no triangles.
    """
    hair = [ribbons(strands, camera_position(scene.view)) for strands in scene.strands]
    vertices, triangles = _joined(scene.meshes, hair)
    if not len(triangles):
        raise ConfigError("the scene has no triangles; expected at least one mesh")
    return CompiledScene(
        caster=(make_caster or _open3d_caster)(vertices, triangles),
        vertices=vertices,
        triangles=triangles,
        role=_per_triangle([m.role for m in scene.meshes], [s.role for s in scene.strands], scene, hair, np.uint8),
        is_hair=_is_hair(scene, hair),
        infrared=_infrared(scene, hair),
        appearance=_appearance(scene, hair),
    )


def camera_position(view: View) -> Float32:
    """(3,) where the camera stands in the world."""
    return view.T_camera_world.inverse().translation.astype(np.float32)


def _open3d_caster(vertices: Float32, triangles: Int32) -> RayCaster:
    from rgbd_seg.training.synthetic.open3d_caster import Open3dCaster

    return Open3dCaster(vertices, triangles)


def _joined(meshes: Sequence[Mesh], hair: Sequence[Ribbons]) -> tuple[Float32, Int32]:
    parts: list[Mesh | Ribbons] = [*meshes, *hair]
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    vertices = [np.asarray(part.vertices, np.float32) for part in parts]
    triangles = [part.triangles + np.int32(start) for part, start in zip(parts, starts, strict=False)]
    return _concatenated(vertices, 3, np.float32), _concatenated(triangles, 3, np.int32)


def _appearance(scene: Scene, hair: Sequence[Ribbons]) -> Appearance:
    meshes = scene.meshes
    no_coordinates = [np.zeros((len(part.vertices), 2), np.float32) for part in hair]
    names = tuple(mesh.name for mesh in meshes) + tuple(strands.name for strands in scene.strands)
    count = len(meshes)
    densities = [texel_density(mesh) for mesh in meshes] + [np.zeros(len(p.triangles), np.float32) for p in hair]
    return Appearance(
        normals=_concatenated([m.normals for m in meshes] + [p.tangents for p in hair], 3, np.float32),
        texture_coordinates=_concatenated([m.texture_coordinates for m in meshes] + no_coordinates, 2, np.float32),
        surface=_per_triangle(range(count), range(count, count + len(hair)), scene, hair, np.int32),
        texel_density=np.concatenate([np.zeros(0, np.float32), *densities]),
        strand_color=_concatenated([part.colors for part in hair], 3, np.float32),
        numbers=material_numbers(meshes),
        textures=MipLevels.of([mesh.material.texture for mesh in meshes]),
        names=names,
    )


def _is_hair(scene: Scene, hair: Sequence[Ribbons]) -> Bool:
    return _per_triangle([0] * len(scene.meshes), [1] * len(hair), scene, hair, np.bool_)


def _infrared(scene: Scene, hair: Sequence[Ribbons]) -> Float32:
    values = [infrared_reflectance(mesh) for mesh in scene.meshes]
    return _per_triangle(values, [_infrared_of_hair(s) for s in scene.strands], scene, hair, np.float32)


def _infrared_of_hair(strands: Strands) -> float:
    # Melanin absorbs far less at 850 nm than in visible light; dense dark hair still returns little.
    return 0.12 + 0.4 * (1 - strands.melanin)


def _per_triangle(
    of_meshes: Sequence[float], of_strands: Sequence[float], scene: Scene, hair: Sequence[Ribbons], dtype: type
) -> NDArray[Any]:
    counts = [len(mesh.triangles) for mesh in scene.meshes] + [len(part.triangles) for part in hair]
    return np.repeat(np.asarray([*of_meshes, *of_strands], dtype), counts)


def _concatenated(parts: Sequence[NDArray[Any]], width: int, dtype: type) -> NDArray[Any]:
    return np.concatenate([np.zeros((0, width), dtype), *[np.asarray(part, dtype) for part in parts]])
