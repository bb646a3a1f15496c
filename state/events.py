"""What can have happened in a thread: the typed events of its log.

An event's *body* says what happened and may hold personal data; it stands apart
from the log, which keeps only its keyed digest, so that it can be erased while
the chain still verifies. `state/log.py` has the record that carries a body.

A body is upgraded on read from older versions (`state/upgrades.py`); a released
body never changes meaning: a new version gets a new number and an upgrade.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from state.bodies import Body, CallRef, Effect, EntityRef, Option
from state.call_events import (
    GuardRuled,
    HumanApprovalDenied,
    HumanApprovalEdited,
    HumanApprovalExpired,
    HumanApprovalGranted,
    HumanApprovalRequested,
    ToolCallAuthorized,
    ToolCallCompleted,
    ToolCallFailed,
    ToolCallRejected,
    ToolCallRequested,
)
from state.facts import Fact, RejectedAssumption
from state.lifecycle import Lifecycle
from state.principal import Principal
from state.summaries import Summary
from state.task import ActiveTask

_SENT = Lifecycle("request", "client", "thread", "sent with the message", "claimed", "erasable", "never")
_REQUEST = Lifecycle("request", "client", "thread", "the user's words, cleaned", "claimed", "erasable", "always")
_POINTED = Lifecycle("request", "client", "thread", "sent with the message", "claimed", "erasable", "when_relevant")
_CALLER = Lifecycle("request", "gate", "thread", "verified sign-in", "verified", "erasable", "when_relevant")
_RETRIEVED = Lifecycle("retrieval", "runtime", "thread", "context builder", "derived", "erasable", "never")
_MEMORY = Lifecycle("memory", "runtime", "retention", "validated proposals", "derived", "erasable", "when_relevant")
_RECORD = Lifecycle("audit", "runtime", "thread", "the log", "derived", "erasable", "never")

__all__ = ["CallRef", "Effect"]
"""Of `state.bodies`, for who reads events."""

TurnOutcome = Literal["answered", "clarified", "failed", "limit_reached", "refused", "abandoned"]


Purpose = Literal["reply", "extraction", "summary"]
"""What a model is called for."""


class ThreadCreated(Body):
    """A thread came to be."""

    type: Literal["thread_created"] = "thread_created"
    owner: Principal
    forked_from: str | None = None
    """`thread/seq/hash` of the origin of a fork."""


class UserMessageReceived(Body):
    """The gate admitted a message: a turn begins."""

    type: Annotated[Literal["user_message_received"], _RECORD] = "user_message_received"
    message_id: Annotated[str, _SENT]
    text: Annotated[str, _REQUEST]
    principal: Annotated[Principal, _CALLER]
    """For whom the turn acts, whoever resumes it."""
    tokens: Annotated[int, _RECORD]
    locale: Annotated[str | None, _POINTED] = None
    request_id: Annotated[str | None, _SENT] = None
    selection: Annotated[tuple[EntityRef, ...], _POINTED] = ()
    """What is selected in the interface."""
    metadata: Annotated[dict[str, str], _SENT] = Field(default_factory=dict)
    """Client metadata: size-limited, never identity."""


class ReferenceResolved(Body):
    """A vague phrase was taken to mean something."""

    type: Literal["reference_resolved"] = "reference_resolved"
    phrase: str
    start: int
    end: int
    entities: tuple[EntityRef, ...]
    action: str | None = None
    confidence: float
    reason: str


class ClarificationRequested(Body):
    """The turn ends with a question instead of an answer."""

    type: Literal["clarification_requested"] = "clarification_requested"
    phrase: str
    question: str
    options: tuple[Option, ...]
    request: str
    """The message that could not be acted on yet, verbatim."""


class ContextPackageBuilt(Body):
    """What a model call will be shown was stored."""

    type: Annotated[Literal["context_package_built"], _RETRIEVED] = "context_package_built"
    package_id: Annotated[str, _RETRIEVED]
    package_hash: Annotated[str, _RETRIEVED]
    ordinal: Annotated[int, _RETRIEVED]
    tokens: Annotated[int, _RETRIEVED]
    budget: Annotated[int, _RETRIEVED]
    segments: Annotated[dict[str, int], _RETRIEVED]
    included: Annotated[int, _RETRIEVED]
    """How many items were shown; the package names them."""
    excluded: Annotated[int, _RETRIEVED]
    """How many items were left out; the package says why."""
    purpose: Annotated[Purpose, _RETRIEVED] = "reply"


class ToolRequest(BaseModel):
    """A tool call as a model asked for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    args: dict[str, Any]


