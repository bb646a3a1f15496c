"""A structured summary: every statement names what it rests on."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from state.lifecycle import Lifecycle

_SUMMARY = Lifecycle("session", "runtime", "thread", "summariser, validated", "derived", "erasable", "when_relevant")


class Statement(BaseModel):
    """One sentence and the events it rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, _SUMMARY]
    events: Annotated[tuple[int, ...], _SUMMARY]
    """Sequence numbers in the thread's log, at least one."""


class Summary(BaseModel):
    """What the thread came to, up to a turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    covers_turn: Annotated[str, _SUMMARY]
    """Id of the last turn covered."""
    covers_seq: Annotated[int, _SUMMARY]
    """Sequence number of the last event covered."""
    goal: Annotated[Statement | None, _SUMMARY] = None
    active_task: Annotated[Statement | None, _SUMMARY] = None
    decisions: Annotated[tuple[Statement, ...], _SUMMARY] = ()
    open_questions: Annotated[tuple[Statement, ...], _SUMMARY] = ()
    rejected_assumptions: Annotated[tuple[Statement, ...], _SUMMARY] = ()
    entities: Annotated[tuple[Statement, ...], _SUMMARY] = ()
    risk_notes: Annotated[tuple[Statement, ...], _SUMMARY] = ()
