"""What the costs of turns come to: late turns over early ones, as numbers and as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, NamedTuple

from rich.table import Table

from evals.bench.turns_runtimes import OURS, YOUNG

SPAN = 100
"""Turns compared at each end of a long thread."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one turn cost."""

    runtime: str
    turn: int
    ms_p50: float
    """Milliseconds of the turn."""
    bytes: int
    """Of write-ahead log."""
    answered: bool
    """The model's reply came back; False when the runtime asked a question of its own."""


class Growth(NamedTuple):
    """Late turns over early ones."""

    ms: float
    """Of the medians."""
    bytes: float
    """Of the sums."""


class Spans(NamedTuple):
    """The turns that are compared."""

    early: range
    late: range

    @classmethod
    def of(cls, turns: int) -> "Spans":
        """Return 51-150 and 951-1,050 for 1,050 turns, and parts alike for fewer."""
        length = min(SPAN, turns // 4)
        first = length // 2 + 1
        return cls(range(first, first + length), range(turns - length + 1, turns + 1))


def summarise(rows: Sequence[Row], upkeep: Mapping[str, int], spans: Spans) -> dict[str, Any]:
    """Return the report: its figures, and the row of each turn that they come from.

    Args:
        rows: Of all runtimes.
        upkeep: Bytes that vacuums wrote, by database.
        spans: What is compared.
    """
    early, late = spans
    names = list(dict.fromkeys(row.runtime for row in rows))
    growth = {name: _growth(_of(rows, name, early), _of(rows, name, late)) for name in names if name != YOUNG}
    return {
        "ratio_ms": growth[OURS].ms,
        "ratio_bytes": growth[OURS].bytes,
        "ratio_ms_beside_young": _growth(_of(rows, YOUNG, early), _of(rows, OURS, late)).ms,
        "early": [early[0], early[-1]],
        "late": [late[0], late[-1]],
        "growth": {name: one._asdict() for name, one in growth.items()},
        "unanswered": {name: sum(not row.answered for row in rows if row.runtime == name) for name in names},
        "upkeep_bytes": dict(upkeep),
        "rows": [asdict(row) for row in rows],
    }


def table(rows: Sequence[Row], report: Mapping[str, Any], spans: Spans) -> Table:
    """Return the figures for a terminal."""
    made = Table(title="A turn's time (p50) and bytes written (mean) as one thread grows")
    made.add_column("runtime")
    for heading in (*(f"turns {span[0]}-{span[-1]}" for span in spans), "time x", "bytes x"):
        made.add_column(heading, justify="right")
    for name, growth in report["growth"].items():
        costs = [_cost(_of(rows, name, span)) for span in spans]
        made.add_row(name, *costs, f"{growth['ms']:.2f}", f"{growth['bytes']:.2f}")
    young = _cost(_of(rows, YOUNG, spans.early))
    made.add_row(YOUNG, young, "", f"{report['ratio_ms_beside_young']:.2f}", "")
    return made


def _of(rows: Sequence[Row], runtime: str, turns: range) -> list[Row]:
    return [row for row in rows if row.runtime == runtime and row.turn in turns]


def _growth(early: Sequence[Row], late: Sequence[Row]) -> Growth:
    ms = median(row.ms_p50 for row in late) / median(row.ms_p50 for row in early)
    return Growth(round(ms, 3), round(sum(row.bytes for row in late) / sum(row.bytes for row in early), 3))


def _cost(rows: Sequence[Row]) -> str:
    return f"{median(row.ms_p50 for row in rows):.1f} ms {sum(row.bytes for row in rows) / len(rows) / 1000:.0f} kB"
