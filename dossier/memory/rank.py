"""Which memories bear on a request."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from dossier.memory.held import Memory
from dossier.recall.history import PastTurn, Request
from dossier.recall.meaning import Embedder, meanings
from dossier.recall.terms import terms

NEAR = 0.4
"""Cosine from which a memory is near in meaning."""

_STANDING = re.compile(
    r"(?:please )?(?:always|never|don['’]t|do not|answer|reply|respond|write|use|keep|show|list|give|call|address|"
    r"start|begin|end|send|speak|format|cite|quote|include|avoid|put|skip|summari[sz]e|be|tell|ask)\b|"
    r"(?:i|we)(?:['’]d| would)? (?:always |usually |generally )?(?:prefer|like|want|need)\b",
    re.IGNORECASE,
)


class Scored(NamedTuple):
    """A memory to offer."""

    memory: Memory
    score: float
    """Words shared with the request; one more for how the user wants to be answered; nearness in meaning."""
    reason: str


def ranked(
    text: str, memories: Iterable[Memory], *, now: datetime, limit: int, embedder: Embedder | None = None
) -> list[Scored]:
    """Return what bears on a request, best first; what has expired comes last and is left to the freshness rule.

    Args:
        text: The request.
        memories: What the user may be reminded of.
        now: The request's time.
        limit: How many at most.
        embedder: Nearness in meaning; None goes by words alone.
    """
    held = list(memories)
    near = _meanings(text, held, now, embedder)
    asked = frozenset(terms(text).counts)
    scored = [found for memory in held if (found := _scored(memory, asked, near.get(memory.id, 0.0)))]
    scored.sort(key=lambda one: (one.memory.expires_at > now, one.score, one.memory.said_at, one.memory.id))
    return scored[::-1][:limit]


def _scored(memory: Memory, asked: frozenset[str], near: float) -> Scored | None:
    shared = asked & terms(memory.text).counts.keys()
    standing = is_standing(memory.text)
    if not shared and not standing and near < NEAR:
        return None
    reasons = [f"shares {', '.join(sorted(shared)[:3])}"] if shared else []
    reasons += ["how to answer"] if standing else []
    reasons += ["near in meaning"] if near >= NEAR else []
    return Scored(memory, len(shared) + standing + max(near, 0.0), "; ".join(reasons))


def is_standing(text: str) -> bool:
    """Tell whether a memory says how the user wants to be answered: it bears on every request."""
    return bool(_STANDING.match(text))


def _meanings(text: str, held: Sequence[Memory], now: datetime, embedder: Embedder | None) -> dict[str, float]:
    if embedder is None or not held:
        return {}
    turns = [PastTurn(one.id, 0, one.text, "user", "", one.said_at) for one in held]
    return meanings(Request(text, now), turns, embedder)
