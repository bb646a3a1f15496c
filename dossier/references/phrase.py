"""A stretch of an utterance that may refer to something."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "ordinal",
    "demonstrative",
    "pronoun",
    "sameness",
    "repetition",
    "continuation",
    "alternative",
    "set",
    "definite",
    "name",
    "id",
]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of the utterance that may refer, as read from its words alone."""

    text: str
    start: int
    end: int
    kind: Kind
    head: str = ""
    """Stem of its noun; empty when it has none or only `one`."""
    modifiers: tuple[str, ...] = ()
    """Stems of the other content words, before and after the noun."""
    plural: bool = False
    number: int = 0
    """Position counted from 1, or from -1 at the end; a count for sets."""
    form: str = ""
    """The word that decides: it, she, that, last, newest, both, other, undo ..."""
    tail: tuple[str, ...] = ()
    """Stems after the noun that may describe it (with, from, for ...)."""
    restricts: bool = False
    """A relative clause follows the noun: not all that bear the noun are meant."""
    inner: Phrase | None = None
    """What is left out: `the newest` of `all but the newest`."""
    tail_ends: tuple[int, ...] = ()
    """Where each of them ends in the utterance."""


def extended(phrase: Phrase, utterance: str, end: int, more: tuple[str, ...]) -> Phrase:
    """Return the phrase with what follows it counted in."""
    return replace(
        phrase, text=utterance[phrase.start : end], end=end, modifiers=phrase.modifiers + more, tail=(), tail_ends=()
    )
