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
    sheet = np.full((HEADER + len(rows) * pitch + GAP, len(columns) * pitch + GAP, 3), PAPER, np.uint8)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            fitted = _fit(picture, tile)
            top = HEADER + GAP + y * pitch + (tile - fitted.shape[0]) // 2
            left = GAP + x * pitch + (tile - fitted.shape[1]) // 2
            sheet[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return _with_titles(sheet, columns, pitch)


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
