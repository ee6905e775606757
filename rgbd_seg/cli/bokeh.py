"""``rgbd-seg bokeh``."""

from typing import Annotated

import typer

from rgbd_seg.cli.photo_job import PhotoJob


def bokeh(
    job: PhotoJob,
    strength: Annotated[float, typer.Option(help="0 to 1, for any depth.")] = 0.5,
    f_number: Annotated[float | None, typer.Option(help="Lens of this f-number instead (metric depth).")] = None,
    focal_length: Annotated[
        float | None, typer.Option(help="Its focal length in metres.", show_default="full frame, same view")
    ] = None,
    aperture: Annotated[float | None, typer.Option(help="Lens opening in metres instead (metric depth).")] = None,
    focus_distance: Annotated[
        float | None, typer.Option(help="Metres that are sharp.", show_default="the subject, or --focus")
    ] = None,
    true_lens: Annotated[
        bool, typer.Option("--true-lens", help="Let the lens blur the subject too where it is out of focus.")
    ] = False,
) -> None:
    """Blur with distance, as a wide lens would."""
    from rgbd_seg.effects import BokehOptions
    from rgbd_seg.effects import bokeh as effect

    options = BokehOptions(
        strength=strength,
        f_number=f_number,
        focal_length=focal_length,
        aperture=aperture,
        focus_distance=focus_distance,
        focus_point=job.focus_pixel() if focus_distance is None else None,
        keep_subject_sharp=not true_lens,
    )
    job.run_effect("bokeh", lambda frame, matte: effect(frame, matte, options))
