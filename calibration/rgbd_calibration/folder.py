"""Solving from a folder of pictures of any vendor."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.detection import BoardDetector
from rgbd_calibration.observe import Pictures, check_board_seen, observe_all, solve_inputs
from rgbd_calibration.options import SolveOptions
from rgbd_calibration.result import SolveResult
from rgbd_calibration.solve import solve
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationError

_TEMPERATURES = "temperatures.csv"


@dataclass(frozen=True, kw_only=True)
class PictureFiles:
    """The files of one moment."""

    name: str  # what the pattern's star stands for
    color: Path
    depth: Path | None = None
    infrared: Path | None = None
    temperature: float | None = None


def find_pictures(
    folder: Path, color: str, depth: str | None = None, infrared: str | None = None
) -> list[PictureFiles]:
    """Colour, depth and infrared pictures that belong together: the star in each pattern stands for the same text.

    A file ``temperatures.csv`` (lines of: star's text, °C of the depth sensor) is used when there is one.

    Raises:
        CalibrationError: the folder or its pictures are missing, or none belong together.
    """
    if not folder.is_dir():
        raise CalibrationError(f"{folder} is not a folder; expected one with pictures of the board")
    colors = _matches(folder, color)
    others = {"depth": depth, "infrared": infrared}
    found = {kind: _matches(folder, pattern) for kind, pattern in others.items() if pattern is not None}
    for kind, files in found.items():
        if not set(files) & set(colors):
            raise CalibrationError(
                f"no {kind} picture belongs to a colour picture: {color!r} stands for {_some(colors)}, "
                f"{others[kind]!r} for {_some(files)}; the star must stand for the same text in both"
            )
    warm = _temperatures(folder)
    return [
        PictureFiles(
            name=name,
            color=path,
            depth=found.get("depth", {}).get(name),
            infrared=found.get("infrared", {}).get(name),
            temperature=warm.get(name),
        )
        for name, path in sorted(colors.items())
    ]


def load_pictures(files: PictureFiles) -> Pictures:
    """Read one moment's files; what cannot be read is said in ``problem``.

    Raises:
        CalibrationError: colour and depth are swapped.
    """
    color, depth, infrared, problem = None, None, None, ""
    try:
        color = _read(files.color, "colour")
        depth = None if files.depth is None else _read(files.depth, "depth")
        infrared = None if files.infrared is None else _read(files.infrared, "infrared")
    except _UnreadableError as error:
        return Pictures(name=files.name, problem=str(error))
    if depth is not None and files.depth is not None:
        _check_roles(color, depth, files)
    return Pictures(
        name=files.name,
        color=color,
        raw_depth=depth,
        infrared=infrared,
        temperature=files.temperature,
        problem=problem,
    )


def solve_folder(
    folder: Path,
    *,
    board: Board,
    color: str,
    depth: str | None = None,
    infrared: str | None = None,
    metres_per_unit: float = 0.001,
    initial: Calibration | None = None,
    options: SolveOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SolveResult:
    """Calibrate from a folder of pictures.

    Args:
        color, depth, infrared: file patterns with one star, such as ``rgb_*.png``.
        metres_per_unit: raw depth × this = metres.
        initial: what is known of the rig, such as the factory's file.
        progress: called with (pictures looked at, pictures in all).
    Raises:
        CalibrationError: missing or swapped pictures, different sizes, or another board.
        CalibrationRejectedError: the views do not allow a good calibration.
    """
    files = find_pictures(folder, color, depth, infrared)
    detector = BoardDetector(board)
    report = None if progress is None else (lambda done: progress(done, len(files)))
    observations = observe_all(detector, [partial(load_pictures, entry) for entry in files], progress=report)
    check_board_seen(detector, observations, load_pictures(files[0]).color)
    depth_camera = None if initial is None else initial.depth
    pose = None if initial is None else initial.T_color_depth
    inputs = solve_inputs(detector, observations, metres_per_unit, depth=depth_camera, T_color_depth=pose)
    result = solve(inputs, options, initial=initial)
    if result.depth_geometry not in ("planes", "infrared"):
        return result
    # Now that it is known where the depth camera is, sample its picture where the board really is, and once more.
    found = result.calibration
    inputs = solve_inputs(detector, observations, metres_per_unit, depth=found.depth, T_color_depth=found.T_color_depth)
    again = replace(options or SolveOptions(), depth_geometry=result.depth_geometry)
    return solve(inputs, again, initial=found)


class _UnreadableError(Exception):
    """A picture file cannot be read."""


def _matches(folder: Path, pattern: str) -> dict[str, Path]:
    if pattern.count("*") != 1:
        raise CalibrationError(f"pattern {pattern!r} has {pattern.count('*')} stars; expected one, as in 'rgb_*.png'")
    before, after = Path(pattern).name.split("*") if "*" in Path(pattern).name else (None, None)
    if before is None or after is None:
        raise CalibrationError(f"pattern {pattern!r} has its star in a folder's name; expected it in the file's")
    files = sorted(folder.glob(pattern))
    if not files:
        raise CalibrationError(f"no file in {folder} is called {pattern!r}; it holds {_some(_names(folder))}")
    return {path.name[len(before) : len(path.name) - len(after)]: path for path in files}


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _some(names: Sequence[str] | dict[str, Path]) -> str:
    shown = list(names)[:3]
    return (", ".join(shown) + (" …" if len(names) > 3 else "")) if shown else "nothing"


def _read(path: Path, kind: str) -> Any:
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise _UnreadableError(f"cannot read {path.name}: {error.strerror}") from error
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if picture is None:
        raise _UnreadableError(f"{path.name} is not a readable {kind} picture")
    if picture.ndim == 3:
        picture = np.ascontiguousarray(picture[:, :, 2::-1])  # BGR(A) to RGB
    return np.asarray(picture)


def _check_roles(color: object, depth: object, files: PictureFiles) -> None:
    assert isinstance(color, np.ndarray)
    assert isinstance(depth, np.ndarray)
    depth_like = color.dtype == np.uint16 and color.ndim == 2
    if depth.dtype == np.uint16 and depth.ndim == 2 and not depth_like:
        return
    name = files.depth.name if files.depth is not None else ""
    if depth_like and depth.dtype == np.uint8:
        raise CalibrationError(
            f"colour and depth look swapped: {files.color.name} is 16-bit, {name} is 8-bit; exchange the patterns"
        )
    raise CalibrationError(
        f"{name} is {depth.dtype} with {depth.ndim} dimensions; expected depth as a 16-bit picture of one channel"
    )


def _temperatures(folder: Path) -> dict[str, float]:
    path = folder / _TEMPERATURES
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if row]
        return {row[0].strip(): float(row[1]) for row in rows if not row[0].startswith("#")}
    except (OSError, ValueError, IndexError) as error:
        raise CalibrationError(f"{path}: {error}; expected lines of picture number, °C") from error
