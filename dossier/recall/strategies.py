"""The usual ways to choose past turns, by name; the default joins what they look at."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from dossier.errors import NotFound
from dossier.recall.history import PastTurn, Pool, Request
from dossier.recall.rank import Recalled, recall
from dossier.recall.signals import alone
from dossier.recall.terms import words

StrategyName = Literal["last-n", "tail", "summary-tail", "entity-memory", "retrieval", "dossier"]
STRATEGY_NAMES: tuple[StrategyName, ...] = get_args(StrategyName)
LAST_N = 12

Choose = Callable[[Request, Pool], Iterable[Recalled]]


@dataclass(frozen=True, slots=True)
class Strategy:
    """How past turns are chosen, and whether a rolling summary stands before them."""

    name: StrategyName
    choose: Choose
    """Gives the turns to offer to packing, best first."""
    summary: bool
    """The rolling summary is offered too."""


def strategy_named(name: str) -> Strategy:
    """Give a strategy by its name.

    Raises:
        NotFound: There is none of that name.
    """
    if found := STRATEGIES.get(name):
        return found
    raise NotFound(f"There is no strategy {name!r}.", hint=f"Choose from {', '.join(STRATEGY_NAMES)}.")


def _tail(request: Request, pool: Pool) -> list[Recalled]:
    """Give all turns, newest first: the packer trims them to the budget."""
    return _scored(sorted(pool.turns, key=lambda turn: turn.seq, reverse=True), "newest first")


def _last_n(request: Request, pool: Pool) -> list[Recalled]:
    return _tail(request, pool)[:LAST_N]


def _entities(request: Request, pool: Pool) -> list[Recalled]:
    """Give the turns that mention a named thing of the request, those with most of them first, then the newest."""
    named = _names(request.text)
    found = [(len(named.intersection(words(f"{turn.speaker} {turn.text}"))), turn.seq, turn) for turn in pool.turns]
    return _scored([turn for count, _, turn in sorted(found, key=lambda f: f[:2], reverse=True) if count], "names it")


def _retrieval(request: Request, pool: Pool) -> list[Recalled]:
    """Give the turns by BM25 of their own words alone."""
    found = sorted(zip(alone(request, pool), pool.turns, strict=True), key=lambda one: (-one[0], -one[1].seq))
    return _scored([turn for _, turn in found], "shares words")


def _names(text: str) -> frozenset[str]:
    """Give the words with a capital or digit, the first word only if it is all there is."""
    raw = text.split()
    named = [word for word in raw[1:] if any(c.isupper() or c.isdigit() for c in word)] or raw[:1]
    return frozenset(word for part in named for word in words(part))


def _scored(turns: Sequence[PastTurn], reason: str) -> list[Recalled]:
    return [Recalled(turn, (len(turns) - n) / len(turns), reason) for n, turn in enumerate(turns)]


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        strategy.name: strategy
        for strategy in (
            Strategy("last-n", _last_n, summary=False),
            Strategy("tail", _tail, summary=False),
            Strategy("summary-tail", _tail, summary=True),
            Strategy("entity-memory", _entities, summary=False),
            Strategy("retrieval", _retrieval, summary=False),
            Strategy("dossier", recall, summary=True),
        )
    }
)
