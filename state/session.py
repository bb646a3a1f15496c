"""The bounded core of what is remembered of a thread: the `session` channel.

Facts, decisions, rejected assumptions and entities stand in tables of their own
(`state/knowledge.py`), because they grow with the thread; this does not.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from state.events import EntityRef
from state.instant import Instant
from state.lifecycle import Lifecycle
from state.task import ActiveTask

SESSION_SCHEMA = 1

FOCUS_LIMIT = 8
LISTS_LIMIT = 4
LIST_ENTRIES_LIMIT = 20
ACTS_LIMIT = 8
ASKS_LIMIT = 10
RESULTS_LIMIT = 8
PREFERENCES_LIMIT = 20
APPROVALS_LIMIT = 32
TASK_LIMIT = 32
"""Entities, constraints and steps of the task; what is older stands in the tables."""

_GATE = Lifecycle("session", "gate", "thread", "admission", "verified", "kept_as_proof", "never")
_RUNTIME = Lifecycle("session", "runtime", "thread", "fold of the log", "derived", "with_thread", "never")
_FOCUS = Lifecycle("session", "runtime", "thread", "fold of the log", "derived", "with_thread", "when_relevant")
_TASK = Lifecycle("task", "runtime", "task", "validated proposals", "derived", "with_task", "always")
_USER = Lifecycle("session", "user", "thread", "what the user said", "claimed", "erasable", "when_relevant")
_TOOL = Lifecycle("tool", "tool", "thread", "completed calls", "observed", "erasable", "when_relevant")
_APPROVAL = Lifecycle("task", "approver", "turn", "approval requests", "verified", "kept_as_proof", "always")
_AUDIT = Lifecycle("audit", "runtime", "retention", "hash chain", "verified", "kept_as_proof", "never")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PendingQuestion(_Frozen):
    """A question that the user has not answered yet."""

    turn: Annotated[str, _TASK]
    phrase: Annotated[str, _TASK]
    options: Annotated[tuple[EntityRef, ...], _TASK]
    request: Annotated[str, _TASK]
    """The message that waits for the answer, verbatim."""


class ShownList(_Frozen):
    """Things that were listed to the user, in their order."""

    turn: Annotated[int, _FOCUS]
    """Which turn of the thread, from 1."""
    entries: Annotated[tuple[EntityRef, ...], _FOCUS]


class Act(_Frozen):
    """An action that was done, so that "do that again" means something."""

    turn: Annotated[int, _TOOL]
    action: Annotated[str, _TOOL]
    target: Annotated[str | None, _TOOL]


class ToolResultRef(_Frozen):
    """Where a tool's result stands in the log."""

    seq: Annotated[int, _TOOL]
    name: Annotated[str, _TOOL]


class SummaryRef(_Frozen):
    """Where the latest summary stands in the log, and how far it goes."""

    seq: Annotated[int, _FOCUS]
    covers_turn: Annotated[str, _FOCUS]
    covers_seq: Annotated[int, _FOCUS]


class Profile(_Frozen):
    """Hints about the user, from their own words only."""

    name: Annotated[str | None, _USER] = None
    preferences: Annotated[dict[str, str], _USER] = Field(default_factory=dict)


class Session(_Frozen):
    """What the thread's events fold to, bounded."""

    schema_version: Annotated[Literal[1], _AUDIT] = 1
    thread: Annotated[str, _GATE]
    tenant: Annotated[str, _GATE]
    user: Annotated[str, _GATE]
    created_at: Annotated[Instant, _GATE]
    updated_at: Annotated[Instant, _RUNTIME]
    task: Annotated[ActiveTask | None, _TASK] = None
    open_turn: Annotated[str | None, _RUNTIME] = None
    """Id of the turn that has begun and not ended."""
    turns: Annotated[int, _RUNTIME] = 0
    question: Annotated[PendingQuestion | None, _TASK] = None
    approvals: Annotated[tuple[str, ...], _APPROVAL] = ()
    """Ids of the approvals that wait."""
    asks: Annotated[tuple[str, ...], _TASK] = ()
    """Turns whose request was not answered, oldest first."""
    focus: Annotated[tuple[EntityRef, ...], _FOCUS] = ()
    """The current topic: what the user spoke of or selected last, newest first."""
    lists: Annotated[tuple[ShownList, ...], _FOCUS] = ()
    acts: Annotated[tuple[Act, ...], _TOOL] = ()
    tool_results: Annotated[tuple[ToolResultRef, ...], _TOOL] = ()
    profile: Annotated[Profile, _USER] = Profile()
    last_response_id: Annotated[str | None, _RUNTIME] = None
    summary: Annotated[SummaryRef | None, _FOCUS] = None
    since_summary_turns: Annotated[int, _RUNTIME] = 0
    since_summary_tokens: Annotated[int, _RUNTIME] = 0
    cleared_seq: Annotated[int, _RUNTIME] = 0
    """The last `thread_cleared`; nothing before it is recalled."""
    version: Annotated[int, _AUDIT]
    """Sequence number of the last event folded in."""
    hash: Annotated[str, _AUDIT]
    """Hash of that event."""
