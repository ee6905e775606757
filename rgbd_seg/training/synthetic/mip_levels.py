"""Textures with their halved copies in one block of memory, so that far surfaces neither flicker nor cost more."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import UInt8

_LEVELS = 12
MAX_SIDE = 1024  # finer texture than that is never seen at the sizes rendered here


@dataclass(frozen=True, kw_only=True, eq=False)
class MipLevels:
    """Row 0 of a level is the lowest line of the texture, as texture coordinates count."""

    texels: UInt8  # (t, 3) sRGB-encoded, all levels of all textures one after another
    places: NDArray[np.int64]  # (textures, 12, 3) first texel, width, height; the last level repeats

    @staticmethod
    def of(textures: Sequence[UInt8]) -> "MipLevels":
        """All levels of (h, w, 3) textures; a texture given twice (the same array) is stored once."""
        blocks: list[UInt8] = []
        places = np.zeros((len(textures), _LEVELS, 3), np.int64)
        start, known = 0, dict[int, int]()
        for row, texture in enumerate(textures):
            if id(texture) in known:
                places[row] = places[known[id(texture)]]
                continue
            known[id(texture)] = row
            for level, picture in enumerate(_levels(texture)):
                places[row, level:] = start, picture.shape[1], picture.shape[0]
                blocks.append(picture.reshape(-1, 3))
                start += len(blocks[-1])
        texels = np.concatenate(blocks) if blocks else np.zeros((0, 3), np.uint8)
        return MipLevels(texels=texels, places=places)


def _levels(texture: UInt8) -> list[UInt8]:
    picture = np.ascontiguousarray(texture[::-1])
    scale = MAX_SIDE / max(picture.shape[:2])
    if scale < 1:
        picture = _resized(picture, max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    levels = [picture]
    while max(picture.shape[:2]) > 1 and len(levels) < _LEVELS:
        picture = _resized(picture, max(1, picture.shape[1] // 2), max(1, picture.shape[0] // 2))
        levels.append(picture)
    return levels


def _resized(picture: UInt8, width: int, height: int) -> UInt8:
    resized: UInt8 = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return resized.reshape(height, width, 3)
