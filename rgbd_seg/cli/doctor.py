"""``rgbd-seg doctor``."""

import importlib.metadata
import platform
import time
from typing import Annotated, Any

import typer

from rgbd_seg.bands import available_cores
from rgbd_seg.cli.report import print_json
from rgbd_seg.errors import RgbdSegError

REQUIRED = ("numpy", "opencv-contrib-python", "scipy", "numba", "onnxruntime", "pillow", "pillow-heif", "typer", "rich")
OPTIONAL = {  # package → extra
    "torch": "torch",
    "openvino": "openvino",
    "open3d": "open3d",
    "pyyaml": "calibration",
    "pyrealsense2": "realsense",
    "pyorbbecsdk2": "orbbec",
    "depthai": "depthai",
    "record3d": "record3d",
    "harvesters": "genicam",
    "av": "recording",
    "rerun-sdk": "view",
}


def doctor(json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """What is installed, and which engine and device really run."""
    findings = {
        "rgbd-seg": importlib.metadata.version("rgbd-seg"),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {available_cores()} cores, {platform.platform()}",
        "packages": {name: _version(name) or "missing: install rgbd-seg again" for name in REQUIRED},
        "extras": {name: _version(name) or f"not installed (extra `{extra}`)" for name, extra in OPTIONAL.items()},
        "cameras": _cameras(),
        "models": _models(),
        "default segmenter": _trial(),
    }
    if json:
        print_json(findings)
        return
    for key, value in findings.items():
        typer.echo(f"{key}: {value}" if not isinstance(value, dict) else f"{key}:")
        for name, text in value.items() if isinstance(value, dict) else ():
            typer.echo(f"  {name:<24} {text}")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cameras() -> dict[str, str]:
    found = importlib.metadata.entry_points(group="rgbd_seg.cameras")
    return {entry.name: entry.value for entry in found} or {"none": "no camera driver is installed"}


def _models() -> dict[str, str]:
    from rgbd_seg.models import ModelFolder

    folder = ModelFolder()
    entries = [entry for entry in folder.list() if entry.path is not None]
    here = {entry.passport.name: "built in" if entry.built_in else str(entry.path) for entry in entries}
    return {"folder": str(folder.path)} | here


def _trial() -> dict[str, Any]:
    """The segmenter that ``auto`` chooses, really run once on a sample."""
    from rgbd_seg.registration import register
    from rgbd_seg.samples import load_sample, sample_names
    from rgbd_seg.segmentation import create_segmenter

    try:
        segmenter = create_segmenter()
        frame = register(load_sample(sample_names()[0]).frame)
        segmenter.segment(frame)  # compiles or loads what is loaded once
        start = time.perf_counter()
        segmenter.segment(frame)
    except RgbdSegError as error:
        return {"failed": str(error)}
    execution = getattr(segmenter, "execution", None)
    return {
        "name": segmenter.name,
        "engine": execution.engine if execution else "numpy, OpenCV and numba",
        "device": execution.device if execution else "cpu",
        "milliseconds": round(1e3 * (time.perf_counter() - start), 1),
    }
