"""What a request asks to be done, or not done: its sentences split into clauses with their leading verb."""

import re
from collections.abc import Set
from dataclasses import dataclass

from dossier.adapters.offline_terms import stem, words

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_JOINT = re.compile(r",?\s+(?=(?:and|then|but|without)\s)|,\s+", re.IGNORECASE)
_POLITE = re.compile(
    r"""^(?:(?:(?:ok(?:ay)?|yes|no|so|now|then|also|and|but|please|kindly|just|next|first|finally|thanks|right|well|instead)\b[\s,:-]*)
    |(?:can|could|would|will)\s+you\s+|i(?:'d|\s+would)\s+like\s+you\s+to\s+|i\s+(?:want|need)\s+you\s+to\s+
    |you\s+(?:can|should|may|must)\s+(?!not\b)|let'?s\s+|go\s+ahead\s+and\s+)+""",
    re.IGNORECASE | re.VERBOSE,
)
_DENIAL = re.compile(
    r"""^(?:(?:i\s+)?(?:do\s+not|don'?t)\s+(?:want\s+you\s+to\s+|yet\s+)?|never\s+|without\s+|avoid\s+|not\s+|no\s+need\s+to\s+|stop\s+
    |instead\s+of\s+|rather\s+than\s+|(?:you\s+)?(?:should|must|need)(?:\s+not|n'?t)\s+(?:to\s+)?)""",
    re.IGNORECASE | re.VERBOSE,
)
_ASKING = """
what what's which who whom whose where when why how is are was were do does did has have had can could should
would will tell explain summarise summarize describe list show
"""
_QUESTION_WORDS = frozenset(_ASKING.split())
_ORDERING = """
add analyse analyze answer approve assess cancel change check close compare create delete describe do draft escalate
explain fetch find forget get give inform keep let list look make mark move note notify open pull put quote read redo
refuse remember remove reopen repeat report review save search send set show start stop summarise summarize take tell
undo update use withdraw write
"""
ORDERS = frozenset(map(stem, _ORDERING.split()))
"""Stems of verbs with which people begin an order."""
_READING = frozenset({"get", "list", "search", "find", "show", "read", "fetch", "check", "view", "lookup", "query"})
_OWN = frozenset({"i", "i'm", "i've", "i'd", "i'll", "we", "we're", "we've", "my", "our"})


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing asked, told or forbidden."""

    text: str
    """From its leading verb on."""
    rest: str
    """From its leading verb to the end of the sentence."""
    denied: bool
    """Whether it is not to be done."""

    @property
    def head(self) -> str:
        """The stem of the leading word."""
        return next(iter(map(stem, words(self.text))), "")

    @property
    def asks(self) -> bool:
        """Whether it is a question."""
        return self.text.rstrip().endswith("?") or next(iter(words(self.text)), "") in _QUESTION_WORDS

    @property
    def orders(self) -> bool:
        """Whether it tells somebody to do something."""
        return self.head in ORDERS

    @property
    def is_own(self) -> bool:
        """Whether it tells of the speaker."""
        return next(iter(words(self.text)), "") in _OWN


def clauses(request: str, verbs: Set[str]) -> list[Clause]:
    """Split a request where a joined part starts with one of the verbs (stems)."""
    found: list[Clause] = []
    for sentence in _SENTENCE.split(request.replace("\u2019", "'")):
        starts = [0, *(m.end() for m in _JOINT.finditer(sentence) if _leads(sentence[m.end() :], verbs))]
        for start, end in zip(starts, [*starts[1:], len(sentence)], strict=True):
            found.append(_clause(sentence[start:end], sentence[start:]))
    return [clause for clause in found if clause.text]


def _leads(text: str, verbs: Set[str]) -> bool:
    return _clause(text, text).head in verbs


def _clause(text: str, rest: str) -> Clause:
    opening = _POLITE.match(text.lstrip())
    start = len(text) - len(text.lstrip()) + (opening.end() if opening else 0)
    denial = _DENIAL.match(text[start:])
    start += denial.end() if denial else 0
    return Clause(text[start:].strip(" ,"), rest[start:].strip(), denied=denial is not None)


def reads(tool: str) -> bool:
    """Tell whether a tool of this name only reads, by its first word."""
    return next(iter(words(tool.replace("_", " "))), "") in _READING
