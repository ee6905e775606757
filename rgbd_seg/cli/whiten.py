"""``rgbd-seg whiten``."""

from typing import Annotated

import typer

from rgbd_seg.cli.photo_job import PhotoJob


def whiten(job: PhotoJob, strength: Annotated[float, typer.Option(help="0 to 1.")] = 0.5) -> None:
    """Brighten the subject's skin."""
    from rgbd_seg.effects import WhitenOptions
    from rgbd_seg.effects import whiten as effect

    job.run_skin_effect("whiten", WhitenOptions(strength=strength), effect)
