"""Personal data out of what is kept as an eval: each value gets a stand-in, everywhere the same one.

Structured data is found by datafog's patterns, offline. Names are those that the thread itself knows: of who spoke or
decided, and of how the user wants to be called; free text can name others, so a captured scenario is read through.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from datafog.engine import scan

from evals.play.people import known_people
from state.events import UserMessageReceived
from state.fold import fold
from state.log import Event

_STAND_INS = {
    "EMAIL": "person-{n}@example.org",
    "PHONE": "+44 20 7946 0{n:03}",
    "IP_ADDRESS": "192.0.2.{n}",
    "IBAN": "IBAN-{n}",
    "CREDIT_CARD": "CARD-{n}",
    "SSN": "SSN-{n}",
    "PERSON": "Person-{n}",
    "USER": "person.{n}",
}
"""Reserved for examples where such values are: RFC 2606, RFC 5737, Ofcom's numbers for drama."""
_SCANNED = ["EMAIL", "PHONE", "IP_ADDRESS", "CREDIT_CARD", "SSN"]
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_NATIONAL = re.compile(r"(?<![\w.-])0\d{2,4}[ /-]?\d{3,4}[ -]?\d{3,5}\b")
"""A telephone number without its country, which datafog does not take for one."""
_LEAST_NAME = 3


class Found(NamedTuple):
    """A value that is personal."""

    kind: str
    start: int
    end: int


class Redaction:
    """Replaces personal data in texts, one value by one stand-in."""

    def __init__(self, users: Collection[str] = (), names: Collection[str] = ()) -> None:
        """Take who is known.

        Args:
            users: Ids of people.
            names: What they are called.
        """
        parts = {part for user in users for part in re.split(r"[._@-]", user) if len(part) >= _LEAST_NAME}
        words = {word for name in names for word in name.split() if len(word) >= _LEAST_NAME}
        self._users = _any_of(users)
        self._names = _any_of({*names, *parts, *words})
        self._given: dict[tuple[str, str], str] = {}

    def text(self, text: str) -> str:
        """Return a text without what is personal."""
        parts, at = [], 0
        for kind, start, end in _apart(self._found(text)):
            parts += [text[at:start], self._stand_in(kind, text[start:end])]
            at = end
        return "".join([*parts, text[at:]])

    def data(self, value: Any) -> Any:
        """Return JSON data without what is personal, in keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.data(key): self.data(inner) for key, inner in value.items()}
        return [self.data(inner) for inner in value] if isinstance(value, list) else value

    def _found(self, text: str) -> Iterator[Found]:
        yield from (Found("IBAN", *m.span()) for m in _IBAN.finditer(text) if _is_iban(m[0]))
        entities = scan(text, engine="regex", entity_types=_SCANNED).entities
        yield from (Found(one.type, one.start, one.end) for one in entities)
        yield from (Found("PHONE", *m.span()) for m in _NATIONAL.finditer(text))
        for kind, known in (("USER", self._users), ("PERSON", self._names)):
            yield from (Found(kind, *m.span()) for m in (known.finditer(text) if known else ()))

    def _stand_in(self, kind: str, value: str) -> str:
        key = (kind, re.sub(r"[\s-]", "", value).lower())
        number = 1 + sum(one == kind for one, _ in self._given)
        return self._given.setdefault(key, _STAND_INS[kind].format(n=number))


def redaction_of(events: Sequence[Event]) -> Redaction:
    """Return what replaces the people of a thread; those of the application's development stay, scenarios know them."""
    bodies = [event.body for event in events if event.body is not None]
    speakers = {body.principal.user for body in bodies if isinstance(body, UserMessageReceived)}
    deciders = {str(decided) for body in bodies if (decided := getattr(body, "decided_by", None))}
    called = fold(None, events).profile.name
    return Redaction((speakers | deciders) - known_people().keys(), [called] if called else [])


def _apart(found: Iterable[Found]) -> Iterator[Found]:
    """Yield what was found in order, of what overlaps the first that begins, and of these the longest."""
    end = 0
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if one.start >= end:
            yield one
            end = one.end


def _any_of(words: Collection[str]) -> re.Pattern[str] | None:
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE) if longest else None


def _is_iban(text: str) -> bool:
    """Check the digits of ISO 13616."""
    plain = text.replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1
