"""Everything an evaluation leaves behind, in one folder."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rgbd_seg.atomic import make_folder
from rgbd_seg.contact_sheet import contact_sheet
from rgbd_seg.evaluation.files import as_json, write_json, write_pictures_csv, write_summary_csv
from rgbd_seg.evaluation.methods import ODDS, OWN, Stage
from rgbd_seg.evaluation.models import load_model
from rgbd_seg.evaluation.options import EvaluationOptions
from rgbd_seg.evaluation.page import Page, table, write_page
from rgbd_seg.evaluation.run import Outcome
from rgbd_seg.evaluation.sets import open_set
from rgbd_seg.evaluation.summary import Row, plain, summarise
from rgbd_seg.evaluation.worst_cases import COLUMNS, worst_cases, worst_keys
from rgbd_seg.io.pictures import write_picture

INTRODUCTION = (
    "Means over all pictures of a set; alpha in [0, 1] at the truth's resolution. IoU of the masks at 0.5. SAD, Grad "
    "and Conn in thousands over the whole picture. *leak*: coverage of other people, posters, screens and mannequins "
    "that is kept, relative to what colour alone keeps. *held*: share of held objects that is kept. *imagined*: share "
    "of the picture kept where nobody is. ECE over all pixels in 15 bins. *ms*: median for one picture, network "
    "included."
)


@dataclass(frozen=True, kw_only=True)
class Report:
    """Where the page lies, and its main table as text and as plain values."""

    page: Path
    text: str
    content: dict[str, Any]


def write_report(folder: Path, outcome: Outcome, options: EvaluationOptions) -> Report:
    """CSV, JSON, charts, worst cases and ``report.md`` in ``folder``.

    Raises:
        OutputError: they cannot be written.
    """
    rows = summarise(outcome.records)
    write_pictures_csv(folder / "pictures.csv", outcome.records)
    write_summary_csv(folder / "summary.csv", rows)
    write_json(folder / "summary.json", outcome, rows)
    page = Page(title="Evaluation", introduction=INTRODUCTION, outcome=outcome, rows=rows)
    path, pictures = folder / "report.md", folder / "pictures"
    write_page(path, replace(page, pictures=write_worst_cases(pictures, outcome, options)), pictures)
    return Report(page=path, text=_text(rows), content=as_json(outcome, rows))


def write_worst_cases(folder: Path, outcome: Outcome, options: EvaluationOptions) -> dict[str, str]:
    """A picture for every set that may be shown, of the best network's odds (or the only model's own answer).

    Returns:
        Set → file name.
    Raises:
        OutputError: they cannot be written.
    """
    make_folder(folder)
    files: dict[str, str] = {}
    if not options.worst or not outcome.models:
        return files
    segmenter = load_model(outcome.models[0], options.models_folder)
    method = OWN.name if segmenter.needs_depth else ODDS.name
    for chosen in map(open_set, options.sets):
        keys = worst_keys(outcome.records, chosen.name, segmenter.name, method, options.worst)
        if not keys or not chosen.may_be_shown:
            continue
        sheet = contact_sheet(COLUMNS, worst_cases(chosen, segmenter, method, keys), 192)
        files[chosen.name] = f"{chosen.name}_worst.jpg"
        write_picture(folder / files[chosen.name], sheet, quality=88)
    return files


def _text(rows: list[Row]) -> str:
    lines = []
    for row in plain(rows):
        if row.stage == Stage.ALPHA:
            leak = row.values.get("leak")
            lines.append(
                [row.set, row.model, row.method, f"{row.values['iou']:.4f}", f"{row.values['sad']:.3f}",
                 "–" if leak is None else f"{100 * leak:.1f} %", str(row.pictures)]
            )  # fmt: skip
    return table(["set", "model", "method", "IoU", "SAD", "leak", "pictures"], lines)
