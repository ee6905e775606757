"""``rgbd-seg matte``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_seg.cli.photo_job import PhotoJob

if TYPE_CHECKING:
    from rgbd_seg.frames import AlphaMatte
    from rgbd_seg.io import Photo


def matte(
    job: PhotoJob,
    cutout: Annotated[
        bool, typer.Option("--cutout", help="Write the subject's own colour with alpha, not the alpha alone.")
    ] = False,
) -> None:
    """The subject's soft alpha (8-bit PNG), or the cut-out subject with --cutout."""
    job.run("matte", _write_cutout if cutout else _write_alpha, default_suffix=".png", with_alpha=cutout)


def _write_alpha(path: Path, photo: "Photo", matte: "AlphaMatte") -> None:
    from rgbd_seg.io.pictures import write_alpha

    write_alpha(path, matte.alpha)


def _write_cutout(path: Path, photo: "Photo", matte: "AlphaMatte") -> None:
    from rgbd_seg.io.pictures import write_picture

    write_picture(path, photo.frame.color if matte.foreground is None else matte.foreground, alpha=matte.alpha)
