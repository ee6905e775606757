"""``rgbd-seg pack`` and ``rgbd-seg train``."""

from pathlib import Path
from typing import Annotated

import typer

from rgbd_seg.cli.report import warn
from rgbd_seg.errors import ConfigError

_TORCH = "training needs PyTorch: pip install 'rgbd-seg[train]'"


def pack(
    source: Annotated[Path, typer.Argument(help="Shards, a folder of pictures with masks, or of photographs.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the packed set.")],
    teacher: Annotated[
        str | None, typer.Option(help="Label pictures that have no masks with this network, such as mediapipe-selfie.")
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="The pictures show no person: no masks are needed.")] = False,
    part: Annotated[
        str, typer.Option(help="'all', or of a fixed split 'train' (two thirds) or 'held-out' (one third).")
    ] = "all",
    models_folder: Annotated[Path | None, typer.Option(help="Where network files lie.")] = None,
    origin: Annotated[str, typer.Option("--source", help="Where the pictures come from, for passports.")] = "",
    licence: Annotated[str, typer.Option(help="Of the pictures, for passports; needs --source.")] = "",
    attribution: Annotated[str, typer.Option(help="Where the licence demands one.")] = "",
) -> None:
    """Prepare pictures for training: decoded, labelled, ready for fast random access."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    from rgbd_seg.options import check_choice
    from rgbd_seg.segmentation import create_segmenter
    from rgbd_seg.training.portrait import packing
    from rgbd_seg.training.portrait.origin import Origin
    from rgbd_seg.training.portrait.packed import write_packed
    from rgbd_seg.training.portrait.teacher import Teacher

    check_choice("--part", part, ("all", "train", "held-out"))
    if nobody and teacher is not None:
        raise ConfigError("--nobody says that there is nothing to label, --teacher asks for labels; give one of them")
    told = None
    if origin or licence:
        told = Origin(source=origin, licence=licence, labels=_labels(teacher, nobody), attribution=attribution)
    labels = Teacher(create_segmenter(teacher, models_folder=models_folder)) if teacher else None
    skipped: list[str] = []
    pictures = packing.pack(source, labels, skipped.append, nobody=nobody)
    if part != "all":
        pictures = (p for p in pictures if packing.is_held_out(p.entry.group) == (part == "held-out"))
    columns = (TextColumn("packing"), TextColumn("{task.completed} pictures"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("packing", total=None)
        count = write_packed(output, pictures, lambda: bar.advance(task))
    if told is not None:
        told.write(output)
    typer.echo(f"{count} pictures packed into {output}")
    if skipped:
        warn(f"{len(skipped)} left out, such as: {skipped[0]}")


def train(
    config: Annotated[Path, typer.Argument(help="TOML file; rgbd_seg/training/portrait/configs has examples.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the run; a run begun there goes on.")],
    add_hard: Annotated[
        Path | None, typer.Option(help="Folder of wrongly segmented pictures with corrected masks; needs --start.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="What to improve: a checkpoint, an exported .onnx file, or a network's name (`models list`)."
        ),
    ] = None,
) -> None:
    """Train the portrait network, or adapt a trained one to hard examples or to a camera."""
    from dataclasses import replace

    need_torch()
    from rgbd_seg.training.portrait.config import TrainingConfig
    from rgbd_seg.training.portrait.run import train as run
    from rgbd_seg.training.portrait.run import with_hard_examples
    from rgbd_seg.training.portrait.trainer import FINAL

    settings, base = TrainingConfig.load(config), config.resolve().parent
    if add_hard is not None:
        if start is None:
            raise ConfigError("--add-hard improves a trained network; give it with --start")
        settings = with_hard_examples(settings, base, add_hard, _weights(start), output)
    elif start is not None:
        settings = replace(settings, network=replace(settings.network, start=str(_weights(start))))
    run(settings, base, output, _tell)
    typer.echo(f"trained: {output / FINAL}")


def _weights(start: str) -> Path:
    """The file that ``--start`` means."""
    from rgbd_seg.models.folder import NETWORK_SUFFIXES, ModelFolder, network_file

    path = network_file(start, (*NETWORK_SUFFIXES, ".pt"))
    return ModelFolder().find(start)[1] if path is None else path.resolve()


def _labels(teacher: str | None, nobody: bool) -> str:
    """What made the masks, in words."""
    if nobody:
        return "no person"
    return "came with the pictures" if teacher is None else f"teacher {teacher}, unsure pixels left out"


def _tell(row: dict[str, float]) -> None:
    typer.echo("  ".join(f"{name} {value:.4g}" for name, value in row.items()))


def need_torch() -> None:
    """
    Raises:
        BackendMissingError: PyTorch is missing.
    """
    import importlib.util

    from rgbd_seg.errors import BackendMissingError

    if importlib.util.find_spec("torch") is None:
        raise BackendMissingError(_TORCH)
