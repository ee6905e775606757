"""``rgbd-seg eval``."""

from pathlib import Path
from typing import Annotated

import typer

from rgbd_seg.cli.report import print_json, warn


def evaluate(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for tables, charts and the page.")],
    sets: Annotated[
        list[str],
        typer.Option(
            "--set",
            help="'samples' (bundled), a .tar shard or a folder of shards, or a folder of pictures with masks; "
            "NAME=PATH names it. Repeatable.",
        ),
    ],
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--model", help="A known name or a network file; all that are installed if not given. Repeatable."
        ),
    ] = None,
    models_folder: Annotated[Path | None, typer.Option(help="Where network files lie.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Samples of each set, at most.")] = None,
    sweep_limit: Annotated[int, typer.Option(min=0, help="Samples of each sweep of spoiled depth; 0: none.")] = 200,
    sweep_models: Annotated[
        list[str] | None, typer.Option("--sweep-model", help="Model of the sweeps; the best network if not given.")
    ] = None,
    worst: Annotated[int, typer.Option(min=0, help="Rows of the picture of worst cases; 0: none.")] = 6,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    json: Annotated[bool, typer.Option("--json", help="Print the tables as JSON.")] = False,
) -> None:
    """Score models and fusion rules on pictures whose answer is known."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    from rgbd_seg.evaluation.options import EvaluationOptions
    from rgbd_seg.evaluation.report import write_report
    from rgbd_seg.evaluation.run import evaluate as run

    options = EvaluationOptions(
        sets=tuple(sets),
        models=tuple(models or ()),
        models_folder=models_folder,
        limit=limit,
        sweep_limit=sweep_limit,
        sweep_models=tuple(sweep_models or ()),
        worst=worst,
        workers=workers,
    )
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} samples"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(name: str, done: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=options.limit)
            bar.update(tasks[name], completed=done)

        outcome = run(options, output, tell)
    report = write_report(output, outcome, options)
    for reason in outcome.skipped[:10]:
        warn(reason)
    if len(outcome.skipped) > 10:
        warn(f"and {len(outcome.skipped) - 10} more were left out; {report.page} lists them")
    if json:
        print_json(report.content)
        return
    typer.echo(report.text)
    typer.echo(f"look at {report.page}")
