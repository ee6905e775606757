"""``rgbd-seg devices play``."""

import time

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
        stamps = [frame.color_timestamp.nanoseconds for frame in frames_of(camera, seconds)]
        took = time.monotonic() - start
        length = (stamps[-1] - stamps[0]) * 1e-9 if stamps else 0.0
        typer.echo(f"{counts_of(camera)}; {length:.2f} s of recording in {took:.2f} s")
