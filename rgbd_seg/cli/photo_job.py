"""One run of a photo command: which photos, how the subject is found, where results go."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from rgbd_seg.cli.batch import photos_in, run_batch
from rgbd_seg.cli.report import print_json, warn
from rgbd_seg.errors import ConfigError

if TYPE_CHECKING:
    from rgbd_seg.arrays import UInt8
    from rgbd_seg.effects import BeautifyOptions, WhitenOptions
    from rgbd_seg.frames import AlphaMatte, RgbdFrame
    from rgbd_seg.io import Photo
    from rgbd_seg.pipeline import Pipeline

    SkinOptions = TypeVar("SkinOptions", BeautifyOptions, WhitenOptions)

Effect = Callable[["RgbdFrame", "AlphaMatte"], "UInt8"]
# What it returns joins the report.
Writer = Callable[[Path, "Photo", "AlphaMatte"], dict[str, Any] | None]


@dataclass(frozen=True, kw_only=True)
class PhotoJob:
    """The options shared by all photo commands."""

    photo: Annotated[Path, typer.Argument(help="Depth photo, colour picture, or a folder of them.", show_default=False)]
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Result file; a folder if PHOTO is one.", show_default="PHOTO_<command>"),
    ] = None
    depth: Annotated[
        Path | None, typer.Option(help="16-bit depth PNG (or DEPTH16 dump) that belongs to a colour picture.")
    ] = None
    calibration: Annotated[Path | None, typer.Option(help="Calibration JSON for --depth.")] = None
    model: Annotated[str, typer.Option(help="Segmenter: auto, depth-layers, a known name, or a network file.")] = "auto"
    device: Annotated[str, typer.Option(help="Where networks run: cpu, cuda …; never a silent fallback.")] = "cpu"
    fusion: Annotated[str, typer.Option(help="odds, product or product-normalised.")] = "odds"
    depth_probability: Annotated[str, typer.Option(help="layer or linear.")] = "layer"
    d_max: Annotated[
        float | None, typer.Option(help="Metres where `linear` reaches zero.", show_default="from the picture")
    ] = None
    people: Annotated[str, typer.Option(help="front: the nearest person; all: everyone.")] = "front"
    focus: Annotated[
        str | None, typer.Option(help="x,y pixel of the subject in the upright photo.", show_default="the front person")
    ] = None
    debug: Annotated[Path | None, typer.Option(help="Folder that receives every stage as a picture.")] = None
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False

    def focus_pixel(self) -> tuple[float, float] | None:
        """``--focus`` as numbers.

        Raises:
            ConfigError: it is not two numbers.
        """
        if self.focus is None:
            return None
        try:
            x, y = (float(part) for part in self.focus.split(","))
        except ValueError as error:
            raise ConfigError(f"--focus is {self.focus!r}; expected two numbers, such as --focus 640,360") from error
        return x, y

    def run_effect(self, name: str, effect: Effect, made_from: Sequence[Path] = ()) -> None:
        """Write ``effect`` of every photo as a picture; ``made_from``: further files that no result may replace."""
        from rgbd_seg.io.pictures import write_picture

        def write(path: Path, photo: "Photo", matte: "AlphaMatte") -> None:
            write_picture(path, effect(photo.frame, matte))

        self.run(name, write, default_suffix=".jpg", made_from=made_from)

    def run_skin_effect(
        self,
        name: str,
        options: "SkinOptions",
        effect: Callable[["RgbdFrame", "AlphaMatte", "SkinOptions"], "UInt8"],
    ) -> None:
        """The same for an effect on skin, which is told of the mattes that a photo has."""
        from rgbd_seg.io.pictures import write_picture

        def write(path: Path, photo: "Photo", matte: "AlphaMatte") -> None:
            of_this_photo = dataclasses.replace(options, mattes=photo.mattes or None)
            write_picture(path, effect(photo.frame, matte, of_this_photo))

        self.run(name, write, default_suffix=".jpg")

    def run(
        self,
        name: str,
        write: Writer,
        *,
        default_suffix: str,
        with_alpha: bool = False,
        made_from: Sequence[Path] = (),
    ) -> None:
        """Read, find the subject and ``write`` for every photo of the job.

        Raises:
            RgbdSegError: the only photo failed.
            typer.Exit: code 1, after a summary, if any photo of a folder failed.
        """
        from rgbd_seg.atomic import check_folder
        from rgbd_seg.io.pictures import check_suffix

        targets = self._targets(name, default_suffix)
        for target in targets.values():
            self._check_kept(target, made_from)
            check_suffix(target, with_alpha=with_alpha)
            check_folder(target)
        pipeline = self._pipeline()

        def process(photo: Path) -> dict[str, Any]:
            return self._process(photo, targets[photo], pipeline, write)

        if self.photo.is_dir():
            run_batch(list(targets), process, as_json=self.json)
            return
        result = process(self.photo)
        if self.json:
            print_json(result)
        else:
            typer.echo(f"{result['output']} ({result['segmenter']}, {result['seconds']:.2f} s)")

    def _pipeline(self) -> "Pipeline":
        from rgbd_seg.cli.segmenter import segmenter_of
        from rgbd_seg.pipeline import Pipeline
        from rgbd_seg.pipeline_options import PipelineOptions

        options = PipelineOptions(
            fusion=self.fusion,
            depth_probability=self.depth_probability,
            d_max=self.d_max,
            people=self.people,
            focus=self.focus_pixel(),
        )
        return Pipeline(segmenter_of(self.model, self.device), options)

    def _targets(self, name: str, default_suffix: str) -> dict[Path, Path]:
        if not self.photo.is_dir():
            return {self.photo: self.output or Path(f"{self.photo.stem}_{name}{default_suffix}")}
        if self.depth is not None:
            raise ConfigError("--depth was given with a folder; expected a single photo, or depth inside the photos")
        folder = self.output or Path(f"{self.photo.resolve().name}_{name}")
        if folder.is_file():
            raise ConfigError(f"{folder} is a file; expected a folder for the results of a folder")
        if folder.resolve() == self.photo.resolve():
            raise ConfigError(f"{folder} holds the photos; expected another folder for the results: name one with -o")
        photos = photos_in(self.photo)
        from rgbd_seg.atomic import make_folder

        make_folder(folder)
        return dict(zip(photos, _distinct_names(photos, folder, default_suffix), strict=True))

    def _check_kept(self, target: Path, made_from: Sequence[Path]) -> None:
        """A photo's depth and mattes are not in a result: written over it, they would be lost."""
        given = (self.photo, self.depth, self.calibration, *made_from)
        if any(path is not None and path.resolve() == target.resolve() for path in given):
            raise ConfigError(f"the result would replace {target}, which it is made from; name another file with -o")

    def _process(self, photo: Path, target: Path, pipeline: "Pipeline", write: Writer) -> dict[str, Any]:
        from rgbd_seg.cli.stages import StageWriter
        from rgbd_seg.io import read_photo

        start = time.perf_counter()
        read = _without_empty_depth(read_photo(photo, depth=self.depth, calibration=self.calibration))
        frame = read.frame
        stages = StageWriter(self.debug / target.stem if self.photo.is_dir() else self.debug) if self.debug else None
        matte = pipeline.matte(frame, on_stage=stages)
        more = write(target, read, matte) or {}
        if frame.depth is None:  # told last, so that an error stands alone
            warn(f"{photo} has no depth; the subject was found by colour alone")
        return {
            "photo": str(photo),
            "output": str(target),
            "segmenter": pipeline.segmenter.name,
            "depth": "none" if frame.depth is None else "metric" if frame.depth_is_metric else "relative",
            "subject_fraction": round(float((matte.alpha >= 0.5).mean()), 4),
            **more,
            "seconds": round(time.perf_counter() - start, 3),
        }


def _without_empty_depth(photo: "Photo") -> "Photo":
    """A depth map that is one hole is no depth: who needs depth must hear of it."""
    import numpy as np

    depth = photo.frame.depth
    if depth is None or np.isfinite(depth).any():
        return photo
    return dataclasses.replace(photo, frame=dataclasses.replace(photo.frame, depth=None, confidence=None, shadow=None))


def _distinct_names(photos: list[Path], folder: Path, suffix: str) -> list[Path]:
    """Result paths; a.jpg and a.heic in one folder must not overwrite each other."""
    stems = [photo.stem for photo in photos]
    return [
        folder / (f"{photo.stem}{suffix}" if stems.count(photo.stem) == 1 else f"{photo.name}{suffix}")
        for photo in photos
    ]
