"""One command line, its errors and its exit code."""

from collections.abc import Sequence

import typer

from rgbd_seg.errors import RgbdSegError

USER_ERROR = 2


def run(app: typer.Typer, arguments: Sequence[str], name: str) -> int:
    """The exit code; errors become one line."""
    try:
        code = app(args=list(arguments), prog_name=name, standalone_mode=False)
    except (RgbdSegError, typer.TyperException) as error:
        text = error.format_message() if isinstance(error, typer.TyperException) else str(error)
        typer.echo(f"rgbd-seg: error: {' '.join(text.split())}", err=True)
        return USER_ERROR
    except (typer.Abort, KeyboardInterrupt):
        return 130
    return code if isinstance(code, int) else 0
