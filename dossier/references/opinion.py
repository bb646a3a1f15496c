"""A second opinion on what the rules leave open: a port by which a model may choose among the candidates.

What comes back counts only if it is one of the options that would have been offered; it is never sure enough for what
can't be undone, so there the user is asked all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from dossier.references import weights as w
from dossier.references.candidates import Candidate, Situation, Turn
from dossier.references.resolve import Resolution, ResolvedReference


@dataclass(frozen=True, slots=True)
class OpenReference:
    """A reference that the rules leave open, with all that whoever ranks may see."""

    utterance: str
    phrase: str
    turns: tuple[Turn, ...]
    options: tuple[Candidate, ...]
    """What it may mean; an answer is the id of one of these."""


@runtime_checkable
class RanksReferences(Protocol):
    """An application that can rank; one that can't simply lacks the method."""

    async def rank_reference(self, reference: OpenReference) -> str | None:
        """Return the id of the option that is meant; None when that can't be told."""
        ...


def open_reference(situation: Situation, resolution: Resolution) -> OpenReference | None:
    """Return what may be ranked: the one reference to ask about, if it has options and an opinion could settle it."""
    ask = resolution.ask
    if ask is None or len(ask.options) < 2 or w.THRESHOLDS[situation.risk] > w.OPINION:
        return None
    by_id = {c.id: c for c in situation.candidates}
    return OpenReference(situation.utterance, ask.phrase, situation.turns, tuple(by_id[i] for i in ask.options))


def with_opinion(resolution: Resolution, chosen: str | None) -> Resolution:
    """Return the resolution with the open reference settled, if what was chosen is one of its options."""
    ask = resolution.ask
    if ask is None or chosen not in ask.options:
        return resolution
    settled = replace(
        ask, ids=(chosen,), confidence=w.OPINION, reason="chosen by the model among these", answer="resolve", options=()
    )
    references = tuple(settled if r is ask else r for r in resolution.references)
    return Resolution(references, _first_ask(references))


def _first_ask(references: tuple[ResolvedReference, ...]) -> ResolvedReference | None:
    return next((r for r in references if r.answer == "ask"), None)
