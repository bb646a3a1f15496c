"""What a turn does: turns that bind or change something weigh more than small talk, however old."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from dossier.recall.terms import CACHED_TEXTS, terms

TurnKind = Literal[
    "correction", "constraint", "decision", "refusal", "preference", "approval", "statement", "question", "chat"
]

BINDING: frozenset[TurnKind] = frozenset({"correction", "constraint", "decision", "refusal", "preference", "approval"})
"""What is remembered rather than small talk."""

_SAID: Mapping[TurnKind, re.Pattern[str]] = {
    "correction": re.compile(
        r"^(?:no|actually|sorry|wait|correction)\b[,.: ]"
        r"|\b(?:i meant|i was wrong|that(?:'s| is| was) wrong|scratch that|not \w+[,;]? but|rather than|instead of"
        r"|no longer|has changed to|changed (?:it|that) to)\b",
        re.I,
    ),
    "refusal": re.compile(
        r"\b(?:refus\w+|declin\w+|reject\w*|den(?:y|ied)|ruled? out|won't accept|can(?:'|no)t (?:accept|agree))\b", re.I
    ),
    "approval": re.compile(r"\b(?:approv\w+|sign(?:ed)? off|go ahead|authori[sz]ed|granted)\b", re.I),
    "constraint": re.compile(
        r"\b(?:must(?: not|n't)?|do not|don't ever|never|at (?:most|least)|no (?:more|less|later) than|only if|unless"
        r"|make sure|under no circumstances|allerg\w+|deadline|not allowed|forbidden|required?)\b",
        re.I,
    ),
    "decision": re.compile(
        r"\b(?:decided?|decision|agreed|settled? on|let'?s (?:go|use|take|do)|we(?:'ll| will) (?:go|use|take)"
        r"|going with|chose|i'll take)\b",
        re.I,
    ),
    "preference": re.compile(
        r"\b(?:prefer\w*|favou?rite|i(?:'d| would) rather|i (?:really )?(?:like|love|hate|dislike))\b", re.I
    ),
}
_FEW = 3


@lru_cache(CACHED_TEXTS)
def kind_of(text: str) -> TurnKind:
    """Give what a turn does, as its words tell; the first that fits, from correction down."""
    for kind, pattern in _SAID.items():
        if pattern.search(text):
            return kind
    if text.rstrip().endswith("?"):
        return "question"
    return "chat" if terms(text).length <= _FEW else "statement"
