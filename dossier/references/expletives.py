"""The `it` that means nothing: of weather, time and judgement, and before what is said after it."""

from __future__ import annotations

from dossier.references import lexicon as lx
from dossier.references.reading import SKIP, Reader

_BETWEEN = lx.word_set(
    "'s is was be been will 'll would 'd has may might must not 't so too very just really quite almost a always still "
    "already doesn isn wasn getting does only"
)
_ASKING = lx.word_set("is was isn will does did would")
_OF_THINGS = lx.word_set(
    "ready due able likely supposed set about going free scheduled meant designed allowed permitted entitled used "
    "enough here there"
)
"""Words before `to` that say something of a thing: it is ready to send."""
_OF_ACTS = lx.word_set(
    "normal usual unusual common customary rude polite wise unwise legal illegal lawful necessary possible impossible "
    "advisable sensible sense fair unfair pointless vital essential natural time"
)
"""Words before `to` that only an act can be: is it normal to fast?"""
_IMPERSONAL_VERBS = lx.word_set("matter help hurt count harm bother occur follow seem appear happen pay turn transpire")
_SEEMS = lx.word_set("seems seemed looks looked appears appeared feels")
_IMPERSONAL = _SEEMS | lx.word_set("turns never depends takes took matters rains pours")
_JUDGED = lx.EXPLETIVES | lx.VERDICTS
_OBJECTS = lx.word_set(
    "the a an my our your his her its their this that these those it him them us me you everyone anyone all some any"
)
_IDIOMS = tuple(
    (lx.word_set(before), lx.word_set(after))
    for before, after in (
        ("call when how as if where make", "comes day snappy happens were quick helps matters suits pleases rains"),
        ("find make makes made consider", "hard easy clear possible difficult sure"),
        ("made make makes making", "home back there here through in to on"),
    )
)
"""Words before and after `it` in set phrases: as it happens, find it hard, make it home."""
_LIMIT = 9
"""Words from `it` to what it announces."""


def expletive(r: Reader, at: int) -> bool:
    """Recognise an `it` that refers to nothing."""
    pos = at + 1
    while r.low(pos) in _BETWEEN and r.joined(pos):
        pos += 1
    return (
        _announces(r, at)
        or _asks_the_time(r, at)
        or _time_gone(r, at, pos)
        or _set_phrase(r, at, pos)
        or _impersonal(r, at, pos)
    )


def _announces(r: Reader, at: int) -> bool:
    """Recognise `it` before a clause that it stands for (`is it rude to ask her`, `it was May that they left`)."""
    if r.low(at - 1) == "let" and r.low(at + 1) == "be" and r.low(at + 3) == "that":
        return True
    if r.low(at - 1) not in lx.AUXILIARIES | _BETWEEN and r.low(at + 1) not in lx.AUXILIARIES | _BETWEEN | _SEEMS:
        return False
    said = [n for n in range(at + 1, min(at + _LIMIT, len(r.words))) if r.low(n) not in _BETWEEN]
    for n in said:
        if r.words[n].breaks or r.low(n) in {"the", "my", "our", "this"}:
            return False
        before = [r.low(k) for k in said if k < n]
        if r.low(n) in {"that", "to", "if", "whether"}:
            return _opens_clause(r, n, before) if before else r.low(n) == "that" and r.low(at - 1) in {"is", "was"}
    return False


def _opens_clause(r: Reader, at: int, before: list[str]) -> bool:
    word, after = r.low(at), r.low(at + 1)
    verb = before[0] in _IMPERSONAL_VERBS
    if word == "that":
        return verb or after in lx.CLAUSE_SUBJECTS or (r.joined(at + 1) and after not in SKIP)
    if word == "to":
        of_thing = before[-1] in _OF_THINGS or before[-1].endswith("ed") or before[0] in lx.PREPOSITIONS
        return before[-1] in _OF_ACTS or (not of_thing and len(before) <= 4 and _has_object(r, at + 2))
    return verb or before[-1] in _JUDGED


def _has_object(r: Reader, at: int) -> bool:
    at += r.low(at) in lx.PARTICLES
    return r.joined(at) and (r.low(at) in _OBJECTS or r.low(at) not in SKIP | lx.TIME_NOUNS)


def _asks_the_time(r: Reader, at: int) -> bool:
    return r.low(at - 1) in {"is", "was"} and r.low(at - 2) in {"time", "day", "date", "month", "year"}


def _time_gone(r: Reader, at: int, pos: int) -> bool:
    """Recognise `it has been a long day`, `it's been ages since`."""
    between = {r.low(n) for n in range(at + 1, pos)}
    if "been" not in between:
        return False
    since = any(r.low(n) == "since" for n in range(pos, pos + 4))
    return since or (r.low(pos - 1) in {"a", "an"} and _names_time(r, pos))


def _names_time(r: Reader, at: int) -> bool:
    return any(r.low(n) in lx.TIME_NOUNS | {"while", "pleasure", "shame", "relief"} for n in range(at, at + 3))


def _set_phrase(r: Reader, at: int, pos: int) -> bool:
    before, after = r.low(at - 1), r.low(at + 1)
    as_soon = before == "as" and r.low(at - 2) in {"soon", "long", "far"}
    if not as_soon and any(before in b and after in a for b, a in _IDIOMS):
        return True
    if after == "goes" and r.low(at + 2) == "without":
        return True
    if before in {"make", "making"} and (after.isdigit() or after in lx.NUMBERS):
        return r.joined(at + 2) and r.low(at + 2) not in SKIP | {"o'clock", "am", "pm"}
    if r.low(at - 2) in {"think", "thinking", "sleep"} and before in {"about", "on", "over"}:
        return True
    if before in lx.SET_ASIDE or (before == "'t" and at + 1 == len(r.words)):
        return True
    return (
        before in {"that", "'s", "make", "call"} and r.low(at - 2) in {"that", "'s", "let"} and r.low(pos) in {"", "a"}
    )


def _impersonal(r: Reader, at: int, pos: int) -> bool:
    """Recognise weather, time and judgement: it is raining, it seems that, is it late, it is far to the station."""
    after, moved = r.low(pos), pos > at + 1
    if after in _SEEMS:
        return r.low(pos + 1) in lx.CLAUSE_SUBJECTS | {"as", "like", "to"}
    asked = r.low(at - 1) in _ASKING
    if (moved or asked) and (after == "far" or (after == "long" and r.low(pos + 1) == "way")):
        return True
    if after not in lx.EXPLETIVES or not (moved or asked or after in _IMPERSONAL) or r.low(pos + 1) == "than":
        return False
    if after == "worth":
        return _has_object(r, pos + 2)
    return moved or after not in {"fine", "ok", "okay", "good", "clear", "late", "only"}
