"""What recall works on: past turns, a request, and how rare its terms are."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PastTurn:
    """One thing that was said earlier in a thread."""

    id: str
    """The id of its context item, such as `turn:17`."""
    seq: int
    """Its place in time; a later turn has a greater one."""
    text: str
    """What was said, without speaker and time."""
    speaker: str = ""
    """Who said it: a name, or a role such as `user`."""
    session: str = ""
    """Which sitting it belongs to; what was said close together has the same."""
    at: datetime | None = None
    """When it was said."""
    is_imported: bool = False
    """It was said elsewhere and brought in: nobody here vouches for it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked now."""

    text: str
    now: datetime | None = None
    """When; what `last week` is counted from."""


@dataclass(frozen=True, slots=True)
class Rarity:
    """How many turns of a thread there are, and how many hold each term of a request."""

    turns: int
    holding: Mapping[str, int]
    """By term; a term that is missing is held by none."""

    def of(self, term: str) -> float:
        """Give the inverse document frequency as BM25 has it, never below zero (Lucene's form)."""
        held = self.holding.get(term, 0)
        return math.log(1 + (max(self.turns, held) - held + 0.5) / (held + 0.5))


@dataclass(frozen=True, slots=True)
class Pool:
    """The turns that are scored: the whole thread, or what a first, cheap look found of it."""

    turns: tuple[PastTurn, ...]
    """In order of time."""
    rarity: Rarity
