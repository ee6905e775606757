"""The picture an operator watches while taking views."""

import cv2
import numpy as np

from rgbd_calibration.guidance import GRID, Advice, Guidance
from rgbd_calibration.views import Corners
from rgbd_seg.arrays import UInt8

WIDTH = 960
_PANEL = 132
_GREEN, _ORANGE, _RED, _WHITE, _GRAY = (70, 190, 110), (240, 150, 40), (230, 70, 60), (255, 255, 255), (120, 128, 136)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def progress_picture(color: UInt8, corners: Corners, guidance: Guidance, advice: Advice) -> UInt8:
    """The camera's picture with covered cells, corners, the next instruction and a bar for every need.

    Args:
        color: (H, W, 3) RGB.
        corners: found in it.
    Returns:
        (h, 960, 3) RGB.
    """
    scale = WIDTH / color.shape[1]
    height = round(color.shape[0] * scale)
    picture = cv2.resize(color, (WIDTH, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    _shade_cells(picture, guidance)
    for view in guidance.kept:
        _dots(picture, view, scale, _GREEN, 1)
    _dots(picture, corners, scale, _GREEN if advice.kept else _ORANGE, 3)
    return np.vstack([picture, _panel(guidance, advice)])


def _shade_cells(picture: UInt8, guidance: Guidance) -> None:
    height = picture.shape[0]
    for row, column in zip(*np.nonzero(~guidance.covered), strict=True):
        top, bottom = row * height // GRID[1], (row + 1) * height // GRID[1]
        left, right = column * WIDTH // GRID[0], (column + 1) * WIDTH // GRID[0]
        cell = picture[top:bottom, left:right]
        cell[:] = (0.6 * cell + 0.4 * np.array(_ORANGE)).astype(np.uint8)


def _dots(picture: UInt8, corners: Corners, scale: float, color: tuple[int, int, int], radius: int) -> None:
    for u, v in (corners.pixels + 0.5) * scale - 0.5:
        cv2.circle(picture, (round(u), round(v)), radius, color, -1, cv2.LINE_AA)


def _panel(guidance: Guidance, advice: Advice) -> UInt8:
    panel = np.full((_PANEL, WIDTH, 3), 28, np.uint8)
    # What keeps this very picture out comes first; it goes away by itself, the instruction does not.
    color = _GREEN if advice.done else _WHITE
    cv2.putText(panel, _ascii(advice.instruction), (16, 34), _FONT, 0.8, color, 2, cv2.LINE_AA)
    state = f"{len(guidance.kept)} views" + (f"   -   {advice.reason}" if advice.reason else "   -   kept")
    cv2.putText(panel, _ascii(state), (16, 62), _FONT, 0.55, _RED if advice.reason else _GREEN, 1, cv2.LINE_AA)
    width = (WIDTH - 32) // len(advice.needs)
    for number, need in enumerate(advice.needs):
        left = 16 + number * width
        full, done = width - 18, round((width - 18) * need.progress)
        cv2.putText(panel, f"{need.name} {100 * need.progress:.0f} %", (left, 92), _FONT, 0.48, _WHITE, 1, cv2.LINE_AA)
        cv2.rectangle(panel, (left, 102), (left + full, 114), _GRAY, 1)
        if done > 2:
            cv2.rectangle(panel, (left + 1, 103), (left + done - 1, 113), _GREEN if need.progress >= 1 else _ORANGE, -1)
    return panel


def _ascii(text: str) -> str:
    # OpenCV's fonts know ASCII only.
    return text.encode("ascii", "replace").decode()
