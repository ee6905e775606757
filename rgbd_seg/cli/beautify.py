"""``rgbd-seg beautify``."""

from typing import Annotated

import typer

from rgbd_seg.cli.photo_job import PhotoJob


def beautify(
    job: PhotoJob,
    strength: Annotated[float, typer.Option(help="Of all of it, 0 to 1.")] = 0.5,
    tone: Annotated[float, typer.Option(help="Evening of skin tone, 0 to 1.")] = 0.5,
    smoothing: Annotated[float, typer.Option(help="Calming of blotches and fine lines, 0 to 1.")] = 1.0,
    blemishes: Annotated[float, typer.Option(help="Removal of small dark spots, 0 to 1; moles stay.")] = 1.0,
    eyes: Annotated[float, typer.Option(help="Brightening of shadows under the eyes, 0 to 1.")] = 0.5,
) -> None:
    """Smooth the subject's skin, keeping pores and edges."""
    from rgbd_seg.effects import BeautifyOptions
    from rgbd_seg.effects import beautify as effect

    options = BeautifyOptions(strength=strength, tone=tone, smoothing=smoothing, blemishes=blemishes, eyes=eyes)
    job.run_skin_effect("beautify", options, effect)
