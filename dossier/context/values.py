"""Which values of a text a later step may need: told by their form, by their name, and by who else uses them.

No model and no list of words: a value counts for being an identifier, for standing under a name that calls take as an
argument, and for being used elsewhere in the conversation. Character classes are ASCII, so that all Python versions,
whose Unicode tables differ, agree.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from dossier.context.json_text import Json, More, Reading

SIGNAL, HINT = 10, 3
"""What a value is worth for each sign that it will be needed, and for being a plain word that was said elsewhere."""

_TOKEN = re.compile(r"""[^\x00-\x20"'`(),;<>\[\]{}|!?*=\\]+""")
_IDENTIFIER = re.compile(
    r"(?=[^\x20]{3,64}\Z)(?![\d.,:+-]+\Z)(?!\d{4}-\d\d-\d\dT)(?:(?=.*\d)(?=.*[A-Za-z_-]).+|[A-Z]{3,})", re.ASCII
)
_DIGIT = re.compile(r"\d", re.ASCII)
_KEY_DIGITS = 3
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PLAIN = re.compile(r"[^\d_@#]*\Z", re.ASCII)
_ENDS = ".:/-"
_LONGEST = 80
_SHORTEST = 3
CACHED_TEXTS = 2_000
"""Texts whose words are remembered: most of a package's texts were in the one before."""

Values = Mapping[str, int]
"""Each value that a text shows, with what showing it is worth."""


@dataclass(frozen=True, slots=True)
class Uses:
    """What a conversation uses."""

    places: Mapping[str, int]
    """In how many texts a word stands."""
    arguments: frozenset[str]
    """Names under which calls take values."""

    def worth(self, value: str, name: str) -> int:
        """Give what showing a value is worth, in points: ten for each sign that a later step needs it."""
        known = is_identifier(value) + (name in self.arguments)
        if len(value) < _SHORTEST or self.places.get(value, 0) < 2:
            return SIGNAL * known
        return SIGNAL * known + (HINT if _PLAIN.match(value) else SIGNAL)


def is_identifier(value: str) -> bool:
    """Tell whether a value has the form of a name that a system gave: `C-1042`, `gift_card_77`, `2026-03-01`."""
    return _IDENTIFIER.match(value) is not None or _DATE.fullmatch(value) is not None


def names_a_thing(key: str) -> bool:
    """Tell whether a key is itself an identifier, as in `{"gift_card_77481": {...}}`; `address1` is none."""
    return len(_DIGIT.findall(key)) >= _KEY_DIGITS and is_identifier(key)


def uses(texts: Iterable[str], readings: Iterable[Reading]) -> Uses:
    """Collect what a conversation uses.

    Args:
        texts: All that was said and found.
        readings: Those of them that hold JSON, with the calls that they answer.
    """
    places: Counter[str] = Counter()
    for text in texts:
        places.update(words(text))
    arguments = frozenset(name for reading in readings for name in _names(reading.args))
    return Uses(places, arguments)


@lru_cache(CACHED_TEXTS)
def words(text: str) -> frozenset[str]:
    """Give the words of a text, numbers and identifiers among them."""
    return frozenset(word for found in _TOKEN.findall(text) if (word := found.strip(_ENDS)))


@lru_cache(CACHED_TEXTS)
def _identifiers(text: str) -> tuple[str, ...]:
    return tuple(sorted(word for word in words(text) if is_identifier(word)))


def values_of_text(text: str, used: Uses) -> dict[str, int]:
    """Give the identifiers of a text with what they are worth."""
    return {word: used.worth(word, "") for word in _identifiers(text)}


def values_of_json(value: Json, used: Uses) -> dict[str, int]:
    """Give the values of JSON, keys that are identifiers among them, with what they are worth."""
    found: dict[str, int] = {}
    for leaf, name in leaves(value):
        if len(leaf) <= _LONGEST and (worth := used.worth(leaf, name)):
            found[leaf] = max(worth, found.get(leaf, 0))
    return found


def leaves(value: Json, name: str = "") -> Iterator[tuple[str, str]]:
    """Give each value that stands in JSON with its name, and each key that is an identifier."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if names_a_thing(key):
                yield key, ""
            yield from leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, name)
    elif isinstance(value, str) and value and not isinstance(value, More):
        yield str(value), name


def _names(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _names(inner)
