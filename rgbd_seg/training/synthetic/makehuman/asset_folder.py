"""The folder of MakeHuman assets, given as a folder or as an archive of one."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.makehuman.archive import unpack_once

MARKER = "base/base.obj"
"""The file that every asset folder has."""
ARCHIVE_SUFFIXES = (".tar.xz", ".tar.gz", ".tar", ".tgz", ".txz")
WHERE_TO_GET = (
    "the assets are CC0: github.com/makehumancommunity/makehuman-assets, the folder 'data' of "
    "github.com/makehumancommunity/makehuman and of mpfb2; see 'rgbd-seg synth' in the documentation"
)


@dataclass(frozen=True)
class AssetFolder:
    """Files by their path below the assets' root."""

    root: Path
    cache: Path  # where parsed files may be kept

    def path(self, name: str) -> Path:
        """The file ``name``, such as ``clothes/shoes01/shoes01.mhclo``.

        Raises:
            ConfigError: it is not there.
        """
        path = self.root / name
        if not path.is_file():
            raise ConfigError(f"the MakeHuman assets in {self.root} lack the file {name}; {WHERE_TO_GET}")
        return path

    def has(self, name: str) -> bool:
        """Whether the file ``name`` is there."""
        return (self.root / name).is_file()

    def names(self, folder: str, suffix: str) -> tuple[str, ...]:
        """The names (without suffix) of the files in ``folder`` that end in ``suffix``, in order."""
        return tuple(sorted(p.name.removesuffix(suffix) for p in (self.root / folder).glob("*" + suffix)))


def open_asset_folder(path: Path, *, cache: Path | None = None) -> AssetFolder:
    """The assets at ``path``: a folder, or an archive that is unpacked once into the user's cache.

    Raises:
        ConfigError: there is nothing of the kind, or the archive is damaged.
        OutputError: the cache cannot be written.
    """
    cache = cache or default_cache()
    if path.is_dir():
        return AssetFolder(root=_root_in(path), cache=cache)
    if not path.is_file():
        raise ConfigError(f"no MakeHuman assets at {path}: neither a folder nor an archive; {WHERE_TO_GET}")
    if not path.name.endswith(ARCHIVE_SUFFIXES):
        raise ConfigError(f"{path} is no folder and its name ends in none of {', '.join(ARCHIVE_SUFFIXES)}")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    return AssetFolder(root=_root_in(unpack_once(path, cache / digest)), cache=cache)


def default_cache() -> Path:
    """``rgbd-seg/makehuman`` in the user's cache folder."""
    if os.name == "nt":
        cache = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "rgbd-seg" / "makehuman"


def _root_in(folder: Path) -> Path:
    for candidate in (folder, *sorted(p for p in folder.iterdir() if p.is_dir())):
        if (candidate / MARKER).is_file():
            return candidate
    raise ConfigError(f"{folder} holds no MakeHuman assets: {MARKER} is missing; {WHERE_TO_GET}")
