"""The results page: every row, also where it loses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rgbd_seg.atomic import make_folder, write_bytes
from rgbd_seg.evaluation.fault import SWEEPS, UNITS
from rgbd_seg.evaluation.line_chart import Line, line_chart
from rgbd_seg.evaluation.methods import COLOR_ONLY, Stage
from rgbd_seg.evaluation.run import Outcome
from rgbd_seg.evaluation.summary import Row, color_of, plain, swept

_COLUMNS = {
    "IoU": "iou", "SAD": "sad", "MSE ×10³": "mse", "Grad": "grad", "Conn": "conn", "outline F": "boundary_f",
    "hair SAD": "hair_sad", "dtSSD": "dtssd", "leak": "leak", "held": "held_recall", "imagined": "imagined",
    "ECE": "ece",
}  # fmt: skip
_PERCENT = ("leak", "held_recall", "imagined")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the page is made of."""

    title: str
    introduction: str  # Markdown
    outcome: Outcome
    rows: Sequence[Row]
    pictures: dict[str, str] = field(default_factory=dict)  # set → file name of its worst cases


def write_page(path: Path, page: Page, picture_folder: Path) -> None:
    """Markdown at ``path``, charts in ``picture_folder``.

    Raises:
        OutputError: they cannot be written.
    """
    make_folder(picture_folder)
    link = picture_folder.name
    parts = [f"# {page.title}", page.introduction]
    sets = list(dict.fromkeys(row.set for row in page.rows))
    parts.append("## Against colour alone\n\n" + _comparison(page.rows))
    for name in sets:
        rows = [row for row in page.rows if row.set == name]
        parts.append(f"## {name}\n\n" + _tables(rows, page.outcome))
        parts += _sweeps(name, rows, picture_folder, link)
        if name in page.pictures:
            parts.append(f"**Worst cases**\n\n![the worst cases of {name}]({link}/{page.pictures[name]})")
    if page.outcome.skipped:
        parts.append("## Left out\n\n" + "\n".join(f"- {reason}" for reason in page.outcome.skipped))
    write_bytes(path, ("\n\n".join(parts) + "\n").encode())


def _comparison(rows: Sequence[Row]) -> str:
    """Every method with depth as it came, relative to colour alone."""
    lines = []
    for row in plain(rows):
        color = color_of(row, rows)
        if color is None or row.method == COLOR_ONLY.name:
            continue
        gain = row.values["iou"] - color.values["iou"]
        ratio = row.values["sad"] / color.values["sad"] if color.values["sad"] else 1.0
        worst = _worst_step(row, rows)
        lines.append(
            [row.set, row.model, row.method, row.stage, f"{gain:+.4f}", f"{ratio:.2f} ×",
             _cell("leak", row.values.get("leak")), worst]
        )  # fmt: skip
    return table(["set", "model", "method", "stage", "IoU", "SAD", "leak", "worst step of all sweeps"], lines)


def _worst_step(row: Row, rows: Sequence[Row]) -> str:
    """The step at which the method falls behind colour alone the most, or leads the least."""
    found = []
    for other in rows:
        if other.alternative == row.alternative and other.method == row.method and other.fault is not None:
            color = color_of(other, rows)
            if color is not None:
                found.append((other.values["iou"] - color.values["iou"], str(other.fault)))
    return f"{min(found)[0]:+.4f} ({min(found)[1]})" if found else "–"


def _tables(rows: Sequence[Row], outcome: Outcome) -> str:
    parts = []
    for stage in Stage:
        chosen = [row for row in plain(rows) if row.stage == stage]
        if not chosen:
            continue
        columns = {title: key for title, key in _COLUMNS.items() if any(key in row.values for row in chosen)}
        lines = []
        for row in chosen:
            time = outcome.milliseconds.get((row.set, row.model, row.method, row.stage))
            cells = [_cell(key, row.values.get(key)) for key in columns.values()]
            lines.append([row.model, row.method, *cells, "–" if time is None else f"{time:.1f}"])
        what = "probability after fusion" if stage is Stage.FUSED else "alpha after matting"
        parts.append(
            f"**{what.capitalize()}, {chosen[0].pictures} pictures**\n\n"
            + table(["model", "method", *columns, "ms"], lines)
        )
    return "\n\n".join(parts)


def _sweeps(name: str, rows: Sequence[Row], folder: Path, link: str) -> list[str]:
    """A chart and a table for every sweep that was made."""
    parts = []
    for kind, faults in SWEEPS.items():
        found = [row for row in swept(rows, kind) if row.stage == Stage.ALPHA]
        if not found:
            continue
        if len(faults) == 1:
            continue
        lines = _lines(found)
        file = f"{name}_{kind}.svg"
        steps = [f"{row.fault.level:g}" for row in found if row.fault is not None]
        steps = list(dict.fromkeys(steps))
        chart = line_chart(f"{kind}: {UNITS[kind]}", UNITS[kind], "IoU of alpha", steps, lines)
        write_bytes(folder / file, chart.encode())
        parts.append(f"![{kind}]({link}/{file})")
    if not parts:
        return []
    return [f"**Depth that is worse than it should be** (IoU of alpha)\n\n{' '.join(parts)}", _sweep_table(rows)]


def _lines(found: Sequence[Row]) -> list[Line]:
    names = list(dict.fromkeys((row.model, row.method) for row in found))
    several = len({model for model, _ in names}) > 1
    return [
        Line(
            name=f"{model} {method}" if several else method,
            values=tuple(row.values["iou"] for row in found if (row.model, row.method) == (model, method)),
            dashed=method == COLOR_ONLY.name,
        )
        for model, method in names
    ]


def _sweep_table(rows: Sequence[Row]) -> str:
    lines = []
    for kind in SWEEPS:
        for row in swept(rows, kind):
            color = color_of(row, rows)
            if row.stage != Stage.ALPHA or row.method == COLOR_ONLY.name or row.fault is None:
                continue
            cells = [f"{row.values['iou']:.4f}", "–", "–"]
            if color is not None:
                difference = row.values["iou"] - color.values["iou"]
                cells = [cells[0], f"{color.values['iou']:.4f}", f"{difference:+.4f}"]
            lines.append(
                [row.model, row.method, kind, f"{row.fault.level:g}", *cells, _cell("leak", row.values.get("leak")),
                 str(row.pictures)]
            )  # fmt: skip
    return table(["model", "method", "fault", "level", "IoU", "colour-only", "difference", "leak", "pictures"], lines)


def _cell(key: str, value: float | None) -> str:
    if value is None:
        return "–"
    if key in _PERCENT:
        return f"{100 * value:.1f} %"
    if key == "mse":
        return f"{1e3 * value:.2f}"
    return f"{value:.4f}" if key in ("iou", "boundary_f", "ece") else f"{value:.3f}"


def table(header: Iterable[str], lines: Iterable[Sequence[str]]) -> str:
    """Markdown, columns aligned."""
    cells = [list(header), *(list(line) for line in lines)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)
