"""What of a report can be drawn: lines, by the report's shape. One drawing for PNG, report page and figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any

from evals.bench.show import Axes

Point = tuple[float, float]
Report = Mapping[str, Any]
_SPAN = 25
"""Turns that a point of a long thread stands for: single turns are noise."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Lines to draw."""

    title: str
    axes: Axes
    lines: Mapping[str, Sequence[Point]]
    """By name, in the order of the legend."""


def picture_of(report: Report) -> Picture | None:
    """Return what can be drawn of a report; nothing if it has no shape that is known."""
    drawn = (draw(report) for fits, draw in _SHAPES if fits(report))
    return next(drawn, None)


def _by_budget(score: str, title: str) -> Callable[[Report], Picture]:
    def draw(report: Report) -> Picture:
        rows = sorted(report["rows"], key=lambda row: row["budget"])
        names = dict.fromkeys(row["strategy"] for row in report["rows"])
        lines = {name: [(row["budget"], row[score]) for row in rows if row["strategy"] == name] for name in names}
        return Picture(title, Axes("tokens", "%", logarithmic=True), lines)

    return draw


def _growth(report: Report) -> Picture:
    names = dict.fromkeys(row["runtime"] for row in report["rows"])
    lines = {name: _medians([row for row in report["rows"] if row["runtime"] == name]) for name in names}
    return Picture("Time of a turn as the thread grows", Axes("turn", "ms, p50"), lines)


def _medians(rows: Sequence[Report]) -> list[Point]:
    spans = groupby(rows, key=lambda row: (row["turn"] - 1) // _SPAN)
    return [((span + 0.5) * _SPAN, round(median(row["ms_p50"] for row in some), 3)) for span, some in spans]


def _heads(report: Report) -> Picture:
    names = dict.fromkeys(row["runtime"] for row in report["rows"])
    rows = {name: [row for row in report["rows"] if row["runtime"] == name] for name in names}
    lines = {name: [(row["call"], row["tokens"] - row["served"]) for row in of] for name, of in rows.items()}
    return Picture("Prompt tokens that no cache serves", Axes("model call", "tokens"), lines)


def _coverage(report: Report) -> Picture:
    def points(curve: Report) -> list[Point]:
        return [(float(share), right) for share, right in curve.items() if right is not None]

    return Picture("Right among the surest", Axes("answered, %", "right, %"), {"dossier": points(report["coverage"])})


def _has(*names: str) -> Callable[[Report], bool]:
    return lambda report: bool(report.get("rows")) and all(name in report["rows"][0] for name in names)


_SHAPES: Sequence[tuple[Callable[[Report], bool], Callable[[Report], Picture]]] = (
    (_has("strategy", "budget", "recall"), _by_budget("recall", "Evidence in the package")),
    (_has("strategy", "budget", "all_values"), _by_budget("all_values", "Calls whose values are all shown")),
    (_has("runtime", "turn", "ms_p50"), _growth),
    (_has("runtime", "call", "served"), _heads),
    (lambda report: "coverage" in report, _coverage),
)
