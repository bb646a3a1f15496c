"""Which candidates a description fits."""

from __future__ import annotations

from dataclasses import dataclass

from dossier.references import lexicon as lx
from dossier.references import meanings
from dossier.references.phrase import Phrase
from dossier.references.profiles import amount_of, superlative, synonyms
from dossier.references.reading import NEGATIVE
from dossier.references.talk import Ids, Talk, kin
from dossier.references.words import fold, stem

_IGNORED = frozenset(
    [
        "whole",
        "entire",
        "exact",
        "actual",
        "said",
        "very",
        "new",
        "same",
        "particular",
        "specific",
        "certain",
        "own",
        "current",
        "single",
        "one",
    ]
)


@dataclass(frozen=True, slots=True)
class Fit:
    """The candidates that a description leaves over."""

    ids: Ids
    full: bool
    """Every word of the description is accounted for."""
    headed: bool
    """The noun is one that candidates bear (or there is none)."""
    tail: int = 0
    """How many words after the noun took part."""


def describe(talk: Talk, phrase: Phrase, pool: Ids) -> Fit:
    """Narrow a pool by noun, modifiers and what follows the noun."""
    named = headed(talk, phrase.head, pool)
    left, rest = named, [m for m in phrase.modifiers if m not in _IGNORED]
    if not left and phrase.head:
        left, rest = pool, [*rest, phrase.head]
    if "least" in rest and any(superlative(m) for m in rest if m != "least"):
        # `least expensive` turns the direction of the word that follows.
        rest = [f"least-{m}" if superlative(m) else m for m in rest if m != "least"]
    full, used = True, 0
    for word in rest:
        fitting = _fitting(talk, word, left)
        full = full and bool(fitting)
        used += bool(fitting)
        left = fitting or left
    if not named and phrase.head and not used:
        return Fit((), False, False)
    left, tail = _by_tail(talk, phrase.tail, left)
    return Fit(left, full, bool(named), tail)


def headed(talk: Talk, head: str, pool: Ids) -> Ids:
    """Return those that bear the noun: by type first, then by the label."""
    if not head:
        return pool
    by_type = tuple(i for i in pool if head in talk.profiles[i].type)
    by_label = tuple(i for i in pool if head in talk.profiles[i].label)
    return by_type or by_label or _people(talk, head, pool) or tuple(i for i in pool if head in talk.profiles[i].states)


def _people(talk: Talk, head: str, pool: Ids) -> Ids:
    """Let an unknown noun for a person stand for the persons of whom it was used."""
    if not head.endswith(meanings.PERSON_ENDINGS) or head in meanings.THING_ENDINGS:
        return ()
    return tuple(i for i in pool if talk.profiles[i].person and talk.profiles[i].type.isdisjoint({head}))


def _fitting(talk: Talk, word: str, pool: Ids) -> Ids:
    if superlative(word):
        return extreme(talk, word, pool)
    fits = tuple(i for i in pool if talk.profiles[i].fits(word))
    if fits:
        return fits
    opposite = tuple(i for i in pool if word.startswith("un") and talk.profiles[i].lacks & synonyms(word[2:]))
    said = opposite or tuple(i for i in pool if talk.said_with(i, word))
    return said or tuple(i for i in pool if talk.asked_with(i, word))


def direction(word: str) -> str:
    """Return whether a comparison asks for more or for less."""
    rule = superlative(word)
    return meanings.LESS if word.startswith(("less", "least")) else rule[0] if rule else ""


def extreme_amount(talk: Talk, word: str, i: str, by: frozenset[str] = frozenset()) -> float | None:
    """Return the amount by which a comparison puts this one in its place."""
    rule = superlative(word)
    return amount_of(talk.by_id[i], (rule[1] if rule else frozenset()) | by)


def extreme(talk: Talk, word: str, pool: Ids, by: frozenset[str] = frozenset()) -> Ids:
    """Return the one with the greatest or least amount; several when they are equal; none when it can't be told."""
    amounts = {i: extreme_amount(talk, word, i, by) for i in pool}
    known = [a for a in amounts.values() if a is not None]
    if not known or len(known) < len(pool):
        return ()
    best = max(known) if direction(word) == meanings.MORE else min(known)
    return tuple(i for i in pool if amounts[i] == best)


def _by_tail(talk: Talk, tail: tuple[str, ...], pool: Ids) -> tuple[Ids, int]:
    """Let what follows the noun narrow the pool; words that fit none or all do not count."""
    used, negative = 0, False
    for place, word in enumerate(tail, 1):
        if word in NEGATIVE:
            negative = True
            continue
        alike = synonyms(word)
        if superlative(word):
            fits = extreme(talk, word, pool, frozenset(tail[place : place + 1]))
            pool, used = (fits, place + 1) if fits else (pool, used)
            continue
        fits = tuple(i for i in pool if talk.profiles[i].fits(word))
        if negative:
            lacking = tuple(i for i in pool if talk.profiles[i].lacks & alike)
            fits = lacking or (tuple(i for i in pool if i not in fits) if fits else ())
        fits = fits or tuple(i for i in pool if talk.asked_with(i, word))
        if fits and len(fits) < len(pool):
            pool, used = fits, place
        elif fits and len(pool) == 1:
            used = place
    return pool, used


def vocabulary(talk: Talk) -> frozenset[str]:
    """Stems that say where a noun phrase ends: nouns and properties of the candidates."""
    found: set[str] = set()
    for p in talk.profiles.values():
        found |= p.nouns
    if any(p.person for p in talk.profiles.values()):
        spoken = {s for x in talk.sentences for s in x.stems if len(s) > 4 and s not in meanings.THING_ENDINGS}
        found |= {s for s in spoken if s.endswith(meanings.PERSON_ENDINGS) and s not in lx.FUNCTION_WORDS}
        found |= {s for s in talk.asked if s.endswith(meanings.PERSON_ENDINGS) and any(kin(s, x) for x in spoken)}
    found |= {stem(v) for c in talk.by_id.values() for k, v in c.attrs if v[:1].isupper() and v.isalpha()}
    for act in talk.acts:
        found |= {s for k, _ in act.args for s in fold(k).split("_") if len(s) > 2 and s not in lx.FUNCTION_WORDS}
    return frozenset(found)
