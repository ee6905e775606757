"""``rgbd-seg export``."""

from pathlib import Path
from typing import Annotated

import typer

from rgbd_seg.cli.train import need_torch


def export(
    checkpoint: Annotated[Path, typer.Argument(help="final.pt, best.pt or last.pt of a run.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the .onnx files and their passports.")],
    name: Annotated[str, typer.Option(help="Of the network, as --model will call it.")],
    int8: Annotated[bool, typer.Option("--int8", help="Also write NAME-int8: smaller and faster.")] = False,
    calibration_set: Annotated[
        list[Path] | None, typer.Option(help="Packed set that int8 takes its ranges from; may be repeated.")
    ] = None,
    held_out: Annotated[
        list[Path] | None, typer.Option(help="Packed set to score the files on; may be repeated.")
    ] = None,
    origins: Annotated[
        Path | None, typer.Option(help="TOML: source and licence of training folders that do not say so themselves.")
    ] = None,
    root: Annotated[Path, typer.Option(help="Folder of the run's configuration file: its paths begin there.")] = Path(),
    side: Annotated[int, typer.Option(help="Width and height of the input, a multiple of 32.")] = 256,
    previous_alpha: Annotated[
        bool, typer.Option("--previous-alpha", help="On video, show it what it found in the frame before.")
    ] = False,
    threads: Annotated[int, typer.Option(min=0, help="That it runs on; 0: all cores.")] = 0,
    rank: Annotated[int, typer.Option(help="`auto` takes the lowest that is here.")] = 1000,
    title: Annotated[str, typer.Option(help="One line for people.")] = "",
    licence: Annotated[str, typer.Option(help="Of the weights.")] = "Apache-2.0",
    page: Annotated[str, typer.Option(help="Page that describes the network.")] = "",
    hardware: Annotated[str, typer.Option(help="What it was trained on.", show_default="this machine")] = "",
    command: Annotated[str, typer.Option(help="What trained it, for the record.")] = "rgbd-seg train CONFIG -o RUN",
    known_failure: Annotated[list[str] | None, typer.Option(help="For the record; may be repeated.")] = None,
) -> None:
    """Write a trained network as ONNX with a passport: what it is made of, where it runs, how good it is."""
    need_torch()
    from rgbd_seg.training.portrait.release import release
    from rgbd_seg.training.portrait.release_options import ReleaseOptions

    options = ReleaseOptions(
        name=name,
        title=title,
        licence=licence,
        source=page,
        threads=threads,
        rank=rank,
        previous_alpha=previous_alpha,
        side=side,
        int8=int8,
        calibration_sets=tuple(calibration_set or ()),
        held_out=tuple(held_out or ()),
        root=root,
        origins=origins,
        hardware=hardware,
        command=command,
        known_failures=tuple(known_failure or ()),
    )
    for released in release(checkpoint, output, options, lambda text: typer.echo(text, err=True)):
        typer.echo(f"{released.path}  sha256 {released.passport.sha256}")
