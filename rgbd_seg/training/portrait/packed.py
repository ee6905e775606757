"""Training data ready for fast random access: one array per map, all pictures of one square size."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import UInt8, UInt16
from rgbd_seg.atomic import make_folder, write_bytes
from rgbd_seg.errors import ConfigError, FrameError, OutputError

SIDE = 256
UNITS_PER_METRE = 1000
_INDEX = "index.json"  # written last: a folder without it is not finished
_MAPS: dict[str, tuple[tuple[int, ...], type]] = {
    "color": ((SIDE, SIDE, 3), np.uint8),
    "alpha": ((SIDE, SIDE), np.uint8),
    "people": ((SIDE, SIDE), np.uint8),
    "held": ((SIDE, SIDE), np.uint8),
    "unsure": ((SIDE, SIDE), np.uint8),
    "depth": ((SIDE, SIDE), np.uint16),
}


@dataclass(frozen=True, kw_only=True)
class PackedEntry:
    """What is known of one picture."""

    key: str
    group: str  # pictures of one group are all for training or all held out
    width: int  # of the picture before it was made square
    height: int
    has_depth: bool
    exact: bool  # the truth is rendered: alpha is exact everywhere, held and people are known


@dataclass(frozen=True, kw_only=True, eq=False)
class PackedPicture:
    """Maps of `SIDE` × `SIDE`, stretched."""

    entry: PackedEntry
    color: UInt8  # (s, s, 3) RGB
    alpha: UInt8  # coverage × 255, as the others
    people: UInt8
    held: UInt8
    unsure: UInt8
    depth: UInt16  # millimetres or relative, 0 = not measured


class PackedSet:
    """A folder of packed pictures, read through memory maps."""

    def __init__(self, folder: Path) -> None:
        """
        Raises:
            ConfigError: it is not a finished packed set.
        """
        self.folder = folder
        try:
            content = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
            self.entries = tuple(PackedEntry(**entry) for entry in content["entries"])
            count = len(self.entries)
            self._maps = {
                name: np.memmap(folder / f"{name}.bin", kind, "r", shape=(count, *shape))
                for name, (shape, kind) in _MAPS.items()
            }
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{folder} is no finished packed set ({error}); make one with: rgbd-seg pack SOURCE -o {folder}"
            ) from error

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[PackedPicture]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> PackedPicture:
        maps: dict[str, NDArray[np.generic]] = {name: np.asarray(values[index]) for name, values in self._maps.items()}
        return PackedPicture(entry=self.entries[index], **maps)  # type: ignore[arg-type]


def is_packed(folder: Path) -> bool:
    """True for a folder with a finished packed set."""
    return (folder / _INDEX).is_file()


def write_packed(folder: Path, pictures: Iterable[PackedPicture], progress: Callable[[], None]) -> int:
    """Write a packed set; a folder that was begun before and not finished is begun anew.

    Args:
        progress: is called after each picture.
    Returns:
        Number of pictures.
    Raises:
        ConfigError: the folder holds a finished set already, or there is no picture at all.
        OutputError: it cannot be written, or the disk is full.
    """
    if is_packed(folder):
        raise ConfigError(f"{folder} holds a packed set already; choose another folder or delete it")
    entries = []
    make_folder(folder)
    with ExitStack() as stack:
        with _writing(folder):
            files = {name: stack.enter_context((folder / f"{name}.bin").open("wb")) for name in _MAPS}
        for picture in pictures:  # what goes wrong while they are read is not the disk's fault
            check_picture(picture)
            with _writing(folder):
                # Written, not mapped: on a full disk a write is an error that can be told, a map is a crash.
                for name, file in files.items():
                    file.write(np.ascontiguousarray(getattr(picture, name)).data)
            entries.append(picture.entry)
            progress()
        with _writing(folder):
            stack.close()
    if not entries:
        raise ConfigError(f"nothing was packed into {folder}: the source holds no usable picture")
    write_bytes(folder / _INDEX, json.dumps({"side": SIDE, "entries": [asdict(e) for e in entries]}).encode())
    return len(entries)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"cannot write the packed set {folder}: {reason}; free some space") from error


def check_picture(picture: PackedPicture) -> PackedPicture:
    """``picture`` unchanged, if its maps have the right form.

    Raises:
        FrameError: they have not.
    """
    for name, (shape, kind) in _MAPS.items():
        values = getattr(picture, name)
        if values.shape != shape or values.dtype != kind:
            raise FrameError(f"{name} of {picture.entry.key} is {values.dtype} {values.shape}; expected {kind} {shape}")
    return picture
