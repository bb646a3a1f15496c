"""Tool calls and the approvals that they wait for, as events."""

from typing import Annotated, Any, Literal

from pydantic import Field

from state.bodies import Body, CallRef, Effect, EntityRef
from state.instant import Instant
from state.lifecycle import Lifecycle

_RESULT = Lifecycle("tool", "tool", "thread", "completed calls", "observed", "erasable", "when_relevant")
_POLICY = Lifecycle("policy", "policy", "thread", "policy decisions", "verified", "erasable", "never")
About = Literal["call", "outcome"]
"""May a call run, or: did a call take place whose outcome is not known?"""
_RECORD = Lifecycle("audit", "runtime", "thread", "the log", "derived", "erasable", "never")


GuardPoint = Literal["before_model", "after_model", "before_tool", "after_tool"]


class ToolCallRequested(Body):
    """A tool call was found well-formed and classified."""

    type: Literal["tool_call_requested"] = "tool_call_requested"
    call: CallRef
    call_id: str
    name: str
    args: dict[str, Any]
    args_hash: str
    effect: Effect


class ToolCallAuthorized(Body):
    """Policy lets the call run, at once or after approval."""

    type: Annotated[Literal["tool_call_authorized"], _POLICY] = "tool_call_authorized"
    call: Annotated[CallRef, _POLICY]
    policies: Annotated[tuple[str, ...], _POLICY]


class ToolCallRejected(Body):
    """The call will not run."""

    type: Literal["tool_call_rejected"] = "tool_call_rejected"
    call: CallRef
    name: str
    code: str
    reason: str


class ToolCallCompleted(Body):
    """The call ran, once."""

    type: Annotated[Literal["tool_call_completed"], _RECORD] = "tool_call_completed"
    call: Annotated[CallRef, _RECORD]
    name: Annotated[str, _RESULT]
    args: Annotated[dict[str, Any], _RESULT]
    content: Annotated[str, _RESULT]
    """The result as the model may be shown it."""
    shown: Annotated[tuple[EntityRef, ...], _RESULT] = ()
    """Things the result lists, in its order."""


class ToolCallFailed(Body):
    """The call ran and failed, or its outcome is unknown."""

    type: Literal["tool_call_failed"] = "tool_call_failed"
    call: CallRef
    name: str
    code: str
    detail: str


class GuardRuled(Body):
    """A check of the application's refused what it looked at, or put a note beside it."""

    type: Literal["guard_ruled"] = "guard_ruled"
    guard: str
    point: GuardPoint
    call: CallRef
    """At the model: which call of the turn, with index 0."""
    ruling: Literal["refused", "annotated"]
    text: str
    """The reason or the note."""
    broken: str = ""
    """How the check itself failed, if that is why it refused."""


class HumanApprovalRequested(Body):
    """A call waits for a human."""

    type: Literal["human_approval_requested"] = "human_approval_requested"
    approval_id: str
    call: CallRef
    name: str
    args: dict[str, Any]
    args_hash: str
    description: str
    requested_by: str
    expires_at: Instant
    relied_on: dict[str, str] = Field(default_factory=dict)
    """Row versions that the call was judged by, checked again at execution."""
    about: About = "call"


class _Decided(Body):
    approval_id: str
    call: CallRef
    name: str
    decided_by: str
    message: str = ""
    on_behalf_of: str | None = None
    """Who had delegated the decision."""
    about: About = "call"


class HumanApprovalGranted(_Decided):
    """An entitled person approved exactly these arguments."""

    type: Literal["human_approval_granted"] = "human_approval_granted"
    args_hash: str


class HumanApprovalEdited(_Decided):
    """An entitled person approved other arguments."""

    type: Literal["human_approval_edited"] = "human_approval_edited"
    args: dict[str, Any]
    args_hash: str


class HumanApprovalDenied(_Decided):
    """An entitled person refused."""

    type: Literal["human_approval_denied"] = "human_approval_denied"


class HumanApprovalExpired(Body):
    """Nobody decided in time, or the request was overtaken."""

    type: Literal["human_approval_expired"] = "human_approval_expired"
    approval_id: str
    call: CallRef
    name: str
    reason: str
    about: About = "call"
