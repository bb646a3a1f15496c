"""A first, cheap look at a thread that may be long: which turns are worth scoring.

The terms of a request are looked up, rarest first, and only so many of the newest turns that hold each; the best of
these, with their neighbours, make the pool, which is filled up with the newest turns. A database does the same with an
index (sql/recall.sql); this is the rule itself, and what a thread in memory is narrowed by.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from dossier.recall.history import PastTurn, Pool, Rarity, Request
from dossier.recall.signals import AROUND
from dossier.recall.terms import terms

TERMS = 16
"""Rarest terms of a request that are looked up."""
READ = 64
"""Terms of a request that are considered at all, those that come first."""
HOLDING = 500
"""Newest turns that are looked at for each term."""
FEWEST, MOST = 360, 720
"""Turns of a pool."""
PER_SHOWN = 4
"""Turns of a pool for each that there is room to show: more were seen not to change what is shown."""
TYPICAL = 120
"""Characters of what is said in a turn, to guess how many there is room for."""
INDEXED = 512
"""Distinct terms by which one turn can be found, those that come first."""


class Wanted(NamedTuple):
    """A term to look up, and what a turn that holds it gains."""

    term: str
    weight: int
    """In millionths: whole numbers add up to the same in any order."""


def pool_size(room: int, each: int = 0) -> int:
    """Give how many turns are worth scoring when there is room for so many characters.

    Args:
        room: Characters of turns that can be shown.
        each: Characters that each takes beside what is said.
    """
    return min(MOST, max(FEWEST, PER_SHOWN * room // (TYPICAL + each)))


def hits_of(size: int) -> int:
    """Give how many of a pool are there for their own words; the rest is what surrounds them, and the newest."""
    return size // 3


def considered(request: Request) -> tuple[str, ...]:
    """Give the terms of a request whose rarity is asked for."""
    return tuple(terms(request.text).counts)[:READ]


def indexed(text: str) -> tuple[str, ...]:
    """Give the terms by which a turn is found."""
    return tuple(islice(terms(text).counts, INDEXED))


def wanted(rarity: Rarity) -> tuple[Wanted, ...]:
    """Give the rarest of the terms that some turn holds."""
    held = sorted((term for term in rarity.holding if rarity.holding[term]), key=lambda t: (rarity.holding[t], t))
    return tuple(Wanted(term, round(1_000_000 * rarity.of(term))) for term in held[:TERMS])


class MemoryHistory:
    """A thread in memory, indexed by term."""

    def __init__(self, turns: Iterable[PastTurn]) -> None:
        self._turns = sorted(turns, key=lambda turn: turn.seq)
        self._holding: dict[str, list[int]] = defaultdict(list)
        for n, turn in enumerate(self._turns):
            for term in indexed(turn.text):
                self._holding[term].append(n)

    def pool(self, request: Request, size: int = MOST) -> Pool:
        """Give what is worth scoring for a request."""
        found = {term: self._holding.get(term, [])[-HOLDING:] for term in considered(request)}
        rarity = Rarity(len(self._turns), {term: len(places) for term, places in found.items()})
        gains: dict[int, int] = defaultdict(int)
        for term, weight in wanted(rarity):
            for n in found[term]:
                gains[n] += weight
        best = sorted(gains, key=lambda n: (-gains[n], -n))[: hits_of(size)]
        chosen = _filled(best, len(self._turns), size)
        return Pool(tuple(self._turns[n] for n in chosen), rarity)


def _filled(best: Sequence[int], total: int, size: int) -> list[int]:
    """Give the best with their neighbours, in order, filled up with the newest."""
    hits = set(best)
    near = {m for n in best for m in range(max(0, n - AROUND), min(total, n + AROUND + 1))}
    chosen = set(sorted(near, key=lambda n: (n not in hits, -n))[:size])
    rest = (n for n in range(total - 1, -1, -1) if n not in chosen)
    return sorted([*chosen, *islice(rest, size - len(chosen))])
