"""``rgbd-seg devices record``."""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from rgbd_devices.cli.camera_options import CameraName, Chosen, Color, Depth, Seconds


def record(
    camera: CameraName,
    output: Annotated[Path, typer.Option("-o", "--output", help="FILE.mkv, or a new folder for the TUM format.")],
    color: Color = None,
    depth: Depth = None,
    seconds: Seconds = 0.0,
) -> None:
    """Record colour and lossless depth with their calibration, until --seconds or ^C."""
    from rgbd_devices.camera_options import CameraOptions
    from rgbd_devices.cli.counts import counts_of
    from rgbd_devices.cli.pace import frames_of, frames_waiting
    from rgbd_devices.cli.recorders import open_recorder

    # Two seconds of frames ride out a slow disk; what is dropped even so is counted and told.
    opened = Chosen(name=camera, color=color, depth=depth).camera(CameraOptions(queue_size=60))
    with opened, open_recorder(output, opened) as recorder:
        for frame in chain(frames_of(opened, seconds), frames_waiting(opened)):
            recorder.write(frame)
    typer.echo(f"{output}: {counts_of(opened)}")
