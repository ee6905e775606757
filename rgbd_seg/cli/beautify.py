"""``rgbd-seg beautify``."""

from typing import Annotated

import typer

from rgbd_seg.cli.photo_job import PhotoJob


def beautify(
    job: PhotoJob,
    strength: Annotated[float, typer.Option(help="Skin smoothing, 0 to 1.")] = 0.5,
    tone: Annotated[float, typer.Option(help="Evening of skin tone, 0 to 1.")] = 0.5,
) -> None:
    """Smooth the subject's skin, keeping pores and edges."""
    from rgbd_seg.effects import BeautifyOptions
    from rgbd_seg.effects import beautify as effect

    options = BeautifyOptions(strength=strength, tone=tone)
    job.run_effect("beautify", lambda frame, matte: effect(frame, matte, options))
