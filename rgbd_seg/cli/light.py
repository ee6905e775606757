"""``rgbd-seg light``."""

from typing import Annotated

import typer

from rgbd_seg.cli.photo_job import PhotoJob


def light(
    job: PhotoJob,
    preset: Annotated[str, typer.Option(help="studio, contour, stage or stage-mono.")] = "studio",
    azimuth: Annotated[
        float | None,
        typer.Option(help="Degrees from the camera to the right of the picture.", show_default="the preset's"),
    ] = None,
    elevation: Annotated[
        float | None, typer.Option(help="Degrees above the camera.", show_default="the preset's")
    ] = None,
    intensity: Annotated[float, typer.Option(help="0 to 2 times the preset's lamp.")] = 1.0,
    warmth: Annotated[float | None, typer.Option(help="-1 (blue) to 1 (amber).", show_default="the preset's")] = None,
    softness: Annotated[
        float | None, typer.Option(help="0 (a bare bulb) to 1 (a window).", show_default="the preset's")
    ] = None,
    strength: Annotated[float, typer.Option(help="0 to 1.")] = 1.0,
) -> None:
    """Light the subject anew with a lamp of your choice."""
    from rgbd_seg.effects import LightOptions, portrait_light

    options = LightOptions(
        preset=preset,
        azimuth=azimuth,
        elevation=elevation,
        intensity=intensity,
        warmth=warmth,
        softness=softness,
        strength=strength,
    )
    job.run_effect("light", lambda frame, matte: portrait_light(frame, matte, options))
