"""``rgbd-calibrate convert``."""

import re
from pathlib import Path
from typing import Annotated

import typer

from rgbd_seg.errors import ConfigError

_FORMATS = "rgbd-seg, ros (a folder), opencv, kalibr, azure-kinect or realsense"


def convert(
    source: Annotated[Path, typer.Argument(help="The calibration to read.")],
    target: Annotated[Path, typer.Argument(help="The calibration to write.")],
    read_as: Annotated[str, typer.Option("--from", help=f"Format of the source: {_FORMATS}.")] = "rgbd-seg",
    write_as: Annotated[str, typer.Option("--to", help=f"Format of the target: {_FORMATS}.")] = "rgbd-seg",
    metres_per_unit: Annotated[
        float | None, typer.Option(help="Length of one unit of raw depth, where the source does not say.")
    ] = None,
    color_size: Annotated[
        str | None, typer.Option(help="WIDTHxHEIGHT of the colour pictures, where the source does not say.")
    ] = None,
    depth_size: Annotated[
        str | None, typer.Option(help="WIDTHxHEIGHT of the depth pictures, where the source does not say.")
    ] = None,
    drop_depth_correction: Annotated[
        bool, typer.Option("--drop-depth-correction", help="Leave out what other systems have no place for.")
    ] = False,
) -> None:
    """Convert a calibration from and to the files of other systems."""
    from rgbd_calibration.convert.formats import read_calibration, write_calibration
    from rgbd_calibration.convert.options import ReadOptions

    options = ReadOptions(metres_per_unit=metres_per_unit, color_size=_size(color_size), depth_size=_size(depth_size))
    calibration = read_calibration(source, read_as, options)
    write_calibration(target, write_as, calibration, drop_depth_correction=drop_depth_correction)
    typer.echo(f"{target}: {write_as}, from {read_as} {source}")


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)[x×](\d+)", text)
    if match is None:
        raise ConfigError(f"size is {text!r}; expected WIDTHxHEIGHT, such as 1280x720")
    return int(match[1]), int(match[2])
