"""``rgbd-seg devices view``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_devices.cli.camera_options import CameraName, Chosen, Color, Depth, Seconds

if TYPE_CHECKING:
    from rgbd_devices.live.rerun_view import RerunView


def view(
    camera: CameraName,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write FILE.rrd instead of opening a viewer.")
    ] = None,
    matte: Annotated[bool, typer.Option(help="Show the person's matte too.")] = True,
    model: Annotated[str, typer.Option(help="Segmenter of the matte.")] = "auto",
    color: Color = None,
    depth: Depth = None,
    seconds: Seconds = 0.0,
) -> None:
    """Colour, depth and matte in Rerun, live or into a file for later."""
    from rgbd_devices.cli.counts import counts_of
    from rgbd_devices.cli.pace import frames_of

    shown = _view(output, model if matte else None)
    opened = Chosen(name=camera, color=color, depth=depth).camera()
    with opened, shown:
        for frame in frames_of(opened, seconds):
            shown.write(frame)
    typer.echo(f"{output or 'viewer'}: {counts_of(opened)}")


def _view(output: Path | None, model: str | None) -> "RerunView":
    from rgbd_devices.live.rerun_view import RerunView

    if model is None:
        return RerunView(output, None)
    from rgbd_seg.cli.segmenter import segmenter_of
    from rgbd_seg.pipeline import Pipeline
    from rgbd_seg.pipeline_options import LIVE
    from rgbd_seg.segmentation.following import for_video

    return RerunView(output, Pipeline(for_video(segmenter_of(model)), LIVE))
