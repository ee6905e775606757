"""How results and warnings reach the user."""

import json
from typing import Any

import typer

NO_MEMORY = "there is not enough memory for this picture; scale it down, or close other programs"


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False))


def warn(message: str) -> None:
    """One line on standard error; the work goes on."""
    typer.echo(f"rgbd-seg: warning: {message}", err=True)
