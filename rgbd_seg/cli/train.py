"""``rgbd-seg pack``, ``rgbd-seg train`` and ``rgbd-seg export``."""

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
) -> None:
    """Prepare pictures for training: decoded, labelled, ready for fast random access."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    from rgbd_seg.options import check_choice
    from rgbd_seg.segmentation import create_segmenter
    from rgbd_seg.training.portrait import packing
    from rgbd_seg.training.portrait.packed import write_packed
    from rgbd_seg.training.portrait.teacher import Teacher

    check_choice("--part", part, ("all", "train", "held-out"))
    labels = Teacher(create_segmenter(teacher, models_folder=models_folder)) if teacher else None
    skipped: list[str] = []
    pictures = packing.pack(source, labels, skipped.append, nobody=nobody)
    if part != "all":
        pictures = (p for p in pictures if packing.is_held_out(p.entry.group) == (part == "held-out"))
    columns = (TextColumn("packing"), TextColumn("{task.completed} pictures"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("packing", total=None)
        count = write_packed(output, pictures, lambda: bar.advance(task))
    typer.echo(f"{count} pictures packed into {output}")
    if skipped:
        warn(f"{len(skipped)} left out, such as: {skipped[0]}")


def train(
    config: Annotated[Path, typer.Argument(help="TOML file; the package has published, tiny and base as examples.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the run; a run begun there goes on.")],
    add_hard: Annotated[
        Path | None, typer.Option(help="Folder of wrongly segmented pictures with corrected masks; needs --start.")
    ] = None,
    start: Annotated[Path | None, typer.Option(help="Checkpoint of the network to improve.")] = None,
) -> None:
    """Train the portrait network, or adapt a trained one to hard examples or to a camera."""
    from dataclasses import replace

    _need_torch()
    from rgbd_seg.training.portrait.config import TrainingConfig
    from rgbd_seg.training.portrait.run import train as run
    from rgbd_seg.training.portrait.run import with_hard_examples
    from rgbd_seg.training.portrait.trainer import FINAL

    settings, base = TrainingConfig.load(config), config.resolve().parent
    if add_hard is not None:
        if start is None:
            raise ConfigError("--add-hard improves a trained network; give its checkpoint with --start")
        settings = with_hard_examples(settings, base, add_hard, start, output)
    elif start is not None:
        settings = replace(settings, network=replace(settings.network, start=str(start.resolve())))
    run(settings, base, output, _tell)
    typer.echo(f"trained: {output / FINAL}")


def export(
    checkpoint: Annotated[Path, typer.Argument(help="final.pt, best.pt or last.pt of a run.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The .onnx file.")],
    side: Annotated[int, typer.Option(min=64, max=1024, help="Width and height of the input, a multiple of 32.")] = 256,
    int8: Annotated[Path | None, typer.Option(help="Write int8 instead, ranges taken from this packed set.")] = None,
) -> None:
    """Write a trained network as ONNX, for ONNX Runtime, OpenVINO and OpenCV."""
    _need_torch()
    from tempfile import TemporaryDirectory

    from rgbd_seg.training.portrait import export as exporting
    from rgbd_seg.training.portrait.checkpoint import Checkpoint
    from rgbd_seg.training.portrait.packed import PackedSet

    if side % 32:
        raise ConfigError(f"--side is {side}; expected a multiple of 32")
    network = exporting.from_checkpoint(Checkpoint.load(checkpoint))
    if int8 is None:
        difference = exporting.export(network, output, side)
        typer.echo(f"{output}: {output.stat().st_size / 1e6:.1f} MB, within {difference:.1e} of PyTorch")
        return
    with TemporaryDirectory() as folder:
        exact = Path(folder) / "float32.onnx"
        exporting.export(network, exact, side)
        exporting.quantise(exact, output, [PackedSet(int8)], side)
    typer.echo(f"{output}: {output.stat().st_size / 1e6:.1f} MB, int8")


def _tell(row: dict[str, float]) -> None:
    typer.echo("  ".join(f"{name} {value:.4g}" for name, value in row.items()))


def _need_torch() -> None:
    import importlib.util

    from rgbd_seg.errors import BackendMissingError

    if importlib.util.find_spec("torch") is None:
        raise BackendMissingError(_TORCH)
