"""``rgbd-seg replace``."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_seg.cli.photo_job import PhotoJob
from rgbd_seg.errors import ConfigError

if TYPE_CHECKING:
    from rgbd_seg.arrays import UInt8


def replace(
    job: PhotoJob,
    background: Annotated[
        str, typer.Option("-b", "--background", help="Picture file, or a colour as #rrggbb.")
    ] = "#ffffff",
) -> None:
    """Put the subject before another picture or a colour."""
    from rgbd_seg.effects import ReplaceOptions, replace_background

    options = ReplaceOptions(background=background_of(background))
    job.run_effect("replace", lambda frame, matte: replace_background(frame, matte, options))


def background_of(text: str) -> "UInt8 | tuple[int, int, int]":
    """What ``--background`` means: a picture, or a colour."""
    if not text.startswith("#"):
        from rgbd_seg.io.pictures import read_picture

        return read_picture(Path(text))
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ConfigError(f"--background is {text!r}; expected a picture file or a colour such as #2060a0")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
