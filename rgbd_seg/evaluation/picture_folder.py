"""A folder of pictures with masks as a set; depth is used where the pictures have it.

A picture's mask is, in this order,

1. ``alpha.png`` beside ``color.png`` in a folder of its own (depth: ``depth.png``, millimetres, or ``raw_depth.png``
   with ``calibration.json``);
2. ``NAME.alpha.png``, ``NAME.mask.png``, ``NAME_alpha.png`` or ``NAME_mask.png`` beside ``NAME.jpg``;
3. ``NAME.png`` in a folder ``alpha``, ``alphas``, ``mask``, ``masks``, ``matte`` or ``mattes`` beside the picture or
   beside its folder;
4. the portrait matte inside the photo (Apple's);
5. empty, if ``no_person`` is part of the picture's name.

White is the person. ``NAME.depth.png`` beside ``NAME.jpg`` is its depth: as the calibration ``NAME.depth.json`` says
where there is one (`rgbd_seg.io.depth_file_writing`), else in millimetres, 0 = not measured, in the picture's view.
Pictures without a mask, or with one of another shape, are left out and counted.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import ConfigError, FrameError, RgbdSegError
from rgbd_seg.frames import measured
from rgbd_seg.io import read_photo
from rgbd_seg.io.depth_file import CONFIDENCE_SUFFIX, read_with_depth
from rgbd_seg.io.picture_files import DEPTH_ENDING, MASK_ENDINGS, is_photo
from rgbd_seg.resampling import resize_depth
from rgbd_seg.training.portrait_sample import PortraitSample
from rgbd_seg.training.shards import Skipped

_FOLDERS = ("alpha", "alphas", "mask", "masks", "matte", "mattes")
_NOBODY = "no_person"
_SHAPE_TOLERANCE = 0.05  # of width / height: masks may be small, and their sizes are rounded


class PictureFolder:
    """Pictures found below one folder, with their masks."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            ConfigError: it holds no pictures, or none of them has a mask.
        """
        self._path = path
        self._rendered = sorted(
            file.parent for file in path.glob("*/color.png") if (file.parent / "alpha.png").is_file()
        )
        self._pictures = [] if self._rendered else _pictures(path)
        if self._rendered:
            return
        if not self._pictures:
            raise ConfigError(f"{path} holds no pictures; expected pictures with masks, or shards")
        if not any(_has_mask(picture) for picture in self._pictures):
            raise ConfigError(
                f"none of the {len(self._pictures)} pictures in {path} has a mask; expected NAME.alpha.png beside "
                f"NAME.jpg, a folder {_FOLDERS[3]} with NAME.png, or photos with a portrait matte inside"
            )

    def is_rendered(self) -> bool:
        """True for a folder of samples as this project renders them; photos show real people."""
        return bool(self._rendered)

    def files(self) -> list[Path]:
        """The pictures and what was read with them."""
        rendered = [file for folder in self._rendered for file in sorted(folder.iterdir()) if file.is_file()]
        return rendered + [file for picture in self._pictures for file in (picture, *_beside(picture))]

    def samples(self, skipped: Skipped) -> Iterator[PortraitSample]:
        """Every picture that has a mask; ``skipped`` is told of the others."""
        paths = [*self._rendered, *self._pictures]
        for path, key in zip(paths, _keys(paths, self._path), strict=True):
            try:
                sample = _rendered(path, key) if path.is_dir() else _photo(path, key)
            except RgbdSegError as error:
                skipped(f"{path}: {error}")
                continue
            if sample is None:
                skipped(f"{path}: has no mask")
            else:
                yield sample


def _keys(paths: list[Path], root: Path) -> list[str]:
    """Each picture's name; where two have the same (1.jpg and 1.png, or in two folders), also folder and ending."""
    count = Counter(path.stem for path in paths)
    return [path.stem if count[path.stem] == 1 else "_".join(path.relative_to(root).parts) for path in paths]


def _pictures(path: Path) -> list[Path]:
    """Pictures of the folder and its direct sub-folders, masks and depth left out."""
    folders = [path, *sorted(child for child in path.iterdir() if child.is_dir() and child.name not in _FOLDERS)]
    return [file for folder in folders for file in sorted(folder.iterdir()) if is_photo(file)]


def _beside(picture: Path) -> list[Path]:
    """The files of its mask and depth."""
    depth = _depth_file(picture)
    parts = (_mask_file(picture), depth, depth.with_suffix(".json"), depth.with_suffix(CONFIDENCE_SUFFIX))
    return [file for file in parts if file is not None and file.is_file()]


def _depth_file(picture: Path) -> Path:
    """Where its depth is, if it has any beside it."""
    return picture.with_name(picture.stem + DEPTH_ENDING)


