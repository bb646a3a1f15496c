"""What the words of a candidate say: whether a noun names it and an adjective fits it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from dossier.references import lexicon as lx
from dossier.references import meanings
from dossier.references.candidates import Candidate
from dossier.references.given_names import MEN, WOMEN
from dossier.references.words import Token, fold, stem, tokens

_ALIKE = tuple(frozenset(stem(w) for w in row) for row in meanings.ALIKE)
_SUPERLATIVES = {stem(word): rule for word, rule in meanings.SUPERLATIVES.items()}
_DAY = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?\b")
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_CLOCK = re.compile(r"\b(\d{1,2}):(\d\d)\b")


_HOURS = tuple(
    stem(w)
    for w in "twelve one two three four five six seven eight nine ten eleven".split()  # noqa: SIM905
)


@lru_cache(maxsize=8192)
def synonyms(word_stem: str) -> frozenset[str]:
    """Return the stems that mean the same, the stem itself included."""
    rows = [row for row in _ALIKE if word_stem in row]
    return frozenset({word_stem}.union(*rows))


@dataclass(frozen=True, slots=True)
class Profile:
    """The stems a candidate answers to."""

    type: frozenset[str]
    """Its type, its kind and common words for them."""
    label: frozenset[str]
    traits: frozenset[str]
    """Values of its properties, and properties that it has."""
    lacks: frozenset[str]
    """Properties that it is known not to have."""
    names: frozenset[str]
    """Words of the label that work as its name: capitalised, or with digits."""
    nouns: frozenset[str]
    """Stems by which a noun phrase about it may end."""
    states: frozenset[str]
    """The state it is in, which can stand for it: the draft, the original."""
    person: bool
    gender: meanings.Gender | None

    def named_by(self, noun: str) -> bool:
        """Tell whether a noun can be the head of its description."""
        return noun in self.type or noun in self.label

    def fits(self, word: str) -> bool:
        """Tell whether an adjective or a noun before the head is true of it."""
        return self.named_by(word) or bool(synonyms(word) & (self.traits | self.label))


@lru_cache(maxsize=4096)
def profile_of(candidate: Candidate) -> Profile:
    """Read a candidate's words once."""
    attrs = [(fold(k), v) for k, v in candidate.attrs]
    parts = fold(candidate.type).split("_")
    kinds = {stem(w.text) for k, v in attrs if k in meanings.KINDLIKE for w in tokens(v)}
    known = meanings.TYPE_WORDS.get(fold(candidate.type), frozenset())
    ending = meanings.FILE_WORDS.get(fold(candidate.label).rpartition(".")[2], frozenset())
    types = frozenset({stem(w) for w in parts} | {stem(w) for w in known | ending} | kinds)
    label = tokens(candidate.label)
    person = _is_person(parts, label)
    stems = frozenset(t.stem for t in label if t.low not in lx.FUNCTION_WORDS or t.low in lx.PARTICLES)
    stems |= _hours(candidate.label)
    values = frozenset(fold(v) for k, v in attrs if k in meanings.KINDLIKE and " " not in v)
    states = frozenset(stem(v) for k, v in attrs if k in {"state", "status"} and v.isalpha())
    return Profile(
        type=types,
        label=stems,
        nouns=types | frozenset(s for s in stems if len(s) > 1) | values | states,
        states=states,
        traits=frozenset(s for k, v in attrs for s in _traits(k, v)),
        lacks=frozenset(p for k, v in attrs if fold(v) in meanings.NO for w in k.split("_") for p in synonyms(stem(w))),
        names=_names(candidate.label, types, person),
        person=person,
        gender=_gender(candidate) if person else None,
    )


def _is_person(parts: list[str], label: tuple[Token, ...]) -> bool:
    """Tell a person by the type, a title, or a given name under a type that may be a person's."""
    if set(parts) & meanings.PERSON_TYPES or any(t.low in meanings.TITLES for t in label[:1]):
        return True
    kind = parts[-1]
    may_be = kind in meanings.MORE_PEOPLE or (
        kind.endswith(meanings.PERSON_ENDINGS) and kind not in meanings.THING_ENDINGS
    )
    return may_be and (kind in meanings.MORE_PEOPLE or any(t.low in WOMEN | MEN for t in label[:1]))


def _traits(key: str, value: str) -> frozenset[str]:
    if fold(value) in meanings.YES:
        return frozenset(stem(w) for w in key.split("_"))
    words = frozenset(t.stem for t in tokens(value) if t.low not in lx.FUNCTION_WORDS)
    if fold(value) in meanings.NO:
        return frozenset()
    clock = _CLOCK.search(value)
    return (words or frozenset({fold(value)})) | ({_part_of_day(int(clock.group(1)))} if clock else frozenset())


