"""``rgbd-seg models list|add``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from rgbd_seg.cli.report import print_json, warn

models = typer.Typer(help="The folder of segmentation networks.", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Option("--folder", help="Models folder.", show_default="RGBD_SEG_MODELS, else the user's cache")
]


@models.command("list")
def list_models(
    folder: Folder = None, json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False
) -> None:
    """Networks that are known, and which of them are here."""
    from rgbd_seg.models import ModelFolder

    where = ModelFolder(folder)
    entries: list[dict[str, Any]] = [
        {
            "name": entry.passport.name,
            "file": str(entry.path) if entry.path else None,
            "built_in": entry.built_in,
            "licence": entry.passport.licence,
            "source": entry.passport.source,
        }
        for entry in where.list()
    ]
    problems = [str(problem) for problem in where.problems()]
    if json:
        print_json({"folder": str(where.path), "models": entries, "problems": problems})
        return
    typer.echo(f"models folder: {where.path}")
    for entry in entries:
        place = entry["file"] or f"not here; rgbd-seg models add {entry['name']}"
        if entry["built_in"]:
            place = "built in" if entry["file"] else "damaged"
        typer.echo(f"  {entry['name']:<28} {entry['licence']:<12} {place}")
    for problem in problems:
        warn(problem)


@models.command("add")
def add_model(
    name_or_path: Annotated[str, typer.Argument(help="A known name (downloaded) or a network file (copied).")],
    folder: Folder = None,
) -> None:
    """Bring a network into the folder; its SHA-256 must be the passport's."""
    from rich.console import Console
    from rich.progress import Progress

    from rgbd_seg.models import ModelFolder

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name_or_path, total=None)
        path = ModelFolder(folder).add(
            name_or_path, progress=lambda done, total: bar.update(task, completed=done, total=total or None)
        )
    typer.echo(str(path))
