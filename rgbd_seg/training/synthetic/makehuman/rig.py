"""The skeleton and how it moves the skin."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.errors import ConfigError


@dataclass(frozen=True, kw_only=True, eq=False)
class Rig:
    """Bones in an order in which parents come first."""

    names: tuple[str, ...]
    index: dict[str, int]
    parents: tuple[int, ...]  # -1: the root
    heads: tuple[tuple[int, ...], ...]  # vertices of the base mesh whose mean is the bone's joint
    tails: tuple[tuple[int, ...], ...]
    weights: sparse.csr_array  # (vertices, bones) every row adds up to 1

    def joints(self, body: Float32) -> tuple[Float64, Float64]:
        """(bones, 3) heads and tails on a shaped body, in its unit."""
        heads = np.array([body[list(v)].mean(0) for v in self.heads], np.float64)
        tails = np.array([body[list(v)].mean(0) for v in self.tails], np.float64)
        return heads, tails


def read_rig(skeleton: Path, weights: Path, vertices: int) -> Rig:
    """The rig in a .mhskel and a .mhw file, for a base mesh of ``vertices`` vertices.

    Raises:
        ConfigError: they are not such files.
    """
    try:
        return _rig(json.loads(skeleton.read_text("utf-8")), json.loads(weights.read_text("utf-8")), vertices)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ConfigError(f"{skeleton} and {weights} are no MakeHuman rig ({error!r}); get the assets anew") from error


def _rig(skeleton: dict[str, Any], weights: dict[str, Any], vertices: int) -> Rig:
    bones: dict[str, Any] = skeleton["bones"]
    names: list[str] = []

    def visit(name: str) -> None:
        if name not in names:
            if bones[name]["parent"]:
                visit(bones[name]["parent"])
            names.append(name)

    for name in bones:
        visit(name)
    index = {name: k for k, name in enumerate(names)}
    return Rig(
        names=tuple(names),
        index=index,
        parents=tuple(index[bones[n]["parent"]] if bones[n]["parent"] else -1 for n in names),
        heads=tuple(tuple(skeleton["joints"][bones[n]["head"]]) for n in names),
        tails=tuple(tuple(skeleton["joints"][bones[n]["tail"]]) for n in names),
        weights=_weights(weights["weights"], index, vertices),
    )


def _weights(table: dict[str, Any], index: dict[str, int], vertices: int) -> sparse.csr_array:
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for name, entries in table.items():
        if name in index:
            rows += [int(vertex) for vertex, _ in entries]
            columns += [index[name]] * len(entries)
            values += [float(weight) for _, weight in entries]
    matrix = sparse.csr_array((values, (rows, columns)), shape=(vertices, len(index)), dtype=np.float32)
    total = matrix.sum(axis=1)
    loose = np.flatnonzero(total <= 0)
    matrix = matrix + sparse.csr_array(
        (np.ones(len(loose), np.float32), (loose, np.zeros(len(loose), np.int32))), shape=matrix.shape
    )
    scale = sparse.diags_array((1 / np.where(total > 0, total, 1)).astype(np.float32))
    return sparse.csr_array(scale @ matrix)