class ModelCalled(Body):
    """A model answered one package."""

    type: Literal["model_called"] = "model_called"
    package_id: str
    model: str
    offline: bool
    ordinal: int
    response_id: str | None
    text: str
    tool_calls: tuple[ToolRequest, ...] = ()
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    purpose: Purpose = "reply"
    repaired: bool = False
    """It is a second attempt: the failure before it, with its raw answer, is on record."""
    estimated_tokens: int | None = None
    """What the call was counted to send; None in logs from before this was kept."""
    departures: tuple[str, ...] = ()
    """Where the reply departs from its output contract, a sentence each."""

    @property
    def token_difference(self) -> int | None:
        """Return how many tokens more the endpoint counted than we did; None when one of both is not known."""
        if self.input_tokens is None or self.estimated_tokens is None:
            return None
        return self.input_tokens - self.estimated_tokens


class ModelCallFailed(Body):
    """A model call gave no usable answer."""

    type: Literal["model_call_failed"] = "model_call_failed"
    package_id: str
    ordinal: int
    code: str
    detail: str
    model: str = ""
    """The model that was asked for."""
    purpose: Purpose = "reply"
    raw: str = ""
    """The answer as far as it could be read, shortened."""


class AssistantResponseGenerated(Body):
    """The reply the user sees."""

    type: Literal["assistant_response_generated"] = "assistant_response_generated"
    message_id: str
    text: str
    tokens: int


class StateUpdateProposed(Body):
    """A model or rule asks for a change; nothing has changed."""

    type: Literal["state_update_proposed"] = "state_update_proposed"
    proposal: str
    """Its kind, as `state/proposals.py` names it."""
    content: dict[str, Any]
    proposed_by: str


class StateUpdateApplied(Body):
    """A proposal was validated; the events after it are the change."""

    type: Literal["state_update_applied"] = "state_update_applied"
    proposal: str
    content: dict[str, Any]


class StateUpdateRejected(Body):
    """A proposal broke an invariant."""

    type: Literal["state_update_rejected"] = "state_update_rejected"
    proposal: str
    content: dict[str, Any]
    invariant: str
    reason: str


class FactConfirmed(Body):
    """A fact is held from now on."""

    type: Literal["fact_confirmed"] = "fact_confirmed"
    fact: Fact


class FactSuperseded(Body):
    """A fact is no longer held; another took its place."""

    type: Literal["fact_superseded"] = "fact_superseded"
    fact_id: str
    key: str
    by: str | None
    reason: str


class AssumptionRejected(Body):
    """Something must not be assumed any more."""

    type: Literal["assumption_rejected"] = "assumption_rejected"
    assumption: RejectedAssumption


class AssumptionReinstated(Body):
    """New evidence brought back what had been ruled out."""

    type: Literal["assumption_reinstated"] = "assumption_reinstated"
    assumption_id: str
    key: str
    value: str
    by: str
    """Id of the fact that says so."""


class DecisionRecorded(Body):
    """The user, or an approver, decided something."""

    type: Literal["decision_recorded"] = "decision_recorded"
    decision_id: str
    text: str
    decided_by: str
    task: str | None = None
    constraint: bool = False
    """It limits what may be done from now on."""


class DecisionWithdrawn(Body):
    """A decision no longer holds."""

    type: Literal["decision_withdrawn"] = "decision_withdrawn"
    decision_id: str
    text: str
    reason: str


