"""Rank past turns for a request, and say why each is there."""

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import mul
from typing import NamedTuple

from dossier.recall.history import PastTurn, Pool, Request
from dossier.recall.kinds import BINDING, kind_of
from dossier.recall.signals import Looked, look
from dossier.recall.terms import stem, words
from dossier.recall.weights import MEANING, PART, PART_LEFT, RANK_SMOOTHING, WEIGHTS

_NAMED = 4
_LEAST = 1e-6
_NEAR, _LATE = 0.4, 0.2
"""From where nearness in meaning, and lateness, are worth saying."""


class Recalled(NamedTuple):
    """A past turn that may be shown."""

    turn: PastTurn
    score: float
    """Above 0, at most 1: how much speaks for it, as odds against the best."""
    reason: str
    """What speaks for it, in words."""


def recall(request: Request, pool: Pool, *, meaning: Mapping[str, float] | None = None) -> Iterator[Recalled]:
    """Yield the turns of a pool, those first that bear on the request most.

    The order is by weighted signals; among turns that show the same terms of the request the best comes first and the
    others yield to turns that show further terms. The same pool gives the same order, whoever asks.

    Args:
        request: What is asked now.
        pool: What may be recalled.
        meaning: How near the meaning of each turn, by id, is to the request's, from an embedding model; joined by
            reciprocal rank.
    """
    looked = look(request, pool)
    order: Iterable[tuple[int, float]] = _spread(pool.turns, looked)
    if meaning is not None:
        order = _joined(pool.turns, list(order), meaning)
    said, best = _as_said(request), -math.inf
    for n, worth in order:
        best = max(best, worth)
        reason = _reason(pool.turns[n], looked, n, said, meaning)
        yield Recalled(pool.turns[n], max(math.exp(worth - best), _LEAST), reason)


def within(recalled: Iterable[Recalled], room: int, each: int = 0) -> list[Recalled]:
    """Give the first turns that together have so many characters, and so many more each; packing decides by tokens."""
    taken: list[Recalled] = []
    for one in recalled:
        if room <= 0:
            break
        taken.append(one)
        room -= len(one.turn.text) + each
    return taken


def _spread(turns: Sequence[PastTurn], looked: Looked) -> Iterator[tuple[int, float]]:
    """Order greedily, so that all parts of a request are shown before one is shown again; no further than is asked for.

    What a turn adds only shrinks as others are taken, so the heap's top is the best once its value is up to date.
    """
    left = dict.fromkeys(looked.asked, PART)

    def adds(n: int) -> float:
        return sum(looked.asked[term] * left[term] for term in looked.hits[n])

    worth = [sum(map(mul, WEIGHTS, signals)) for signals in zip(*looked.columns, strict=True)]
    heap = [(-(worth[n] + adds(n)), -turn.seq, n) for n, turn in enumerate(turns)]
    heapq.heapify(heap)
    while heap:
        value, seq, n = heap[0]
        now = -(worth[n] + adds(n))
        if now > value + 1e-12:
            heapq.heapreplace(heap, (now, seq, n))
            continue
        heapq.heappop(heap)
        yield n, -value
        for term in looked.hits[n]:
            left[term] *= PART_LEFT


def _joined(
    turns: Sequence[PastTurn], order: Sequence[tuple[int, float]], meaning: Mapping[str, float]
) -> list[tuple[int, float]]:
    by_meaning = sorted(range(len(turns)), key=lambda n: (-meaning.get(turns[n].id, -1.0), -turns[n].seq))
    joined = {n: 1 / (RANK_SMOOTHING + rank) for rank, (n, _) in enumerate(order)}
    for rank, n in enumerate(by_meaning):
        joined[n] += MEANING / (RANK_SMOOTHING + rank)
    ranked = sorted(joined.items(), key=lambda one: (-one[1], -turns[one[0]].seq))
    return [(n, math.log(value)) for n, value in ranked]


def _as_said(request: Request) -> Mapping[str, str]:
    return {stem(word): word for word in reversed(words(request.text))}


def _reason(
    turn: PastTurn, looked: Looked, n: int, said: Mapping[str, str], meaning: Mapping[str, float] | None
) -> str:
    signals = looked.signals(n)
    found = sorted(looked.hits[n], key=lambda term: (-looked.asked[term], term))[:_NAMED]
    kind = kind_of(turn.text)
    parts = (
        f"says {', '.join(said.get(term, term) for term in found)}" if found else "",
        "close to what says it" if signals.around > 0 and not found else "",
        "answers a question about it" if signals.replies > 0 else "",
        f"said by {turn.speaker}, who is asked about" if signals.speaker == 1 else "",
        "from the time asked about" if signals.time > 0 else "",
        "tells what is asked for" if signals.form > 0 and found else "",
        kind if kind in BINDING else "",
        "near in meaning" if meaning and meaning.get(turn.id, 0.0) > _NEAR else "",
        "recent" if signals.recent > _LATE else "",
    )
    return "recalled: " + ("; ".join(part for part in parts if part) or "same thread")
