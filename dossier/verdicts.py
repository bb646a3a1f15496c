"""What the log says of decisions: who said what, and what nobody decided."""

from collections.abc import Callable, Sequence
from typing import Literal

from dossier.adapters.approvals import Approval
from state import events as e
from state.log import Event
from state.session import Session

_SAID = ("human_approval_granted", "human_approval_edited", "human_approval_denied", "human_approval_expired")


def verdict_events(
    turn: Sequence[Event], decided: Sequence[Approval], session: Session | None, new_id: Callable[[], str]
) -> list[e.EventBody]:
    """Return what people decided, and what nobody decided, where the log does not say so yet."""
    task = session.task.name if session and session.task else None
    said = {getattr(event.body, "approval_id", None) for event in turn if event.header.type.startswith(_SAID)}
    return [body for approval in decided if approval.id not in said for body in _verdict(approval, task, new_id)]


def closed_event(approval: Approval, reason: Literal["expired", "superseded"]) -> e.HumanApprovalExpired:
    """Return what the log says of a request that nobody decided."""
    return e.HumanApprovalExpired(
        approval_id=approval.id, call=_call(approval), name=approval.tool, reason=reason, about=approval.about
    )


def _verdict(approval: Approval, task: str | None, new_id: Callable[[], str]) -> list[e.EventBody]:
    if approval.status in ("pending", "expired", "superseded"):
        return [closed_event(approval, "superseded" if approval.status == "superseded" else "expired")]
    if approval.status == "denied":
        denied = e.HumanApprovalDenied(
            approval_id=approval.id,
            call=_call(approval),
            name=approval.tool,
            decided_by=approval.decided_by or "",
            message=str(approval.decision.get("message", "")),
            on_behalf_of=approval.decision.get("on_behalf_of"),
            about=approval.about,
        )
        return [denied] if approval.about == "outcome" else [denied, _denial(approval, task, new_id)]
    return [_yes(approval, number) for number in range(len(approval.votes))]


def _yes(approval: Approval, number: int) -> e.HumanApprovalGranted | e.HumanApprovalEdited:
    vote = approval.votes[number]
    who = {
        "approval_id": approval.id,
        "call": _call(approval),
        "name": approval.tool,
        "decided_by": vote.decided_by,
        "message": str(vote.decision.get("message", "")),
        "on_behalf_of": vote.on_behalf_of,
        "about": approval.about,
        "args_hash": vote.args_hash,
    }
    if "args" in vote.decision:
        return e.HumanApprovalEdited(**who, args=dict(vote.decision["args"]))
    return e.HumanApprovalGranted(**who)


def _call(approval: Approval) -> e.CallRef:
    return e.CallRef(ordinal=approval.ordinal, index=approval.index)


def _denial(approval: Approval, task: str | None, new_id: Callable[[], str]) -> e.DecisionRecorded:
    """A denial limits the task from now on."""
    because = approval.decision.get("message")
    text = f"Refused: {approval.description or approval.tool}" + (f" Reason: {because}" if because else "")
    by = approval.decided_by or ""
    return e.DecisionRecorded(decision_id=new_id(), text=text, decided_by=by, task=task, constraint=True)
