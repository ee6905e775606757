"""From rendered shards, from pictures with masks, or from photographs and a teacher, to packed pictures."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.evaluation.picture_folder import PictureFolder
from rgbd_seg.io.picture_files import is_photo
from rgbd_seg.io.pictures import read_picture
from rgbd_seg.training.portrait.packed import SIDE, UNITS_PER_METRE, PackedEntry, PackedPicture
from rgbd_seg.training.portrait.teacher import Teacher
from rgbd_seg.training.portrait_sample import PortraitSample
from rgbd_seg.training.shards import SHARD_SUFFIX, Skipped, read_shards


def pack(source: Path, teacher: Teacher | None, skipped: Skipped, *, nobody: bool = False) -> Iterator[PackedPicture]:
    """Everything in ``source``: rendered shards, pictures with masks, or, with a teacher, pictures without.

    Args:
        nobody: the pictures show no person; nothing is asked of a teacher.
    Raises:
        ConfigError: it is not there, or holds none of these.
    """
    shards = source.suffix == SHARD_SUFFIX and source.is_file()
    if not shards and not source.is_dir():
        raise ConfigError(f"there is no {source}; expected a folder of pictures or shards, or a {SHARD_SUFFIX} shard")
    if nobody:
        return pack_empty(source, skipped)
    if teacher is not None:
        return pack_photos(source, teacher, skipped)
    if shards or any(source.glob(f"*{SHARD_SUFFIX}")):
        return (_packed_sample(sample, exact=True) for sample in read_shards(source, skipped))
    folder = PictureFolder(source)
    return (_packed_sample(sample, exact=folder.is_rendered()) for sample in folder.samples(skipped))


def is_held_out(group: str) -> bool:
    """A fixed third of all groups, chosen by their names: never trained on."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % 3 == 0


def pack_photos(folder: Path, teacher: Teacher, skipped: Skipped) -> Iterator[PackedPicture]:
    """Photographs below ``folder``, labelled by ``teacher``; those it is too unsure of are left out."""
    for path, color in _photos(folder, skipped):
        label = teacher.label(color)
        if label is None:
            skipped(f"{path}: the teacher does not agree with itself")
            continue
        yield _packed_photo(str(path.relative_to(folder)), color, label.probability, label.unsure)


def pack_empty(folder: Path, skipped: Skipped) -> Iterator[PackedPicture]:
    """Photographs of scenes without people."""
    for path, color in _photos(folder, skipped):
        nothing = np.zeros(color.shape[:2], np.float32)
        yield _packed_photo(str(path.relative_to(folder)), color, nothing, nothing)


def _photos(folder: Path, skipped: Skipped) -> Iterator[tuple[Path, UInt8]]:
    for path in photo_paths(folder):
        try:
            yield path, read_picture(path)
        except FrameError as error:
            skipped(str(error))


def photo_paths(folder: Path) -> list[Path]:
    """Pictures below a folder, in order of their names."""
    return sorted(path for path in folder.rglob("*") if is_photo(path))


def square(values: NDArray[np.generic], *, nearest: bool = False) -> NDArray[np.generic]:
    """Stretched to `SIDE` × `SIDE`."""
    shrinks = min(values.shape[:2]) > SIDE
    smooth = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST_EXACT if nearest else smooth))


def _packed_sample(sample: PortraitSample, *, exact: bool) -> PackedPicture:
    depth = sample.frame().depth
    height, width = sample.color.shape[:2]
    empty = np.zeros((height, width), np.float32)
    units = np.zeros((height, width), np.uint16) if depth is None else _units(depth)
    return PackedPicture(
        entry=PackedEntry(
            key=sample.key,
            group=str(sample.tags.get("scene", sample.clip or sample.key)),
            width=width,
            height=height,
            has_depth=depth is not None,
            exact=exact,
        ),
        color=_bytes(square(sample.color)),
        alpha=_coverage(sample.alpha),
        people=_coverage(sample.people if sample.people is not None else sample.alpha),
        held=_coverage(sample.held if sample.held is not None else empty),
        unsure=_coverage(sample.unsure if sample.unsure is not None else empty),
        depth=square(units, nearest=True).astype(np.uint16),
    )


def _packed_photo(key: str, color: UInt8, probability: Float32, unsure: Float32) -> PackedPicture:
    alpha = _coverage(probability)
    return PackedPicture(
        entry=PackedEntry(
            key=key, group=_clip(key), width=color.shape[1], height=color.shape[0], has_depth=False, exact=False
        ),
        color=_bytes(square(color)),
        alpha=alpha,
        people=alpha,
        held=np.zeros((SIDE, SIDE), np.uint8),
        unsure=_coverage(unsure),
        depth=np.zeros((SIDE, SIDE), np.uint16),
    )


def _clip(key: str) -> str:
    """Frames of one video share their name up to the last number (wave_1, wave_2) and are nearly the same picture."""
    stem = Path(key).with_suffix("").as_posix()
    return re.sub(r"(?<=[A-Za-z])[_-]\d+$", "", stem)


def _units(depth: Float32) -> NDArray[np.uint16]:
    units = np.nan_to_num(depth * UNITS_PER_METRE, nan=0.0, posinf=0.0)
    return np.where(units > np.iinfo(np.uint16).max, 0, units).astype(np.uint16)


def _coverage(values: Float32) -> UInt8:
    return _bytes(square(np.rint(values * 255).astype(np.uint8)))


def _bytes(values: NDArray[np.generic]) -> UInt8:
    return np.ascontiguousarray(values, np.uint8)
