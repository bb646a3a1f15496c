"""A picture as SVG, for a page that needs nothing else; its colours are the page's, light or dark."""

import math
from collections.abc import Sequence
from html import escape

from evals.bench.pictures import Picture, Point

_WIDTH, _HEIGHT = 480, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 24, 26, 40
_COLOURS = 8
_STEPS = (1, 2, 2.5, 5, 10)


def svg(picture: Picture) -> str:
    """Return the lines with axes; each line has the class `line-N`, N from 0."""
    points = [point for line in picture.lines.values() for point in line]
    if not points:
        return ""
    x = _Scale([x for x, _ in points], _LEFT, _WIDTH - _RIGHT, logarithmic=picture.axes.logarithmic)
    y = _Scale([0.0, *(y for _, y in points)], _HEIGHT - _BOTTOM, _TOP)
    drawn = [*_axes(picture, x, y), *(_line(n, line, x, y) for n, line in enumerate(picture.lines.values()))]
    label = escape(f"{picture.title}: {', '.join(picture.lines)}", quote=True)
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{"".join(drawn)}</svg>'


class _Scale:
    """Where a value stands along an axis."""

    def __init__(self, values: Sequence[float], begin: float, end: float, *, logarithmic: bool = False) -> None:
        self._turned = math.log if logarithmic else float
        self._begin, self._end = begin, end
        self.ticks = sorted(set(values)) if logarithmic else _ticks(min(values), max(values))
        self._least = self._turned(min(values))
        self._span = self._turned(max(values)) - self._least or 1.0

    def at(self, value: float) -> float:
        part = (self._turned(value) - self._least) / self._span
        return round(self._begin + part * (self._end - self._begin), 1)


def _ticks(least: float, most: float) -> list[float]:
    """Return about five round numbers from the least value to the most."""
    rough = (most - least) / 4 or 1.0
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * one for one in _STEPS if power * one >= rough * 0.999)
    return [round(step * n, 10) for n in range(math.ceil(least / step), math.floor(most / step) + 1)]


def _axes(picture: Picture, x: _Scale, y: _Scale) -> list[str]:
    low, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    rows = [
        f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y.at(v)}" y2="{y.at(v)}"/>'
        f'<text x="{_LEFT - 6}" y="{y.at(v) + 4}" text-anchor="end">{v:,g}</text>'
        for v in y.ticks
    ]
    columns = [f'<text x="{x.at(v)}" y="{low + 16}" text-anchor="middle">{v:,g}</text>' for v in x.ticks]
    middle = (_LEFT + right) / 2
    names = [
        f'<text x="{middle}" y="{_HEIGHT - 4}" text-anchor="middle">{escape(picture.axes.x)}</text>',
        f'<text x="4" y="12">{escape(picture.axes.y)}</text>',
    ]
    return [*rows, *columns, *names]


def _line(number: int, line: Sequence[Point], x: _Scale, y: _Scale) -> str:
    name = f"line-{number % _COLOURS}"
    path = " ".join(f"{x.at(at)},{y.at(value)}" for at, value in line)
    few = len(line) <= 12
    dots = "".join(f'<circle class="{name}" cx="{x.at(at)}" cy="{y.at(v)}" r="3"/>' for at, v in line) if few else ""
    return f'<polyline class="{name}" points="{path}"/>{dots}'
