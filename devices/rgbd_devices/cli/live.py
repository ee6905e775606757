"""``rgbd-seg live``."""

import json as json_module
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_devices.cli.camera_options import AsJson, Chosen, Color, Depth, Seconds
from rgbd_devices.cli.run import run

if TYPE_CHECKING:
    from rgbd_devices.live.sink import Sink
    from rgbd_seg.pipeline import Pipeline

_WINDOW = "window"


def main(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(live)
    return run(app, arguments, "rgbd-seg live")


def live(
    camera: Annotated[str, typer.Option("--camera", "-c", help="Driver, DRIVER:SERIAL, serial number or recording.")],
    effect: Annotated[
        str, typer.Option("--effect", "-e", help="replace, blur, bokeh, whiten, grayscale or beautify.")
    ] = "blur",
    output: Annotated[str, typer.Option("-o", "--output", help="FILE.mp4, or `window`.")] = _WINDOW,
    background: Annotated[
        str, typer.Option("-b", "--background", help="For replace: picture or video file, or a colour as #rrggbb.")
    ] = "#ffffff",
    strength: Annotated[float, typer.Option(help="For blur and bokeh: 0 to 1.")] = 0.5,
    model: Annotated[
        str, typer.Option(help="Segmenter: auto, depth-layers, a known name, or a network file.")
    ] = "auto",
    device: Annotated[str, typer.Option(help="Where networks run: cpu, cuda …; never a silent fallback.")] = "cpu",
    color: Color = None,
    depth: Depth = None,
    seconds: Seconds = 0.0,
    json: AsJson = False,
) -> None:
    """The whole pipeline at a camera's pace: find the person, apply an effect, write or show it."""
    from rgbd_devices.camera_options import CameraOptions
    from rgbd_devices.cli.pace import frames_of
    from rgbd_devices.live.effects import live_effect
    from rgbd_devices.live.loop import LiveLoop
    from rgbd_seg.cli.replace import background_of

    pipeline = _pipeline(model, device)
    # One frame set waits at most: what is shown is the newest.
    opened = Chosen(name=camera, color=color, depth=depth).camera(CameraOptions(queue_size=1))
    with opened:
        size, rate = opened.calibration().color.size, opened.profiles()[0].rate
        loop = LiveLoop(
            pipeline, live_effect(effect, background=background_of(background), strength=strength, size=size)
        )
        is_live = opened.capabilities.live
        if is_live:  # of a recording every picture counts, and none is late
            loop.picture(opened.read(5.0))  # what is loaded or compiled once is not the first picture's delay
        with _sink(output, rate) as sink:
            report = loop.run(frames_of(opened, seconds), sink)
        statistics = opened.statistics
    result = {
        "output": output,
        "segmenter": pipeline.segmenter.name,
        "frames": report.frames,
        "frames per second": round(report.rate, 2),
        # A recording's pictures arrived when they were recorded: their age is no latency.
        "latency median ms": round(1e3 * report.latency_median, 1) if is_live else None,
        "latency p95 ms": round(1e3 * report.latency_p95, 1) if is_live else None,
        "skipped": statistics.dropped,
        "losses": statistics.losses,
    }
    typer.echo(json_module.dumps(result, indent=1) if json else ", ".join(f"{k}: {v}" for k, v in result.items()))


def _pipeline(model: str, device: str) -> "Pipeline":
    from rgbd_seg.cli.segmenter import segmenter_of
    from rgbd_seg.pipeline import Pipeline
    from rgbd_seg.pipeline_options import LIVE
    from rgbd_seg.segmentation.following import for_video

    return Pipeline(for_video(segmenter_of(model, device)), LIVE)


def _sink(output: str, rate: float) -> "Sink":
    if output == _WINDOW:
        from rgbd_devices.live.window import Window

        return Window()
    from rgbd_devices.live.video_file import VideoFile

    return VideoFile(Path(output), rate)
