"""``rgbd-seg devices check``."""

import json as json_module
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_devices.cli.camera_options import AsJson, CameraName, Color, Depth

if TYPE_CHECKING:
    from rgbd_devices.check import Finding, Rule

_BROKEN = 1
_MARKS = {"pass": "✓", "fail": "✗", "skip": "–"}


def check(
    camera: CameraName,
    seconds: Annotated[float, typer.Option(help="How long to watch; longer finds slower leaks.", min=0.5)] = 5.0,
    restarts: Annotated[int, typer.Option(help="How often to start and stop.", min=1)] = 20,
    color: Color = None,
    depth: Depth = None,
    json: AsJson = False,
) -> None:
    """Whether a driver keeps the contract: a pass/fail sheet. Exit code 1 if a rule is broken."""
    from rgbd_devices.check import CheckOptions, Subject, run_check
    from rgbd_devices.registry import find_device

    options = CheckOptions(seconds=seconds, restarts=restarts)
    subject = Subject(lambda: find_device(camera), options, color=color, depth=depth)
    report = run_check(subject, None if json else _tell)
    if json:
        typer.echo(json_module.dumps(report.to_dict(), indent=1))
    else:
        broken = f"FAIL: {', '.join(report.failures)}" if report.failures else "PASS"
        typer.echo(f"{report.device.name} ({report.device.uri}): {broken}")
    if not report.passed:
        raise typer.Exit(_BROKEN)


def _tell(rule: "Rule", finding: "Finding") -> None:
    typer.echo(f"{_MARKS[finding.verdict]} {rule.name:<13} {finding.text}")
