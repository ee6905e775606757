"""``rgbd-seg demo``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_seg.cli import compile_ahead
from rgbd_seg.cli.report import print_json

if TYPE_CHECKING:
    from rgbd_seg.arrays import UInt8
    from rgbd_seg.frames import AlphaMatte, RgbdFrame
    from rgbd_seg.pipeline import Pipeline


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")] = Path("rgbd-seg-demo"),
    model: Annotated[str, typer.Option(help="Segmenter: auto, depth-layers, a known name, or a file.")] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """All effects on the bundled samples, on one contact sheet."""
    from rich.console import Console
    from rich.progress import track

    from rgbd_seg.atomic import make_folder
    from rgbd_seg.cli.segmenter import segmenter_of
    from rgbd_seg.contact_sheet import contact_sheet
    from rgbd_seg.io.pictures import write_picture
    from rgbd_seg.samples import sample_names

    make_folder(output)
    with compile_ahead.other_half():
        from rgbd_seg.pipeline import Pipeline  # the other process need not wait for it

        pipeline = Pipeline(segmenter_of(model))
        compile_ahead.own_half(pipeline.segmenter)
    rows, scores = [], {}
    for name in track(sample_names(), description="samples", console=Console(stderr=True)):
        pictures, scores[name] = _portrait(name, pipeline)
        for effect, picture in pictures.items():
            write_picture(output / f"{name}_{effect}.jpg", picture)
        rows.append(pictures)
    sheet = output / "contact_sheet.jpg"
    write_picture(sheet, contact_sheet(list(rows[0]), [list(row.values()) for row in rows]))
    if json:
        print_json({"sheet": str(sheet), "segmenter": pipeline.segmenter.name, "iou": scores})
        return
    mean = sum(scores.values()) / len(scores)
    typer.echo(f"{len(rows)} portraits, segmenter {pipeline.segmenter.name}, mean IoU with the true matte {mean:.3f}")
    typer.echo(f"look at {sheet}")


def _portrait(name: str, pipeline: "Pipeline") -> "tuple[dict[str, UInt8], float]":
    """Every stage and effect of one sample, and the IoU of its mask with the truth."""
    import numpy as np

    from rgbd_seg.cli.stages import as_picture
    from rgbd_seg.registration import register
    from rgbd_seg.samples import load_sample

    sample = load_sample(name)
    frame = register(sample.frame)
    matte = pipeline.matte(frame)
    depth = np.full(frame.size, np.nan, np.float32) if frame.depth is None else frame.depth
    pictures = {
        "color": frame.color,
        "depth": as_picture("depth", depth),
        "alpha": as_picture("alpha", matte.alpha),
    }
    mask, truth = matte.alpha >= 0.5, sample.alpha >= 0.5
    iou = float((mask & truth).sum() / max((mask | truth).sum(), 1))
    return pictures | effects_of(frame, matte), round(iou, 4)


def effects_of(frame: "RgbdFrame", matte: "AlphaMatte") -> "dict[str, UInt8]":
    """Every effect by its name."""
    from rgbd_seg import effects

    sunset = effects.ReplaceOptions(background=_sunset(frame.size))
    return {
        "bokeh": effects.bokeh(frame, matte, effects.BokehOptions(strength=0.7)),
        "blur": effects.blur(frame, matte),
        "replace": effects.replace_background(frame, matte, sunset),
        "whiten": effects.whiten(frame, matte),
        "grayscale": effects.grayscale(frame, matte),
        "beautify": effects.beautify(frame, matte),
        "light": effects.portrait_light(frame, matte, effects.LightOptions(preset="contour")),
    }


def _sunset(size: tuple[int, int]) -> "UInt8":
    """A picture to stand before: an evening sky, made of two colours."""
    import numpy as np

    top, bottom = np.array([52, 92, 150]), np.array([250, 190, 140])
    level = np.linspace(0, 1, size[0])[:, None, None]
    sky = np.broadcast_to(top + (bottom - top) * level, (*size, 3))
    return np.round(sky).astype(np.uint8)