def _mask_file(picture: Path) -> Path | None:
    beside = [picture.with_name(picture.stem + ending) for ending in MASK_ENDINGS]
    parents = (picture.parent, picture.parent.parent)
    inside = [parent / folder / f"{picture.stem}.png" for parent in parents for folder in _FOLDERS]
    return next((file for file in [*beside, *inside] if file.is_file()), None)


def _has_mask(picture: Path) -> bool:
    if _mask_file(picture) is not None or _NOBODY in picture.stem:
        return True
    try:
        return read_photo(picture).portrait_matte is not None
    except RgbdSegError:
        return False


def _photo(path: Path, key: str) -> PortraitSample | None:
    photo = read_photo(path)
    frame = photo.frame
    depth = _depth_file(path)
    if frame.depth is None and depth.is_file() and depth.with_suffix(".json").is_file():
        frame = read_with_depth(path, depth).frame
    mask = _mask_file(path)
    if mask is not None:
        truth: Float32 | None = _of_shape(_unit(mask), frame.size, mask)
    elif photo.portrait_matte is not None:
        truth = photo.portrait_matte
    else:
        truth = np.zeros(frame.size, np.float32) if _NOBODY in path.stem else None
    if truth is None:
        return None
    return PortraitSample(
        key=key,
        color=frame.color,
        alpha=truth,
        registered=frame.depth if frame.depth is not None else _depth_beside(path, frame.size),
        registered_confidence=frame.confidence,
        registered_shadow=frame.shadow,
        intrinsics=frame.intrinsics,
        depth_is_metric=frame.depth_is_metric,
    )


def _of_shape(truth: Float32, size: tuple[int, int], path: Path) -> Float32:
    """``truth`` unchanged, if it is of the upright picture's shape; another one would be stretched over it."""
    height, width = truth.shape
    if abs(width * size[0] / (height * size[1]) - 1) > _SHAPE_TOLERANCE:
        raise FrameError(
            f"{path} is {width}×{height}, the upright picture {size[1]}×{size[0]}; expected a mask of the same shape"
        )
    return truth


def _depth_beside(picture: Path, size: tuple[int, int]) -> Float32 | None:
    path = _depth_file(picture)
    if not path.is_file():
        return None
    depth = _metres(path)
    return depth if depth.shape == size else resize_depth(depth, size, "nearest")


def _metres(path: Path) -> Float32:
    """From millimetres in 16 bits."""
    values = _read(path)
    if values.dtype != np.uint16 or values.ndim != 2:
        raise FrameError(f"{path} is {values.dtype} with {values.ndim} dimensions; expected 16-bit grey, millimetres")
    return measured((values * np.float32(0.001)).astype(np.float32))


def _rendered(folder: Path, key: str) -> PortraitSample:
    """A folder with ``color.png``, ``alpha.png``, and ``depth.png`` in millimetres or a sensor's own reading."""
    if (folder / "raw_depth.png").is_file() and not (folder / "depth.png").is_file():
        return _with_sensor(folder, key)
    color = np.ascontiguousarray(_read(folder / "color.png", cv2.IMREAD_COLOR)[..., ::-1])
    return PortraitSample(
        key=key,
        color=color,
        alpha=_unit(folder / "alpha.png"),
        depth=_metres(folder / "depth.png") if (folder / "depth.png").is_file() else None,
        intrinsics=_intrinsics(folder / "meta.json", (color.shape[0], color.shape[1])),
    )


def _with_sensor(folder: Path, key: str) -> PortraitSample:
    """A folder with ``raw_depth.png`` and ``calibration.json``: depth is registered as the SDK's user has it."""
    frame = read_with_depth(folder / "color.png", folder / "raw_depth.png").frame
    return PortraitSample(
        key=key,
        color=frame.color,
        alpha=_unit(folder / "alpha.png"),
        registered=frame.depth,
        registered_confidence=frame.confidence,
        registered_shadow=frame.shadow,
        intrinsics=frame.intrinsics,
        depth_is_metric=frame.depth_is_metric,
    )


def _intrinsics(path: Path, size: tuple[int, int]) -> Intrinsics | None:
    """From the 3×3 matrix ``K`` of ``meta.json``, if there is one."""
    if not path.is_file():
        return None
    try:
        K = json.loads(path.read_text(encoding="utf-8"))["K"]
        return Intrinsics(width=size[1], height=size[0], fx=K[0][0], fy=K[1][1], cx=K[0][2], cy=K[1][2])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise FrameError(f"{path} is damaged: {error}; expected the 3×3 camera matrix as K") from error


def _unit(path: Path) -> Float32:
    values = _read(path, cv2.IMREAD_GRAYSCALE)
    return (values / np.float32(255)).astype(np.float32)


def _read(path: Path, flags: int = cv2.IMREAD_UNCHANGED) -> NDArray[Any]:
    picture = cv2.imread(str(path), flags)
    if picture is None:
        raise FrameError(f"{path} is not a picture that can be read")
    return np.asarray(picture)
