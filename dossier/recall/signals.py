"""What speaks for a turn: each signal by itself, for all turns of a pool at once.

Words are compared by stem and weighed by rarity (BM25: Robertson and Zaragoza, "The Probabilistic Relevance
Framework", 2009). A turn is also judged by what stands around it, since an answer seldom repeats its question.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, groupby
from typing import NamedTuple

from dossier.recall.history import PastTurn, Pool, Request
from dossier.recall.kinds import BINDING, TurnKind, kind_of
from dossier.recall.leaning import leans
from dossier.recall.speakers import spoken_of
from dossier.recall.terms import CACHED_TEXTS, Terms, stem, terms, words
from dossier.recall.times import nearness, periods

AROUND = 2
"""Turns before and after that count as a turn's surroundings, within its session."""
HALF_LIFE = 3
"""Turns after which what was said counts half as recent."""
_K1 = 1.2
_B, _B_AROUND, _B_SESSION = 0.75, 0.5, 0.75
_MUCH = 16
"""Distinct terms from which a turn counts as saying much."""
_LONG = 400
"""Characters from which a turn counts as long."""
_TELLS_WHEN = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|ago|last|next|recently|soon|week(?:end)?s?|months?|years?|days?|morning"
    r"|evening|night|since|summer|winter|spring|autumn|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march"
    r"|april|june|july|august|september|october|november|december|\d{4})\b",
    re.IGNORECASE,
)
_TELLS_HOW_MANY = re.compile(
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|once|twice|couple|few|several|dozen|hundred)\b", re.I
)
_ASKS_WHEN = re.compile(r"\b(?:when|what (?:date|day|month|year|time)|which (?:month|year|day)|how long)\b", re.I)
_ASKS_HOW_MANY = re.compile(r"\bhow (?:many|much|often|old)\b", re.I)


class Signals(NamedTuple):
    """What speaks for one turn, each from 0 to 1 or a little above."""

    words: float
    """Share of the request's terms that it holds, by rarity."""
    around: float
    """BM25 of it together with its neighbours."""
    session: float
    """BM25 of the sitting it belongs to, against the best sitting's."""
    speaker: float
    """Whether the request names who said it; a half where it names nobody."""
    time: float
    """How near it was said to a time that the request names."""
    replies: float
    """The words of the question just before it, which it may answer."""
    form: float
    """It tells a time or a number, and that is what is asked for."""
    content: float
    """How much it says."""
    long: float
    """How much room it takes."""
    asks: float
    """It is itself a question."""
    binds: float
    """It corrects, decides, limits, refuses, approves or prefers something."""
    recent: float
    """How late it was said: 1 for the newest turn, halved every few turns before it."""
    leant_on: float
    """The same, when the request can't be understood without what was just said."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The signals of all turns of a pool, and the terms that they were looked at for."""

    asked: Mapping[str, float]
    """The request's terms with their weights, which add to 1."""
    hits: tuple[Mapping[str, int], ...]
    """For each turn, how often it holds which of them."""
    columns: Sequence[Sequence[float]]
    """The signals, each for all turns, in the order of `Signals`."""

    def signals(self, n: int) -> Signals:
        """Give the signals of one turn."""
        return Signals(*(column[n] for column in self.columns))


class _Said(NamedTuple):
    terms: Terms
    kind: TurnKind
    asks: bool
    when: bool
    number: bool


def asked_terms(request: Request, speakers: Sequence[str]) -> tuple[str, ...]:
    """Give the terms to look for: those of the request, less the names of who speaks, unless nothing is left."""
    names = {stem(word) for speaker in speakers for word in words(speaker)}
    found = terms(request.text).counts
    return tuple(term for term in found if term not in names) or tuple(found)


def look(request: Request, pool: Pool) -> Looked:
    """Give the signals of every turn of a pool."""
    turns = pool.turns
    said = [_said(turn.text) for turn in turns]
    speakers = tuple(dict.fromkeys(turn.speaker for turn in turns))
    asked = _asked(request, pool, speakers)
    hits = tuple(_hits(asked, one.terms.counts) for one in said)
    own = [sum(map(asked.__getitem__, hit)) if hit else 0.0 for hit in hits]
    recent = [0.5 ** ((len(turns) - 1 - n) / HALF_LIFE) for n in range(len(turns))]
    columns = (
        own,
        _around(turns, said, hits, asked),
        _sessions(turns, said, hits, asked),
        _speakers(request, turns, speakers),
        _times(request, turns),
        [own[n - 1] if n and said[n - 1].asks and together(turns, n - 1, n) else 0.0 for n in range(len(turns))],
        _forms(request, said),
        [min(len(one.terms.counts) / _MUCH, 1.0) for one in said],
        [min(len(turn.text) / _LONG, 1.0) for turn in turns],
        [float(one.asks) for one in said],
        [float(one.kind in BINDING) for one in said],
        recent,
        recent if leans(request.text) else [0.0] * len(turns),
    )
    return Looked(asked, hits, columns)


