"""The words of an utterance with the questions that phrase rules ask of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from dossier.references import lexicon as lx
from dossier.references import meanings
from dossier.references.phrase import Kind, Phrase
from dossier.references.words import Token, is_plural, tokens

SKIP = lx.FUNCTION_WORDS | lx.PRONOUNS.keys()
"""Words that no noun phrase begins or goes on with."""


_CLAUSE_ENDS = frozenset({"and", "or", "but", "then", "please"})


NEGATIVE = frozenset({"without", "not", "no", "'t"})


class Tail(TypedDict):
    """The fields of a phrase that say what follows its noun."""

    tail: tuple[str, ...]
    tail_ends: tuple[int, ...]
    restricts: bool


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
            if word.low in SKIP and not (word.low in {"all", "both"} or self._tells_apart(at, end)):
                if word.low == "'s" and end + 1 < len(self.words) and end > at:
                    end += 1
                    continue
                break
            end += 1
            if word.stem in self.vocabulary or word.low in {"one", "ones"}:
                last = end
        if at < last < end and goes_on(self, at, last):
            return last + 1
        return last if last > at else (least if least is not None else at)

    def _tells_apart(self, first: int, at: int) -> bool:
        """Recognise `back` in `the back door`: a particle before a noun that is known."""
        follows = self.words[at + 1].stem if at + 1 < len(self.words) else ""
        return first == at and self.low(at) in lx.PARTICLES and self.joined(at + 1) and follows in self.vocabulary

    def describe(self, first: int, stop: int) -> tuple[str, tuple[str, ...], bool]:
        """Split a noun run into head, modifiers and number."""
        words = [w for w in self.words[first:stop] if w.low not in SKIP or w.low in lx.PARTICLES]
        if not words:
            return "", (), False
        head = words[-1]
        rest = tuple(w.stem for w in words[:-1])
        if head.low in {"one", "ones"}:
            return "", rest, head.low == "ones"
        return head.stem, rest, is_plural(head.text)

    def tail_of(self, at: int, *, opened: bool = False) -> Tail:
        """Read what follows a noun and may describe it (it does when `opened`), up to the end of the clause."""
        begins = lx.PREPOSITIONS | {"that", "which", "who", "whose", "i", "where"}
        if self.low(at - 1) in {"one", "ones"}:
            begins |= {"you", "we", "he", "she", "they"}
        if self.low(at) not in begins and not opened:
            return {"tail": (), "tail_ends": (), "restricts": False}
        kept: list[Token] = []
        kept_be = False
        for word in self.words[at : at + 8]:
            if word.low in _CLAUSE_ENDS or (word.breaks and word.low not in lx.PREPOSITIONS):
                break
            state = word.low in lx.PARTICLES and kept_be
            kept_be = word.low in {"is", "are", "was", "were", "the"}
            if word.low not in SKIP or state or word.low in NEGATIVE:
                kept.append(word)
        return {
            "tail": tuple(w.stem for w in kept),
            "tail_ends": tuple(w.end for w in kept),
            "restricts": self.low(at) not in lx.PREPOSITIONS,
        }


def goes_on(r: Reader, first: int, last: int) -> bool:
    """Tell whether the unknown word after a noun belongs to it (`the inspection deadline`): it is the head then."""
    word, before = r.words[last], r.words[last - 1]
    if word.low.endswith(("ed", "ing", "ly")) or not word.low.isalpha() or word.low in lx.NO_NOUN | lx.TIME_NOUNS:
        return False
    if before.low in {"one", "ones"} | meanings.PERSON_TYPES or before.low.endswith(meanings.PERSON_ENDINGS):
        return False
    if word.low in lx.NUMBERS or word.low in lx.ORDINALS or word.text[:1].isupper():
        return False
    if r.low(last + 1) in lx.AUXILIARIES and r.joined(last + 1):
        return True
    clause = first - 1
    while clause > 0 and not r.words[clause].breaks and r.low(clause - 1) not in lx.OPENS_CLAUSE:
        clause -= 1
    governing = [w.low for w in r.words[clause : first - 1]]
    return bool(governing) and not (lx.AUXILIARIES | lx.TAKES_MORE) & set(governing)


Found = tuple[Phrase, int] | None
"""A phrase and the index of the word after it."""
Rule = Callable[[Reader, int], Found]