def _hours(text: str) -> frozenset[str]:
    """Return how one says the full hours of a text: 15:00 is three o'clock and 3pm."""
    found: set[str] = set()
    for clock in _CLOCK.finditer(text):
        hour = int(clock.group(1))
        if clock.group(2) == "00" and hour < 24:
            said = str(hour % 12 or 12)
            found |= {said, _HOURS[hour % 12], stem("o'clock"), said + ("am" if hour < 12 else "pm")}
    return frozenset(found)


def _part_of_day(hour: int) -> str:
    return stem("morning" if hour < 12 else "afternoon" if hour < 18 else "evening")


def _names(label: str, types: frozenset[str], person: bool) -> frozenset[str]:
    words = [t for t in tokens(label) if t.low not in lx.FUNCTION_WORDS and t.low not in meanings.TITLES]
    plain_rest = any(t.text[0].islower() and t.stem not in types for t in words[1:])
    found = set[str]()
    for place, t in enumerate(words):
        counted = t.text.isdigit() and place > 0 and words[place - 1].stem in types
        proper = t.text[0].isupper() and (person or place > 0 or not plain_rest)
        shaped = (any(c.isdigit() for c in t.text) and len(t.text) > 2 - counted) or is_code(t.text)
        if (proper or shaped or len(words) == 1) and t.stem not in types and t.low not in lx.TIME_NOUNS:
            found |= {t.low, t.low.lstrip("#")}
    return frozenset(found)


def is_code(word: str) -> bool:
    """Tell a word that is spelled as no word of a language is (`sandbox_eu`, `fix/login`)."""
    return any(c in "_.-/" for c in word)


def _gender(candidate: Candidate) -> meanings.Gender | None:
    for key, value in sorted(candidate.attrs):
        word = fold(value)
        if fold(key) in {"gender", "sex"} and word[:1] in {"m", "f"}:
            return "m" if word[0] == "m" else "f"
        if fold(key) == "pronoun":
            return {"he": "m", "she": "f"}.get(word[:3].rstrip("/"))  # type: ignore[return-value]
    texts = [candidate.label, *(v for _, v in sorted(candidate.attrs))]
    for word in (t for text in texts for t in tokens(text)):
        found = meanings.TITLES.get(word.low) or meanings.GENDERED_NOUNS.get(word.stem)
        if found:
            return found
    first = next((t.low for t in tokens(candidate.label)), "")
    return "f" if first in WOMEN else "m" if first in MEN else None


def superlative(word: str) -> tuple[str, frozenset[str]] | None:
    """Return direction and attributes of a comparison: cheapest, best-paying, highest-rated."""
    if word.startswith("least-"):
        word = word.removeprefix("least-")
    return _SUPERLATIVES.get(word) or (_SUPERLATIVES.get(word.split("-")[0]) if "-" in word else None)


@lru_cache(maxsize=4096)
def amount_of(candidate: Candidate, keys: frozenset[str]) -> float | None:
    """Return the number to compare by: the attribute of one of the keys, else the only numeric one."""
    numbers = {fold(k): n for k, v in candidate.attrs if (n := _number(v)) is not None}
    for key in sorted(numbers):
        if set(key.split("_")) & keys:
            return numbers[key]
    return next(iter(numbers.values())) if len(numbers) == 1 else None


def _number(text: str) -> float | None:
    found = re.fullmatch(r"[^\d-]{0,3}(-?[\d][\d,]*(?:\.\d+)?)\s*[^\d]{0,10}", text.strip())
    return float(found.group(1).replace(",", "")) if found else None


def time_of(candidate: Candidate) -> tuple[int, ...] | None:
    """Read a date, weekday or time of day from its properties or label, as a sortable key."""
    texts = [v for k, v in sorted(candidate.attrs) if re.search(r"date|day|time|year|at$|on$|start|when", fold(k))]
    for text in (*texts, candidate.label):
        if key := _time(fold(text)):
            return key
    return None


def _time(text: str) -> tuple[int, ...] | None:
    if iso := _ISO.search(text):
        return tuple(int(g) for g in iso.groups())
    words = [t.low for t in tokens(text)]
    clock = _CLOCK.search(text)
    hours = (int(clock.group(1)), int(clock.group(2))) if clock else ()
    month = next(
        (
            meanings.MONTHS[w[:3]]
            for w in words
            if w[:3] in meanings.MONTHS and w in lx.TIME_NOUNS | meanings.MONTHS.keys()
        ),
        None,
    )
    day = _DAY.search(_CLOCK.sub("", text))
    if month:
        return (0, month, int(day.group(1)) if day else 0, *hours)
    if not month and (year := _YEAR.search(text)):
        return (int(year.group()),)
    weekday = next(
        (meanings.WEEKDAYS[w[:3]] for w in words if w[:3] in meanings.WEEKDAYS and (w.endswith("day") or len(w) == 3)),
        None,
    )
    return (1, weekday, *hours) if weekday else ((2, *hours) if hours else None)
