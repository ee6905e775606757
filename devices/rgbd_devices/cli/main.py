"""``rgbd-seg devices``."""

from collections.abc import Sequence

import typer

from rgbd_devices.cli.check import check
from rgbd_devices.cli.info import info
from rgbd_devices.cli.list_cameras import list_cameras
from rgbd_devices.cli.play import play
from rgbd_devices.cli.record import record
from rgbd_devices.cli.run import run
from rgbd_devices.cli.view import view


def main(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code: 0 done, 1 a check failed, 2 the user must act."""
    return run(build(), arguments, "rgbd-seg devices")


def build() -> typer.Typer:
    """The application with all its commands."""
    app = typer.Typer(
        name="rgbd-seg devices",
        help="Depth cameras: what is there, what it can do, whether its driver is right; record and play.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.command("list")(list_cameras)
    for command in (info, check, record, play, view):
        app.command()(command)
    return app
