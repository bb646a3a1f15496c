"""Texts as the terms by which they are found: words, stemmed, without those that say nothing."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import Stemmer

LANGUAGE = "english"
CACHED_TEXTS = 20_000
LONGEST_TERM = 64
"""Characters of a term that count: what is longer is no word."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STOP = frozenset(
    re.findall(
        r"\S+",
        """
        a about after am an and any are as at be been before being but by can could d did do does doing done each for
        from had has have having he her here him his how i if in into is it its just ll m may me might mine must my no
        not of on or other our over re s shall she should so some t than that the their them then there these they
        this those to too us ve very was we were what when where which who whom whose why will with would you your
        """,
    )
)
# Not shared between threads at work: the calls hold the interpreter's lock, and its own cache is off.
_stemmer = Stemmer.Stemmer(LANGUAGE, 0)


class Terms(NamedTuple):
    """What a text says, by term."""

    counts: Mapping[str, int]
    """How often each term stands in it."""
    length: int
    """Terms in all."""


def words(text: str) -> list[str]:
    """Give the words of a text in lower case, possessives cut."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return [word.replace("’", "'").removesuffix("'s")[:LONGEST_TERM] for word in _WORD.findall(plain)]


@lru_cache(CACHED_TEXTS)
def terms(text: str) -> Terms:
    """Give the terms of a text."""
    counts = Counter(stem(word) for word in words(text) if word not in _STOP)
    return Terms(counts, counts.total())


@lru_cache(CACHED_TEXTS)
def stem(word: str) -> str:
    """Give the stem of a word in lower case."""
    return _stemmer.stemWord(word)
