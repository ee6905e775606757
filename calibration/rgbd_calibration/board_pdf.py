"""A board to print: true to scale, with a ruler to check the printer and an ID to name the print."""

import hashlib
from pathlib import Path

import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.board_drawing import black_rectangles
from rgbd_calibration.pdf import Page
from rgbd_seg import atomic
from rgbd_seg.errors import CalibrationError
from rgbd_seg.options import check_choice

PAPERS = {  # mm, upright; ISO 216 and ANSI
    "A4": (210.0, 297.0),
    "A3": (297.0, 420.0),
    "A2": (420.0, 594.0),
    "A1": (594.0, 841.0),
    "A0": (841.0, 1189.0),
    "letter": (215.9, 279.4),
    "tabloid": (279.4, 431.8),
}
MARGIN = 8.0  # mm; most printers leave 5 mm blank
FOOTER = 22.0  # mm for the ruler and the text
RULER = 150.0  # mm
_TEXT = 2.8  # mm


def write_board(path: Path, board: Board, *, paper: str = "A4") -> None:
    """Write the board as a PDF of one page, whole or not at all.

    Raises:
        CalibrationError: the board does not fit the paper.
        ConfigError: an unknown paper.
        OutputError: the file cannot be written.
    """
    atomic.write_bytes(Path(path), board_pdf(board, paper=paper))


def board_pdf(board: Board, *, paper: str = "A4") -> bytes:
    """The board as a PDF of one page; the paper is turned so that the board fits.

    Raises:
        CalibrationError: the board does not fit the paper.
        ConfigError: an unknown paper.
    """
    check_choice("paper", paper, tuple(PAPERS))
    if board.kind == "charuco" and board.pattern == "auto":
        board = board.with_pattern("new")
    boxes = 1000 * black_rectangles(board)
    left, top = boxes[:, :2].min(axis=0)
    width, height = boxes[:, 2:].max(axis=0) - (left, top)
    page_width, page_height = _page(float(width), float(height), paper)
    shift_x = (page_width - width) / 2 - left
    shift_y = MARGIN + (page_height - 2 * MARGIN - FOOTER - height) / 2 - top
    page = Page(page_width, page_height, f"{board.text()} ({board_id(board)})")
    page.rectangles(boxes + np.array([shift_x, shift_y, shift_x, shift_y]))
    _draw_ruler(page, MARGIN + 2, page_height - MARGIN - FOOTER + 11)
    base = page_height - MARGIN - 1
    page.text(MARGIN + 2, base - 4.2, f"Board {board_id(board)}   {board.text()}   {_description(board)}", _TEXT)
    page.text(MARGIN + 2, base, "Print at 100 % (actual size), glue to a flat stiff plate, then measure.", _TEXT)
    return page.to_bytes()


def board_id(board: Board) -> str:
    """A short name for exactly this board, printed on it: eight digits from its text."""
    return hashlib.sha256(board.text().encode()).hexdigest()[:8].upper()


def _page(width: float, height: float, paper: str) -> tuple[float, float]:
    short, long = PAPERS[paper]
    for page_width, page_height in ((long, short), (short, long)):
        if width <= page_width - 2 * MARGIN and height <= page_height - 2 * MARGIN - FOOTER:
            return page_width, page_height
    fitting = [name for name, size in PAPERS.items() if _fits(width, height, size)]
    raise CalibrationError(
        f"the board is {width:.1f}×{height:.1f} mm, which does not fit {paper} ({short:g}×{long:g} mm less margins "
        f"and ruler); choose {' or '.join(fitting) if fitting else 'smaller squares'}"
    )


def _fits(width: float, height: float, paper: tuple[float, float]) -> bool:
    short, long = paper
    return any(width <= w - 2 * MARGIN and height <= h - 2 * MARGIN - FOOTER for w, h in ((short, long), (long, short)))


def _draw_ruler(page: Page, x: float, y: float) -> None:
    page.line(x, y, x + RULER, y, 0.2)
    for tick in range(int(RULER) + 1):
        length = 4.0 if tick % 50 == 0 else 3.0 if tick % 10 == 0 else 1.6 if tick % 5 == 0 else 1.0
        page.line(x + tick, y, x + tick, y - length, 0.1)
    for tick in range(0, int(RULER) + 1, 50):
        page.text(x + tick + 0.5, y - 4.2, f"{tick}", 2.2)
    page.text(x + RULER + 4, y, f"{RULER:g} mm: measure this line", _TEXT)


def _description(board: Board) -> str:
    side = f"{1000 * board.square:g} mm"
    if board.kind == "charuco":
        return f"square {side}, marker {1000 * board.marker:g} mm"
    if board.kind == "aprilgrid":
        return f"tag {side}, gap {1000 * board.gap:g} mm"
    return f"square {side}"
