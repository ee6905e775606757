"""Morph targets: sparse displacements of the base mesh. A person mixes many: they are kept parsed in a cache."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.makehuman.asset_folder import AssetFolder
from rgbd_seg.training.synthetic.makehuman.parsed_files import keep, stamped

_KEPT_IN_MEMORY = 400  # about 100 kB each


@dataclass(frozen=True, kw_only=True, eq=False)
class MorphTarget:
    """What one target moves at full weight."""

    vertices: Int32  # (k,) of the base mesh
    displacements: Float32  # (k, 3) decimetres


class TargetLibrary:
    """The targets of an asset folder by name, such as ``nose/nose-hump-incr``."""

    def __init__(self, folder: AssetFolder) -> None:
        self._folder = folder
        self.get = lru_cache(maxsize=_KEPT_IN_MEMORY)(self._get)

    def has(self, name: str) -> bool:
        """Whether there is such a target."""
        return self._folder.has(f"targets/{name}.target")

    def _get(self, name: str) -> MorphTarget:
        path = self._folder.path(f"targets/{name}.target")
        stored = stamped(self._folder.cache / "targets", name, (path,), ".npy")
        try:
            rows = np.load(stored)
        except (OSError, ValueError, EOFError):
            rows = _read_rows(path)
            keep(stored, lambda target: np.save(target, rows))
        return MorphTarget(vertices=rows[:, 0].astype(np.int32), displacements=np.ascontiguousarray(rows[:, 1:]))


def read_target(path: Path) -> MorphTarget:
    """The target in ``path``.

    Raises:
        ConfigError: it is not such a file.
    """
    rows = _read_rows(path)
    return MorphTarget(vertices=rows[:, 0].astype(np.int32), displacements=rows[:, 1:])


def _read_rows(path: Path) -> Float32:
    lines = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line[:1].isdigit()]
    try:
        rows = np.array(" ".join(lines).split(), dtype=np.float32).reshape(len(lines), 4)
    except ValueError as error:
        raise ConfigError(f"{path} is no morph target ({error}); get the assets anew") from error
    return rows
