"""What is shown before tool calls, at several budgets: ours beside trimming and search.

Before each recorded call the messages so far, without the system prompt, are packed into a budget. A call counts as
served when every argument value that stands in those messages still stands in what is shown. Ours is built by the
product's own package builder, and pays for the delimiters of its blocks; the others pay for bare messages.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from dossier.adapters.tokenizer_files import Encoding
from dossier.adapters.tokens import token_counter
from evals.bench.numbers import several
from evals.bench.record import write_report
from evals.bench.show import progress, table
from evals.bench.tools_data import Asked, asked, read
from evals.bench.tools_ours import Ours, Shown
from evals.bench.tools_peers import Show, peers

OURS = "dossier"
ENCODING: Encoding = "o200k_base"
_LEAST_BUDGET = 200


@dataclass(frozen=True, slots=True)
class Row:
    """What one strategy came to at one budget; percentages of the calls."""

    strategy: str
    budget: int
    all_values: float
    """Calls for which every value that was said is shown."""
    orphans: float
    """Packages with a tool's message whose call is not there."""
    empty: float
    n: int
    ms_p50: float
    """Milliseconds of one package, all of it."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--data", type=Path, required=True, metavar="F", help="recorded runs, one JSON object a line")
    parser.add_argument(
        "--budgets", type=several(_LEAST_BUDGET), default="500,1000,2000,4000", help="tokens, with commas"
    )


def command(given: argparse.Namespace) -> int:
    """Measure, from the command line."""
    calls = asked(read(given.data))
    out = Console(stderr=True)
    rows, predictions = measure(calls, given.budgets, out)
    columns = ("strategy", "budget", "all values %", "orphans %", "empty %", "calls", "ms p50")
    out.print(table(f"Values that the next tool call needs, {given.data.name}", columns, [_cells(row) for row in rows]))
    write_report(given.json, {"rows": [asdict(row) for row in rows], "predictions": predictions}, data=[given.data])
    return 0


def measure(calls: Sequence[Asked], budgets: Sequence[int], out: Console) -> tuple[list[Row], list[dict[str, Any]]]:
    """Return a row for each strategy and budget, and what ours showed before each call."""
    counter = token_counter(ENCODING)
    strategies: dict[str, Show] = {OURS: Ours(counter).show, **peers(counter)}
    rows: list[Row] = []
    predictions: list[dict[str, Any]] = []
    with progress(out) as shown:
        task = shown.add_task("packages", total=len(strategies) * len(budgets) * len(calls))
        for name, show in strategies.items():
            for budget in budgets:
                made: list[tuple[Shown, float]] = []
                for call in calls:
                    began = time.perf_counter()
                    made.append((show(call, budget), (time.perf_counter() - began) * 1000))
                    shown.advance(task)
                rows.append(_row(name, budget, calls, made))
                if name == OURS:
                    predictions += [_prediction(c, budget, s) for c, (s, _) in zip(calls, made, strict=True)]
    return rows, predictions


def _row(name: str, budget: int, calls: Sequence[Asked], made: Sequence[tuple[Shown, float]]) -> Row:
    def percent(hits: int) -> float:
        return round(100 * hits / len(calls), 2)

    served = sum(_serves(call, shown.text) for call, (shown, _) in zip(calls, made, strict=True))
    return Row(
        name,
        budget,
        percent(served),
        percent(sum(shown.orphan for shown, _ in made)),
        percent(sum(not shown.text for shown, _ in made)),
        len(calls),
        round(median(ms for _, ms in made), 2),
    )


def _serves(call: Asked, text: str) -> bool:
    return all(value in text for value in call.values)


def _prediction(call: Asked, budget: int, shown: Shown) -> dict[str, Any]:
    return {"id": call.run, "call": call.call, "budget": budget, "text": shown.text, "tokens": shown.tokens}


def _cells(row: Row) -> list[str | int | float]:
    return [row.strategy, row.budget, row.all_values, row.orphans, row.empty, row.n, row.ms_p50]
