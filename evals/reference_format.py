"""The benchmark's two formats of references, and how each becomes the resolver's own values.

A *situation* is an utterance with all that is known when it is said; its references have to be found, and resolved or
asked about. A *mention* is one marked reference with the earlier mentions of its conversation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from dossier.references.candidates import Act, Candidate, Risk, Role, ShownList, Situation, Turn
from dossier.references.mentions import Mention
from dossier.references.resolve import Resolution


@dataclass(frozen=True, slots=True)
class ActRow:
    """An act within a turn."""

    action: str
    target: str
    args: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A turn of a situation."""

    role: Role
    text: str
    lists: Sequence[Sequence[str]] = ()
    acts: Sequence[ActRow] = ()


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A candidate of a situation."""

    id: str
    type: str
    label: str
    attrs: Mapping[str, object]
    first_turn: int
    last_turn: int


@dataclass(frozen=True, slots=True)
class GoldRow:
    """A reference of the utterance, as a person would read it."""

    phrase: str
    kind: str
    answer: Literal["resolve", "ask"]
    ids: Sequence[str]
    action: str | None = None


@dataclass(frozen=True, slots=True)
class SituationRow:
    """One situation; `gold` is read by the scorer alone."""

    id: str
    turns: Sequence[TurnRow]
    candidates: Sequence[CandidateRow]
    utterance: str
    risk: Risk
    gold: Sequence[GoldRow]
    selection: Sequence[str] = ()
    domain: str = ""


@dataclass(frozen=True, slots=True)
class SaidRow:
    """A turn of a conversation with mentions."""

    n: int
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class MarkedRow:
    """The mention that is to be resolved."""

    turn: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """An earlier mention; `cluster` is gold and read by the scorer alone."""

    turn: int
    start: int
    end: int
    text: str
    cluster: int


@dataclass(frozen=True, slots=True)
class MentionRow:
    """One mention with the earlier ones of its conversation."""

    id: str
    type: str
    turns: Sequence[SaidRow]
    mention: MarkedRow
    candidates: Sequence[EarlierRow]
    gold_cluster: int
    domain: str = ""
    dialog: str = ""


class PredictedPhrase(TypedDict):
    """A phrase as a scorer reads it."""

    phrase: str
    start: int
    answer: str
    ids: list[str]
    action: str | None
    confidence: float


def situation_of(row: SituationRow) -> Situation:
    """Return the situation that a turn would hand to the resolver."""
    turns = row.turns
    return Situation(
        utterance=row.utterance,
        risk=row.risk,
        turn=len(turns),
        candidates=tuple(_candidate(c) for c in row.candidates),
        lists=tuple(ShownList(n, tuple(ids)) for n, t in enumerate(turns) for ids in t.lists),
        acts=tuple(Act(n, a.action, a.target, _pairs(a.args or {})) for n, t in enumerate(turns) for a in t.acts),
        turns=tuple(Turn(n, t.role, t.text) for n, t in enumerate(turns)),
        selection=tuple(row.selection),
    )


def _candidate(row: CandidateRow) -> Candidate:
    return Candidate(row.id, row.type, row.label, _pairs(row.attrs), row.first_turn, row.last_turn)


def _pairs(mapping: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((str(k), str(v)) for k, v in mapping.items())


def predicted(resolution: Resolution) -> list[PredictedPhrase]:
    """Return the phrases of a resolution; one that is asked about carries the ids it offers."""
    return [
        {
            "phrase": r.phrase,
            "start": r.start,
            "answer": r.answer,
            "ids": list(r.ids or r.options),
            "action": r.action,
            "confidence": r.confidence,
        }
        for r in resolution.references
    ]


def mentions_of(row: MentionRow) -> tuple[Mention, tuple[Mention, ...]]:
    """Return the mention and the earlier ones, oldest first, with the words around them."""
    turns = {turn.n: turn for turn in row.turns}
    return _mention(turns, row.mention), tuple(_mention(turns, earlier) for earlier in row.candidates)


def _mention(turns: Mapping[int, SaidRow], row: MarkedRow | EarlierRow) -> Mention:
    turn = turns.get(row.turn, SaidRow(row.turn, "user", ""))
    before = turn.text[: row.start].lower().split()[-3:]
    return Mention(row.turn, turn.role, row.text, tuple(before), next(iter(turn.text[row.end :].lower().split()), ""))
