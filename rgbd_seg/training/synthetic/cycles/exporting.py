"""A scene as files that Blender's side reads with numpy alone: arrays, textures, and a JSON that says what is what."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from rgbd_seg import atomic
from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.distortion import NoDistortion
from rgbd_seg.errors import ConfigError, OutputError
from rgbd_seg.training.synthetic.cycles.options import CyclesOptions
from rgbd_seg.training.synthetic.geometry import Mesh, Strands
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.scene import Light, Scene, View

SCENE, JOB = "scene.npz", "job.json"
_NUMBERS = ("roughness", "specular", "subsurface", "emission", "mirror", "opacity", "bump")
_SQUARE = 1e-4  # relative difference of focal lengths up to which pixels count as square


def export_scene(scene: Scene, options: CyclesOptions, folder: Path) -> None:
    """Write everything that Blender's side needs; the job's digest tells whether earlier passes still fit.

    Raises:
        ConfigError: the colour camera has lens distortion, which Cycles' camera has not.
        OutputError: the files cannot be written.
    """
    arrays, textures = dict[str, Any](), dict[str, UInt8]()
    job = {
        "meshes": [_mesh(i, mesh, arrays, textures) for i, mesh in enumerate(scene.meshes)],
        "strands": [_strands(i, strands, arrays) for i, strands in enumerate(scene.strands)],
        "lights": [_light(light) for light in scene.lights],
        "target": _target(scene).tolist(),
        "ambient": np.asarray(scene.ambient, float).tolist(),
        "camera": _camera(scene.view),
        "options": asdict(options) | {"threads": 0, "timeout": 0},  # neither changes the result
    }
    digest = hashlib.sha256(json.dumps(job, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, texture in textures.items():
            _write_texture(folder / name, texture)
        with atomic.replacing(folder / SCENE) as temporary, temporary.open("wb") as stream:
            np.savez(stream, **arrays)
    except OSError as error:
        raise OutputError(f"cannot write the scene to {folder}: {error.strerror or error}") from error
    whole = job | {"digest": digest.hexdigest(), "threads": options.threads}
    atomic.write_bytes(folder / JOB, json.dumps(whole, indent=1).encode())


def _mesh(index: int, mesh: Mesh, arrays: dict[str, Any], textures: dict[str, UInt8]) -> dict[str, Any]:
    arrays[f"vertices{index}"] = np.asarray(mesh.vertices, np.float32)
    arrays[f"normals{index}"] = np.asarray(mesh.normals, np.float32)
    arrays[f"uv{index}"] = np.asarray(mesh.texture_coordinates, np.float32)
    arrays[f"triangles{index}"] = np.asarray(mesh.triangles, np.int32)
    texture = mesh.material.texture
    entry = {"name": mesh.name, "role": int(mesh.role)} | {n: float(getattr(mesh.material, n)) for n in _NUMBERS}
    if texture.shape[:2] == (1, 1):
        return entry | {"color": texture[0, 0].tolist()}
    name = f"texture_{hashlib.sha256(texture.tobytes()).hexdigest()[:16]}.png"
    textures[name] = texture
    return entry | {"texture": name}


def _strands(index: int, strands: Strands, arrays: dict[str, Any]) -> dict[str, Any]:
    arrays[f"points{index}"] = np.asarray(strands.points, np.float32)
    return {
        "name": strands.name,
        "role": int(strands.role),
        "radius": float(strands.radius),
        "melanin": float(strands.melanin),
        "redness": float(strands.redness),
        "color": np.asarray(strands.colors, float).mean(axis=0).tolist() if len(strands.colors) else [0.1, 0.1, 0.1],
    }


def _light(light: Light) -> dict[str, Any]:
    return {
        "position": np.asarray(light.position, float).tolist(),
        "color": np.asarray(light.color, float).tolist(),
        "size": float(light.size),
        "distant": bool(light.distant),
    }


def _target(scene: Scene) -> Float32:
    """Where lamps face: the middle of the front person, else a point ahead of the camera."""
    people = [mesh.vertices for mesh in scene.meshes if mesh.role == Role.SUBJECT]
    if people:
        return np.asarray(np.concatenate(people).mean(axis=0), np.float32)
    ahead = scene.view.T_camera_world.inverse().apply(np.array([0.0, 0.0, scene.view.focus_distance]))
    return np.asarray(ahead, np.float32)


def _camera(view: View) -> dict[str, Any]:
    K = view.intrinsics
    if not isinstance(K.distortion, NoDistortion) or abs(K.fx / K.fy - 1) > _SQUARE:
        raise ConfigError(
            f"the colour camera has the lens {K.distortion.name} and focal lengths {K.fx:g}, {K.fy:g}; Cycles draws an "
            "ideal lens with square pixels: use intrinsics.undistorted() and equal focal lengths"
        )
    return {
        "width": K.width,
        "height": K.height,
        "f": K.fx,
        "cx": K.cx,
        "cy": K.cy,
        "T_world_camera": view.T_camera_world.inverse().matrix().tolist(),
        "focus_distance": view.focus_distance,
        "aperture": view.aperture,
    }


def _write_texture(path: Path, texture: UInt8) -> None:
    if path.is_file():  # named by its content
        return
    done, encoded = cv2.imencode(".png", np.ascontiguousarray(texture[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise OutputError(f"a texture of shape {texture.shape} and {texture.dtype} cannot be written as PNG")
    atomic.write_bytes(path, encoded.tobytes())
