"""``rgbd-seg devices list``."""

import json as json_module
from dataclasses import asdict

import typer

from rgbd_devices.cli.camera_options import AsJson
from rgbd_devices.cli.native_output import native_output_on_stderr


def list_cameras(json: AsJson = False) -> None:
    """Cameras that are there now, and which drivers could not look."""
    from rgbd_devices import registry

    with native_output_on_stderr():
        cameras, silent = registry.list_cameras()
    if json:
        found = [asdict(info) | {"uri": info.uri} for info in cameras]
        typer.echo(json_module.dumps({"cameras": found, "drivers that could not look": silent}, indent=1))
        return
    for info in cameras:
        typer.echo(f"{info.uri:<28} {info.name}  {info.connection}  {info.firmware}".rstrip())
    for name, reason in silent.items():
        typer.echo(f"({name}: {reason})")
