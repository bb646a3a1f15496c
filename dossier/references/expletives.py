"""The `it` that means nothing: of weather, time and judgement, and before what is said after it."""

from __future__ import annotations

from dossier.references import lexicon as lx
from dossier.references.reading import SKIP, Reader

_BETWEEN = lx.word_set(
    "'s is was be been will 'll would 'd has may might must not 't so too very just really quite almost a always still "
    "already doesn isn wasn getting does only"
)
_OF_THINGS = lx.word_set(
    "ready due able likely supposed set about going free scheduled meant designed allowed permitted entitled used "
    "enough here there"
)
"""Words before `to` that say something of a thing: it is ready to send."""
_IMPERSONAL_VERBS = lx.word_set("matter help hurt count harm bother occur follow seem appear happen pay turn transpire")
_JUDGED = lx.EXPLETIVES | lx.VERDICTS
_OBJECTS = lx.word_set(
    "the a an my our your his her its their this that these those it him them us me you everyone anyone all some any"
)
_LIMIT = 9
"""Words from `it` to what it announces."""


def _announces(r: Reader, at: int) -> bool:
    """Recognise `it` before a clause that it stands for (`is it rude to ask her`, `it was May that they left`)."""
    if r.low(at - 1) == "let" and r.low(at + 1) == "be" and r.low(at + 3) == "that":
        return True
    if r.low(at - 1) not in lx.AUXILIARIES | _BETWEEN and r.low(at + 1) not in lx.AUXILIARIES | _BETWEEN:
        return False
    said = [n for n in range(at + 1, min(at + _LIMIT, len(r.words))) if r.low(n) not in _BETWEEN]
    for n in said:
        if r.words[n].breaks or r.low(n) in {"the", "my", "our", "this"}:
            return False
        before = [r.low(k) for k in said if k < n]
        if before and r.low(n) in {"that", "to", "if", "whether"}:
            return _opens_clause(r, n, before)
    return False


def _opens_clause(r: Reader, at: int, before: list[str]) -> bool:
    word, after = r.low(at), r.low(at + 1)
    verb = before[0] in _IMPERSONAL_VERBS
    if word == "that":
        return verb or after in lx.CLAUSE_SUBJECTS or (r.joined(at + 1) and after not in SKIP)
    if word == "to":
        judged = before[-1] not in _OF_THINGS and not before[-1].endswith("ed") and before[0] not in lx.PREPOSITIONS
        has_object = r.joined(at + 2) and (r.low(at + 2) in _OBJECTS or r.low(at + 2) not in SKIP | lx.TIME_NOUNS)
        return judged and has_object and len(before) <= 4
    return verb or before[-1] in _JUDGED


def expletive(r: Reader, at: int) -> bool:
    """Recognise the `it` of weather, time, judgement and set phrases."""
    pos = at + 1
    if _announces(r, at):
        return True
    if r.low(at - 1) in {"make", "making"} and (r.low(pos).isdigit() or r.low(pos) in lx.NUMBERS):
        return True
    moved = False
    if r.low(at - 1) in {"is", "was"} and r.low(at - 2) in {"time", "day", "date", "month", "year"}:
        return True
    while r.low(pos) in _BETWEEN and r.joined(pos):
        pos, moved = pos + 1, True
    long_time = {"a", "an"} & {r.low(n) for n in range(at + 1, pos + 1)}
    if long_time and "been" in {r.low(n) for n in range(at + 1, pos)} and _names_time(r, pos):
        return True
    if r.low(at - 2) in {"think", "thinking", "sleep"} and r.low(at - 1) in {"about", "on", "over"}:
        return True
    if r.low(at - 1) in lx.SET_ASIDE or (r.low(at - 1) == "'t" and at + 1 == len(r.words)):
        return True
    after = r.low(pos)
    asked = r.low(at - 1) in {"is", "was", "isn", "will", "does", "did", "would"}
    if after in lx.EXPLETIVES and (moved or asked or after in _IMPERSONAL):
        return r.low(pos + 1) not in {"than"} and not (
            after in {"fine", "ok", "okay", "good", "clear", "late", "only"} and not moved
        )
    if (
        r.low(at - 1) in {"that", "'s", "make", "call"}
        and r.low(at - 2) in {"that", "'s", "let"}
        and after in {"", "a"}
    ):
        return True
    if r.low(at - 1) in {"call", "when", "how", "as", "if", "make"} and after in {
        "comes",
        "day",
        "snappy",
        "happens",
        "were",
        "quick",
    }:
        return True
    return r.low(at - 1) in {"find", "make", "makes", "made", "consider"} and after in {
        "hard",
        "easy",
        "clear",
        "possible",
        "difficult",
        "sure",
    }


def _names_time(r: Reader, at: int) -> bool:
    return any(r.low(n) in lx.TIME_NOUNS | {"while", "pleasure", "shame", "relief"} for n in range(at, at + 3))


_IMPERSONAL = frozenset(
    ["seems", "seemed", "turns", "looks", "appears", "never", "depends", "takes", "took", "matters", "rains", "pours"]
)
