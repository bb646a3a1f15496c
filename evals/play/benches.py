"""The benchmarks whose JSON lies in a report's folder, for the report's page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from evals.bench.pictures import picture_of
from evals.bench.svg import svg

_MOST_ROWS = 30
_DETAILS = ("run", "predictions", "rows")


@dataclass(frozen=True, slots=True)
class ShownBench:
    """A benchmark as the page shows it."""

    title: str
    command: str
    at: str
    data: str
    plot: Markup
    lines: Sequence[str]
    """Names of the plot's lines, in order."""
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def benches_in(folder: Path) -> list[ShownBench]:
    """Return the benchmarks of a folder and of its folder `figures`, by name of file."""
    files = sorted([*folder.glob("*.json"), *folder.glob("figures/*.json")])
    return [shown for file in files if (shown := _shown(file)) is not None]


def _shown(file: Path) -> ShownBench | None:
    try:
        report = json.loads(file.read_text("utf-8"))
        run = report["run"]
        return None if "scenarios" in report else _bench(report, run)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the folder is the user's: other files may lie in it


def _bench(report: dict[str, Any], run: dict[str, Any]) -> ShownBench:
    picture, rows = picture_of(report), _rows(report)
    return ShownBench(
        title=picture.title if picture else " ".join(run["command"].split()[3:5]).capitalize(),
        command=run["command"],
        at=run["at"][:10],
        data=", ".join(one["name"] for one in run["data"]),
        plot=Markup(svg(picture)) if picture else Markup(),
        lines=list(picture.lines) if picture else [],
        columns=list(rows[0]) if rows else [],
        rows=[[_cell(row.get(name)) for name in rows[0]] for row in rows],
    )


def _rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows that tell most: totals by runtime, else the rows if they are few, else the figures by name."""
    totals = report.get("runtimes") or report.get("growth")
    if totals:
        return [{"runtime": name, **one} for name, one in totals.items()]
    if 0 < len(report.get("rows", [])) <= _MOST_ROWS:
        return report["rows"]
    plain = {name: value for name, value in report.items() if name not in _DETAILS and not isinstance(value, list)}
    return [{"figure": name, "value": value} for name, value in plain.items() if not isinstance(value, dict)]


def _cell(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
