"""What a phrase can refer to, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Risk = Literal["read", "write", "irreversible"]
Role = Literal["user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that the user may see and may mean."""

    id: str
    type: str
    """What it is, snake_case: case, inspection_report, person."""
    label: str
    attrs: tuple[tuple[str, str], ...] = ()
    """Known properties as text, in any order."""
    first_turn: int = 0
    last_turn: int = 0
    mentions: int = 1
    sources: tuple[str, ...] = ()
    """Where it came from: recent_turn, task, list, tool_result, act, selection."""


@dataclass(frozen=True, slots=True)
class ShownList:
    """A list that the assistant or a tool showed."""

    turn: int
    ids: tuple[str, ...]
    """Candidate ids in the order shown."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done earlier in the thread."""

    turn: int
    action: str
    target: str
    """Candidate id that it was done to."""
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """A recent turn, as far as references need it."""

    no: int
    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the assistant asked and that still waits for its answer."""

    turn: int
    phrase: str
    """The words of the user that were unclear."""
    options: tuple[str, ...]
    """Candidate ids in the order they were numbered."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the resolver may look at for one utterance."""

    utterance: str
    risk: Risk = "read"
    """The gravest thing that may follow from this utterance."""
    turn: int = 0
    """Number of the utterance's own turn; earlier turns have smaller numbers."""
    candidates: tuple[Candidate, ...] = ()
    """Only what the user may see: nothing else can come out of the resolver."""
    lists: tuple[ShownList, ...] = ()
    acts: tuple[Act, ...] = ()
    turns: tuple[Turn, ...] = field(default=())
    selection: tuple[str, ...] = ()
    """Candidate ids that are selected in the interface."""
    focus: tuple[str, ...] = ()
    """Candidate ids of the active task."""
    question: Question | None = None
