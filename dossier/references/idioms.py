"""Phrases that mean an earlier act or turn: undo it, do that again, continue, what I said about X."""

from __future__ import annotations

import re

from dossier.references.phrase import Kind, Phrase
from dossier.references.reading import SKIP, Reader

_UNDO = re.compile(
    r"\b(?:undo|revert|roll(?:ed)? back|take back|reverse)\b(?=\s*(?:$|[.,;!?]|it\b|that\b|this\b|the\b|all\b"
    r"|please\b|what\b|my\b))"
    r"(?:\s+(?:it|that|this)\b)?|\b(?:scratch|strike) that\b(?=\s*(?:$|[.,;!?]))"
    r"|\b(?:back|roll|take|put|change|turn)\s+(?:it|that|this|them)\s+(?:out|back)\b",
    re.I,
)
_AGAIN = re.compile(
    r"\b(?:do|did|run|try|make)\s+(?:it|that|this|the same(?: thing)?)\s+(?:again|once more|too)\b|\b(?:do"
    r"|run)\s+the same(?: thing)?\b(?!\s+(?!(?:up|down)stairs\b|always\b|\w+wards\b)\w+(?:s|ing)\b)"
    r"|\bdo (?:that|it)(?= (?:for|to|with)\b)"
    r"|\b(?:same again|once more|one more time|redo (?:it|that|this)|repeat (?:it|that|this)|same (?:for|with"
    r"|goes for))\b|^(?:again|redo|repeat)\b",
    re.I,
)
_CONTINUE = re.compile(
    r"^(?:(?:yes|ok|okay|please|right|fine|good|great|now|and|so|then|well|sure)[\s,.!]+)*"
    r"(continue|go on|carry on|keep going|proceed|go ahead|resume|pick up where (?:we|you) left off|next"
    r"|and then\??|what'?s next)"
    r"(?:[\s,]+(?:please|then|with (?:it|that)|(?:with|to) the (?:next|rest)(?: one)?"
    r"|where (?:we|you) left off|from there))*\s*[.!?]*$"
    r"|\b(pick up where (?:we|you) left off|carry on with (?:it|that)|continue (?:with )?(?:it|that)|keep going)\b",
    re.I,
)
_SAID = re.compile(
    r"\b(?:what (?:i|you) (?:\w+ )?(?:said|told|wrote|mentioned|asked|stated)(?: (?:you|me))?(?: (?:about|on"
    r"|regarding|concerning) [\w' -]+?)?"
    r"|(?:as|like) (?:i|you) (?:said|told|wrote|mentioned|explained|asked)(?: (?:you|me))?(?: (?:before|earlier"
    r"|above|already))?(?: (?:about|on|regarding) [\w' -]+?)?"
    r"|(?:my|your) (?:(?:last|earlier|first|previous|second) )?(?:statement|remark|message|answer|reply|request"
    r"|point)(?: (?:about|on) [\w'-]+)?)"
    r"(?=\s+(?:into|in|to|as|is|was|still|for|at)\b|[.,;!?]|$)",
    re.I,
)
_IDIOMS: tuple[tuple[re.Pattern[str], Kind, str], ...] = (
    (_SAID, "definite", "said"),
    (_UNDO, "repetition", "undo"),
    (_AGAIN, "repetition", "again"),
    (_CONTINUE, "continuation", "continue"),
)


def _object_end(r: Reader, end: int) -> int:
    """Return where the thing to be undone ends (`undo the last booking`), or where the verb ends."""
    at = next((n for n, w in enumerate(r.words) if w.start >= end), len(r.words))
    pointed = r.words[at - 1].low in {"that", "this"} if at else False
    if not pointed and r.low(at) not in {"the", "my", "that", "this", "our"}:
        return end
    first = at if pointed else at + 1
    stop = first
    while r.joined(stop) and r.low(stop) not in SKIP and stop - first < 4:
        stop += 1
    return r.words[stop - 1].end if stop > first else end


def find_idioms(r: Reader) -> list[Phrase]:
    """Return the idioms of an utterance, the more special first; none overlaps another."""
    found: list[Phrase] = []
    for pattern, kind, form in _IDIOMS:
        for m in pattern.finditer(r.text):
            a, b = next((m.span(g) for g in range(1, (m.re.groups or 0) + 1) if m.group(g)), m.span())
            if form == "undo":
                b = _object_end(r, b)
            inside = [w for w in r.words if a <= w.start < b]
            if inside and not any(p.start < b and a < p.end for p in found):
                about = tuple(w.stem for w in inside if w.low not in SKIP)
                found.append(Phrase(r.text[a:b], a, b, kind, form=form, modifiers=about))
    return found
