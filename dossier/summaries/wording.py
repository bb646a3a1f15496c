"""How a rule-based summary says things; what it says is found again by these words."""

from typing import assert_never

from state import events as e
from state.task import ActiveTask

OPEN = "Open: "
ASKED = "Asked the user: "
UNANSWERED = "Not answered yet: "
PENDING = "Waits for approval: "
CONFLICT = "claims_never_overwrite_observations"
"""The invariant whose breach is a risk: the user and the record disagree."""


def rejected(key: str, value: str) -> str:
    """Return the beginning of the statement on a rejected assumption."""
    return f"{key} is not {value!r}"


def decision(body: e.DecisionRecorded) -> str:
    """Return a decision, or a constraint, with who made it."""
    kind = "Constraint" if body.constraint else "Decision"
    return f"{kind} of {body.decided_by}: {body.text}"


def approval(body: e.HumanApprovalGranted | e.HumanApprovalEdited | e.HumanApprovalDenied) -> str:
    """Return what an approver decided."""
    match body:
        case e.HumanApprovalGranted():
            did = "approved"
        case e.HumanApprovalEdited():
            did = "approved with other arguments"
        case e.HumanApprovalDenied():
            did = "denied"
        case _ as unreachable:
            assert_never(unreachable)
    message = f": {body.message}" if body.message else ""
    return f"{body.decided_by} {did} {body.name} ({body.approval_id}){message}"


def pending(body: e.HumanApprovalRequested) -> str:
    """Return what waits for an approver."""
    return f"{PENDING}{body.name} ({body.approval_id})"


def is_pending(text: str, approval_id: str) -> bool:
    """Tell whether the statement is of this approval."""
    return text.startswith(PENDING) and text.endswith(f"({approval_id})")


def task(of: ActiveTask) -> str:
    """Return the active task with its step."""
    return f"{of.name}: {of.step}" if of.step else of.name


def task_name(text: str) -> str:
    """Return the name in what `task` made."""
    return text.partition(": ")[0]


def entity(of: e.EntityRef) -> str:
    """Return an entity by type, id and label."""
    label = f", {of.label}" if of.label and of.label != of.id else ""
    return f"{of.type} {of.id}{label}"


def risk(body: e.ToolCallFailed | e.ToolCallRejected | e.StateUpdateRejected) -> str:
    """Return what went wrong or was refused."""
    match body:
        case e.ToolCallFailed():
            return f"{body.name} failed: {body.detail}"
        case e.ToolCallRejected():
            return f"{body.name} was refused: {body.reason}"
        case e.StateUpdateRejected():
            return body.reason
        case _ as unreachable:
            assert_never(unreachable)
