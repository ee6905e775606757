"""``rgbd-seg grayscale``."""

from typing import Annotated

import typer

from rgbd_seg.cli.photo_job import PhotoJob


def grayscale(job: PhotoJob, strength: Annotated[float, typer.Option(help="0 to 1.")] = 1.0) -> None:
    """Turn the background grey; the subject keeps its colour."""
    from rgbd_seg.effects import GrayscaleOptions
    from rgbd_seg.effects import grayscale as effect

    options = GrayscaleOptions(strength=strength)
    job.run_effect("grayscale", lambda frame, matte: effect(frame, matte, options))
