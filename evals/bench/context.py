"""What a package holds of a long conversation, for each strategy and budget, side by side.

Evidence recall is the share of the turns that hold an answer which are in the package, mean over questions; `all` is
the share of questions with every one of them. Both in percent.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from rich.console import Console

from dossier.adapters.embedding import minilm
from dossier.recall.meaning import Embedder
from dossier.recall.strategies import STRATEGY_NAMES, strategy_named
from evals.bench.context_data import Conversation, QuestionRow, read
from evals.bench.context_packages import History
from evals.bench.data import DataInvalid
from evals.bench.record import write_report
from evals.bench.show import Axes, Cell, plot, progress, table

BUDGETS = "1000,2000,4000,8000"
OURS = "dossier"
EMBEDDED = f"{OURS}+embedding"


@dataclass(frozen=True, slots=True)
class Result:
    """One question under one strategy and budget."""

    qid: str
    strategy: str
    budget: int
    included: list[str]
    """Ids of the turns that are shown."""
    tokens: int
    recall: float
    """Share of the question's evidence that is shown."""
    ms: float
    """Milliseconds from the question to its package."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--turns", type=Path, required=True, metavar="FILE", help="turns of conversations, JSON lines")
    parser.add_argument("--qa", type=Path, required=True, metavar="FILE", help="questions with their evidence")
    parser.add_argument("--budgets", default=BUDGETS, help=f"tokens of a package, with commas (default {BUDGETS})")
    parser.add_argument(
        "--strategy",
        action="append",
        choices=(*STRATEGY_NAMES, EMBEDDED),
        help=f"one to run, may be given again (default: all but {EMBEDDED})",
    )
    parser.add_argument(
        "--embedding", action="store_true", help=f"run {EMBEDDED} too, which needs the extra `embedding`"
    )
    parser.add_argument("--plot", type=Path, metavar="PNG", help="where the plot goes (default: beside the JSON)")


def command(given: argparse.Namespace) -> int:
    """Run it, print a table, write plot and JSON."""
    out = Console(stderr=True)
    budgets, strategies = _budgets(given.budgets), _strategies(given)
    conversations = read(given.turns, given.qa)
    missing = sum(len(set(q.evidence) - {t.id for t in c.turns}) for c in conversations for q in c.questions)
    if missing:
        out.print(f"{missing} pieces of evidence name a turn that is not there; they count as not shown.")
    total = sum(len(c.questions) for c in conversations) * len(strategies)
    with progress(out) as shown:
        task = shown.add_task("questions", total=total)
        results = list(measured(conversations, strategies, budgets, lambda: shown.advance(task)))
    rows = summarise(results)
    out.print(_table(rows, budgets))
    if png := given.plot or (given.json and given.json.with_suffix(".png")):
        plot(png, "Evidence in the package", Axes("tokens", "recall, %", logarithmic=True), _lines(rows))
        out.print(f"Plot: {png}")
    predictions = [
        {name: getattr(r, name) for name in ("qid", "strategy", "budget", "included", "tokens")} for r in results
    ]
    write_report(given.json, {"rows": rows, "predictions": predictions}, data=(given.turns, given.qa))
    return 0


def measured(
    conversations: Sequence[Conversation], strategies: Sequence[str], budgets: Sequence[int], tick: Callable[[], None]
) -> Iterator[Result]:
    """Yield the result of every question, strategy and budget; tell `tick` after each question of a strategy."""
    for conversation in conversations:
        history = History.of(conversation)
        for name in strategies:
            embedder = minilm() if name == EMBEDDED else None
            for question in conversation.questions:
                for budget in budgets:
                    yield _result(history, question, name, budget, embedder)
                tick()


def summarise(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return a row for each strategy and budget: recall and all in percent, questions, median milliseconds."""
    grouped: dict[tuple[str, int], list[Result]] = {}
    for result in results:
        grouped.setdefault((result.strategy, result.budget), []).append(result)
    return [
        {
            "strategy": strategy,
            "budget": budget,
            "recall": round(100 * fmean(one.recall for one in group), 2),
            "all": round(100 * fmean(one.recall == 1 for one in group), 2),
            "n": len(group),
            "ms_p50": round(median(one.ms for one in group), 2),
        }
        for (strategy, budget), group in grouped.items()
    ]


def _result(history: History, question: QuestionRow, name: str, budget: int, embedder: Embedder | None) -> Result:
    began = time.perf_counter()
    package = history.package(question.question, strategy_named(OURS if embedder else name), budget, embedder)
    ms = (time.perf_counter() - began) * 1000
    evidence = set(question.evidence)
    found = len(evidence.intersection(package.turns)) / len(evidence)
    return Result(question.qid, name, budget, package.turns, package.tokens, found, round(ms, 3))


def _strategies(given: argparse.Namespace) -> list[str]:
    """Return what to run; an embedding model that is asked for and missing is told of before anything is done."""
    named: list[str] = [*(given.strategy or STRATEGY_NAMES), *([EMBEDDED] if given.embedding else [])]
    if EMBEDDED in named:
        minilm()
    return list(dict.fromkeys(named))


def _budgets(text: str) -> list[int]:
    try:
        budgets = [int(part) for part in text.split(",")]
    except ValueError:
        budgets = []
    if not budgets or min(budgets) <= 0:
        raise DataInvalid(f"--budgets {text!r} is no list of token counts.", hint=f"Write it like {BUDGETS}.")
    return budgets


def _table(rows: Sequence[dict[str, Any]], budgets: Sequence[int]) -> Any:
    names = list(dict.fromkeys(row["strategy"] for row in rows))
    cells = {(row["strategy"], row["budget"]): row for row in rows}
    lines = [_cells(name, [cells[name, budget] for budget in budgets]) for name in names]
    title = f"Evidence in the package, recall/all of it, % of {rows[0]['n']} questions, by tokens; ms is the p50"
    return table(title, ["strategy", *(f"{budget:,}" for budget in budgets), "ms"], lines)


def _cells(name: str, rows: Sequence[dict[str, Any]]) -> list[Cell]:
    return [name, *(f"{row['recall']:.1f}/{row['all']:.1f}" for row in rows), max(row["ms_p50"] for row in rows)]


def _lines(rows: Sequence[dict[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    lines: dict[str, list[tuple[float, float]]] = {}
    for row in sorted(rows, key=lambda row: row["budget"]):
        lines.setdefault(row["strategy"], []).append((row["budget"], row["recall"]))
    return lines
