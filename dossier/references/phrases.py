"""Find the phrases of an utterance that may refer to something, with their spans.

Rules over closed word lists; the vocabulary (stems that describe candidates) only says where a noun phrase ends.
"""

from __future__ import annotations

from dossier.references.counted_phrases import lettered, ordinal
from dossier.references.group_phrases import alternative, restricted, sameness, set_of
from dossier.references.idioms import find_idioms
from dossier.references.phrase import Phrase
from dossier.references.pointing_phrases import definite, demonstrative, identifier, possessive, pronoun
from dossier.references.reading import Reader, Rule

_RULES: tuple[Rule, ...] = (
    identifier,
    alternative,
    sameness,
    restricted,
    set_of,
    ordinal,
    lettered,
    demonstrative,
    pronoun,
    possessive,
    definite,
)


def find_phrases(utterance: str, vocabulary: frozenset[str] = frozenset()) -> tuple[Phrase, ...]:
    """Return the phrases that may refer, in order, without overlap; names are found beside (see `names`)."""
    reader = Reader(utterance, vocabulary)
    found = find_idioms(reader)
    at = 0
    while at < len(reader.words):
        here = reader.words[at]
        hit = None if any(p.start <= here.start < p.end for p in found) else _first_hit(reader, at)
        if hit:
            found.append(hit[0])
        at = hit[1] if hit else at + 1
    return tuple(sorted(found, key=lambda p: p.start))


def _first_hit(reader: Reader, at: int) -> tuple[Phrase, int] | None:
    return next((hit for rule in _RULES if (hit := rule(reader, at))), None)
