"""The words of an utterance with the questions that phrase rules ask of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from dossier.references import lexicon as lx
from dossier.references.phrase import Kind, Phrase
from dossier.references.words import Token, is_plural, tokens

SKIP = lx.FUNCTION_WORDS | lx.PRONOUNS.keys()
"""Words that no noun phrase begins or goes on with."""


_CLAUSE_ENDS = frozenset({"and", "or", "but", "then", "please"})


class Tail(TypedDict):
    """The fields of a phrase that say what follows its noun."""

    tail: tuple[str, ...]
    tail_ends: tuple[int, ...]


class Reader:
    """The words of one utterance; `vocabulary` says where a noun phrase ends."""

    def __init__(self, utterance: str, vocabulary: frozenset[str]) -> None:
        self.text = utterance
        self.words = tokens(utterance)
        self.vocabulary = vocabulary

    def phrase(self, first: int, last: int, kind: Kind, **more: object) -> Phrase:
        start, end = self.words[first].start, self.words[last].end
        return Phrase(self.text[start:end], start, end, kind, **more)  # type: ignore[arg-type]

    def low(self, at: int) -> str:
        return self.words[at].low if 0 <= at < len(self.words) else ""

    def joined(self, at: int) -> bool:
        """Tell whether a word follows the one before without punctuation."""
        return 0 < at < len(self.words) and not self.words[at].breaks

    def noun_run(self, at: int, least: int | None = None) -> int:
        """Return the index after the noun phrase that begins here (`at` itself when there is none)."""
        end, last = at, at
        while end < len(self.words) and end - at < 6 and (end == at or self.joined(end)):
            word = self.words[end]
            if word.low in SKIP and word.low not in {"all", "both"}:
                if word.low == "'s" and end + 1 < len(self.words) and end > at:
                    end += 1
                    continue
                break
            end += 1
            if word.stem in self.vocabulary or word.low in {"one", "ones"}:
                last = end
        return last if last > at else (least if least is not None else at)

    def describe(self, first: int, stop: int) -> tuple[str, tuple[str, ...], bool]:
        """Split a noun run into head, modifiers and number."""
        words = [w for w in self.words[first:stop] if w.low not in SKIP]
        if not words:
            return "", (), False
        head = words[-1]
        rest = tuple(w.stem for w in words[:-1])
        if head.low in {"one", "ones"}:
            return "", rest, head.low == "ones"
        return head.stem, rest, is_plural(head.text)

    def tail_of(self, at: int) -> Tail:
        """Read what follows a noun and may describe it, up to the end of the clause."""
        begins = lx.PREPOSITIONS | {"that", "which", "who", "whose", "i", "where"}
        if self.low(at) not in begins:
            return {"tail": (), "tail_ends": ()}
        kept: list[Token] = []
        for word in self.words[at : at + 8]:
            if word.low in _CLAUSE_ENDS or (word.breaks and word.low not in lx.PREPOSITIONS):
                break
            if word.low not in SKIP or word.low in {"without", "not", "no"}:
                kept.append(word)
        return {"tail": tuple(w.stem for w in kept), "tail_ends": tuple(w.end for w in kept)}


Found = tuple[Phrase, int] | None
"""A phrase and the index of the word after it."""
Rule = Callable[[Reader, int], Found]
