"""A board as black rectangles on white: one geometry for the printer, the simulator and the tests."""

import cv2
import numpy as np

from rgbd_calibration.board import Board
from rgbd_seg.arrays import Float64, UInt8
from rgbd_seg.errors import CalibrationError

_APRILGRID_BORDER = 2  # bits; Kalibr prints a border twice as wide as ArUco's
_ARUCO_BORDER = 1


def black_rectangles(board: Board) -> Float64:
    """(n, 4) rectangles (left, top, right, bottom) in metres, board frame, that are printed black.

    Raises:
        CalibrationError: the board's pattern is "auto": a board to be drawn needs one.
    """
    if board.kind == "aprilgrid":
        return _aprilgrid(board)
    if board.kind == "charuco" and board.pattern == "auto":
        raise CalibrationError("the board's pattern is 'auto'; say new or legacy to draw it")
    legacy_shift = int(board.kind == "charuco" and board.pattern == "legacy" and board.rows % 2 == 0)
    parts = []
    marker = 0
    for row in range(board.rows):
        for column in range(board.columns):
            corner = np.array([column, row]) * board.square
            if (row + column + legacy_shift) % 2 == 0:
                parts.append(np.array([[*corner, *(corner + board.square)]]))
            elif board.kind == "charuco":
                parts.append(_marker(board, marker, corner + (board.square - board.marker) / 2, board.marker))
                marker += 1
    return np.concatenate(parts)


def draw_board(board: Board, pixels_per_metre: float, margin: float) -> UInt8:
    """The board as a picture with a white margin (metres); each pixel is the mean of what it covers.

    Returns:
        (H, W) uint8; the board's origin is at pixel coordinate ``margin × pixels_per_metre − 0.5``.
    """
    shape = [round((side + 2 * margin) * pixels_per_metre) for side in board.size[::-1]]
    black = np.zeros(shape)
    for left, top, right, bottom in (black_rectangles(board) + margin) * pixels_per_metre:
        y0, x0 = int(top), int(left)
        y1, x1 = min(int(np.ceil(bottom - 1e-9)), shape[0]), min(int(np.ceil(right - 1e-9)), shape[1])
        down = np.minimum(np.arange(y0, y1) + 1, bottom) - np.maximum(np.arange(y0, y1), top)
        along = np.minimum(np.arange(x0, x1) + 1, right) - np.maximum(np.arange(x0, x1), left)
        black[y0:y1, x0:x1] += np.outer(down, along)
    return np.asarray(np.round(255 * (1 - np.clip(black, 0, 1))), dtype=np.uint8)


def marker_border(board: Board) -> int:
    """Width in bits of the black border around the board's markers."""
    return _APRILGRID_BORDER if board.kind == "aprilgrid" else _ARUCO_BORDER


def _aprilgrid(board: Board) -> Float64:
    step, parts = board.square + board.gap, []
    for row in range(board.rows):
        for column in range(board.columns):
            number = (board.rows - 1 - row) * board.columns + column  # Kalibr counts from the bottom left
            parts.append(_marker(board, number, np.array([column, row]) * step, board.square))
    # Small black squares in the crossings of the gaps sharpen the tags' corners into saddles.
    u, v = np.meshgrid(np.arange(board.columns + 1), np.arange(board.rows + 1))
    origin = np.stack([u.ravel(), v.ravel()], axis=-1) * step - board.gap
    parts.append(np.concatenate([origin, origin + board.gap], axis=1))
    return np.concatenate(parts)


def _marker(board: Board, number: int, corner: Float64, side: float) -> Float64:
    dictionary, border = board.markers(), marker_border(board)
    bits = dictionary.markerSize + 2 * border
    picture = cv2.aruco.generateImageMarker(dictionary, number, bits, borderBits=border)
    v, u = np.nonzero(picture == 0)
    origin = corner + np.stack([u, v], axis=-1) * side / bits
    return np.asarray(np.concatenate([origin, origin + side / bits], axis=1))
