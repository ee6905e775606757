"""A line chart as SVG: enough for the report, no plotting library to install."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 420.0, 250.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 14.0, 30.0, 42.0
_INK, _GRID = "#33383f", "#e3e6eb"
COLORS = ("#1f6feb", "#d1552c", "#2c8a4b", "#8250df", "#9a7b1c", "#5f6670")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a chart."""

    name: str
    values: tuple[float, ...]
    dashed: bool = False


def line_chart(title: str, x_label: str, y_label: str, steps: Sequence[str], lines: Sequence[Line]) -> str:
    """Lines over evenly spaced steps, one value a step.

    Args:
        steps: texts below the axis.
    Returns:
        A whole SVG document.
    """
    low, high = _span([value for line in lines for value in line.values])

    def place(index: int, value: float) -> tuple[float, float]:
        x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * (index + 0.5) / len(steps)
        return x, _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low)

    parts = [f'<rect width="{_WIDTH:g}" height="{_HEIGHT:g}" fill="#fff"/>']
    parts += _frame(title, x_label, y_label)
    for number in range(6):
        value = low + (high - low) * number / 5
        y = place(0, value)[1]
        parts.append(f'<path d="M{_LEFT:g} {y:.1f}H{_WIDTH - _RIGHT:g}" stroke="{_GRID}"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{value:.3f}", "end"))
    parts += [_text(place(index, low)[0], _HEIGHT - _BOTTOM + 15, step) for index, step in enumerate(steps)]
    for number, line in enumerate(lines):
        parts += _line([place(*point) for point in enumerate(line.values)], line, number)
    body = "".join(parts)
    return (
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" width="{_WIDTH:g}" height="{_HEIGHT:g}" role="img" '
        f'font-family="sans-serif" font-size="11" xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>'
        f"{body}</svg>\n"
    )


def _span(values: Sequence[float]) -> tuple[float, float]:
    """A little more than the values, never less than 0.02, in steps of 0.01."""
    low, high = min(values), max(values)
    margin = max(0.05 * (high - low), 0.01)
    return int((low - margin) * 100) / 100, int((high + margin) * 100 + 1) / 100


def _frame(title: str, x_label: str, y_label: str) -> list[str]:
    x, y = (_LEFT + _WIDTH - _RIGHT) / 2, (_TOP + _HEIGHT - _BOTTOM) / 2
    turned = f'<text transform="translate(11 {y:g}) rotate(-90)" text-anchor="middle" fill="{_INK}">'
    return [
        _text(_LEFT, 13, title, "start"),
        _text(x, _HEIGHT - 8, x_label),
        f"{turned}{escape(y_label)}</text>",
        f'<path d="M{_LEFT:g} {_TOP:g}V{_HEIGHT - _BOTTOM:g}H{_WIDTH - _RIGHT:g}" stroke="{_INK}" fill="none"/>',
    ]


def _line(points: Sequence[tuple[float, float]], line: Line, number: int) -> list[str]:
    color = COLORS[number % len(COLORS)]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="5 4"' if line.dashed else ""
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{color}"/>' for x, y in points)
    x = _LEFT + 6 + number * 118
    key = f'<path d="M{x:g} 22h16" stroke="{color}" stroke-width="2"{dash}/>' + _text(x + 20, 26, line.name, "start")
    return [f'<path d="M{path}" stroke="{color}" stroke-width="2" fill="none"{dash}/>', dots, key]


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}">{escape(text)}</text>'
