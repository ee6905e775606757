"""Printed boards: true to scale, detectable, and the same bytes every time."""

import re
import shutil
import subprocess
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from rgbd_calibration.board import Board, parse_board
from rgbd_calibration.board_drawing import black_rectangles
from rgbd_calibration.board_pdf import RULER, board_id, board_pdf, write_board
from rgbd_calibration.detection import BoardDetector
from rgbd_seg.errors import CalibrationError, ConfigError, OutputError

BOARDS = (
    ("charuco:12x7:0.022:0.0165:5X5_100:new", "A4"),
    ("charuco:10x8:0.020875:0.0104375:ARUCO_ORIGINAL:legacy", "A4"),
    ("chessboard:9x6:0.026", "A4"),
    ("aprilgrid:6x4:0.029:0.0087", "A4"),
)
READY = sorted((Path(__file__).parents[2] / "calibration" / "boards").glob("*.pdf"))


def drawing(pdf: bytes) -> tuple[float, str, np.ndarray]:
    """Points per unit, the drawing's operators, and its rectangles in points (left, bottom, width, height)."""
    stream = re.search(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    assert stream
    text = zlib.decompress(stream[1]).decode("latin-1")
    scale = float(text.split()[0])
    boxes = [line.split()[:4] for line in text.splitlines() if line.endswith(" re")]
    return scale, text, scale * np.array(boxes, dtype=np.float64)


@pytest.mark.parametrize(("text", "paper"), BOARDS)
def test_rectangles_are_the_board_in_true_millimetres(text: str, paper: str) -> None:
    board = parse_board(text)
    _, _, boxes = drawing(board_pdf(board, paper=paper))
    millimetres = boxes * 25.4 / 72  # PDF's unit is 1/72 inch
    expected = 1000 * black_rectangles(board)
    np.testing.assert_allclose(millimetres[:, 2], expected[:, 2] - expected[:, 0], atol=2e-5)
    np.testing.assert_allclose(millimetres[:, 0] - millimetres[0, 0], expected[:, 0] - expected[0, 0], atol=2e-5)
    np.testing.assert_allclose(
        millimetres[0, 1] - millimetres[:, 1] - (millimetres[:, 3] - millimetres[0, 3]),
        expected[:, 1] - expected[0, 1],
        atol=4e-5,
    )


def test_ruler_is_as_long_as_it_says() -> None:
    scale, text, _ = drawing(board_pdf(parse_board(BOARDS[0][0])))
    lines = [[float(n) for n in re.findall(r"-?\d+\.\d+", line)] for line in text.splitlines() if line.endswith(" l S")]
    longest = max(lines, key=lambda numbers: abs(numbers[3] - numbers[1]))
    assert (longest[3] - longest[1]) * scale * 25.4 / 72 == pytest.approx(RULER, abs=1e-4)


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler's pdftoppm is not installed")
@pytest.mark.parametrize(("text", "paper"), BOARDS)
def test_a_renderer_shows_the_corners_where_they_belong(tmp_path: Path, text: str, paper: str) -> None:
    board, dpi = parse_board(text), 127
    write_board(tmp_path / "board.pdf", board, paper=paper)
    subprocess.run(["pdftoppm", "-r", f"{dpi}", "-gray", "-png", "board.pdf", "page"], cwd=tmp_path, check=True)
    picture = cv2.imread(str(next(tmp_path.glob("page*.png"))), cv2.IMREAD_GRAYSCALE)
    corners = BoardDetector(board).find(picture)
    assert len(corners) == board.corner_count
    wanted = 1000 * board.points()[corners.ids, :2]
    found = corners.pixels * 25.4 / dpi
    fit, _ = cv2.estimateAffine2D(wanted, found)
    # Same size to 0.05 %, no shear, upright; single corners within a tenth of a millimetre.
    np.testing.assert_allclose(fit[:, :2], np.eye(2), atol=5e-4)
    assert np.abs(wanted @ fit[:, :2].T + fit[:, 2] - found).max() < 0.1


@pytest.mark.parametrize("path", READY, ids=lambda path: path.name)
def test_ready_made_boards_are_what_this_version_would_print(path: Path) -> None:
    title = re.search(rb"/Title <([0-9a-f]+)>", path.read_bytes())
    assert title
    text, identity = bytes.fromhex(title[1].decode()).decode("utf-16").rstrip(")").split(" (")
    board = parse_board(text)
    assert board_id(board) == identity
    assert path.read_bytes() == board_pdf(board, paper=path.stem.split("_")[1])


def test_there_are_ready_made_boards_of_every_kind() -> None:
    assert {path.stem.split("_")[0] for path in READY} == {"charuco", "chessboard", "aprilgrid"}


def test_ids_tell_boards_apart() -> None:
    boards = [parse_board(text) for text, _ in BOARDS]
    assert len({board_id(board) for board in boards}) == len(boards)
    assert board_id(boards[0]) == board_id(parse_board(boards[0].text()))


def test_refusals(tmp_path: Path) -> None:
    large = Board(kind="chessboard", columns=20, rows=10, square=0.03)
    with pytest.raises(CalibrationError, match=r"600\.0×300\.0 mm, which does not fit A4.*choose A1 or A0"):
        board_pdf(large)
    with pytest.raises(ConfigError, match="paper is 'B5'"):
        board_pdf(large, paper="B5")
    with pytest.raises(OutputError):
        write_board(tmp_path / "none" / "board.pdf", parse_board(BOARDS[0][0]))
