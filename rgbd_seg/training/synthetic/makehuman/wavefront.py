"""Wavefront .obj meshes as MakeHuman writes them: positions, texture coordinates, faces in groups."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.errors import ConfigError


@dataclass(frozen=True, kw_only=True, eq=False)
class ObjMesh:
    """A triangulated mesh. Corners are the distinct pairs of position and texture coordinate: a renderer's vertices."""

    positions: Float32  # (n, 3)
    triangles: Int32  # (m, 3) into positions
    face: Int32  # (m,) the polygon that every triangle came from
    groups: dict[str, Int32]  # name -> polygons
    corner_position: Int32  # (k,) into positions
    corner_uv: Float32  # (k, 2)
    corner_triangles: Int32  # (m, 3) into corners

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The mesh as arrays that a file can hold."""
        plain = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "groups"}
        members = list(self.groups.values())
        return plain | {
            "group_names": np.array(list(self.groups), np.str_),
            "group_sizes": np.array([len(m) for m in members], np.int32),
            "group_members": np.concatenate([np.zeros(0, np.int32), *members]),
        }

    @staticmethod
    def of_arrays(arrays: Mapping[str, NDArray[Any]]) -> "ObjMesh":
        """The inverse of `arrays`; others may be among them."""
        plain = {field.name: arrays[field.name] for field in fields(ObjMesh) if field.name != "groups"}
        members = np.split(arrays["group_members"], np.cumsum(arrays["group_sizes"])[:-1])
        groups = dict(zip(arrays["group_names"].tolist(), members, strict=True)) if len(arrays["group_sizes"]) else {}
        return ObjMesh(groups=groups, **plain)


def read_obj(path: Path) -> ObjMesh:
    """The mesh in ``path``.

    Raises:
        ConfigError: it is not such a file.
    """
    try:
        return _read(path.read_text(encoding="utf-8", errors="replace"))
    except (ValueError, IndexError) as error:
        raise ConfigError(f"{path} is no Wavefront .obj mesh ({error}); get the assets anew") from error


def _read(text: str) -> ObjMesh:
    positions: list[list[str]] = []
    uvs: list[list[str]] = []
    polygons: list[list[tuple[int, int]]] = []
    groups: dict[str, list[int]] = {}
    group = groups.setdefault("", [])
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            positions.append(rest.split()[:3])
        elif kind == "vt":
            uvs.append(rest.split()[:2])
        elif kind == "g":
            group = groups.setdefault(rest.strip(), [])
        elif kind == "f":
            group.append(len(polygons))
            polygons.append([_corner(word) for word in rest.split()])
    if not positions or not polygons:
        raise ValueError("no vertices or no faces")
    corners, face = _triangulate(polygons)
    return _assemble(np.array(positions, np.float32), np.array(uvs or [["0", "0"]], np.float32), corners, face, groups)


def _corner(word: str) -> tuple[int, int]:
    parts = word.split("/")
    return int(parts[0]) - 1, int(parts[1]) - 1 if len(parts) > 1 and parts[1] else 0


def _triangulate(polygons: list[list[tuple[int, int]]]) -> tuple[Int32, Int32]:
    corners = []
    face = []
    for index, polygon in enumerate(polygons):
        for k in range(1, len(polygon) - 1):
            corners.append((polygon[0], polygon[k], polygon[k + 1]))
            face.append(index)
    return np.array(corners, np.int32), np.array(face, np.int32)


def _assemble(positions: Float32, uvs: Float32, corners: Int32, face: Int32, groups: dict[str, list[int]]) -> ObjMesh:
    key = corners[..., 0].astype(np.int64) * len(uvs) + corners[..., 1]
    distinct, inverse = np.unique(key, return_inverse=True)
    corner_position = (distinct // len(uvs)).astype(np.int32)
    if corner_position.max() >= len(positions):
        raise ValueError("a face names a vertex that does not exist")
    return ObjMesh(
        positions=positions,
        triangles=np.ascontiguousarray(corners[..., 0]),
        face=face,
        groups={name: np.array(members, np.int32) for name, members in groups.items() if members},
        corner_position=corner_position,
        corner_uv=uvs[distinct % len(uvs)],
        corner_triangles=inverse.reshape(-1, 3).astype(np.int32),
    )
