"""A folder of photos: all are tried, failures are told at the end."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from rgbd_seg.cli.report import NO_MEMORY, print_json
from rgbd_seg.errors import FrameError, RgbdSegError
from rgbd_seg.io.picture_files import SUFFIXES, is_photo


def photos_in(folder: Path) -> list[Path]:
    """Pictures of a folder by name; hidden files, sub-folders, masks and separate depth are left out.

    Raises:
        FrameError: there is none.
    """
    photos = sorted(path for path in folder.iterdir() if is_photo(path))
    if not photos:
        raise FrameError(f"no pictures in {folder}; expected files ending in {', '.join(sorted(SUFFIXES))}")
    return photos


def run_batch(photos: list[Path], process: Callable[[Path], dict[str, Any]], *, as_json: bool) -> None:
    """Process every photo with a progress bar, then tell what failed.

    Raises:
        typer.Exit: code 1, if any failed.
    """
    from rich.console import Console
    from rich.progress import track

    results: list[dict[str, Any]] = []
    failures: list[dict[str, str]] = []
    for photo in track(photos, description="photos", console=Console(stderr=True)):
        try:
            results.append(process(photo))
        except MemoryError:
            failures.append({"photo": str(photo), "error": NO_MEMORY})
        except RgbdSegError as error:
            failures.append({"photo": str(photo), "error": str(error)})
    if as_json:
        print_json({"results": results, "failures": failures})
    else:
        typer.echo(f"{len(results)} of {len(photos)} photos done")
    for failure in failures:
        typer.echo(f"rgbd-seg: error: {failure['photo']}: {failure['error']}", err=True)
    if failures:
        raise typer.Exit(1)
