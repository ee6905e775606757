"""Proxies (.mhclo): meshes that are tied to the base mesh and follow every body shape: clothes, eyes, teeth, brows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.makehuman.wavefront import ObjMesh, read_obj


@dataclass(frozen=True, kw_only=True, eq=False)
class Proxy:
    """Every vertex: a weighted mean of three vertices of the base mesh and an offset that scales with the body."""

    mesh: ObjMesh
    anchors: Int32  # (n, 3) vertices of the base mesh
    weights: Float32  # (n, 3)
    offsets: Float32  # (n, 3)
    scales: tuple[
        tuple[int, int, float] | None, ...
    ]  # per axis: two base vertices and their distance at offset scale 1
    hidden: Int32  # vertices of the base mesh that lie below it

    def fit(self, body: Float32) -> Float32:
        """(n, 3) positions on the shaped (not yet posed) base mesh, in its unit."""
        scale = np.ones(3, np.float32)
        for axis, reference in enumerate(self.scales):
            if reference is not None:
                first, second, distance = reference
                scale[axis] = abs(body[first, axis] - body[second, axis]) / distance
        fitted: Float32 = np.einsum("nkc,nk->nc", body[self.anchors], self.weights) + self.offsets * scale
        return fitted

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The proxy as arrays that a file can hold."""
        scales = [(np.nan,) * 3 if scale is None else scale for scale in self.scales]
        plain = {name: getattr(self, name) for name in ("anchors", "weights", "offsets", "hidden")}
        return self.mesh.arrays() | plain | {"scales": np.array(scales, np.float64)}

    @staticmethod
    def of_arrays(arrays: Mapping[str, NDArray[Any]]) -> "Proxy":
        """The inverse of `arrays`."""
        scales = [None if np.isnan(d) else (int(a), int(b), float(d)) for a, b, d in arrays["scales"].tolist()]
        plain = {name: arrays[name] for name in ("anchors", "weights", "offsets", "hidden")}
        return Proxy(mesh=ObjMesh.of_arrays(arrays), scales=tuple(scales), **plain)


def read_proxy(path: Path) -> Proxy:
    """The proxy in ``path`` and the mesh that it names.

    Raises:
        ConfigError: it is not such a file, or its mesh is missing.
    """
    try:
        header, rows, hidden = _parse(path.read_text(encoding="utf-8", errors="replace"))
        anchors, weights, offsets = _bindings(rows)
        scales = tuple(_scale(header.get(axis + "_scale")) for axis in "xyz")
    except (ValueError, IndexError) as error:
        raise ConfigError(f"{path} is no MakeHuman proxy ({error}); get the assets anew") from error
    mesh_path = path.with_name(header.get("obj_file", [path.stem + ".obj"])[0])
    if not mesh_path.is_file():
        raise ConfigError(f"{path} names the mesh {mesh_path.name}, which is missing; get the assets anew")
    mesh = read_obj(mesh_path)
    if len(mesh.positions) != len(rows):
        raise ConfigError(f"{path} ties {len(rows)} vertices but {mesh_path.name} has {len(mesh.positions)}")
    return Proxy(mesh=mesh, anchors=anchors, weights=weights, offsets=offsets, scales=scales, hidden=hidden)


def _parse(text: str) -> tuple[dict[str, list[str]], list[list[str]], Int32]:
    header: dict[str, list[str]] = {}
    rows: list[list[str]] = []
    hidden: list[int] = []
    section = ""
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] in ("verts", "delete_verts"):
            section = words[0]
        elif not words[0].lstrip("-").isdigit():  # may stand amid a section, as in eyebrow010
            header[words[0]] = words[1:]
        elif section == "verts":
            rows.append(words)
        elif section == "delete_verts":
            hidden += _ranges(line)
    return header, rows, np.array(hidden, np.int32)


def _bindings(rows: list[list[str]]) -> tuple[Int32, Float32, Float32]:
    """A row is one vertex (exactly there), or three vertices, three weights and an offset."""
    anchors = np.array([[int(w) for w in r[:3]] if len(r) > 1 else [int(r[0])] * 3 for r in rows], np.int32)
    weights = np.array([[float(w) for w in r[3:6]] if len(r) > 1 else [1, 0, 0] for r in rows], np.float32)
    offsets = np.array([[float(w) for w in r[6:9]] if len(r) > 6 else [0, 0, 0] for r in rows], np.float32)
    return anchors.reshape(-1, 3), weights.reshape(-1, 3), offsets.reshape(-1, 3)


def _ranges(line: str) -> list[int]:
    """``3 7 - 9`` → 3, 7, 8, 9."""
    found: list[int] = []
    words = line.replace("-", " - ").split()
    position = 0
    while position < len(words):
        if words[position] == "-":
            found += range(found[-1] + 1, int(words[position + 1]) + 1)
            position += 1
        else:
            found.append(int(words[position]))
        position += 1
    return found


def _scale(words: list[str] | None) -> tuple[int, int, float] | None:
    return None if words is None else (int(words[0]), int(words[1]), float(words[2]))
