"""Many results on one picture, with labels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rgbd_seg.arrays import UInt8

PAPER, INK = 250, (40, 40, 40)
GAP, HEADER = 8, 30


def contact_sheet(columns: Sequence[str], rows: "Sequence[Sequence[UInt8]]", tile: int = 256) -> "UInt8":
    """Pictures in a table, each scaled to fit a square tile.

    Args:
        columns: one title per column.
        rows: as many (H, W, 3) RGB pictures per row as there are columns.
        tile: side of a tile, pixels.
    Returns:
        (H, W, 3) RGB.
    """
    pitch = tile + GAP
    strips = [_strip([_fit(picture, tile) for picture in row], tile) for row in rows]
    header = np.full((HEADER, len(columns) * pitch + GAP, 3), PAPER, np.uint8)
    return _with_titles(np.concatenate([header, *strips]), columns, pitch)


def _strip(fitted: "Sequence[UInt8]", tile: int) -> "UInt8":
    """One row, as high as its highest picture."""
    pitch, height = tile + GAP, max(picture.shape[0] for picture in fitted)
    strip = np.full((height + GAP, len(fitted) * pitch + GAP, 3), PAPER, np.uint8)
    for index, picture in enumerate(fitted):
        top = (height - picture.shape[0]) // 2
        left = GAP + index * pitch + (tile - picture.shape[1]) // 2
        strip[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return strip


def _fit(picture: "UInt8", tile: int) -> "UInt8":
    import cv2

    scale = tile / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    fitted: UInt8 = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return fitted


def _with_titles(sheet: "UInt8", columns: Sequence[str], pitch: int) -> "UInt8":
    from PIL import Image, ImageDraw, ImageFont

    page = Image.fromarray(sheet)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=18)
    for index, title in enumerate(columns):
        draw.text((GAP + index * pitch + (pitch - GAP) / 2, HEADER / 2 + 2), title, fill=INK, font=font, anchor="mm")
    return np.asarray(page)
