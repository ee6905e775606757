"""``rgbd-calibrate capture``."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rgbd_seg.errors import ConfigError

if TYPE_CHECKING:
    from rgbd_calibration.capture import Watch
    from rgbd_calibration.guidance import Advice, Guidance
    from rgbd_calibration.views import Corners
    from rgbd_seg.frames import RawFrame

_WINDOW = "rgbd-calibrate capture (q to stop)"
_ESCAPE = 27


def capture(
    camera: Annotated[
        str, typer.Argument(help="Name of the camera, as its driver offers it; NAME:SERIAL for one of several.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="A new folder for the pictures.")],
    board: Annotated[str, typer.Option(help="Such as charuco:12x7:0.022:0.0165:5X5_100, or a board.yaml.")],
    most_views: Annotated[int, typer.Option(help="Stop after so many views.")] = 60,
    most_seconds: Annotated[float, typer.Option(help="Stop after so long.")] = 600.0,
    window: Annotated[bool | None, typer.Option(help="Show the live picture; else where there is a display.")] = None,
) -> None:
    """Take views of a board from a live camera, told where to move it next; ends by itself when they suffice."""
    from rgbd_calibration.board_file import read_board
    from rgbd_calibration.cameras import open_camera
    from rgbd_calibration.capture import CaptureOptions
    from rgbd_calibration.capture import capture as run_capture

    options = CaptureOptions(most_views=most_views, most_seconds=most_seconds)
    with open_camera(camera) as device, _watching(output, window=_display(window)) as watch:
        result = run_capture(device, read_board(board), output, options=options, watch=watch)
    typer.echo(f"{result.folder}: {result.views} views; next: rgbd-calibrate solve {result.folder} -o OUT")
    if not result.complete:
        typer.echo(f"The views may not suffice yet: {' '.join(result.missing)}")
        raise typer.Exit(2)


@contextmanager
def _watching(folder: Path, *, window: bool) -> "Iterator[Watch]":
    import cv2

    from rgbd_calibration.capture_picture import progress_picture
    from rgbd_seg import atomic

    spoken = ""

    def watch(frame: "RawFrame", corners: "Corners", guidance: "Guidance", advice: "Advice") -> bool:
        nonlocal spoken
        text = " ".join([f"{len(guidance.kept):3} views.", advice.reason, advice.instruction])
        if text != spoken:
            typer.echo(text)
            spoken = text
        if not (window or advice.kept):
            return True
        picture = progress_picture(frame.color, corners, guidance, advice)[..., ::-1]
        if advice.kept:
            _, data = cv2.imencode(".png", picture)
            atomic.write_bytes(folder / "progress.png", data.tobytes())
        return not window or _show(picture)

    yield watch
    if window:
        cv2.destroyAllWindows()


def _display(wanted: bool | None) -> bool:
    # OpenCV's window system ends the whole process when it finds no display, so it must not be asked.
    there = sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if wanted and not there:
        raise ConfigError("there is no display for --window; leave it out and follow the text")
    return there if wanted is None else wanted


def _show(picture: object) -> bool:
    import cv2

    from rgbd_seg.errors import BackendMissingError

    try:
        cv2.imshow(_WINDOW, picture)  # type: ignore[call-overload,unused-ignore]
        return cv2.waitKey(1) & 0xFF not in (ord("q"), _ESCAPE)
    except cv2.error as error:
        raise BackendMissingError("there is no display for a window; give --no-window") from error
