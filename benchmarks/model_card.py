"""The model card of the shipped networks: from their passports, the benchmark's table, and pictures of failures.

    python -m benchmarks.model_card [--failures SET] [--networks FOLDER] [--output docs/model_card.md]

Failures are drawn from a set that may be shown: `samples`, or rendered shards (`rgbd-seg synth`). Photographs of people
are refused.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from rgbd_seg.contact_sheet import contact_sheet
from rgbd_seg.evaluation.sets import open_set
from rgbd_seg.evaluation.worst_cases import COLUMNS, worst_cases
from rgbd_seg.io.pictures import write_picture
from rgbd_seg.models import Passport, load_passport
from rgbd_seg.models.folder import passport_path
from rgbd_seg.models.registry import SHIPPED
from rgbd_seg.segmentation.portrait import PortraitSegmenter
from rgbd_seg.training.metrics.overlap import iou

ROOT = Path(__file__).parents[1]
PEER = "mediapipe-selfie"
SUMMARY = ROOT / "docs" / "portrait_benchmark" / "summary.csv"
INTRODUCTION = """# Model card

Made by `python -m benchmarks.model_card` from the passports in `rgbd_seg/models/shipped` and the table of the
[portrait benchmark](portrait_benchmark.md).

**What for.** Finding the front person of a portrait or a video call, with what they hold, in colour pictures with a
depth map beside them or without: mattes, background replacement, bokeh, light. **Not for** telling who somebody is,
how old or of what kind, counting or watching people, or any decision about them.

**People.** Most training pictures are rendered people of MakeHuman's bodies, skins and clothes; the photographs are
mostly office and official portraits from the USA. Nothing here was measured by skin colour, age or sex: who differs
from them may be found less well. Training labels of photographs are another network's, with its mistakes."""


def main() -> int:
    """Write the card."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--networks", type=Path, default=SHIPPED)
    parser.add_argument("--failures", default="samples", help="set whose worst pictures are shown")
    parser.add_argument("--most", type=int, default=300, help="pictures of that set to look at")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "model_card.md")
    arguments = parser.parse_args()
    passports = {path: load_passport(passport_path(path)) for path in sorted(arguments.networks.glob("*.onnx"))}
    passports = dict(sorted(passports.items(), key=lambda item: item[1].rank))
    if not passports:
        sys.exit(f"there is no network in {arguments.networks}; make one with: rgbd-seg export")
    parts = [INTRODUCTION, "## Files", _files(passports.values()), *_contract(next(iter(passports.values())))]
    parts += ["## Figures from the passports", _metrics(passports.values()), *_int8(passports.values())]
    parts += [*_benchmark({p.name for p in passports.values()}), "## Training", *_training(passports.values())]
    parts += ["## Known failures", *_failures(passports.values())]
    parts.append(_pictures(next(iter(passports)), passports, arguments))
    arguments.output.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(arguments.output)
    return 0


def _files(passports: Iterable[Passport]) -> str:
    rows = [
        (
            f"`{p.name}`",
            f"{p.record['parameters'] / 1e6:.2f} M",
            f"{p.size_bytes / 1e6:.2f} MB",
            p.licence,
            f"{p.input.width}×{p.input.height}",
            p.record["date"],
            f"`{p.sha256[:16]}…`",
        )
        for p in passports
    ]
    return _table(("network", "parameters", "file", "licence", "input", "written", "sha256"), rows)


def _contract(passport: Passport) -> list[str]:
    form, taken, given = passport.input, passport.record["input"], passport.record["output"]
    size = f"{form.height}, {form.width}"
    return [
        f"**Input** (1, {len(taken['channels'])}, {size}) float32, the picture stretched: "
        f"{', '.join(taken['channels'])}. {taken['meaning']}.",
        f"**Output** (1, {len(given['channels'])}, {size}) in [0, 1]: {', '.join(given['channels'])}. ONNX opset "
        f"{passport.record['onnx']['opset']}; convolutions, pooling, ReLU, hard sigmoid, bilinear resize, static "
        "shapes. Runs in ONNX Runtime, OpenVINO and `cv2.dnn`.",
    ]


def _metrics(passports: Iterable[Passport]) -> str:
    rows = [
        (
            f"`{p.name}`",
            m["pictures"],
            m["input"],
            m["count"],
            f"{m['iou']:.4f}",
            f"{m['calibration_error']:.4f}",
            f"{m['held_recall']:.2f}, {m.get('held_precision', 0):.2f}" if "held_recall" in m else "–",
        )
        for p in passports
        for m in p.record["metrics"]
    ]
    return "Of the network alone, without fusion or matting, at its own resolution; held-out pictures.\n\n" + _table(
        ("network", "pictures", "input", "count", "IoU", "ECE", "held: recall, precision"), rows
    )


def _int8(passports: Iterable[Passport]) -> list[str]:
    rows = []
    for p in passports:
        if q := p.record.get("quantisation"):
            times = q["processor_milliseconds"]
            gain = f"{times['float32']:.2f} → {times['int8']:.2f} ({times['float32'] / times['int8']:.2f} ×)"
            rows.append((f"`{p.name}`", f"{q['iou_lost'][q['kept_float']]:+.4f}", gain, q["kept_float"]))
    header = ("network", "IoU lost", "processor time of one core, ms", "float32 stays")
    return [_table(header, rows)] if rows else []


def _benchmark(names: set[str]) -> list[str]:
    """Rows of own networks, and the peer's beside them."""
    if not SUMMARY.is_file():
        return []
    with SUMMARY.open(newline="", encoding="utf-8") as file:
        found = [row for row in csv.DictReader(file) if row["stage"] == "alpha" and not row["fault"]]
    own = [row for row in found if row["model"] in names]
    if not own:
        return []
    shown = [row for row in found if row["model"] in names | {PEER} and row["method"] in ("colour-only", "odds")]
    columns = ("set", "model", "method", "pictures", "iou", "sad", "hair_sad", "leak", "held_recall", "ece")
    rows = [[_short(row[column]) for column in columns] for row in shown]
    return ["## Beside the peer, after matting ([all rows](portrait_benchmark.md))", _table(columns, rows)]


