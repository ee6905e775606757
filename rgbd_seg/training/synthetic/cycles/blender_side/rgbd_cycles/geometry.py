"""Meshes and strands of the exported scene as Blender objects."""

from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]
import numpy as np

from .materials import hair_material, surface_material

_TIP = 0.25  # of the root's radius
_PEOPLE = (1, 2, 3)  # roles: subject, held, other person
_CLEAR = 0.5  # glass that lets most light through has no depth of its own


def z_up(points: Any) -> Any:
    """(n, 3) of the package's axes (y up) in Blender's (z up)."""
    return np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1).astype(np.float32)


def add_mesh(index: int, entry: dict[str, Any], arrays: Any, folder: Path) -> None:
    """One mesh with its material."""
    vertices, normals = z_up(arrays[f"vertices{index}"]), z_up(arrays[f"normals{index}"])
    triangles = _facing(arrays[f"triangles{index}"], vertices, normals)
    mesh = bpy.data.meshes.new(entry["name"])
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", vertices.ravel())
    mesh.loops.add(triangles.size)
    mesh.loops.foreach_set("vertex_index", triangles.ravel())
    mesh.polygons.add(len(triangles))
    mesh.polygons.foreach_set("loop_start", np.arange(0, triangles.size, 3, dtype=np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(triangles), bool))
    mesh.update(calc_edges=True)
    uv = mesh.uv_layers.new()
    uv.data.foreach_set("uv", arrays[f"uv{index}"][triangles.ravel()].ravel())
    mesh.normals_split_custom_set_from_vertices(normals)
    mesh.materials.append(surface_material(entry, folder))
    thing = _added(entry, mesh)
    thing["opacity"] = entry["opacity"]
    thing["mirror"] = entry["mirror"]
    thing["clear"] = float(entry["opacity"] < _CLEAR)
    if entry["emission"] > 0:
        # Windows, screens and the sky's dome are seen, but light comes from the scene's lamps alone.
        thing.visible_diffuse = False
        thing.visible_shadow = False


def _facing(triangles: Any, vertices: Any, normals: Any) -> Any:
    """Triangles wound so that they face where their normals point; leaves, say, would be black otherwise."""
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    away = np.einsum("ij,ij->i", np.cross(b - a, c - a), normals[triangles].sum(axis=1)) < 0
    return np.where(away[:, None], triangles[:, ::-1], triangles)


def add_strands(index: int, entry: dict[str, Any], arrays: Any) -> None:
    """Hair as curves, one for every strand."""
    points = arrays[f"points{index}"]
    count, length = points.shape[:2]
    if count == 0:
        return
    curves = bpy.data.hair_curves.new(entry["name"])
    curves.add_curves([length] * count)
    curves.attributes["position"].data.foreach_set("vector", z_up(points.reshape(-1, 3)).ravel())
    radius = np.tile(entry["radius"] * np.linspace(1, _TIP, length, dtype=np.float32), count)
    attribute = curves.attributes.get("radius") or curves.attributes.new("radius", "FLOAT", "POINT")
    attribute.data.foreach_set("value", radius.astype(np.float32))
    curves.materials.append(hair_material(entry))
    thing = _added(entry, curves)
    thing["opacity"], thing["mirror"], thing["clear"] = 1.0, 0.0, 0.0


def _added(entry: dict[str, Any], data: Any) -> Any:
    thing = bpy.data.objects.new(entry["name"], data)
    thing["role"] = entry["role"]
    thing.pass_index = int(entry["role"] in _PEOPLE)
    bpy.context.scene.collection.objects.link(thing)
    return thing
