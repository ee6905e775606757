"""Boards: short texts, files, drawing, and detection of every kind, old ChArUco pattern and new."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rgbd_calibration.board import Board, parse_board
from rgbd_calibration.board_drawing import black_rectangles, draw_board
from rgbd_calibration.board_file import load_board, read_board
from rgbd_calibration.detection import BoardDetector, describe_markers, find_board
from rgbd_seg.errors import CalibrationError, CalibrationFileError

TEXTS = (
    "charuco:10x8:0.020875:0.0104375:ARUCO_ORIGINAL",
    "charuco:7x5:0.03:0.02:5X5_100:legacy",
    "chessboard:9x7:0.025",
    "aprilgrid:6x4:0.04:0.012:APRILTAG_36h11",
)


@pytest.mark.parametrize("text", TEXTS)
def test_the_text_of_a_board_names_the_same_board(text: str) -> None:
    board = parse_board(text)
    assert board.text() == text
    assert parse_board(board.text()) == board
    assert board.points().shape == (board.corner_count, 3)


@given(columns=st.integers(3, 20), rows=st.integers(3, 20), square=st.floats(0.001, 0.2))
def test_corners_lie_inside_the_pattern_on_the_grid(columns: int, rows: int, square: float) -> None:
    board = Board(kind="chessboard", columns=columns, rows=rows, square=square)
    points = board.points()
    assert (points[:, :2] > 0).all()
    assert (points[:, :2] < np.array(board.size)).all()
    assert len(np.unique(np.round(points / square), axis=0)) == board.corner_count


@pytest.mark.parametrize(
    "text",
    [
        *("", "charuco", "charuco:10:0.02:0.01:4X4_50", "ring:4x4:0.1", "chessboard:9x7", "chessboard:9x7:0.02:1"),
        *("charuco:10x8:0.02:0.03:4X4_100", "charuco:10x8:0.02:0.01:NO_SUCH", "charuco:30x30:0.02:0.01:4X4_50"),
        *("chessboard:2x7:0.02", "chessboard:9x7:25", "aprilgrid:6x6:0.08", "charuco:8x8:0.02:0.01:4X4_50:older"),
    ],
)
def test_a_wrong_text_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(CalibrationError, match=r"expected|choose"):
        parse_board(text)


@pytest.mark.parametrize("pattern", ["new", "legacy"])
def test_the_drawing_is_opencvs(pattern: str) -> None:
    board = parse_board(f"charuco:10x8:0.02:0.014:5X5_100:{pattern}")
    theirs = cv2.aruco.CharucoBoard((10, 8), 0.02, 0.014, board.markers())
    theirs.setLegacyPattern(pattern == "legacy")
    ours = draw_board(board, 1400 / 0.2, 0.0)
    picture = theirs.generateImage((1400, 1120))
    assert np.mean(np.abs(ours.astype(int) - picture) > 128) < 1e-3
    np.testing.assert_allclose(board.points(), theirs.getChessboardCorners(), atol=1e-7)


def test_a_board_of_unknown_pattern_cannot_be_drawn() -> None:
    with pytest.raises(CalibrationError, match="new or legacy"):
        black_rectangles(parse_board(TEXTS[0]))


@pytest.mark.parametrize("text", [*TEXTS[1:], "charuco:10x8:0.02:0.014:5X5_100:new"])
def test_every_corner_is_found_in_a_drawing(text: str) -> None:
    board = parse_board(text)
    scale, margin = 3000.0, 0.02
    picture = cv2.GaussianBlur(draw_board(board, scale, margin), (0, 0), 1.2)
    corners = BoardDetector(board).find(picture)
    truth = (board.points()[corners.ids, :2] + margin) * scale - 0.5
    assert len(corners) == board.corner_count
    assert np.abs(corners.pixels - truth).max() < 0.1


@pytest.mark.parametrize("pattern", ["new", "legacy"])
def test_the_pattern_is_found_out(pattern: str) -> None:
    board = parse_board("charuco:10x8:0.02:0.014:5X5_100")
    picture = draw_board(board.with_pattern(pattern), 3000.0, 0.02)
    detector = BoardDetector(board)
    assert len(detector.find(picture)) == board.corner_count
    assert detector.board.pattern == pattern


def test_which_board_it_is() -> None:
    boards = [parse_board(text) for text in TEXTS]
    picture = draw_board(boards[3], 3000.0, 0.02)
    found, corners = find_board(picture, boards)
    assert found == boards[3]
    assert len(corners) == boards[3].corner_count


def test_another_board_is_described() -> None:
    picture = draw_board(parse_board("charuco:7x5:0.03:0.02:4X4_50:new"), 2000.0, 0.02)
    assert len(BoardDetector(parse_board(TEXTS[0])).find(picture)) == 0
    assert "17 markers of 4X4" in describe_markers(picture)
    with pytest.raises(CalibrationError, match="none of 1 boards"):
        find_board(np.full((200, 200), 128, np.uint8), [parse_board(TEXTS[2])])


def test_boards_from_files(tmp_path: Path) -> None:
    own, kalibr = tmp_path / "own.yaml", tmp_path / "kalibr.yml"
    own.write_text("kind: charuco\ncolumns: 7\nrows: 5\nsquare: 0.03\nmarker: 0.02\ndictionary: 5X5_100\n")
    kalibr.write_text("target_type: aprilgrid\ntagCols: 6\ntagRows: 4\ntagSize: 0.04\ntagSpacing: 0.3\n")
    assert read_board(str(own)).text() == "charuco:7x5:0.03:0.02:5X5_100"
    assert load_board(kalibr).text() == TEXTS[3]
    assert read_board(TEXTS[2]).corner_count == 48


@pytest.mark.parametrize("content", ["[", "just words", "kind: charuco\nsquares: 3\n", "target_type: circlegrid\n"])
def test_a_wrong_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "board.yaml"
    path.write_text(content)
    with pytest.raises(CalibrationFileError, match=r"board\.yaml"):
        load_board(path)
    with pytest.raises(CalibrationFileError, match="cannot read"):
        load_board(tmp_path / "missing.yaml")
