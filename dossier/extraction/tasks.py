"""The step that a request sets: "just summarise the evidence" is an evidence summary."""

import re
from dataclasses import dataclass

from dossier.extraction.words import words


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of work that is asked for."""

    name: str
    only: bool
    """Nothing else is wanted."""


_MADE_BY = {
    "summarise": "summary",
    "summarize": "summary",
    "analyse": "analysis",
    "analyze": "analysis",
    "review": "review",
    "assess": "assessment",
    "compare": "comparison",
    "translate": "translation",
    "evaluate": "evaluation",
    "outline": "outline",
}
_MAKES = "redo|repeat|update|revise|rewrite|draft|write|prepare|do|run|make|create|start|continue|finish"
_REQUEST = re.compile(
    r"(?:(?P<only>only)|please|just|now|then|so|and|ok(?:ay)?|next|also|first|instead|"
    r"(?:can|could|would|will) you|let['’]s|[, ])*\b"
    rf"(?P<verb>{'|'.join(_MADE_BY)}|{_MAKES}) (?P<object>.+)",
    re.I,
)
_ARTICLE = re.compile(r"^(?:the|a|an|my|our|your|this|that|these|those|all|its) ", re.I)
_TRAILING = re.compile(r"[ ,]+(?:only|again|please|now|first|for (?:me|us)|too|as well|instead|today|afresh)$", re.I)
_ONLY = re.compile(r"\bonly\b", re.I)
_BREAK = re.compile(
    r"\s*(?:,|\b(?:for|from|in|on|with|without|by|before|after|so that|because|that|which|to|and|using|if|until|"
    r"as)\b).*",
    re.I,
)
# "do it", "make sure", "run that": nothing that has a name of its own.
_EMPTY = words("it that this them so these those sure one something anything everything certain do not me us you")
# A thing that "do", "make", "write" and the like bring about, not just anything: "do the dishes" sets no step.
_WORKS = words(
    "analysis assessment summary review report letter plan comparison evaluation check draft list table timeline "
    "translation memo note email mail outline calculation estimate inspection itinerary schedule budget test "
    "tests proposal statement search overview brief briefing notice reply response answer migration refactoring "
    "benchmark"
)


def step_in(text: str) -> Step | None:
    """Return the step that a clause asks for."""
    match = _REQUEST.fullmatch(text)
    if match is None:
        return None
    only = bool(match["only"] or _ONLY.search(match["object"]))
    thing = _thing(match["object"])
    made = _MADE_BY.get(match["verb"].lower())
    if not thing or thing.lower().split()[0] in _EMPTY:
        return None
    if made:
        return Step(f"{thing} {made}", only)
    return Step(thing, only) if thing.lower().split()[-1] in _WORKS else None


def _thing(phrase: str) -> str:
    before = ""
    while phrase != before:
        before, phrase = phrase, _TRAILING.sub("", _ARTICLE.sub("", phrase, count=1))
    phrase = _TRAILING.sub("", _BREAK.sub("", phrase, count=1).strip())
    return phrase if len(phrase.split()) <= 5 else ""
