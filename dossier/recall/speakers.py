"""Whose words a request asks for."""

import re
from collections.abc import Sequence

from dossier.recall.terms import words

_USERS = frozenset({"user", "customer", "client", "human", "caller"})
_ASSISTANTS = frozenset({"assistant", "agent", "bot", "ai", "model", "system"})
_SAYING = (
    r"(?:say|said|tell|told|mention(?:ed)?|suggest(?:ed)?|recommend(?:ed)?|ask(?:ed)?|give|gave|promised?"
    r"|explain(?:ed)?)"
)
_BY_ASSISTANT = re.compile(rf"\byou(?: had| have|'ve)? (?:\w+ )?{_SAYING}\b|\b(?:did|have|had) you {_SAYING}\b", re.I)
_BY_USER = re.compile(r"\b(?:i|my|me|mine|i'm|i've|i'd|myself)\b", re.I)


def spoken_of(text: str, speakers: Sequence[str]) -> frozenset[str]:
    """Give those speakers that a request names, or means by `I` or `you`; none if it is open."""
    said = set(words(text))
    named = {speaker for speaker in speakers if said.intersection(words(speaker))}
    if named:
        return frozenset(named)
    if _BY_ASSISTANT.search(text):
        return frozenset(s for s in speakers if s.lower() in _ASSISTANTS)
    if _BY_USER.search(text):
        return frozenset(s for s in speakers if s.lower() in _USERS)
    return frozenset()
