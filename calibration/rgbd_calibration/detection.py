"""Finding a board's corners in a picture, and telling which board it is when it is not the expected one."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.board_drawing import marker_border
from rgbd_calibration.views import Corners
from rgbd_seg.arrays import Bool, Float64, UInt8
from rgbd_seg.errors import CalibrationError

_SMALLEST_FIT = 4  # corners of a homography
_CONSISTENT = 0.35  # of a square's side: lens distortion bends the grid by less, a wrong id by more
_HALF_WINDOW = 0.18  # of a square's side in the picture: stays clear of the markers beside a corner
_WINDOW_LIMITS = (2, 9)  # pixels
_USUAL_DICTIONARIES = (
    *("4X4_1000", "5X5_1000", "6X6_1000", "7X7_1000", "ARUCO_ORIGINAL"),
    *("APRILTAG_36h11", "ARUCO_MIP_36h12"),
)


class BoardDetector:
    """Finds one board; a ChArUco board of unknown pattern is tried old and new, and the pattern seen remembered."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._points = board.points()[:, :2]
        self._pattern = board.pattern

    @property
    def board(self) -> Board:
        """The board, with its ChArUco pattern once that was seen."""
        return self._board if self._board.kind != "charuco" else self._board.with_pattern(self._pattern)

    def find(self, gray: UInt8) -> Corners:
        """Corners in an (H, W) uint8 picture, to sub-pixel accuracy; none if the board is not seen."""
        match self._board.kind:
            case "charuco":
                corners = self._find_charuco(gray)
            case "aprilgrid":
                corners = self._find_aprilgrid(gray)
            case _:
                corners = self._find_chessboard(gray)
        return corners

    def _find_charuco(self, gray: UInt8) -> Corners:
        markers, ids = _find_markers(gray, self._board)
        if len(markers) < 2:
            return _no_corners()
        pattern = self._pattern
        if pattern == "auto":
            # Markers sit in other squares in the two patterns: only the right one puts them on one plane.
            fits = {name: self._marker_fit(markers, ids, name) for name in ("new", "legacy")}
            pattern = max(fits, key=lambda name: fits[name])
            if fits[pattern] >= _SURE_OF_PATTERN:
                self._pattern = pattern
        detector = _charuco_detector(self._board.with_pattern(pattern))
        found, numbers, _, _ = detector.detectBoard(gray, markerCorners=markers, markerIds=ids)
        return self._refined(gray, _corners(numbers, found))

    def _marker_fit(self, markers: Sequence[Any], ids: Any, pattern: str) -> int:
        """How many corners of markers lie where the pattern has them."""
        drawn = _charuco_detector(self._board.with_pattern(pattern)).getBoard().getObjPoints()
        points = np.concatenate([np.asarray(drawn[int(i)])[:, :2] for i in ids.ravel()]).astype(np.float64)
        pixels = np.concatenate([np.asarray(marker).reshape(4, 2) for marker in markers]).astype(np.float64)
        return int(_consistent(points, pixels, self._board.square).sum())

    def _find_aprilgrid(self, gray: UInt8) -> Corners:
        markers, ids = _find_markers(gray, self._board)
        if not markers:
            return _no_corners()
        numbers = (4 * ids.reshape(-1, 1) + np.arange(4)).ravel()
        best = _no_corners()
        for turn in range(4):  # printers of tags do not agree on which way is up
            pixels = np.concatenate([np.roll(np.asarray(marker).reshape(4, 2), turn, axis=0) for marker in markers])
            corners = self._refined(gray, Corners(ids=numbers, pixels=pixels))
            best = corners if len(corners) > len(best) else best
        return best

    def _find_chessboard(self, gray: UInt8) -> Corners:
        size = (self._board.columns - 1, self._board.rows - 1)
        flags = cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_ACCURACY
        seen, found = cv2.findChessboardCornersSB(gray, size, flags=flags)
        if not seen:
            return _no_corners()
        grid = found.reshape(size[1], size[0], 2)
        # A half turn looks the same: of the two readings take the one with x to the right (or y down).
        axis = grid[0, -1] - grid[0, 0]
        upside_down = axis[0] < 0 if abs(axis[0]) >= abs(axis[1]) else axis[1] < 0
        pixels = (grid[::-1, ::-1] if upside_down else grid).reshape(-1, 2)
        return Corners(ids=np.arange(len(pixels)), pixels=pixels)

    def _refined(self, gray: UInt8, corners: Corners) -> Corners:
        corners = corners.only(_consistent(self._points[corners.ids], corners.pixels, self._board.square))
        if len(corners) < _SMALLEST_FIT:
            return _no_corners()
        half = _HALF_WINDOW * _side_in_picture(self._points[corners.ids], corners.pixels, self._spacing())
        half = np.clip(np.round(half), *_WINDOW_LIMITS).astype(int)
        pixels = corners.pixels.astype(np.float32)
        for size in np.unique(half):
            chosen, window = pixels[half == size].reshape(-1, 1, 2).copy(), (int(size), int(size))
            pixels[half == size] = cv2.cornerSubPix(gray, chosen, window, (-1, -1), _SUBPIXEL_STOP)[:, 0]
        moved = np.linalg.norm(pixels - corners.pixels, axis=1)
        border = half + 1
        h, w = gray.shape
        inside = ((pixels >= border[:, None]) & (pixels <= np.array([w, h]) - 1 - border[:, None])).all(axis=1)
        return Corners(ids=corners.ids, pixels=pixels.astype(np.float64)).only((moved < half + 1) & inside)

    def _spacing(self) -> float:
        return self._board.gap if self._board.kind == "aprilgrid" else self._board.square


