"""``rgbd-seg devices play``."""

import time
from itertools import pairwise

import typer

from rgbd_devices.cli.camera_options import CameraName, Chosen, Color, Depth, Seconds


def play(recording: CameraName, color: Color = None, depth: Depth = None, seconds: Seconds = 0.0) -> None:
    """Run a recording (or a camera) through and tell what is in it."""
    from rgbd_devices.cli.counts import counts_of
    from rgbd_devices.cli.pace import frames_of

    camera = Chosen(name=recording, color=color, depth=depth).camera()
    with camera:
        typer.echo(f"{camera.info.name}: {', '.join(map(str, camera.profiles()))}")
        start = time.monotonic()
        moments = [(frame.session, frame.color_timestamp.nanoseconds) for frame in frames_of(camera, seconds)]
        took = time.monotonic() - start
        typer.echo(f"{counts_of(camera)}; {_length(moments):.2f} s of recording in {took:.2f} s")


def _length(moments: list[tuple[int, int]]) -> float:
    """Seconds; with each session (first of the two) the clock, in ns, starts anew."""
    return 1e-9 * sum(later - earlier for (one, earlier), (other, later) in pairwise(moments) if one == other)
