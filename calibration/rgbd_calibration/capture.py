"""Taking the views: from a live camera to a folder of pictures that `solve` reads."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from rgbd_calibration.board import Board
from rgbd_calibration.cameras import has_depth
from rgbd_calibration.capture_facts import write_facts
from rgbd_calibration.detection import BoardDetector
from rgbd_calibration.guidance import Advice, Guidance, GuidanceOptions
from rgbd_calibration.views import Corners
from rgbd_seg import atomic
from rgbd_seg.arrays import UInt8, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import DeviceTimeoutError, FrameError, StreamClosedError
from rgbd_seg.frames import FrameSet, RawFrame
from rgbd_seg.options import check_range
from rgbd_seg.protocols import Camera

Watch = Callable[[RawFrame, Corners, Guidance, Advice], bool]


@dataclass(frozen=True, kw_only=True)
class CaptureOptions:
    """When a capture stops though its views do not suffice yet."""

    most_views: int = 60
    most_seconds: float = 600.0
    guidance: GuidanceOptions = field(default_factory=GuidanceOptions)

    def __post_init__(self) -> None:
        check_range("most_views", self.most_views, 1, 10_000)
        check_range("most_seconds", self.most_seconds, 1e-3, 1e6)


@dataclass(frozen=True, kw_only=True)
class CaptureResult:
    """What a capture left in its folder."""

    folder: Path
    views: int
    complete: bool  # False: it ended before the views sufficed
    missing: tuple[str, ...]  # advice for what is still lacking


def capture(
    camera: Camera, board: Board, folder: Path, *, options: CaptureOptions | None = None, watch: Watch | None = None
) -> CaptureResult:
    """Read frames, keep the views that help, and write them until they suffice.

    Colour goes to ``color_NNNN.png``, raw depth to ``depth_NNNN.png``, infrared to ``infrared_NNNN.png`` and the
    sensor's temperature to ``temperatures.csv`` where the camera has them; ``capture.json`` tells board and depth
    unit, so that `solve` needs no further options. It is there from the start and true after every view: whatever
    ends the capture, its views can be solved.

    Args:
        camera: opened; it is not closed here. A recording may end.
        folder: made if missing; must hold no pictures of an earlier capture.
        watch: called for every frame, to show progress; it returns False to stop.
    Raises:
        FrameError: the folder already holds a capture, or the frames change their size.
        OutputError: the folder cannot be written.
        DeviceError: the camera failed.
    """
    options = options or CaptureOptions()
    atomic.make_folder(folder)
    if any(folder.glob("color_*.png")):
        raise FrameError(f"{folder} already holds color_*.png; choose an empty folder, so that two captures never mix")
    known = camera.calibration()
    guidance = Guidance(board, known.color.size, camera=known.color, options=options.guidance)
    temperatures: dict[str, float] = {}
    depth = has_depth(camera)
    detector, deadline = BoardDetector(board), time.monotonic() + options.most_seconds
    _write_facts(folder, board, known, depth=depth)
    advice: Advice | None = None
    while time.monotonic() < deadline and len(guidance.kept) < options.most_views:
        try:
            frame = camera.read()
        except StreamClosedError:
            break
        except DeviceTimeoutError:
            continue  # it may be reconnecting; the deadline ends the wait
        gray = _gray(frame, known.color.size)
        corners = detector.find(gray)
        advice = guidance.consider(gray, corners)
        if advice.kept:
            _write_view(folder, f"{len(guidance.kept):04d}", frame, temperatures, depth=depth)
            _write_facts(folder, detector.board, known, depth=depth)
        if advice.done or (watch is not None and not watch(frame, corners, guidance, advice)):
            break
    missing = tuple(need.advice for need in guidance.needs() if need.progress < 1)
    return CaptureResult(folder=folder, views=len(guidance.kept), complete=not missing, missing=missing)


def _gray(frame: RawFrame, size: tuple[int, int]) -> UInt8:
    if frame.color.shape[:2] != size:
        raise FrameError(f"the camera delivered {frame.color.shape[:2]} instead of {size}; keep one resolution")
    gray: UInt8 = cv2.cvtColor(frame.color, cv2.COLOR_RGB2GRAY)
    return gray


def _write_facts(folder: Path, board: Board, known: Calibration, *, depth: bool) -> None:
    # Only a view tells whether there is infrared, and a ChArUco board's pattern.
    there = {"color": True, "depth": depth, "infrared": any(folder.glob("infrared_*.png"))}
    write_facts(folder, board, known.metres_per_unit, [kind for kind, is_there in there.items() if is_there])


def _write_view(folder: Path, number: str, frame: RawFrame, temperatures: dict[str, float], *, depth: bool) -> None:
    pictures: dict[str, UInt8 | UInt16] = {"color": frame.color[..., ::-1]}
    if depth:
        pictures["depth"] = frame.raw_depth
    if isinstance(frame, FrameSet):
        if frame.infrared is not None:
            pictures["infrared"] = frame.infrared
        if frame.temperature is not None:
            temperatures[number] = frame.temperature
            lines = [f"{key},{celsius:.2f}\n" for key, celsius in temperatures.items()]
            atomic.write_bytes(folder / "temperatures.csv", "".join(lines).encode())
    for name, picture in pictures.items():
        _, data = cv2.imencode(".png", picture)
        atomic.write_bytes(folder / f"{name}_{number}.png", data.tobytes())
