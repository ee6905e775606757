"""``rgbd-seg devices info``."""

import json as json_module
from dataclasses import asdict

import typer

from rgbd_devices.cli.camera_options import AsJson, CameraName, Chosen, Color, Depth


def info(camera: CameraName, color: Color = None, depth: Depth = None, json: AsJson = False) -> None:
    """What a camera is, can stream, and how it is calibrated."""
    from rgbd_seg.calibration import intrinsics_to_dict

    with Chosen(name=camera, color=color, depth=depth).camera() as opened:
        calibration = opened.calibration()
        content = {
            "device": asdict(opened.info) | {"uri": opened.info.uri},
            "capabilities": asdict(opened.capabilities),
            "running": [str(profile) for profile in opened.profiles()],
            "offered": [str(profile) for profile in opened.offered()],
            "calibration": {
                "color": intrinsics_to_dict(calibration.color),
                "depth": intrinsics_to_dict(calibration.depth),
                "T_color_depth": calibration.T_color_depth.matrix().tolist(),
                "metres_per_unit": calibration.metres_per_unit,
            },
        }
    if json:
        typer.echo(json_module.dumps(content, indent=1))
        return
    for key, value in content.items():
        typer.echo(f"{key}:")
        lines = value.items() if isinstance(value, dict) else (("", text) for text in value)
        for name, text in lines:
            typer.echo(f"  {name:<16} {text}" if name else f"  {text}")
