"""What a rule found out about one phrase, before the risk decides."""

from __future__ import annotations

from dataclasses import dataclass

from dossier.references import weights as w
from dossier.references.talk import Ids


@dataclass(frozen=True, slots=True)
class Finding:
    """The best reading of a phrase."""

    ids: Ids
    """Empty when nothing fits or several fit equally."""
    confidence: float
    reason: str
    options: Ids = ()
    """What else it may mean, to be offered when it is asked."""
    action: str | None = None
    reach: int = 0
    """How many words after the noun took part."""


def tie(options: Ids, reason: str) -> Finding:
    """Several fit equally."""
    return Finding((), w.TIE, reason, options)


def nothing(reason: str) -> Finding:
    """Nothing fits."""
    return Finding((), w.NOTHING, reason)