_SURE_OF_PATTERN = 24  # marker corners: six markers on one plane are no accident
_SUBPIXEL_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-3)


def find_board(gray: UInt8, boards: Sequence[Board]) -> tuple[Board, Corners]:
    """Which of several boards a picture shows: the one with the largest share of its corners found.

    Raises:
        CalibrationError: none of them is seen.
    """
    best, found, share = None, _no_corners(), 0.0
    for board in boards:
        detector = BoardDetector(board)
        corners = detector.find(gray)
        if len(corners) / board.corner_count > share:
            best, found, share = detector.board, corners, len(corners) / board.corner_count
    if best is None:
        raise CalibrationError(f"none of {len(boards)} boards is in the picture; {describe_markers(gray)}")
    return best, found


def describe_markers(gray: UInt8) -> str:
    """What markers a picture shows, in words: for the message when the expected board is not there."""
    best, count = "", 0
    for name in _USUAL_DICTIONARIES:
        dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, f"DICT_{name}"))
        for border in (1, 2):
            _, ids, _ = _marker_detector(dictionary, border).detectMarkers(gray)
            if ids is not None and len(ids) > count:
                best, count = f"{len(ids)} markers of {name} with ids {ids.min()} to {ids.max()}", len(ids)
    return f"it shows {best}" if count > 2 else "it shows no markers of any usual dictionary"


def _find_markers(gray: UInt8, board: Board) -> tuple[Sequence[Any], Any]:
    markers, ids, _ = _board_marker_detector(board).detectMarkers(gray)
    if ids is None:
        return [], np.empty((0, 1), dtype=np.int32)
    _, first = np.unique(ids.ravel(), return_index=True)
    return [markers[i] for i in first], ids[first]


@lru_cache(maxsize=8)
def _board_marker_detector(board: Board) -> Any:
    # Only the board's own markers: searching all 1024 of ARUCO_ORIGINAL takes fifteen times as long.
    whole = board.markers()
    own = cv2.aruco.Dictionary(whole.bytesList[: board.marker_count], whole.markerSize, whole.maxCorrectionBits)
    return _marker_detector(own, marker_border(board))


def _marker_detector(dictionary: Any, border: int) -> Any:
    parameters = cv2.aruco.DetectorParameters()
    parameters.markerBorderBits = border
    return cv2.aruco.ArucoDetector(dictionary, parameters)


@lru_cache(maxsize=8)
def _charuco_detector(board: Board) -> Any:
    drawn = cv2.aruco.CharucoBoard((board.columns, board.rows), board.square, board.marker, board.markers())
    drawn.setLegacyPattern(board.pattern == "legacy")
    parameters = cv2.aruco.CharucoParameters()
    parameters.checkMarkers = False  # judged by `_consistent`, for both patterns alike
    return cv2.aruco.CharucoDetector(drawn, parameters)


def _no_corners() -> Corners:
    return Corners(ids=np.empty(0, dtype=np.int64), pixels=np.empty((0, 2)))


def _corners(ids: Any, pixels: Any) -> Corners:
    return _no_corners() if ids is None else Corners(ids=ids, pixels=pixels)


def _consistent(points: Float64, pixels: Float64, square: float) -> Bool:
    """Which corners lie on the grid that most of them agree on."""
    if len(points) < _SMALLEST_FIT:
        return np.zeros(len(points), dtype=bool)
    # From picture to board, so that the tolerance is in squares and equal for near and far corners.
    homography, _ = cv2.findHomography(pixels, points / square, cv2.RANSAC, _CONSISTENT)
    if homography is None:
        return np.zeros(len(points), dtype=bool)
    landed = cv2.perspectiveTransform(pixels[:, None], homography)[:, 0]
    return np.asarray(np.linalg.norm(landed - points / square, axis=1) < _CONSISTENT)


def _side_in_picture(points: Float64, pixels: Float64, side: float) -> Float64:
    """(n,) pixels: the shorter side of a square of the board, as seen at each corner."""
    homography, _ = cv2.findHomography(points, pixels)
    if homography is None:
        return np.full(len(points), float(_WINDOW_LIMITS[0]))
    lengths = []
    for step in ((side, 0.0), (0.0, side)):
        ends = cv2.perspectiveTransform((points + step)[:, None], homography)[:, 0]
        lengths.append(np.linalg.norm(ends - pixels, axis=1))
    return np.asarray(np.minimum(*lengths))
