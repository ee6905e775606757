"""``rgbd-seg blur``."""

from typing import Annotated

import typer

from rgbd_seg.cli.photo_job import PhotoJob


def blur(job: PhotoJob, strength: Annotated[float, typer.Option(help="0 to 1.")] = 0.5) -> None:
    """Blur the background evenly, whatever its distance."""
    from rgbd_seg.effects import BlurOptions
    from rgbd_seg.effects import blur as effect

    options = BlurOptions(strength=strength)
    job.run_effect("blur", lambda frame, matte: effect(frame, matte, options))
