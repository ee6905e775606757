"""``rgbd-calibrate board``."""

from pathlib import Path
from typing import Annotated

import typer


def board(
    board: Annotated[str, typer.Argument(help="Such as charuco:12x7:0.022:0.0165:5X5_100, or a board.yaml.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The PDF to write.")],
    paper: Annotated[str, typer.Option(help="A4, A3, A2, A1, A0, letter or tabloid.")] = "A4",
) -> None:
    """Write a board as PDF at true scale, with a ruler line and an ID."""
    from rgbd_calibration.board_file import read_board
    from rgbd_calibration.board_pdf import board_id, write_board

    wanted = read_board(board)
    if wanted.kind == "charuco" and wanted.pattern == "auto":
        wanted = wanted.with_pattern("new")
    write_board(output, wanted, paper=paper)
    typer.echo(f"{output}: board {board_id(wanted)}, {wanted.text()}")
