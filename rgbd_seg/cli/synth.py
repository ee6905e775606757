"""``rgbd-seg synth``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from rgbd_seg.training.synthetic.generation import Progress, SynthOptions

    Maker = Callable[[SynthOptions, Path, int, Progress], int]

    from rgbd_seg.arrays import Float32, UInt8
    from rgbd_seg.training.portrait_sample import PortraitSample

_SHEET_ROWS = 16


def synth(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the shards.")],
    assets: Annotated[Path, typer.Option(help="MakeHuman's CC0 assets: a folder, or an archive of it.")],
    count: Annotated[int, typer.Option("-n", "--count", help="How many samples.")] = 1000,
    workers: Annotated[int, typer.Option("-w", "--workers", min=1, help="Processes that render.")] = 1,
    preset: Annotated[
        str,
        typer.Option(
            help="mixed, portrait, selfie, full-body, desk, crowd, hard, held, empty, mannequins, still-life or test."
        ),
    ] = "mixed",
    seed: Annotated[int, typer.Option(help="Equal seeds give equal files.")] = 0,
    split: Annotated[str, typer.Option(help="train, or test: people and places that no training set has.")] = "train",
    size: Annotated[str, typer.Option(help="Picture size, longer side first.")] = "256x192",
    views: Annotated[int, typer.Option(help="Pictures of one scene: fewer are more varied, and slower.")] = 8,
    video: Annotated[bool, typer.Option("--video", help="Clips with true optical flow, not single pictures.")] = False,
    frames: Annotated[int, typer.Option(help="Frames of one clip.")] = 16,
    sensor: Annotated[
        str | None, typer.Option(help="tof, active-stereo, structured-light, lidar, apple-disparity; all if not given.")
    ] = None,
    backgrounds: Annotated[Path | None, typer.Option(help="Folder of photographs without people.")] = None,
    renderer: Annotated[str, typer.Option(help="open3d: fast; cycles: path-traced by Blender.")] = "open3d",
    blender_python: Annotated[Path | None, typer.Option(help="For cycles: a Python that has bpy.")] = None,
    samples: Annotated[int, typer.Option(help="For cycles: samples per pixel.")] = 128,
    blur_aperture: Annotated[
        float, typer.Option(help="For cycles: also each picture through a lens this wide (metres), as blur truth.")
    ] = 0.0,
) -> None:
    """Render RGB-D portraits of made-up people with exact truth, as WebDataset shards."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from rgbd_seg.training.synthetic.generation import SynthOptions

    options = SynthOptions(
        assets=assets, count=count, preset=preset, seed=seed, split=split, size=_size(size), views=views, video=video,
        frames=frames, sensor=sensor, backgrounds=backgrounds,
    )  # fmt: skip
    columns: list[Any] = [
        TextColumn("samples"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    ]
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("samples", total=count)
        made = _maker(renderer, blender_python, samples, blur_aperture)(
            options, output, workers, lambda done, wanted: bar.update(task, completed=done, total=wanted)
        )
    sheet = _write_sheet(output)
    typer.echo(f"{made} samples rendered, {count} in {output}; look at {sheet}")


def _maker(renderer: str, blender_python: Path | None, samples: int, blur_aperture: float) -> "Maker":
    """What renders a set: options, folder, workers, progress → how many samples it rendered."""
    from rgbd_seg.errors import ConfigError
    from rgbd_seg.options import check_choice
    from rgbd_seg.training.synthetic.generation import generate

    check_choice("renderer", renderer, ("open3d", "cycles"))
    if renderer == "open3d":
        return lambda options, output, workers, told: generate(options, output, workers=workers, progress=told)
    from rgbd_seg.training.synthetic.cycles import BlenderPython, CyclesOptions
    from rgbd_seg.training.synthetic.cycles.generation import generate_with_cycles

    if blender_python is None:
        raise ConfigError("--renderer cycles needs --blender-python, the Python of an environment that has bpy")
    cycles = CyclesOptions(samples=samples, matte_samples=max(samples, 128), blur_aperture=blur_aperture)
    blender = BlenderPython.at(blender_python)
    return lambda options, output, workers, told: generate_with_cycles(
        options, output, blender, cycles, workers=workers, progress=told
    )


def _size(text: str) -> tuple[int, int]:
    from rgbd_seg.errors import ConfigError

    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise ConfigError(f"size is {text!r}; expected something like 256x192")
    return max(int(width), int(height)), min(int(width), int(height))


def _write_sheet(output: Path) -> Path:
    """Samples from all over the set, with what is true and what the depth camera saw."""
    from itertools import islice

    from rgbd_seg.cli.report import warn
    from rgbd_seg.contact_sheet import contact_sheet
    from rgbd_seg.io.pictures import write_picture
    from rgbd_seg.training.shards import read_shards, shard_paths

    paths = shard_paths(output)
    chosen = paths[:: max(1, len(paths) // 4)][:4]
    step = max(1, _SHEET_ROWS // (len(chosen) * 2))
    columns: dict[str, UInt8]
    rows = []
    for path in chosen:
        for sample in islice(read_shards(path, warn), 0, step * 14, 7):
            columns = _pictures(sample)
            rows.append(list(columns.values()))
    sheet = output / "contact_sheet.png"
    write_picture(sheet, contact_sheet(list(columns), rows, tile=192))
    return sheet


def _pictures(sample: "PortraitSample") -> "dict[str, UInt8]":
    import numpy as np

    from rgbd_seg.cli.stages import as_picture

    size = sample.color.shape[:2]
    nothing = np.full(size, np.nan, np.float32)
    zero = np.zeros(size, np.float32)
    others = [zero if m is None else m for m in (sample.others, sample.pictured, sample.held)]
    return {
        "color": sample.color,
        "alpha": as_picture("alpha", sample.alpha),
        "others, pictured, held": _as_rgb(others),
        "foreground": sample.color if sample.foreground is None else sample.foreground,
        "true depth": as_picture("depth", nothing if sample.depth is None else sample.depth),
        "sensor depth": as_picture("depth", nothing if sample.registered is None else sample.registered),
    }


def _as_rgb(maps: "list[Float32]") -> "UInt8":
    import numpy as np

    return np.rint(np.stack(maps, axis=-1) * 255).astype(np.uint8)
