"""A small plotting canvas that writes SVG: enough for the report, no plotting library to install."""

import hashlib
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from rgbd_calibration.report.colors import GRAY, INK, data_uri
from rgbd_seg.arrays import Float64, UInt8

_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 12.0, 10.0, 38.0


class Plot:
    """One pair of axes. Data coordinates in, SVG out; nothing is drawn outside the axes' frame."""

    def __init__(
        self,
        *,
        x: tuple[float, float],
        y: tuple[float, float],
        x_label: str,
        y_label: str,
        width: float = 400,
        height: float = 262,
        equal: bool = False,
        y_down: bool = False,
        right: float = _RIGHT,
    ) -> None:
        self._x, self._y = _widened(x), _widened(y)
        self._right, self._width = right, width
        inner = width - _LEFT - right
        if equal:  # one unit is as long in x as in y: pictures keep their shape
            height = inner * (self._y[1] - self._y[0]) / (self._x[1] - self._x[0]) + _TOP + _BOTTOM
        self._height, self._y_down = height, y_down
        self._labels = (x_label, y_label)
        self._body: list[str] = []
        self._over: list[str] = []

    def to_screen(self, points: ArrayLike) -> Float64:
        """(n, 2) data coordinates → SVG coordinates."""
        data = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        x = _LEFT + (data[:, 0] - self._x[0]) / (self._x[1] - self._x[0]) * (self._width - _LEFT - self._right)
        share = (data[:, 1] - self._y[0]) / (self._y[1] - self._y[0])
        if not self._y_down:
            share = 1 - share
        return np.stack([x, _TOP + share * (self._height - _TOP - _BOTTOM)], axis=-1)

    def points(self, points: ArrayLike, color: str, *, size: float = 3.0, opacity: float = 1.0) -> None:
        """Dots of ``size`` pixels."""
        path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in self._finite(points))
        self._path(path, color, size, opacity, ' stroke-linecap="round"')

    def crosses(self, points: ArrayLike, color: str, *, size: float = 3.0) -> None:
        """Crosses of ``size`` pixels to each side."""
        path = "".join(
            f"M{x - size:.1f} {y - size:.1f}l{2 * size} {2 * size}m0 {-2 * size}l{-2 * size} {2 * size}"
            for x, y in self._finite(points)
        )
        self._path(path, color, 1.4)

    def line(self, points: ArrayLike, color: str, *, width: float = 1.8, dash: str = "", closed: bool = False) -> None:
        """A line through the points; it breaks where a coordinate is NaN."""
        path, drawing = "", False
        for x, y in self.to_screen(points):
            if not np.isfinite(x + y):
                drawing = False
                continue
            path += f"{'L' if drawing else 'M'}{x:.1f} {y:.1f}"
            drawing = True
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._path(path + ("Z" if closed and path else ""), color, width, 1.0, dashes)

    def arrows(self, starts: Float64, vectors: Float64, color: str, *, width: float = 0.9) -> None:
        """Arrows from ``starts`` (n, 2) along ``vectors`` (n, 2), both in data coordinates."""
        path = ""
        for (x0, y0), (x1, y1) in zip(self.to_screen(starts), self.to_screen(starts + vectors), strict=True):
            path += f"M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"
            dx, dy = x1 - x0, y1 - y0
            if (length := float(np.hypot(dx, dy))) > 3:
                ux, uy = dx / length * 2.4, dy / length * 2.4
                path += f"M{x1 - ux - uy * 0.6:.1f} {y1 - uy + ux * 0.6:.1f}L{x1:.1f} {y1:.1f}"
                path += f"L{x1 - ux + uy * 0.6:.1f} {y1 - uy - ux * 0.6:.1f}"
        self._path(path, color, width)

    def bars(self, lefts: ArrayLike, rights: ArrayLike, tops: ArrayLike, color: str, *, opacity: float = 1.0) -> None:
        """Bars standing on zero."""
        for left, right, top in zip(np.asarray(lefts), np.asarray(rights), np.asarray(tops), strict=True):
            (x0, y0), (x1, y1) = self.to_screen([(left, 0.0), (right, top)])
            box = (
                f'x="{x0:.1f}" y="{min(y0, y1):.1f}" width="{max(x1 - x0 - 0.6, 0.5):.1f}" height="{abs(y0 - y1):.1f}"'
            )
            self._body.append(f'<rect {box} fill="{color}" opacity="{opacity:g}"/>')

    def picture(self, picture: UInt8, box: tuple[float, float, float, float], *, smooth: bool = False) -> None:
        """An (h, w, 3) RGB picture over ``box`` (x0, y0, x1, y1) in data coordinates."""
        (x0, y0), (x1, y1) = self.to_screen([box[:2], box[2:]])
        style = "" if smooth else ' style="image-rendering:pixelated"'
        self._body.append(
            f'<image x="{x0:.1f}" y="{min(y0, y1):.1f}" width="{x1 - x0:.1f}" height="{abs(y1 - y0):.1f}" '
            f'preserveAspectRatio="none" href="{data_uri(picture)}"{style}/>'
        )

    def level(self, y: float, color: str, label: str = "") -> None:
        """A dashed horizontal line with a label at its right end."""
        self.line([(self._x[0], y), (self._x[1], y)], color, width=1.1, dash="5 3")
        if label:
            x_end, y_at = self.to_screen([(self._x[1], y)])[0]
            self.text(x_end - 3, y_at - 3, label, color=color, anchor="end")

    def text(self, x: float, y: float, text: str, *, color: str = INK, anchor: str = "start") -> None:
        """Text at SVG coordinates."""
        self._over.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="fill:{color}">{escape(text)}</text>'
        )

    def legend(self, entries: Sequence[tuple[str, str]]) -> None:
        """Names with a colour each, in the top right corner."""
        for number, (name, color) in enumerate(entries):
            y = _TOP + 13 + 14 * number
            end = self._width - self._right - 6
            self.text(end - 12, y, name, anchor="end")
            self._over.append(f'<rect x="{end - 8:.1f}" y="{y - 8:.1f}" width="8" height="8" fill="{color}"/>')

    def color_bar(self, strip: UInt8, low: str, high: str, unit: str) -> None:
        """A colour scale at the right of the axes; needs ``right`` of about 64. ``strip`` is (n, 1, 3), low first."""
        x, height = self._width - self._right + 10, self._height - _TOP - _BOTTOM
        self._over.append(
            f'<image x="{x:.1f}" y="{_TOP}" width="10" height="{height:.1f}" preserveAspectRatio="none" '
            f'href="{data_uri(strip[::-1])}"/>'
        )
        self.text(x + 14, _TOP + 9, high)
        self.text(x + 14, _TOP + height, low)
        self.text(x + 14, _TOP + height / 2 + 4, unit)

    def svg(self, title: str) -> str:
        """The finished drawing; ``title`` is read aloud by screen readers."""
        inner = f'x="{_LEFT}" y="{_TOP}" width="{self._width - _LEFT - self._right}"'
        frame = f'{inner} height="{self._height - _TOP - _BOTTOM:.1f}"'
        clip = "c" + hashlib.sha256(title.encode()).hexdigest()[:10]  # the same report gives the same bytes
        return (
            f'<svg viewBox="0 0 {self._width:g} {self._height:.1f}" role="img" xmlns="http://www.w3.org/2000/svg">'
            f"<title>{escape(title)}</title>"
            f'<clipPath id="{clip}"><rect {frame}/></clipPath>'
            f'<rect {frame} fill="#fff"/>{self._grid()}'
            f'<g clip-path="url(#{clip})">{"".join(self._body)}</g>'
            f'<rect {frame} fill="none" stroke="{GRAY}"/>{"".join(self._over)}</svg>'
        )

    def _grid(self) -> str:
        parts = []
        bottom = self._height - _BOTTOM
        for value, text in ticks(*self._x):
            x = self.to_screen([(value, self._y[0])])[0, 0]
            parts.append(f'<path d="M{x:.1f} {_TOP}V{bottom:.1f}" stroke="#e6e9ee" fill="none"/>')
            parts.append(f'<text x="{x:.1f}" y="{bottom + 14:.1f}" text-anchor="middle">{text}</text>')
        for value, text in ticks(*self._y):
            y = self.to_screen([(self._x[0], value)])[0, 1]
            parts.append(f'<path d="M{_LEFT} {y:.1f}H{self._width - self._right}" stroke="#e6e9ee" fill="none"/>')
            parts.append(f'<text x="{_LEFT - 5}" y="{y + 3.5:.1f}" text-anchor="end">{text}</text>')
        x_middle, y_middle = (_LEFT + self._width - self._right) / 2, (_TOP + bottom) / 2
        parts.append(
            f'<text x="{x_middle:.1f}" y="{bottom + 31:.1f}" text-anchor="middle">{escape(self._labels[0])}</text>'
            f'<text transform="translate(12 {y_middle:.1f}) rotate(-90)" text-anchor="middle">'
            f"{escape(self._labels[1])}</text>"
        )
        return "".join(parts)

    def _finite(self, points: ArrayLike) -> Float64:
        screen = self.to_screen(points)
        return screen[np.isfinite(screen).all(axis=1)]

    def _path(self, path: str, color: str, width: float, opacity: float = 1.0, extra: str = "") -> None:
        if path:
            self._body.append(
                f'<path d="{path}" stroke="{color}" stroke-width="{width:g}" opacity="{opacity:g}" fill="none"{extra}/>'
            )


def ticks(low: float, high: float, about: int = 6) -> list[tuple[float, str]]:
    """Round numbers between ``low`` and ``high`` with their texts."""
    raw = (high - low) / about
    power = 10.0 ** np.floor(np.log10(raw))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = np.ceil(low / step - 1e-9)
    values = [float(step * (first + number)) for number in range(int((high / step - first) + 1e-9) + 1)]
    decimals = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    rounded = [0.0 if abs(value) < step / 1e6 else value for value in values]
    return [(value, f"{value:.{decimals}f}".replace("-", "−")) for value in rounded]


def _widened(span: tuple[float, float]) -> tuple[float, float]:
    low, high = map(float, span)
    if not np.isfinite(low + high):
        return 0.0, 1.0
    return (low, high) if high > low else (low - 0.5, high + 0.5)
