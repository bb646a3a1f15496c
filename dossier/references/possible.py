"""Whether the act that the user wishes for can still be done to a candidate."""

from __future__ import annotations

from functools import lru_cache

from dossier.references import meanings
from dossier.references.candidates import Candidate
from dossier.references.profiles import synonyms
from dossier.references.talk import Ids, Talk
from dossier.references.words import fold, stem

_REVERSALS = frozenset(stem(w) for w in meanings.REVERSALS)
_GONE = frozenset(stem(w) for w in meanings.GONE)


def possible(talk: Talk, pool: Ids) -> Ids:
    """Return those for which the act is possible; the whole pool when that can't be told or the wish only reads."""
    if talk.situation.risk == "read":
        return pool
    if talk.wish & _REVERSALS:
        return tuple(i for i in pool if talk.profiles[i].traits & _GONE) or pool
    left = tuple(i for i in pool if not _done(talk, i) and not _barred(talk, i)) or pool
    left = tuple(i for i in left if not talk.profiles[i].traits & _GONE) or left
    return _of_fitting_type(talk, left)


def done(talk: Talk, pool: Ids) -> Ids:
    """Return those for which the act that is wished for has been done, when some of the pool are left."""
    if talk.situation.risk == "read":
        return ()
    acted = {a.target for a in talk.acts if talk.wish & {stem(w) for w in fold(a.action).split("_")}}
    found = tuple(i for i in pool if i in acted or _done(talk, i))
    return found if len(found) < len(pool) else ()


def _barred(talk: Talk, i: str) -> bool:
    """Tell whether a property says that the act can't be done (`returnable: no`)."""
    bars = {fold(k) for k, v in talk.by_id[i].attrs if fold(v) in meanings.NO and fold(k).endswith(("able", "ible"))}
    return any(bar.startswith(word) for bar in bars for word in talk.asked if len(word) > 3)


def _done(talk: Talk, i: str) -> bool:
    """Tell whether its properties say that the act has been done."""
    return not talk.asked.isdisjoint(_states(talk.by_id[i]))


@lru_cache(maxsize=4096)
def _states(candidate: Candidate) -> frozenset[str]:
    """Stems of the states it is in: the first words of each value, and the properties that it has."""
    found: set[str] = set()
    for key, value in candidate.attrs:
        words = fold(key).split("_") if fold(value) in meanings.YES else fold(value).replace("_", " ").split()[:2]
        found.update(stem(x) for x in words)
    return frozenset(found)


def _of_fitting_type(talk: Talk, pool: Ids) -> Ids:
    """Keep the types to which the act was done or wished for before, when some of the pool are such."""
    if len({talk.by_id[i].type for i in pool}) < 2:
        return pool
    known = {talk.by_id[i].type for i in talk.things if any(talk.wish & synonyms(t) for t in talk.profiles[i].traits)}
    known |= {
        talk.by_id[i].type
        for i in talk.things
        if any(talk.wish & {stem(w) for w in fold(k).split("_")} for k, _ in talk.by_id[i].attrs)
    }
    known |= {talk.by_id[a.target].type for a in talk.acts if talk.wish & {stem(w) for w in fold(a.action).split("_")}}
    return tuple(i for i in pool if talk.by_id[i].type in known) or pool
