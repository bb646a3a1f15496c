"""Turns that repeat a value which was corrected since: found by its words, as nothing was learned from them."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+")
_TELLING_WORDS = 3
"""A value of so many words, or one with a digit, stands for itself; another counts where its key is spoken of too."""


class Withdrawn(NamedTuple):
    """A value that was held of a key, and is no more."""

    key: str
    """`type:id/attribute`."""
    value: str
    now: str | None
    """What is held of the key instead; None when nothing is."""
    version: int | None
    """Of the fact that is held instead."""


class Outdated:
    """Finds what of the withdrawn values a text repeats."""

    def __init__(self, withdrawn: Sequence[Withdrawn]) -> None:
        self._by_first: dict[str, list[tuple[Withdrawn, tuple[str, ...]]]] = defaultdict(list)
        for one in withdrawn:
            if (words := _words(one.value)) and words != _words(one.now or ""):
                self._by_first[words[0]].append((one, words))

    def repeated_in(self, text: str) -> list[Withdrawn]:
        """Return what a text states of them, unless it names what is held now as well."""
        if not self._by_first:
            return []
        words = _words(text)
        said = frozenset(words)
        return [one for one in self._found(words) if _is_about(one, said) and not _holds(words, _words(one.now or ""))]

    def _found(self, words: tuple[str, ...]) -> Iterator[Withdrawn]:
        seen: set[Withdrawn] = set()
        for at, word in enumerate(words):
            for one, value in self._by_first.get(word, ()):
                if words[at : at + len(value)] == value and one not in seen:
                    seen.add(one)
                    yield one


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _is_about(one: Withdrawn, said: Collection[str]) -> bool:
    value = _words(one.value)
    if len(value) >= _TELLING_WORDS or any(character.isdigit() for character in one.value):
        return True
    subject, _, attribute = one.key.partition(":")[2].rpartition("/")
    return any(word in said for word in _words(attribute)) or set(_words(subject)) <= set(said)


def _holds(words: tuple[str, ...], value: tuple[str, ...]) -> bool:
    size = len(value)
    return size > 0 and any(words[at : at + size] == value for at in range(len(words) - size + 1))
