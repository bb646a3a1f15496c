"""A mention: words that name or point at something, with what its words say by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from dossier.references import sorts
from dossier.references.given_names import MEN, WOMEN
from dossier.references.words import fold, is_plural, stem

Form = Literal["it", "that", "he", "she", "they", "there", "one", "person", "name", "noun"]
"""How a mention is worded; `person` is I, you, we."""

_FORM_WORDS: tuple[tuple[str, Form], ...] = (
    ("it its it's itself it'll", "it"),
    ("that this that's", "that"),
    ("he him his he's himself he'll he'd", "he"),
    ("she her hers she's herself she'll she'd", "she"),
    ("they them their theirs those these they're they've they'll both all", "they"),
    ("there here", "there"),
    ("one ones first second third two three other others last", "one"),
    ("i i'm i'll i've i'd me my you your you're you'll we us", "person"),
)
_FORMS: dict[str, Form] = {word: form for words, form in _FORM_WORDS for word in words.split()}
_ARTICLES = frozenset(["the", "a", "an", "this", "that", "my", "your", "his", "her", "their", "our", "another", "any"])
_MARKS = ".,!?\"'"


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention in a conversation."""

    turn: int
    role: str
    text: str
    before: tuple[str, ...] = ()
    """Up to three words or marks before it, in lower case, the nearest last."""
    after: str = ""
    """The word or mark after it, in lower case."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words of a mention say by themselves."""

    form: Form
    sort: sorts.Sort
    gender: Literal["m", "f", ""]
    plural: bool
    norm: str
    """Its words in lower case without articles; mentions of one norm count as one thing."""
    head: str
    """Stem of the last word."""
    stems: frozenset[str]


@lru_cache(maxsize=16384)
def reading_of(text: str) -> Reading:
    """Read a mention's words; kept, for conversations repeat them."""
    words = [w for w in text.split() if w.strip(_MARKS)] or [text]
    low = [fold(w).strip(_MARKS) for w in words]
    while len(low) > 1 and low[0] in _ARTICLES:
        words, low = words[1:], low[1:]
    stems = tuple(stem(w) for w in low)
    form, gender = _form(low, words), _gender(low)
    return Reading(
        form=form,
        sort=_sort(form, low, stems[-1], gender),
        gender=gender,
        plural=form == "they" or (form in {"noun", "one"} and (is_plural(low[-1]) or low[-1] in sorts.GROUP_NOUNS)),
        norm=" ".join(low),
        head=stems[-1],
        stems=frozenset(stems),
    )


def _form(low: list[str], words: list[str]) -> Form:
    if len(low) == 1 and low[0] in _FORMS:
        return _FORMS[low[0]]
    if low[-1] in {"one", "ones"}:
        return "one"
    return "name" if low[0] in WOMEN | MEN or any(w[:1].isupper() for w in words) else "noun"


def _gender(low: list[str]) -> Literal["m", "f", ""]:
    ends = {low[0], low[-1]}
    if low[0] in MEN or ends & sorts.MEN_NOUNS or _FORMS.get(low[0]) == "he":
        return "m"
    if low[0] in WOMEN or ends & sorts.WOMEN_NOUNS or _FORMS.get(low[0]) == "she":
        return "f"
    return ""


def _sort(form: Form, low: list[str], head: str, gender: str) -> sorts.Sort:
    if form not in {"name", "noun"}:
        return "pointer"
    if known := sorts.SORT_OF.get(head):
        return known
    if gender:
        return "person"
    if low[-1][:1].isdigit():
        return "time"
    if form == "noun":
        return "thing"
    return "title" if len(low) > 2 else "name"
