"""The RGB-D portrait benchmark: measures everything and writes the results page.

Run from the repository, with the rendered test set that ``rgbd-seg synth`` makes (docs/portrait_benchmark.md says how):

    python -m benchmarks.portrait --rendered PATH [--cycles PATH] [--limit N]

Results are kept under ``build/portrait``: a run that was interrupted goes on where it stopped.
"""

import argparse
import contextlib
import io
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.portrait.goals import goals
from benchmarks.report import print_environment
from rgbd_seg.evaluation.files import write_json, write_pictures_csv, write_summary_csv
from rgbd_seg.evaluation.options import EvaluationOptions
from rgbd_seg.evaluation.page import Page, write_page
from rgbd_seg.evaluation.report import INTRODUCTION, write_worst_cases
from rgbd_seg.evaluation.run import evaluate
from rgbd_seg.evaluation.summary import summarise

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
PAGE = ROOT / "docs" / "portrait_benchmark.md"
SETS = {"rendered": None, "cycles": None, "samples": "samples"}
PHOTOS = {"phone": SHARED / "data/iphone_portraits", "coco": SHARED / "data/photos/coco_permissive"}

_TEXT = """\
How well the subject of an RGB-D portrait is found: by every installed network and fusion rule, with depth as a sensor
gives it and with depth that is worse. Every row stays, also where it loses. Made by `python -m benchmarks.portrait
--rendered PATH --cycles PATH`; `rgbd-seg eval` scores your own model on your own pictures in the same way.

| set | what | truth |
|---|---|---|
| rendered | portraits by `rgbd-seg synth`, characters, rooms and seeds that nothing was tuned on | exact |
| cycles | the same kind of scenes, path-traced | exact |
| samples | those that come with the package | exact |
| phone | two iPhone photos with relative and absolute disparity, and one of a vase; depth faults are drawn into registered depth | Apple's own matte, not human work |
| coco | 34 photos without depth, people often small | polygons |

Methods: `colour-only` hears the network alone; `depth-only` hears depth's opinion alone (the network only says where the
subject is); `product`, `product-normalised` and `odds` fuse the two (docs/method.md), `product-linear` is the published
product with the published `1 − d/d_max`; `own` is a segmenter that looks at depth itself.

Faults: *holes* are blobs without depth; *noise* multiplies that of a time-of-flight camera (σ = 5 mm at 1 m, growing with
distance squared); *calibration* turns the depth camera so that depth falls beside colour by so many pixels of a picture
640 long (20 are 8 of the 256 that rendered pictures have); *delay* shows depth of an earlier frame, in stills with the
subject 0.5 m/s further to one side; *resolution* keeps so many samples along the longer side. Where a sample has the
sensor's own reading, noise, offset and calibration act on that and the SDK registers it anew."""


def main() -> int:
    """Measure and write."""
    arguments = _arguments()
    named = dict(SETS) | {"rendered": arguments.rendered, "cycles": arguments.cycles}
    sets = [text if text == "samples" else f"{name}={text}" for name, text in named.items() if text is not None]
    sets += [f"{name}={path}" for name, path in PHOTOS.items() if path.is_dir()]
    options = EvaluationOptions(
        sets=tuple(sets),
        models_folder=arguments.weights,
        limit=arguments.limit,
        sweep_limit=arguments.sweep_limit,
        workers=arguments.workers,
    )
    outcome = evaluate(options, ROOT / "build" / "portrait", _tell)
    rows = summarise(outcome.records)
    pictures = PAGE.with_suffix("")
    page = Page(
        title="RGB-D portrait benchmark",
        introduction="\n\n".join([_TEXT, _environment(), "## Goals", goals(outcome.records, rows), INTRODUCTION]),
        outcome=replace(outcome, skipped=[Path(text.split(":")[0]).name for text in outcome.skipped]),
        rows=rows,
        pictures=write_worst_cases(pictures, outcome, options),
    )
    write_page(PAGE, page, pictures)
    write_summary_csv(pictures / "summary.csv", rows)
    write_pictures_csv(ROOT / "build" / "portrait" / "pictures.csv", outcome.records)
    write_json(ROOT / "build" / "portrait" / "summary.json", outcome, rows)
    print(goals(outcome.records, rows))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.portrait", description=__doc__)
    parser.add_argument("--rendered", type=Path, help="shards of the rendered test set")
    parser.add_argument("--cycles", type=Path, help="shards of the path-traced test set")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights", help="where network files lie")
    parser.add_argument("--limit", type=int, help="samples of each set, at most")
    parser.add_argument("--sweep-limit", type=int, default=200, help="samples of each sweep")
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


def _environment() -> str:
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        print_environment("opencv-contrib-python", "onnxruntime")
    return text.getvalue().strip().replace("\n", "  \n")


def _tell(name: str, done: int) -> None:
    if done % 50 == 0:
        print(f"{name}: {done}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
