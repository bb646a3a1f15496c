"""The session as a fold over the thread's events."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, assert_never, cast

from state import events as e
from state.log import Event
from state.session import (
    ACTS_LIMIT,
    APPROVALS_LIMIT,
    ASKS_LIMIT,
    FOCUS_LIMIT,
    LIST_ENTRIES_LIMIT,
    LISTS_LIMIT,
    PREFERENCES_LIMIT,
    RESULTS_LIMIT,
    TASK_LIMIT,
    Act,
    PendingQuestion,
    Profile,
    Session,
    ShownList,
    SummaryRef,
    ToolResultRef,
)
from state.task import ActiveTask

Changes = dict[str, Any]
"""Fields of the session that an event sets, by name."""


@dataclass(frozen=True, slots=True)
class BrokenFold(Exception):
    """The events do not continue the session: the caller mixed up threads or versions."""

    expected: int
    got: int

    def __str__(self) -> str:
        return f"expected event {self.expected}, got {self.got}"


def fold(session: Session | None, events: Iterable[Event]) -> Session:
    """Fold events into a session; folding in parts equals folding at once.

    Raises:
        BrokenFold: An event is missing, or the first one does not create the thread.
    """
    for event in events:
        session = _step(session, event)
    if session is None:
        raise BrokenFold(expected=1, got=0)
    return session


def _step(session: Session | None, event: Event) -> Session:
    header = event.header
    expected = 1 if session is None else session.version + 1
    if header.seq != expected:
        raise BrokenFold(expected=expected, got=header.seq)
    stamp = {"version": header.seq, "hash": header.hash, "updated_at": header.at}
    if session is None:
        return _first(event)
    changes = _structural(session, event) if event.body is None else _changes(session, event, event.body)
    return session.model_copy(update={**changes, **stamp})


def _first(event: Event) -> Session:
    header = event.header
    owner = event.body.owner if isinstance(event.body, e.ThreadCreated) else None
    return Session(
        thread=header.thread,
        tenant=owner.tenant if owner else "",
        user=owner.user if owner else "",
        created_at=header.at,
        updated_at=header.at,
        version=header.seq,
        hash=header.hash,
    )


def _structural(session: Session, event: Event) -> Changes:
    """What an erased event still tells by its header alone."""
    if event.header.type == "user_message_received":
        return {"open_turn": event.header.turn, "turns": session.turns + 1}
    if event.header.type == "turn_ended":
        return {"open_turn": None, "approvals": ()}
    return {}


def _changes(session: Session, event: Event, body: e.EventBody) -> Changes:
    match body:
        case e.UserMessageReceived():
            return _message(session, event, body)
        case e.ClarificationRequested():
            return _question(session, event, body)
        case e.AssistantResponseGenerated():
            return {"since_summary_tokens": session.since_summary_tokens + body.tokens}
        case e.ModelCalled():
            return {"last_response_id": body.response_id} if body.purpose == "reply" else {}
        case e.ToolCallCompleted():
            return _result(session, event, body)
        case e.HumanApprovalRequested():
            return {"approvals": (*session.approvals, body.approval_id)[-APPROVALS_LIMIT:]}
        case e.HumanApprovalGranted() | e.HumanApprovalEdited() | e.HumanApprovalDenied() | e.HumanApprovalExpired():
            return {"approvals": tuple(a for a in session.approvals if a != body.approval_id)}
        case e.SummaryGenerated():
            return _summarised(event, body)
        case e.TaskStateChanged():
            return {"task": body.task and _bounded(body.task)}
        case e.EntitiesMentioned(by="user"):
            return {"focus": _front(session.focus, body.entities)}
        case e.ProfileHinted():
            return {"profile": _profile(session.profile, body)}
        case e.TurnEnded():
            return _ended(session, event, body)
        case e.ThreadCleared():
            return _cleared(event)
        case (
            e.ThreadCreated()
            | e.MessageImported()
            | e.ReferenceResolved()
            | e.ContextPackageBuilt()
            | e.ModelCallFailed()
            | e.UsageLimitReached()
            | e.ToolCallRequested()
            | e.ToolCallAuthorized()
            | e.ToolCallRejected()
            | e.ToolCallFailed()
            | e.GuardRuled()
            | e.StateUpdateProposed()
            | e.StateUpdateApplied()
            | e.StateUpdateRejected()
            | e.FactConfirmed()
            | e.FactSuperseded()
            | e.AssumptionRejected()
            | e.AssumptionReinstated()
            | e.DecisionRecorded()
            | e.DecisionWithdrawn()
            | e.EntitiesMentioned()
            | e.MemoryCandidateProposed()
            | e.MemoryCandidateStored()
            | e.MemoryCandidateRefused()
            | e.StateRedacted()
            | e.ThreadErased()
        ):
            return {}
        case _ as unreachable:
            assert_never(unreachable)


def _message(session: Session, event: Event, body: e.UserMessageReceived) -> Changes:
    return {
        "open_turn": event.header.turn,
        "turns": session.turns + 1,
        "since_summary_turns": session.since_summary_turns + 1,
        "since_summary_tokens": session.since_summary_tokens + body.tokens,
        "focus": _front(session.focus, body.selection),
    }


def _question(session: Session, event: Event, body: e.ClarificationRequested) -> Changes:
    question = PendingQuestion(
        turn=event.header.turn or "",
        phrase=body.phrase,
        options=tuple(e.EntityRef(type=o.type, id=o.id, label=o.label) for o in body.options[:LIST_ENTRIES_LIMIT]),
        request=body.request,
    )
    return {"question": question, "lists": _shown(session, question.options)}


def _result(session: Session, event: Event, body: e.ToolCallCompleted) -> Changes:
    target = body.shown[0].id if body.shown else None
    ref = ToolResultRef(seq=event.seq, name=body.name)
    return {
        "tool_results": (*session.tool_results, ref)[-RESULTS_LIMIT:],
        "lists": _shown(session, body.shown),
        "acts": (*session.acts, Act(turn=session.turns, action=body.name, target=target))[-ACTS_LIMIT:],
    }


def _shown(session: Session, entries: tuple[e.EntityRef, ...]) -> tuple[ShownList, ...]:
    if len(entries) < 2:
        return session.lists
    shown = ShownList(turn=session.turns, entries=entries[:LIST_ENTRIES_LIMIT])
    return (*session.lists, shown)[-LISTS_LIMIT:]


def _bounded(task: ActiveTask) -> ActiveTask:
    limits = {
        "workflow": task.workflow[:TASK_LIMIT],
        "entities": task.entities[:TASK_LIMIT],
        "constraints": task.constraints[-TASK_LIMIT:],
    }
    return task.model_copy(update=limits)


def _summarised(event: Event, body: e.SummaryGenerated) -> Changes:
    summary = body.summary
    ref = SummaryRef(seq=event.seq, covers_turn=summary.covers_turn, covers_seq=summary.covers_seq)
    return {"summary": ref, "since_summary_turns": 0, "since_summary_tokens": 0}


def _front(focus: tuple[e.EntityRef, ...], mentioned: Iterable[e.EntityRef]) -> tuple[e.EntityRef, ...]:
    fresh = {(m.type, m.id): m for m in mentioned}
    kept = [f for f in focus if (f.type, f.id) not in fresh]
    return (*fresh.values(), *kept)[:FOCUS_LIMIT]


def _profile(profile: Profile, hint: e.ProfileHinted) -> Profile:
    preferences = {**profile.preferences, **hint.preferences}
    return Profile(
        name=hint.name or profile.name,
        preferences=dict(list(preferences.items())[-PREFERENCES_LIMIT:]),
    )


def _ended(session: Session, event: Event, body: e.TurnEnded) -> Changes:
    turn = cast(str, event.header.turn)
    answered = body.outcome == "answered"
    asks = () if answered else (*session.asks, turn)[-ASKS_LIMIT:]
    question = session.question
    if question is not None and question.turn != turn:
        question = None
    return {"open_turn": None, "approvals": (), "asks": asks, "question": question}


def _cleared(event: Event) -> Changes:
    return {
        "task": None,
        "question": None,
        "asks": (),
        "focus": (),
        "lists": (),
        "acts": (),
        "tool_results": (),
        "summary": None,
        "since_summary_turns": 0,
        "since_summary_tokens": 0,
        "profile": Profile(),
        "cleared_seq": event.seq,
    }
