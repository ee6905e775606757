"""The RGB-D portrait benchmark: measures everything and writes the results page.

Run from the repository, with the rendered test set that ``rgbd-seg synth`` makes (docs/portrait_benchmark.md says how):

    python -m benchmarks.portrait --rendered PATH [--cycles PATH] [--empty PATH] [--limit N]

Results are kept under ``build/portrait``: a run that was interrupted goes on where it stopped.
"""

import argparse
import contextlib
import io
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.portrait.goals import fusion_goals
from benchmarks.portrait.own_goals import OWN, PEER, own_goals
from benchmarks.portrait.photographs import untrained_coco
from benchmarks.report import print_environment
from rgbd_seg.evaluation.files import write_json, write_pictures_csv, write_summary_csv
from rgbd_seg.evaluation.options import EvaluationOptions
from rgbd_seg.evaluation.page import Page, table, write_page
from rgbd_seg.evaluation.report import INTRODUCTION, write_worst_cases
from rgbd_seg.evaluation.run import evaluate
from rgbd_seg.evaluation.summary import summarise

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
PAGE = ROOT / "docs" / "portrait_benchmark.md"
SETS = {"rendered": None, "cycles": None, "empty": None, "samples": "samples"}
PHONE, COCO = SHARED / "data/iphone_portraits", SHARED / "data/photos/coco_permissive"

_TEXT = (Path(__file__).parent / "introduction.md").read_text(encoding="utf-8").strip()


def main() -> int:
    """Measure and write."""
    arguments = _arguments()
    named = {name: text or getattr(arguments, name) for name, text in SETS.items()}
    sets = [text if text == "samples" else f"{name}={text}" for name, text in named.items() if text is not None]
    if PHONE.is_dir():
        sets.append(f"phone={PHONE}")
    if COCO.is_dir():
        sets.append(f"coco={untrained_coco(COCO, ROOT / 'build/portrait/coco')}")
    options = EvaluationOptions(
        sets=tuple(sets),
        models_folder=arguments.weights,
        limit=arguments.limit,
        sweep_limit=arguments.sweep_limit,
        sweep_models=(PEER, OWN),
        timed=arguments.timed,
        workers=arguments.workers,
    )
    outcome = evaluate(options, ROOT / "build" / "portrait", _tell)
    rows = summarise(outcome.records)
    goals = table(
        ["measure", "goal", "found", "met"], [*fusion_goals(outcome.records, rows), *own_goals(outcome.records, rows)]
    )
    pictures = PAGE.with_suffix("")
    page = Page(
        title="RGB-D portrait benchmark",
        introduction="\n\n".join([_TEXT, _environment(), "## Goals", goals, INTRODUCTION]),
        outcome=replace(outcome, skipped=[Path(text.split(":")[0]).name for text in outcome.skipped]),
        rows=rows,
        pictures=write_worst_cases(pictures, outcome, options),
    )
    write_page(PAGE, page, pictures)
    write_summary_csv(pictures / "summary.csv", rows)
    write_pictures_csv(ROOT / "build" / "portrait" / "pictures.csv", outcome.records)
    write_json(ROOT / "build" / "portrait" / "summary.json", outcome, rows)
    print(goals)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.portrait", description=__doc__)
    parser.add_argument("--rendered", type=Path, help="shards of the rendered test set")
    parser.add_argument("--cycles", type=Path, help="shards of the path-traced test set")
    parser.add_argument("--empty", type=Path, help="shards of rendered rooms without people")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights", help="where network files lie")
    parser.add_argument("--limit", type=int, help="samples of each set, at most")
    parser.add_argument("--sweep-limit", type=int, default=200, help="samples of each sweep")
    parser.add_argument("--timed", type=int, default=12, help="samples of each set on which time is taken")
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
