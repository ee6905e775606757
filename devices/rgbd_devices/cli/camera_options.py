"""The options by which every command chooses a camera and its streams."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rgbd_devices.camera import DeviceCamera
    from rgbd_devices.camera_options import CameraOptions

CameraName = Annotated[
    str,
    typer.Argument(help="Driver, DRIVER:SERIAL, serial number, model name, or a recording.", show_default=False),
]
Color = Annotated[
    str | None,
    # Square brackets would be read as markup.
    typer.Option("--color", help="Profile: WIDTHxHEIGHT, WIDTHxHEIGHT@RATE/FORMAT …", show_default="the driver's"),
]
Depth = Annotated[str | None, typer.Option("--depth", help="The same for depth.", show_default="the driver's")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
Seconds = Annotated[float, typer.Option("--seconds", "-s", min=0.0, help="Stop after so long; 0: when it ends or ^C.")]


_PATIENCE = 30.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A camera as the command line names it."""

    name: str
    color: str | None
    depth: str | None

    def camera(self, options: "CameraOptions | None" = None) -> "DeviceCamera":
        """Not yet started. On the command line a camera that does not return is an error after a while."""
        from rgbd_devices.camera_options import CameraOptions
        from rgbd_devices.registry import open_camera

        options = replace(options or CameraOptions(), give_up_after=_PATIENCE)
        return open_camera(self.name, options, color=self.color, depth=self.depth, on_state=_tell)


def _tell(change: object) -> None:
    """Losses and returns go to standard error: the user sees why the picture stands still."""
    from rgbd_devices.state_log import StateChange
    from rgbd_seg.devices import CameraState

    if isinstance(change, StateChange) and change.state in (CameraState.LOST, CameraState.RECONNECTING):
        typer.echo(f"rgbd-seg: camera {change.state.value}: {change.reason}", err=True)
