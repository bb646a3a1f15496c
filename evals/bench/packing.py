"""The packer alone over many candidates, beside what can't be saved: sorting them and counting their tokens."""

import argparse
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from rich.console import Console

from dossier.adapters.tokens import token_counter
from dossier.context.budget import PROFILES
from dossier.context.items import ContextItem, ItemKind, Scope
from dossier.context.packing import Candidate, pack
from evals.bench.numbers import whole
from evals.bench.record import write_report
from evals.bench.show import progress, table

_KINDS: tuple[ItemKind, ...] = ("recent_turn", "retrieved_document", "confirmed_fact", "tool_result", "memory")
_START = datetime(2026, 1, 1, tzinfo=UTC)
_SCOPE = Scope("bench", "thread", "thread")
_BUDGET = 8_000
_REPEATS = 15
_WORDS = ("case", "was", "opened", "again", "after", "inspection", "of", "the", "cold", "store", "nothing", "wrong")


@dataclass(frozen=True, slots=True)
class Row:
    """What packing cost for one sort of candidates; warm, medians, milliseconds."""

    candidates: str
    n: int
    pack_ms: float
    sort_ms: float
    """Sorting the same candidates by score and id."""
    count_ms: float
    """Counting the tokens of their texts, nothing remembered."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--candidates", type=whole(1), default=10_000, help="how many")


def command(given: argparse.Namespace) -> int:
    """Measure, from the command line."""
    out = Console(stderr=True)
    with progress(out) as shown:
        sorts = shown.track((("scored", False), ("equal in score", True)), description="sorts of candidates")
        rows = [_row(name, ties, given.candidates) for name, ties in sorts]
    columns = ("candidates", "n", "pack ms", "sort ms", "count tokens ms", "x sort", "x count")
    cells = [
        (r.candidates, r.n, r.pack_ms, r.sort_ms, r.count_ms, r.pack_ms / r.sort_ms, r.pack_ms / r.count_ms)
        for r in rows
    ]
    out.print(table("The packer alone, warm, p50", columns, cells))
    write_report(given.json, {"rows": [asdict(row) for row in rows]})
    return 0


def _row(name: str, ties: bool, n: int) -> Row:
    candidates = made(n, ties=ties)
    # A text that was counted before is remembered, so each is counted once, as new.
    count = token_counter("o200k_base").count
    began = time.perf_counter()
    for candidate in candidates:
        count(candidate.item.text)
    count_ms = (time.perf_counter() - began) * 1000
    pack_ms = _p50(lambda: pack(candidates, PROFILES["default"], _BUDGET, 500))
    sort_ms = _p50(lambda: sorted(candidates, key=lambda candidate: (candidate.item.score, candidate.item.id)))
    return Row(name, n, round(pack_ms, 2), round(sort_ms, 2), round(count_ms, 2))


def made(n: int, *, ties: bool) -> list[Candidate]:
    """Give candidates of several kinds, the same ones each time.

    Args:
        n: How many.
        ties: Whether all have the same score, so that each contends with each.
    """
    dice = random.Random(f"{n} {ties}")
    found: list[Candidate] = []
    for k in range(n):
        text = f"{k} {ties}: " + " ".join(dice.choices(_WORDS, k=dice.randint(10, 60)))
        item = ContextItem(
            f"item:{k}",
            dice.choice(_KINDS),
            text,
            "bench",
            "user_claimed",
            _SCOPE,
            pinned=dice.random() < 0.1,
            score=0.0 if ties else dice.uniform(0.1, 9.0),
            as_of=_START + timedelta(minutes=k),
            position=k,
        )
        found.append(Candidate(item, dice.randint(20, 200)))
    return found


def _p50(work: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return median(times[2:])
