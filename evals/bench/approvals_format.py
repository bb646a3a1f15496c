"""The file of the approvals benchmark: transactions with what was proposed, answered and changed.

    id, service, method, proposals: [{proposed: {slot: value}, response, changes: {slot: value}}],
    executed: {slot: value}, approved

A proposal names some slots; the call that it stands for holds those, as said so far, and what else the
dialogue had settled, which is the same in every call of the transaction.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from evals.bench.data import DataInvalid, read_rows

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
    first_was_right: bool
    """Whether all that was proposed first is what has to be carried out."""


class _Proposal(BaseModel):
    model_config = ConfigDict(frozen=True)
    proposed: Slots
    response: str
    """AFFIRM; whatever else is said approves nothing."""
    changes: Slots


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)
    id: str = Field(min_length=1)
    service: str
    method: str
    proposals: list[_Proposal]
    executed: Slots
    approved: bool


def read_transactions(path: Path) -> list[Transaction]:
    """Read a file of JSON lines.

    Raises:
        DataInvalid: It can't be read, is empty, holds an id twice, or a line is not of the format.
    """
    rows = read_rows(path, _Row)
    twice = [id for id, count in Counter(row.id for row in rows).items() if count > 1]
    if twice:
        raise DataInvalid(f"{path} holds {twice[0]!r} more than once.", hint="Give each transaction an id of its own.")
    return [_transaction(row) for row in rows]


def _transaction(row: _Row) -> Transaction:
    proposals = tuple(_proposals(row))
    ended = bool(proposals) and proposals[-1].affirmed and row.approved
    expected = row.executed if ended else None
    right = ended and row.proposals[0].proposed.items() <= row.executed.items()
    return Transaction(row.id, row.service, row.method, proposals, expected, right)


def _proposals(row: _Row) -> Iterator[Proposed]:
    said: Slots = {}
    for proposal in row.proposals:
        said |= proposal.proposed
        slots = _call(said, row.executed)
        said |= proposal.changes
        changed = _call(said, row.executed)
        words = ", ".join(f"{slot}: {value}" for slot, value in proposal.changes.items())
        yield Proposed(slots, proposal.response == "AFFIRM", changed, words)


def _call(said: Mapping[str, str], settled: Mapping[str, str]) -> Slots:
    return {slot: said.get(slot, value) for slot, value in settled.items()}
