"""``rgbd-seg replace``."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rgbd_seg.cli.photo_job import PhotoJob
from rgbd_seg.errors import ConfigError

if TYPE_CHECKING:
    from rgbd_seg.arrays import UInt8
    from rgbd_seg.effects import VideoBackground
    from rgbd_seg.effects.background import RgbColor
    from rgbd_seg.frames import RgbdFrame


def replace(
    job: PhotoJob,
    background: Annotated[
        str,
        typer.Option(
            "-b", "--background", help="Picture or video file, a colour as #rrggbb, or `own` for the photo's own."
        ),
    ] = "#ffffff",
    background_depth: Annotated[
        str | None,
        typer.Option(
            help="16-bit depth PNG of the background, its calibration JSON beside it, or `own` for the depth inside "
            "its file: what is nearer than the subject then hides it.",
            show_default="behind everything",
        ),
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option(
            help="Picture at a distance: FILE@2.5m, then any of :h=0.6m :x=0.4m :y=-0.2m, or :h=200px :x=320px "
            ":y=100px. May be given several times."
        ),
    ] = None,
    match: Annotated[float, typer.Option(help="0 to 1: bring its exposure and white balance to the photo's.")] = 0.0,
    light_wrap: Annotated[float, typer.Option(help="0 to 1: let its light spill over the subject's edge.")] = 0.0,
    blur: Annotated[float, typer.Option(help="0 to 1: put it out of focus.")] = 0.0,
    framing: Annotated[str, typer.Option(help="fill, fit, crop or stretch.")] = "fill",
    subject_distance: Annotated[
        float | None, typer.Option(help="Metres at which the subject stands there.", show_default="as measured")
    ] = None,
) -> None:
    """Put the subject before another picture or a colour, and things before and behind it."""
    from rgbd_seg.cli.place_argument import placed_file, placed_picture_of
    from rgbd_seg.effects import Framing, ReplaceOptions, replace_background

    options = ReplaceOptions(
        background=_scene_of(background, background_depth),
        framing=Framing(mode=framing),
        match=match,
        light_wrap=light_wrap,
        blur=blur,
        pictures=tuple(placed_picture_of(text) for text in place or ()),
        subject_distance=subject_distance,
    )
    made_from = [Path(name) for name in (background, background_depth) if name]
    made_from += [placed_file(text) for text in place or ()]
    job.run_effect("replace", lambda frame, matte: replace_background(frame, matte, options), made_from)


def background_of(text: str) -> "UInt8 | RgbColor | VideoBackground":
    """What ``--background`` means: a picture, a video, or a colour."""
    if text.startswith("#"):
        if not re.fullmatch("#[0-9a-fA-F]{6}", text):
            raise ConfigError(f"--background is {text!r}; expected a picture file or a colour such as #2060a0")
        return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
    from rgbd_seg.io.video import VideoFile, is_video

    if is_video(Path(text)):
        from rgbd_seg.effects import VideoBackground

        return VideoBackground(VideoFile(Path(text)))
    from rgbd_seg.io.pictures import read_picture

    return read_picture(Path(text))


def _scene_of(background: str, depth: str | None) -> "UInt8 | RgbColor | VideoBackground | RgbdFrame | Literal['own']":
    if background == "own":
        if depth is not None:
            raise ConfigError("--background-depth is given with --background own; the photo's own depth is used there")
        return "own"
    if depth is None:
        return background_of(background)
    from rgbd_seg.io import read_photo
    from rgbd_seg.io.video import is_video

    if background.startswith("#") or is_video(Path(background)):
        raise ConfigError(
            f"--background-depth is given with --background {background}; expected a picture that has depth"
        )

    frame = read_photo(Path(background), depth=None if depth == "own" else Path(depth)).frame
    if frame.depth is None:
        raise ConfigError(f"{background} has no depth; expected --background-depth to name a 16-bit depth PNG")
    return frame
