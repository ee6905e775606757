"""The ``rgbd-calibrate`` command."""

import os
import sys
from collections.abc import Callable, Sequence

import typer

from rgbd_calibration.cli.batch import batch
from rgbd_calibration.cli.board import board
from rgbd_calibration.cli.capture import capture
from rgbd_calibration.cli.convert import convert
from rgbd_calibration.cli.grr import build_grr
from rgbd_calibration.cli.limits import limits
from rgbd_calibration.cli.solve import solve
from rgbd_calibration.cli.stats import stats
from rgbd_calibration.cli.verify import verify
from rgbd_seg.errors import RgbdSegError

COULD_NOT_JUDGE = 2
_NAME = "rgbd-calibrate"
_COMMANDS: tuple[Callable[..., None], ...] = (board, capture, solve, verify, batch, convert, stats, limits)


def run() -> None:
    """Entry point of the installed command."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code: 0 pass, 1 fail, 2 could not judge."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # its warnings about damaged pictures; ours say which picture
    try:
        code = build()(args=list(arguments), prog_name=_NAME, standalone_mode=False)
    except (RgbdSegError, typer.TyperException) as error:
        # Typer's own errors ("No such option …") take the same form as ours.
        text = error.format_message() if isinstance(error, typer.TyperException) else str(error)
        typer.echo(f"{_NAME}: error: {' '.join(text.split())}", err=True)
        return COULD_NOT_JUDGE
    except typer.Abort:
        return 130
    return code if isinstance(code, int) else 0


def build() -> typer.Typer:
    """The application with all its commands."""
    app = typer.Typer(
        name=_NAME,
        help="Calibrate a colour + depth camera with a printed board. Exit code: 0 pass, 1 fail, 2 could not judge.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for command in _COMMANDS:
        app.command()(command)
    app.add_typer(build_grr(), name="grr")
    return app