class SummaryGenerated(Body):
    """A structured summary covers the thread up to a turn."""

    type: Literal["summary_generated"] = "summary_generated"
    summary: Summary
    reason: str
    dropped: tuple[str, ...] = ()
    """Statements that rested on nothing and were left out."""


class MemoryCandidateProposed(Body):
    """Something might be worth remembering beyond the thread."""

    type: Annotated[Literal["memory_candidate_proposed"], _RECORD] = "memory_candidate_proposed"
    candidate_id: Annotated[str, _MEMORY]
    text: Annotated[str, _MEMORY]
    scope: Annotated[str, _MEMORY]


class MemoryCandidateStored(Body):
    """A candidate passed all checks."""

    type: Literal["memory_candidate_stored"] = "memory_candidate_stored"
    candidate_id: str
    memory_id: str


class MemoryCandidateRefused(Body):
    """A candidate failed a check."""

    type: Literal["memory_candidate_refused"] = "memory_candidate_refused"
    candidate_id: str
    check: str
    reason: str


class TaskStateChanged(Body):
    """The active task is now this."""

    type: Literal["task_state_changed"] = "task_state_changed"
    task: ActiveTask | None
    reason: str


class EntitiesMentioned(Body):
    """A message or a result was about these things."""

    type: Literal["entities_mentioned"] = "entities_mentioned"
    entities: tuple[EntityRef, ...]
    by: Literal["user", "assistant", "tool"]


class ProfileHinted(Body):
    """The user said something about themselves."""

    type: Literal["profile_hinted"] = "profile_hinted"
    name: str | None = None
    preferences: dict[str, str] = Field(default_factory=dict)


class TurnEnded(Body):
    """The turn is over; its message id answers from the log from now on."""

    type: Literal["turn_ended"] = "turn_ended"
    outcome: TurnOutcome
    detail: str = ""


class ThreadCleared(Body):
    """The conversation starts afresh; the log stays."""

    type: Literal["thread_cleared"] = "thread_cleared"
    by: str


class StateRedacted(Body):
    """Bodies of some events were erased."""

    type: Literal["state_redacted"] = "state_redacted"
    erasure_id: str
    seqs: tuple[int, ...]
    reason: str


class ThreadErased(Body):
    """All bodies of the thread were erased."""

    type: Literal["thread_erased"] = "thread_erased"
    erasure_id: str
    reason: str


EventBody = Annotated[
    ThreadCreated
    | UserMessageReceived
    | ReferenceResolved
    | ClarificationRequested
    | ContextPackageBuilt
    | ModelCalled
    | ModelCallFailed
    | AssistantResponseGenerated
    | ToolCallRequested
    | ToolCallAuthorized
    | ToolCallRejected
    | ToolCallCompleted
    | ToolCallFailed
    | GuardRuled
    | StateUpdateProposed
    | StateUpdateApplied
    | StateUpdateRejected
    | FactConfirmed
    | FactSuperseded
    | AssumptionRejected
    | AssumptionReinstated
    | DecisionRecorded
    | DecisionWithdrawn
    | SummaryGenerated
    | HumanApprovalRequested
    | HumanApprovalGranted
    | HumanApprovalEdited
    | HumanApprovalDenied
    | HumanApprovalExpired
    | MemoryCandidateProposed
    | MemoryCandidateStored
    | MemoryCandidateRefused
    | TaskStateChanged
    | EntitiesMentioned
    | ProfileHinted
    | TurnEnded
    | ThreadCleared
    | StateRedacted
    | ThreadErased,
    Field(discriminator="type"),
]

BODY_TYPES: dict[str, type[Body]] = {
    body.model_fields["type"].default: body for body in get_args(get_args(EventBody)[0])
}
_ADAPTER: TypeAdapter[EventBody] = TypeAdapter(EventBody)


def body_from_json(data: dict[str, Any]) -> EventBody:
    """Return the typed body of current-version JSON data."""
    return _ADAPTER.validate_python(data, strict=False)
