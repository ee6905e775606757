"""The ``rgbd-seg`` command."""

import importlib.metadata
import sys
import warnings
from collections.abc import Callable, Sequence

import typer

from rgbd_seg.cli.beautify import beautify
from rgbd_seg.cli.blur import blur
from rgbd_seg.cli.bokeh import bokeh
from rgbd_seg.cli.demo import demo
from rgbd_seg.cli.doctor import doctor
from rgbd_seg.cli.eval import evaluate
from rgbd_seg.cli.export import export
from rgbd_seg.cli.grayscale import grayscale
from rgbd_seg.cli.info import info
from rgbd_seg.cli.light import light
from rgbd_seg.cli.matte import matte
from rgbd_seg.cli.models import models
from rgbd_seg.cli.photo_command import photo_command
from rgbd_seg.cli.replace import replace
from rgbd_seg.cli.report import NO_MEMORY
from rgbd_seg.cli.synth import synth
from rgbd_seg.cli.train import pack, train
from rgbd_seg.cli.whiten import whiten
from rgbd_seg.errors import RgbdSegError

USER_ERROR = 2
INTERRUPTED = 130


def run() -> None:
    """Entry point of the installed command."""
    # Open3D brings an old TBB; numba then takes OpenMP, as good, and says so once: nothing for a user to do.
    warnings.filterwarnings("ignore", message="The TBB threading layer")
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code: 0 done, 1 some photos failed, 2 the user must act,
    130 interrupted."""
    try:
        plugin = _plugin(arguments[0]) if arguments else None
        if plugin is not None:
            return plugin(arguments[1:])
        code = build()(args=list(arguments), prog_name="rgbd-seg", standalone_mode=False)
    except (RgbdSegError, typer.TyperException) as error:
        # Typer's own errors ("No such option …") take the same form as ours.
        text = error.format_message() if isinstance(error, typer.TyperException) else str(error)
        return _refused(text)
    except OSError as error:  # files are guarded where they are opened; what is left is our own output
        return _refused(f"the system refused: {error}; check free space and permissions")
    except MemoryError:
        return _refused(NO_MEMORY)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _refused(text: str) -> int:
    if text:  # empty where Typer has shown the help instead
        typer.echo(f"rgbd-seg: error: {' '.join(text.split())}", err=True)
    return USER_ERROR


def _plugin(name: str) -> Callable[[Sequence[str]], int] | None:
    """The command ``name`` of another package, such as ``calibrate``; the SDK does not import them by name."""
    if name.startswith("-"):
        return None
    found = importlib.metadata.entry_points(group="rgbd_seg.commands", name=name)
    return next((entry.load() for entry in found), None)


def _plugin_names() -> str:
    names = sorted(entry.name for entry in importlib.metadata.entry_points(group="rgbd_seg.commands"))
    return f"More commands, each with its own --help: {', '.join(names)}." if names else ""


def build() -> typer.Typer:
    """The application with all its commands."""
    app = typer.Typer(
        name="rgbd-seg",
        help="Depth-fused portrait segmentation: a depth photo goes in, a portrait comes out.",
        epilog=_plugin_names(),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    photo_commands = [photo_command(run) for run in (matte, bokeh, blur, replace, whiten, grayscale, beautify, light)]
    plain_commands: list[Callable[..., None]] = [info, demo, doctor, synth, pack, train, export]
    for command in photo_commands + plain_commands:
        app.command()(command)
    app.command("eval")(evaluate)
    app.add_typer(models, name="models")
    return app