def _training(passports: Iterable[Passport]) -> list[str]:
    parts = []
    for p in (p for p in passports if "quantisation" not in p.record):
        record = p.record
        runs = "; ".join(
            f"{run['steps']} steps, seed {run['seed']}, {run['hours']} h"
            + (f", from {run['configuration']['network']['start']}" if run["configuration"]["network"]["start"] else "")
            for run in record["runs"]
        )
        parts.append(
            f"**`{p.name}`**: `{record['command']}`; {record['hours']} hours on {record['hardware']}; {runs}. "
            f"Written at commit `{record['commit'][:12]}`; the configuration is in the passport."
        )
        rows = [
            (s["folder"], ", ".join(s["use"]), s["pictures"], s.get("labels", ""), s["licence"], s["source"])
            for s in record["data"]
        ]
        parts.append(_table(("folder", "use", "pictures", "labels", "licence", "source"), rows))
        parts += [f"Attribution: {s['attribution']}." for s in record["data"] if s.get("attribution")]
    return parts


def _failures(passports: Iterable[Passport]) -> list[str]:
    said = dict.fromkeys(text for p in passports for text in p.record["known_failures"])
    return ["\n".join(f"* {text}" for text in said)] if said else []


def _pictures(path: Path, passports: dict[Path, Passport], arguments: argparse.Namespace) -> str:
    chosen = open_set(arguments.failures)
    if not chosen.may_be_shown:
        sys.exit(f"{arguments.failures} holds photographs; failures are shown on rendered people only")
    network = PortraitSegmenter(passports[path], path)
    scores: dict[str, float] = {}
    for clip in chosen.clips(lambda _: None):
        sample = clip[0]
        found = network.segment(sample.frame()).probability
        truth = np.clip(cv2.resize(sample.alpha, found.shape[::-1], interpolation=cv2.INTER_AREA), 0, 1)
        scores[sample.key] = iou(found, truth)
        if len(scores) >= arguments.most:
            break
    worst = sorted(scores, key=lambda key: scores[key])[:6]
    file = arguments.output.parent / "images" / f"{arguments.output.stem}_failures.jpg"
    file.parent.mkdir(exist_ok=True)
    write_picture(file, contact_sheet(COLUMNS, worst_cases(chosen, network, "odds", worst), tile=220))
    said = ", ".join(f"{scores[key]:.2f}" for key in worst)
    return (
        f"The {len(worst)} pictures of {len(scores)} rendered ones on which `{network.name}` with depth is worst "
        f"(IoU of the network alone {said}); red is kept though it is not the subject, blue is lost.\n\n"
        f"![worst cases](images/{file.name})"
    )


def _table(header: Sequence[object], rows: Sequence[Sequence[Any]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _short(text: str) -> str:
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text


if __name__ == "__main__":
    sys.exit(main())
