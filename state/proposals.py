"""What a model, a rule or a tool asks to change; nothing until validated."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from state.events import CallRef, EntityRef
from state.facts import TrustLevel
from state.instant import Instant
from state.summaries import Summary

CarefulKind = Literal["memory", "status", "notification", "deletion", "escalation"]
ProposalKind = (
    Literal[
        "fact",
        "correction",
        "acceptance",
        "carry_over",
        "rejection",
        "decision",
        "profile",
        "task",
        "mention",
        "summary",
    ]
    | CarefulKind
)
Proposer = Literal["user_rule", "model", "tool"]

CAREFUL: dict[ProposalKind, bool] = {
    "fact": False,
    "correction": False,
    "acceptance": False,
    "carry_over": False,
    "rejection": False,
    "decision": False,
    "profile": False,
    "task": False,
    "mention": False,
    "summary": False,
    "memory": True,
    "status": True,
    "notification": True,
    "deletion": True,
    "escalation": True,
}
"""Which kinds need a human's approval; the others apply once they break no invariant."""

Key = Annotated[str, StringConstraints(pattern=r"^[^:/\s]+:[^\n]*[^\s/]/[^/\n]+$", max_length=300)]
"""`type:id/attribute`."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FactClaim(_Content):
    """Something is so."""

    kind: Literal["fact"] = "fact"
    key: Key
    value: Words
    trust: TrustLevel
    statement: str = ""
    """The words it rests on; of what the user claims, words of the message."""
    call: CallRef | None = None
    """The tool call that showed it."""
    expires_at: Instant | None = None
    stale_after_seconds: int | None = Field(default=None, ge=0)


class Correction(_Content):
    """The user says that something is otherwise than held."""

    kind: Literal["correction"] = "correction"
    key: Key
    value: Words | None
    """None: the old value is wrong and nothing takes its place."""
    old: Words | None = None
    """The wrong value, where it was named; else what is held."""
    statement: str


class Acceptance(_Content):
    """The user takes a value that the assistant offered or asked to confirm."""

    kind: Literal["acceptance"] = "acceptance"
    key: Key
    value: Words
    """As the assistant put it."""
    statement: str
    """The user's words, e.g. "Yes, please"."""


class CarryOver(_Content):
    """What the user asks for next takes a value from what they asked for before."""

    kind: Literal["carry_over"] = "carry_over"
    key: Key
    """Of the one that lacks the value."""
    source: Key
    """Of the one that has it: a live fact, or something that was shown."""
    value: Words
    statement: str
    """The user's words that begin what lacks it."""


class Rejection(_Content):
    """The user rules something out."""

    kind: Literal["rejection"] = "rejection"
    key: Key
    value: Words
    reason: Words
    statement: str


class DecisionMade(_Content):
    """The user decides something."""

    kind: Literal["decision"] = "decision"
    text: Words
    constraint: bool = False
    statement: str


class ProfileHint(_Content):
    """The user says something about themselves."""

    kind: Literal["profile"] = "profile"
    name: Words | None = None
    preferences: dict[str, Words] = Field(default_factory=dict)
    statement: str


class TaskChange(_Content):
    """What changes of the active task; what is None stays."""

    kind: Literal["task"] = "task"
    name: Words | None = None
    step: Words | None = None
    only: bool = False
    """Nothing but this step is wanted."""
    workflow: tuple[str, ...] | None = None
    entities: tuple[str, ...] = ()
    """`type:id`, put before those that the task has."""
    finished: bool = False


class Mentioned(_Content):
    """These things came up."""

    kind: Literal["mention"] = "mention"
    entities: tuple[EntityRef, ...]
    by: Literal["user", "assistant", "tool"]


class SummaryMade(_Content):
    """The thread comes to this."""

    kind: Literal["summary"] = "summary"
    summary: Summary
    reason: Words
    dropped: tuple[str, ...] = ()


class CarefulChange(_Content):
    """Something that lasts beyond the thread, or is felt outside it."""

    kind: CarefulKind
    text: Words
    rests_on: tuple[str, ...] = ()
    """Ids of the facts that are the reason for it."""
    approval_id: str | None = None
    scope: str = "user"
    """Whose memory, for the kind `memory`: `user`, `tenant`, `team:<role>` or `case:<id>`."""
    statement: str = ""
    """The user's words that ask for it; of a memory, `text` is among them."""
    about: tuple[str, ...] = ()
    """`type:id` of what a memory speaks of."""


Content = Annotated[
    FactClaim
    | Correction
    | Acceptance
    | CarryOver
    | Rejection
    | DecisionMade
    | ProfileHint
    | TaskChange
    | Mentioned
    | SummaryMade
    | CarefulChange,
    Field(discriminator="kind"),
]


class Proposal(BaseModel):
    """One change that is asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    content: Content
    proposed_by: Proposer
    tenant: str
    """The tenant of what it was read from."""

    @property
    def kind(self) -> ProposalKind:
        """Return the kind of change."""
        return self.content.kind

    @property
    def careful(self) -> bool:
        """Tell whether a human has to approve it."""
        return CAREFUL[self.kind]


NO_ENTITY = "thread:this"
"""What a fact is about when the conversation is about nothing yet."""


def fact_key(entity: EntityRef | None, attribute: str) -> str:
    """Return `type:id/attribute`, whatever characters the parts have."""
    name = "_".join(attribute.lower().replace("/", " ").split())[:80] or "value"
    if entity is None or not entity.id.strip("/ \n\t"):
        return f"{NO_ENTITY}/{name}"
    kind = "_".join(entity.type.replace(":", " ").replace("/", " ").split())[:60] or "thing"
    return f"{kind}:{' '.join(entity.id.split()).strip('/ ')[:120].rstrip('/ ')}/{name}"


def same_value(one: str, other: str) -> bool:
    """Tell whether two values say the same: case, blanks and a final stop do not count."""
    return plain(one) == plain(other)


def plain(text: str) -> str:
    """Return a text for comparing: one case, single blanks, no final punctuation."""
    return " ".join(text.casefold().replace("’", "'").split()).rstrip(" .,;:!")
