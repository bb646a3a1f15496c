"""When a summary is due: not on every turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from state import events as e
from state.session import Session
from state.task import ActiveTask

DueReason = Literal[
    "task_change", "correction", "decision", "approval", "unresolved_reference", "turn_threshold", "token_pressure"
]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How long a thread may go on without a new summary."""

    turns: int = 20
    """Turns since the last summary."""
    tokens: int = 4_000
    """Tokens of messages and replies since the last summary."""


def due(
    session: Session,
    thresholds: Thresholds,
    *,
    turn_events: Sequence[e.EventBody],
    task_before: ActiveTask | None,
) -> DueReason | None:
    """Return why a summary is due at the end of a turn, None when it is not.

    Args:
        session: As it is with the turn's events folded in.
        thresholds: After how many turns or tokens one is due in any case.
        turn_events: What happened in the turn, up to its end.
        task_before: The active task when the turn began.
    """
    if _is_another(task_before, session.task):
        return "task_change"
    for reason, happened in _BY_EVENT:
        if any(happened(body) for body in turn_events):
            return reason
    if session.since_summary_turns >= thresholds.turns:
        return "turn_threshold"
    return "token_pressure" if session.since_summary_tokens >= thresholds.tokens else None


def _is_another(before: ActiveTask | None, after: ActiveTask | None) -> bool:
    # The first task of a thread leaves nothing behind to sum up; a step of the same task is no other task.
    return before is not None and (after is None or after.name != before.name)


def _corrects(body: e.EventBody) -> bool:
    return isinstance(body, e.StateUpdateApplied) and body.proposal in ("correction", "rejection")


def _decides(body: e.EventBody) -> bool:
    return isinstance(body, e.DecisionRecorded)


def _approves(body: e.EventBody) -> bool:
    return isinstance(body, e.HumanApprovalGranted | e.HumanApprovalEdited | e.HumanApprovalDenied)


def _asks(body: e.EventBody) -> bool:
    return isinstance(body, e.ClarificationRequested)


_BY_EVENT: tuple[tuple[DueReason, Callable[[e.EventBody], bool]], ...] = (
    ("correction", _corrects),
    ("decision", _decides),
    ("approval", _approves),
    ("unresolved_reference", _asks),
)
