"""`python -m evals bench references`: what words refer to, ranked (mentions) or resolved and asked (situations)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from evals.bench.data import read_rows
from evals.bench.record import write_report
from evals.bench.references_runs import run_mentions, run_situations
from evals.bench.show import Cell, progress, table
from evals.reference_format import MentionRow, SituationRow

_SCORES = ("right", "wrong_ask", "silent_wrong")


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--data", type=Path, required=True, metavar="F.jsonl", help="mentions or situations")


def command(given: argparse.Namespace) -> int:
    """Measure, from the command line."""
    return run(given.data, given.json)


def run(data: Path, json_out: Path | None) -> int:
    """Resolve what the file holds, print a table, write JSON; return the process's exit code.

    Args:
        data: Mentions or situations, told apart by their fields.
        json_out: Where the JSON goes; nowhere if None.

    Raises:
        DataInvalid: The file is missing, empty, or a line is neither.
    """
    out = Console(stderr=True)
    report = _report(data, out)
    out.print(_table(report))
    out.print(table("Others on the same", ("", *_SCORES), _peers(report)))
    write_report(json_out, report, data=[data])
    return 0


def _report(data: Path, out: Console) -> dict[str, Any]:
    if _holds_mentions(data):
        mentions = read_rows(data, MentionRow)
        with progress(out) as shown:
            task = shown.add_task("mentions", total=len(mentions))
            return run_mentions(mentions, lambda: shown.advance(task))
    situations = read_rows(data, SituationRow)
    with progress(out) as shown:
        task = shown.add_task("situations", total=len(situations))
        return run_situations(situations, lambda: shown.advance(task))


def _holds_mentions(data: Path) -> bool:
    """Look at the first row; what can't be read is told by the reader that follows."""
    try:
        with data.open(encoding="utf-8") as lines:
            first = json.loads(next((line for line in lines if line.strip()), "null"))
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and "mention" in first


def _table(report: dict[str, Any]) -> Table:
    curve = " / ".join(f"{report['coverage'][share]}" for share in ("50", "70", "90"))
    title = (
        f"{report['n']} {report['format']}: {report['right']} % right; surest 50 / 70 / 90 %: {curve}; "
        f"p50 {report['ms_p50']} ms, with 200 candidates {report['ms_p50_200']} ms"
    )
    if report["format"] == "mentions":
        return table(
            title, ("type", "n", "right"), [(t, r["n"], _cell(r["right"])) for t, r in report["by_type"].items()]
        )
    headings = ("references", "references_right", "wrong_ask", "silent_wrong", "missed")
    groups = {"all": report, **report["by_risk"], **report["by_type"]}
    rows = [(name, *(_cell(of[h]) for h in headings)) for name, of in groups.items()]
    last = (
        f"nothing refers in {report['without_reference']}, something found there in {_cell(report['over_trigger'])} %"
    )
    return table(f"{title}; {last}", ("", *headings), rows)


def _peers(report: dict[str, Any]) -> list[tuple[Cell, ...]]:
    """Return ours and what takes the newest, in the same measures."""
    found = {"dossier": report, **report["peers"]}
    return [(name, *(_cell(one.get(score)) for score in _SCORES)) for name, one in found.items()]


def _cell(value: float | None) -> str | float | int:
    return "-" if value is None else value
