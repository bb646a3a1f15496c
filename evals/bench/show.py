"""How benchmarks show what they do and what they found: progress, tables, plots."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

Cell = str | int | float
Series = Mapping[str, Sequence[tuple[float, float]]]
"""Points by name of a line, in the order in which they are drawn."""


class Axes(NamedTuple):
    """What a plot's axes say."""

    x: str
    y: str
    logarithmic: bool = False
    """Of x."""


@contextmanager
def progress(out: Console) -> Iterator[Progress]:
    """Yield a progress display that is gone once the work is done; add tasks to it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=out, transient=True) as shown:
        yield shown


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    """Return a table for a terminal; numbers stand right, fractions with two digits."""
    made = Table(title=title, title_justify="left")
    for number, heading in enumerate(columns):
        right = bool(rows) and not isinstance(rows[0][number], str)
        made.add_column(heading, justify="right" if right else "left")
    for row in rows:
        made.add_row(*map(_text, row))
    return made


def plot(path: Path, title: str, axes: Axes, series: Series) -> None:
    """Draw lines into a PNG; where matplotlib is not installed say so, and draw nothing."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        print(f"{path.name} is not drawn: matplotlib is not installed (make dev-env).", file=sys.stderr)
        return
    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    canvas = figure.add_subplot()
    for (name, points), marker in zip(series.items(), _markers(), strict=False):
        canvas.plot([x for x, _ in points], [y for _, y in points], marker=marker, markersize=5, label=name)
    canvas.set(title=title, xlabel=axes.x, ylabel=axes.y)
    if axes.logarithmic:
        places = sorted({x for points in series.values() for x, _ in points})
        canvas.set_xscale("log")
        canvas.set_xticks(places, labels=[f"{place:,.0f}" for place in places])
        canvas.minorticks_off()
    canvas.grid(alpha=0.3)
    canvas.spines[["top", "right"]].set_visible(False)
    canvas.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def _markers() -> Iterator[str]:
    while True:
        yield from "os^Dv<>ph*"


def _text(cell: Cell) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else f"{cell:,}" if isinstance(cell, int) else cell
