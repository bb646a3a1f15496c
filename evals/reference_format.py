"""Between the resolve-or-ask benchmark format and the resolver's own values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from dossier.references.candidates import Act, Candidate, Risk, Role, ShownList, Situation, Turn
from dossier.references.resolve import Resolution


class ActRow(TypedDict, total=False):
    """An act within a turn."""

    action: str
    target: str
    args: Mapping[str, object]


class TurnRow(TypedDict, total=False):
    """A turn of an item."""

    role: Role
    text: str
    lists: Sequence[Sequence[str]]
    acts: Sequence[ActRow]


class CandidateRow(TypedDict):
    """A candidate of an item."""

    id: str
    type: str
    label: str
    attrs: Mapping[str, object]
    first_turn: int
    last_turn: int


class Item(TypedDict):
    """One situation of the benchmark; gold and notes are not read."""

    id: str
    turns: Sequence[TurnRow]
    candidates: Sequence[CandidateRow]
    selection: Sequence[str]
    utterance: str
    risk: Risk


class PredictedPhrase(TypedDict):
    """A phrase in the scorer's form."""

    phrase: str
    start: int
    answer: str
    ids: list[str]
    action: str | None


class Prediction(TypedDict):
    """A line for the scorer."""

    id: str
    pred: list[PredictedPhrase]


def situation_of(item: Item) -> Situation:
    """Read an item as the situation that a turn would hand to the resolver."""
    turns = item["turns"]
    return Situation(
        utterance=item["utterance"],
        risk=item["risk"],
        turn=len(turns),
        candidates=tuple(_candidate(c) for c in item["candidates"]),
        lists=tuple(ShownList(n, tuple(ids)) for n, t in enumerate(turns) for ids in t.get("lists") or ()),
        acts=tuple(
            Act(n, a.get("action", ""), a.get("target", ""), _pairs(a.get("args") or {}))
            for n, t in enumerate(turns)
            for a in t.get("acts") or ()
        ),
        turns=tuple(Turn(n, t.get("role", "user"), t.get("text", "")) for n, t in enumerate(turns)),
        selection=tuple(item.get("selection") or ()),
    )


def _candidate(row: CandidateRow) -> Candidate:
    return Candidate(row["id"], row["type"], row["label"], _pairs(row["attrs"]), row["first_turn"], row["last_turn"])


def _pairs(mapping: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((str(k), str(v)) for k, v in mapping.items())


def prediction(item: Item, resolution: Resolution) -> Prediction:
    """Write a resolution in the scorer's form; an ask carries the ids it offers."""
    return {
        "id": item["id"],
        "pred": [
            {
                "phrase": r.phrase,
                "start": r.start,
                "answer": r.answer,
                "ids": list(r.ids or r.options),
                "action": r.action,
            }
            for r in resolution.references
        ],
    }