def alone(request: Request, pool: Pool) -> list[float]:
    """Give the BM25 of each turn by itself; the plainest retrieval goes by nothing else."""
    said = [terms(turn.text) for turn in pool.turns]
    asked = _asked(request, pool, tuple(dict.fromkeys(turn.speaker for turn in pool.turns)))
    average = sum(one.length for one in said) / (len(said) or 1)
    return [_bm25(_hits(asked, one.counts), _norm(one.length, average, _B), asked) for one in said]


def _asked(request: Request, pool: Pool, speakers: Sequence[str]) -> Mapping[str, float]:
    rarity = {term: pool.rarity.of(term) for term in asked_terms(request, speakers)}
    total = sum(rarity.values()) or 1.0
    return {term: weight / total for term, weight in rarity.items()}


def _hits(asked: Mapping[str, float], counts: Mapping[str, int]) -> Mapping[str, int]:
    # In the request's order: a set's order would differ from one process to another, and with it the sums' last digits.
    return {term: counts[term] for term in asked if term in counts}


@lru_cache(CACHED_TEXTS)
def _said(text: str) -> _Said:
    return _Said(
        terms(text),
        kind_of(text),
        text.rstrip().endswith("?"),
        _TELLS_WHEN.search(text) is not None,
        _TELLS_HOW_MANY.search(text) is not None,
    )


def together(turns: Sequence[PastTurn], a: int, b: int) -> bool:
    """Tell whether two turns of a pool belong to one session."""
    return turns[a].session == turns[b].session


def _around(
    turns: Sequence[PastTurn], said: Sequence[_Said], hits: Sequence[Mapping[str, int]], asked: Mapping[str, float]
) -> list[float]:
    upto = [0, *accumulate(one.terms.length for one in said)]
    spans = _spans(turns)
    lengths = [upto[end] - upto[first] for first, end in spans]
    average = sum(lengths) / (len(lengths) or 1)
    norms = [_norm(length, average, _B_AROUND) for length in lengths]
    near: dict[str, Counter[int]] = {term: Counter() for term in asked}
    for hit, (first, end) in zip(hits, spans, strict=True):
        for term, count in hit.items():
            for n in range(first, end):
                near[term][n] += count
    around = [0.0] * len(turns)
    for term, weight in asked.items():
        for n, count in near[term].items():
            around[n] += weight * count * (_K1 + 1) / (count + norms[n])
    return around


def _spans(turns: Sequence[PastTurn]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for _, sitting in groupby(turn.session for turn in turns):
        first = len(spans)
        end = first + sum(1 for _ in sitting)
        spans += [(max(first, n - AROUND), min(end, n + AROUND + 1)) for n in range(first, end)]
    return spans


def _sessions(
    turns: Sequence[PastTurn], said: Sequence[_Said], hits: Sequence[Mapping[str, int]], asked: Mapping[str, float]
) -> list[float]:
    found: dict[str, dict[str, int]] = {}
    lengths: dict[str, int] = {}
    for turn, one, hit in zip(turns, said, hits, strict=True):
        sitting = found.setdefault(turn.session, {})
        for term, count in hit.items():
            sitting[term] = sitting.get(term, 0) + count
        lengths[turn.session] = lengths.get(turn.session, 0) + one.terms.length
    average = sum(lengths.values()) / (len(lengths) or 1)
    scores = {name: _bm25(count, _norm(lengths[name], average, _B_SESSION), asked) for name, count in found.items()}
    best = max(scores.values(), default=0.0) or 1.0
    return [scores[turn.session] / best for turn in turns]


def _bm25(found: Mapping[str, int], norm: float, asked: Mapping[str, float]) -> float:
    return sum(asked[term] * count * (_K1 + 1) / (count + norm) for term, count in found.items())


def _norm(length: int, average: float, b: float) -> float:
    return _K1 * (1 - b + b * length / (average or 1.0))


def _speakers(request: Request, turns: Sequence[PastTurn], speakers: Sequence[str]) -> list[float]:
    named = spoken_of(request.text, speakers)
    fits = {
        speaker: 0.5 if not named or len(named) == len(speakers) else float(speaker in named) for speaker in speakers
    }
    return [fits[turn.speaker] for turn in turns]


def _times(request: Request, turns: Sequence[PastTurn]) -> list[float]:
    years = {turn.at.year for turn in turns if turn.at}
    asked = periods(request.text, years, request.now.date() if request.now else None)
    if not asked:
        return [0.0] * len(turns)
    days = {turn.at.date() for turn in turns if turn.at}
    near = {day: nearness(asked, day) for day in days}
    return [near[turn.at.date()] if turn.at else 0.0 for turn in turns]


def _forms(request: Request, said: Sequence[_Said]) -> list[float]:
    when, number = bool(_ASKS_WHEN.search(request.text)), bool(_ASKS_HOW_MANY.search(request.text))
    return [float((when and one.when) or (number and one.number)) for one in said]
