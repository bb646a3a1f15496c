"""The file of the approvals benchmark: transactions with what was proposed, answered and changed.

    id, service, method, proposals: [{proposed: {slot: value}, response, changes: {slot: value}}],
    executed: {slot: value}, approved

A proposal names some slots; the call that it stands for holds those, as said so far, and what else the
dialogue had settled, which is the same in every call of the transaction.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dossier.errors import InvalidInput

Slots = dict[str, str]


@dataclass(frozen=True, slots=True)
class Proposed:
    """One call that is put before the customer."""

    slots: Slots
    affirmed: bool
    changed: Slots
    """The call with what the answer changes in it."""
    words: str
    """The answer's changes, in words."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of the file."""

    id: str
    service: str
    method: str
    proposals: tuple[Proposed, ...]
    expected: Slots | None
    """What has to be carried out; None when nothing may be."""


def read_transactions(path: Path) -> list[Transaction]:
    """Read a file of JSON lines.

    Raises:
        InvalidInput: A line is not of the format.
    """
    lines = path.read_text("utf-8").splitlines()
    return [_line(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _line(number: int, line: str) -> Transaction:
    try:
        row = json.loads(line)
        proposals = tuple(_proposals(row))
        ended = bool(proposals) and proposals[-1].affirmed and row["approved"]
        return Transaction(row["id"], row["service"], row["method"], proposals, row["executed"] if ended else None)
    except (KeyError, TypeError, ValueError) as error:
        hint = "See evals/bench/approvals_format.py."
        raise InvalidInput(f"Line {number} is no transaction: {error!r}.", hint=hint) from error


def _proposals(row: Mapping[str, Any]) -> Iterator[Proposed]:
    said: Slots = {}
    for proposal in row["proposals"]:
        said |= proposal["proposed"]
        slots = _call(said, row["executed"])
        said |= proposal["changes"]
        changed = _call(said, row["executed"])
        words = ", ".join(f"{slot}: {value}" for slot, value in proposal["changes"].items())
        yield Proposed(slots, proposal["response"] == "AFFIRM", changed, words)


def _call(said: Mapping[str, str], settled: Mapping[str, str]) -> Slots:
    return {slot: said.get(slot, value) for slot, value in settled.items()}
