"""The page around the figures: HTML and its style, escaped and self-contained."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

_STYLE = Path(__file__).with_name("style.css")


def page(title: str, body: Sequence[str]) -> str:
    """A whole HTML file; it loads nothing from outside."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE.read_text(encoding='utf-8')}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def header(title: str, subtitle: str, outcome: str) -> str:
    """The title with the verdict in a coloured field."""
    kind = {"pass": "pass", "fail": "fail"}.get(outcome, "none")
    return (
        f"<header><div><h1>{escape(title)}</h1><p class='quiet'>{escape(subtitle)}</p></div>"
        f"<div class='badge {kind}'>{escape(outcome.upper())}</div></header>"
    )


def facts(entries: Sequence[tuple[str, str]]) -> str:
    """Small labelled facts in four columns."""
    cells = "".join(f"<div><span>{escape(name)}</span>{escape(value) or '–'}</div>" for name, value in entries)
    return f"<div class='facts'>{cells}</div>"


def heading(text: str, *, new_page: bool = False) -> str:
    """A section's heading; ``new_page`` starts a sheet of paper with it."""
    return f"<h2{' class=new-page' if new_page else ''}>{escape(text)}</h2>"


def notes(lines: Sequence[str], *, mild: bool = False) -> str:
    """Sentences that must not be overlooked; nothing for none."""
    if not lines:
        return ""
    items = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f"<div class='notes{' mild' if mild else ''}'>{items}</div>"


def paragraph(text: str) -> str:
    """Plain text."""
    return f"<p>{escape(text)}</p>"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    """A table of plain texts; ``numbers`` are the columns to align right. pass, fail and – are coloured."""
    head = "".join(f"<th{_align(i, numbers)}>{escape(name)}</th>" for i, name in enumerate(columns))
    body = "".join(
        "<tr>"
        + "".join(f"<td{_kind(cell) or _align(i, numbers)}>{escape(cell)}</td>" for i, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def figure(svg: str, title: str, caption: str, *, wide: bool = False) -> str:
    """A drawing with its title above and what it shows."""
    return (
        f"<figure{' class=wide' if wide else ''}><figcaption><b>{escape(title)}</b><br>{escape(caption)}</figcaption>"
        f"{svg}</figure>"
    )


def figures(parts: Sequence[str]) -> str:
    """Figures side by side, two in a row."""
    return f"<div class='figures'>{''.join(parts)}</div>"


def footer(text: str) -> str:
    """Small print."""
    return f"<footer>{escape(text)}</footer>"


def _align(index: int, numbers: Sequence[int]) -> str:
    return " class='number'" if index in numbers else ""


def _kind(cell: str) -> str:
    kinds = {"pass": "pass", "fail": "fail", "could not judge": "none", "rejected": "fail"}
    return f" class='{kinds[cell]}'" if cell in kinds else ""
